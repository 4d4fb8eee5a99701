"""A part of a data set: its first samples, every n-th, some by their names."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from wsss_viz.data.indexed import Indexed
from wsss_viz.data.sample import Sample
from wsss_viz.data.sources import DataSet
from wsss_viz.errors import InputError

__all__ = ["Selection", "Subset", "name_at", "names_of", "take"]


class Subset(Indexed[Sample]):
    """The samples of a sequence at some indices, read when they are asked for."""

    def __init__(self, samples: Sequence[Sample], indices: Sequence[int]) -> None:
        self._samples = samples
        self._indices = indices

    def __len__(self) -> int:
        return len(self._indices)

    def at(self, position: int) -> Sample:
        """The sample at one of the indices."""
        return self._samples[self._indices[position]]

    def name_at(self, index: int) -> str:
        """The name of a sample that need not be readable."""
        return name_at(self._samples, self._indices[index])


@dataclass(frozen=True)
class Selection:
    """Which samples of a set: those of some names, of these a range, of that the first.

    Attributes:
        names: of the samples; () for all.
        first, stop: indices from 0, the second not included; None: to the end.
        limit: at most so many; None: all.

    Examples:
        >>> from wsss_viz.data.sources import open
        >>> take(open("scenes:test"), Selection(first=17, stop=30, limit=2)).indices
        [17, 18]
    """

    names: tuple[str, ...] = ()
    first: int = 0
    stop: int | None = None
    limit: int | None = None

    def indices(self, samples: Sequence[Sample]) -> list[int]:
        """Raises InputError where a name is no sample's, or nothing is left."""
        indices: Sequence[int] = range(len(samples))
        if self.names:
            position = {name: index for index, name in enumerate(names_of(samples))}
            for name in self.names:
                if name not in position:
                    near = difflib.get_close_matches(name, position, 1)
                    hint = f"did you mean {near[0]!r}?" if near else f"the first is {next(iter(position), '')!r}"
                    raise InputError(f"no sample is called {name[:60]!r}: {hint}")
            indices = [position[name] for name in self.names]
        part = indices[self.first : self.stop][: self.limit]
        if not part and indices:
            raise InputError(f"no sample is left of {len(indices)} from index {self.first} on: give a lower --range")
        return list(part)


def take(samples: Sequence[Sample], limit: int | Selection | None) -> Sequence[Sample]:
    """The first `limit` samples, or those of a `Selection`; all of them where it is None.

    Examples:
        >>> from wsss_viz.data.sources import open
        >>> len(take(open("scenes:test"), 3)), len(take(["a", "b"], 3)), len(take(["a", "b"], None))
        (3, 2, 2)
    """
    if limit is None or limit == Selection():
        return samples
    if isinstance(limit, Selection):
        indices = limit.indices(samples)
        return samples.at(indices) if isinstance(samples, DataSet) else Subset(samples, indices)
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
