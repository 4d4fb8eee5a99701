"""The first samples of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from wsss_viz.data.sample import Sample


class Head(Sequence[Sample]):
    """The first `count` samples of a sequence, read when they are asked for."""

    def __init__(self, samples: Sequence[Sample], count: int) -> None:
        self._samples = samples
        self._indices = range(min(count, len(samples)))

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> list[Sample]: ...
    def __getitem__(self, index: int | slice) -> Sample | list[Sample]:
        if isinstance(index, slice):
            return [self._samples[i] for i in self._indices[index]]
        return self._samples[self._indices[index]]


def take(samples: Sequence[Sample], limit: int | None) -> Sequence[Sample]:
    """The first `limit` samples; all of them where it is None."""
    return samples if limit is None else Head(samples, limit)
