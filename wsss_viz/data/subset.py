"""A part of a data set: its first samples, or every n-th."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from wsss_viz.data.sample import Sample
from wsss_viz.data.sources import DataSet

__all__ = ["Subset", "name_at", "names_of", "take"]


class Subset(Sequence[Sample]):
    """The samples of a sequence at some indices, read when they are asked for."""

    def __init__(self, samples: Sequence[Sample], indices: Sequence[int]) -> None:
        self._samples = samples
        self._indices = indices

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

    def name_at(self, index: int) -> str:
        """The name of a sample that need not be readable."""
        return name_at(self._samples, self._indices[index])


def take(samples: Sequence[Sample], limit: int | None) -> Sequence[Sample]:
    """The first `limit` samples; all of them where it is None.

    Examples:
        >>> from wsss_viz.data.sources import open
        >>> len(take(open("scenes:test"), 3)), len(take(["a", "b"], 3)), len(take(["a", "b"], None))
        (3, 2, 2)
    """
    if limit is None:
        return samples
    return samples[:limit] if isinstance(samples, DataSet) else Subset(samples, range(min(limit, len(samples))))


def names_of(samples: Sequence[Sample]) -> list[str]:
    """The samples' names; those of a DataSet whose source lists them cost nothing, others are read.

    Examples:
        >>> from wsss_viz.models.colour_network import flag
        >>> names_of([flag()])
        ['flag']
    """
    return samples.sample_names() if isinstance(samples, DataSet) else [sample.name for sample in samples]


def name_at(samples: Sequence[Sample], index: int) -> str:
    """The name of a sample that need not be readable; its index where only reading would tell.

    >>> from wsss_viz.data.sources import open
    >>> name_at(open("scenes:val"), 2)
    'val_000002'
    """
    if isinstance(samples, Subset):
        return samples.name_at(index)
    names = getattr(samples.source, "names", None) if isinstance(samples, DataSet) else None
    return str(index) if names is None or not isinstance(samples, DataSet) else str(names[samples.indices[index]])
