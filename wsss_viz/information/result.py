"""MIResult: a number of bits and everything one needs to know before believing it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from wsss_viz.errors import InputError

__all__ = ["MIResult", "NotApplicable", "Null"]


class NotApplicable(InputError):  # noqa: N818 - a verdict on the estimator, not a defect
    """The estimator does not apply to this input; the message is the reason, in one line.

    Raised in place of a result, by every estimator: a page greys the estimator out and shows the reason, a table leaves
    the cell empty. Input that is wrong whatever the estimator (NaN, a negative table) is a plain InputError.
    """


@dataclass(frozen=True)
class Null:
    """The estimator on shuffled pairs, where the truth is 0 bits: what it says when there is nothing to find."""

    mean_bits: float
    upper_bits: float
    """95 % of the shuffles lie below."""
    shuffles: int


@dataclass(frozen=True)
class MIResult:
    """One measured or computed quantity, in bits.

    Attributes:
        value_bits: the value; never clipped, so an estimate of nothing may be negative.
        estimator: what computed it.
        params: the estimator's parameters by name, JSON values.
        n: the samples behind it; None where it is computed exactly from a distribution.
        cap_bits: no value of this estimator on this input can lie above; None where there is no cap.
        ci: 95 % confidence interval in bits; None where the value is exact or no interval is known.
        notes: what to know before believing the value, one sentence each.
        quantity: what the value is, in the field's notation; a measured layer says `H(bin(T))` or `I(X;T+N)`, since for
            a deterministic network I(X;T) itself is constant or infinite.
        null: the permutation null, where one was asked for.
    """

    value_bits: float
    estimator: str
    params: Mapping[str, Any] = field(default_factory=dict)
    n: int | None = None
    cap_bits: float | None = None
    ci: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()
    quantity: str = "I(X;Y)"
    null: Null | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.value_bits):
            raise ValueError(f"{self.estimator} gave no number; raise NotApplicable with the reason instead")
        object.__setattr__(self, "value_bits", float(self.value_bits) + 0.0)  # -0.0 + 0.0 is 0.0
        if self.cap_bits is not None:
            object.__setattr__(self, "cap_bits", float(self.cap_bits))
        if self.ci is not None:
            object.__setattr__(self, "ci", (float(self.ci[0]), float(self.ci[1])))

    def as_dict(self) -> dict[str, Any]:
        """JSON values only."""
        return asdict(self)

    def __str__(self) -> str:
        interval = f" [{self.ci[0]:.3f}, {self.ci[1]:.3f}]" if self.ci else ""
        cap = f", cap {self.cap_bits:.3f}" if self.cap_bits is not None else ""
        count = f", n = {self.n}" if self.n is not None else ""
        settings = "".join(f", {name} {value}" for name, value in self.params.items())
        return f"{self.quantity} = {self.value_bits:.3f} bits{interval} ({self.estimator}{settings}{count}{cap})"
