"""Step and Trace: what a method shows while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Step:
    """What a method shows at one iteration.

    Arrays are numpy, on no device, and belong to nobody else, so a Step may be kept, sent and drawn from any thread.

    Attributes:
        index: k, from 0.
        maps: (C, h, w) float32, the class maps at this iteration, raw and signed.
        scores: (C,) float32, the logits.
        targets: indices of the classes the method works on.
        image: (H, W, 3) uint8, the image the classifier saw, where it is not the sample's own.
        mask: (H, W) float32 in [0, 1], what was erased or pooled, where there is such a thing.
        loss: the loss at this iteration, where one is minimised.
        terms: the loss's terms and whatever else is counted at this iteration, by name.
        arrays: further arrays by name (the union so far, the accumulated maps).
        sampled: index of the class drawn at this iteration (CS-AE).
        stop: why the method ends after this step, or None.
        settings: what the method was run with, by name, as JSON has it; {} where unknown.
    """

    index: int
    maps: FloatArray
    scores: FloatArray
    targets: tuple[int, ...] = ()
    image: NDArray[np.uint8] | None = None
    mask: FloatArray | None = None
    loss: float | None = None
    terms: dict[str, float] = field(default_factory=dict)
    arrays: dict[str, NDArray] = field(default_factory=dict)
    sampled: int | None = None
    stop: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


def last_step(steps: Iterable[Step]) -> Step:
    """Runs a method to its end and keeps its last step alone. Raises ValueError where there is none."""
    step = None
    for step in steps:  # noqa: B007 - the last one is wanted
        pass
    if step is None:
        raise ValueError("the method yielded no step")
    return step


@dataclass(frozen=True, eq=False)
class Trace:
    """The Steps of one method on one image, in order.

    Attributes:
        steps: at least one.
        method: the method's name on the command line (`cam`, `cs-ae`, ...), or "".
        classes: the classes of `maps` and `scores`, in order; empty where unknown.
    """

    steps: tuple[Step, ...]
    method: str = ""
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("a trace has at least one step")

    @classmethod
    def collect(cls, steps: Iterable[Step], method: str = "", classes: tuple[str, ...] = ()) -> Trace:
        """Runs the method to its end and keeps every step."""
        return cls(tuple(steps), method, classes)

    @property
    def maps(self) -> FloatArray:
        """(C, h, w) float32, the method's final maps: the last step's, raw and signed."""
        return self.steps[-1].maps

    @property
    def scores(self) -> FloatArray:
        """(C,) float32, the last step's logits."""
        return self.steps[-1].scores

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the method was run with, by name; {} where unknown."""
        return self.steps[-1].settings

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)
