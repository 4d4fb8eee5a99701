"""The smallest network with compression: one Gaussian input, one weight, one unit, binned; exact for every weight.

T = f(w X), X ~ N(0, 1). The unit carries H(bin(T)) = -sum p_i log2 p_i with
p_i = Phi(f^-1(b_(i+1)) / w) - Phi(f^-1(b_i) / w) (Saxe et al. 2018, section 2 and figure 2;
`docs/sources.md#saxe-2018`). A saturating f grows and then compresses as w grows; ReLU only grows; with bins laid
before the nonlinearity, tanh only grows too: what turns is the bins. The outer bins are open, so with too short a
range ReLU turns as well.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from wsss_viz.errors import InputError
from wsss_viz.information.activations import activation as activation_named
from wsss_viz.information.binning import Bins, intervals, preactivation
from wsss_viz.information.discrete import entropy_of
from wsss_viz.information.result import MIResult, NotApplicable

__all__ = ["LAID", "REACH", "bin_masses", "laid_bins", "minimal_curve", "minimal_information"]

LAID = ("value", "short", "before")
"""How bins may be laid on a unit, see `laid_bins`."""
REACH = 40.0


def laid_bins(activation: str, laid: str = "value", count: int | None = None) -> Bins:
    """A binning scheme for one unit.

    Args:
        laid: "value", equal bins over the unit's range, where that has no end up to 40 (our own, far beyond what X
            reaches); "short", over a quarter of that, what lies beyond falls into the outer bins; "before", `count`
            points on [-50, 50] before the nonlinearity (Saxe et al. 2018, appendix C).
        count: 30 where not given, 100 for a unit without bounds.

    Raises:
        InputError: no such activation, another way, or fewer than 2.

    >>> from wsss_viz.information import minimal
    >>> minimal.laid_bins("relu", "short", 10).edges[-1]
    10.0
    """
    nonlinearity = activation_named(activation)
    count = (30 if nonlinearity.bounded or laid == "before" else 100) if count is None else count
    if laid not in LAID or count < 2:
        raise InputError(f"bins are laid {', '.join(LAID)} with 2 bins or more, got {laid!r} with {count}")
    if laid == "before":
        return preactivation(activation, count)
    low, high = max(nonlinearity.low, -REACH), min(nonlinearity.high, REACH)
    share = 0.25 if laid == "short" else 1.0
    return intervals(count, share * low, share * high, clip=laid == "short" or not nonlinearity.bounded)


def bin_masses(weight: float, activation: str = "tanh", bins: Bins | None = None) -> NDArray[np.float64]:
    """(count,) the probability of each bin for T = f(w X); what the overlay draws.

    Raises:
        InputError: the weight is not finite, or there is no such activation.
        NotApplicable: the bins have a width only, or lie before another activation.

    >>> from wsss_viz.information import minimal
    >>> from wsss_viz.information.binning import intervals
    >>> minimal.bin_masses(1.0, "linear", intervals(2, -1, 1)).tolist()
    [0.5, 0.5]
    """
    bins = intervals(30, -1, 1) if bins is None else bins
    if not np.isfinite(weight):
        raise InputError(f"`weight` is a finite number, got {weight}")
    if not bins.edges:
        raise NotApplicable("bins with a width alone have no ends to sum between; use intervals")
    nonlinearity = activation_named(activation)
    if bins.activation not in (None, activation):
        raise NotApplicable(f"the bins lie before {bins.activation}, the unit is {activation}; use the same for both")
    inner = np.array(bins.edges[1:-1])
    if bins.activation is None:
        inner = np.asarray(nonlinearity.inverse(inner))
    # The input is symmetric, so the sign of the weight does not matter; a weight of 0 leaves f(0) alone.
    below = special.ndtr(inner / abs(weight)) if weight else (inner <= 0).astype(np.float64)
    return np.diff(np.concatenate([[0.0], below, [1.0]]))


def minimal_information(weight: float, activation: str = "tanh", bins: Bins | None = None) -> MIResult:
    """H(bin(f(w X))) for X ~ N(0, 1), exactly; raises as `bin_masses` does. Default bins: 30 intervals on [-1, 1].

    >>> from wsss_viz.information import minimal
    >>> round(minimal.minimal_information(1.0).value_bits, 3)
    4.877
    """
    bins = intervals(30, -1, 1) if bins is None else bins
    masses = bin_masses(weight, activation, bins)
    notes = []
    nonlinearity = activation_named(activation)
    if bins.activation is None:
        beyond = special.ndtr(-nonlinearity.inverse(np.array(bins.edges[-1])) / max(abs(weight), 1e-300))
        if nonlinearity.high > bins.edges[-1] and beyond > 1e-3:
            notes.append(f"{beyond:.1%} of the inputs lie above the last edge and are clipped: the turn is the bins'")
    return MIResult(
        float(entropy_of(masses)),
        "exact (normal distribution)",
        {"activation": activation, "w": weight, "bins": bins.name},
        cap_bits=float(np.log2(len(masses))),
        notes=tuple(notes),
        quantity="H(bin(T))",
    )


def minimal_curve(weights: Iterable[float], activation: str = "tanh", bins: Bins | None = None) -> list[MIResult]:
    """`minimal_information` along a slider of weights.

    >>> from wsss_viz.information import minimal
    >>> [round(result.value_bits, 2) for result in minimal.minimal_curve([0.5, 5, 50], "tanh")]
    [4.63, 2.78, 1.27]
    """
    return [minimal_information(weight, activation, bins) for weight in weights]
