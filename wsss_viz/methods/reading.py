"""Going through a data set of files, some of which may not be readable: a run goes on and says so at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from wsss_viz.data.findings import Noticed
from wsss_viz.data.sample import Sample
from wsss_viz.data.source_files import MaskSizeError
from wsss_viz.data.subset import name_at
from wsss_viz.errors import InputError
from wsss_viz.methods.ranks import Ranks

__all__ = ["read_all"]


def read_all(
    samples: Sequence[Sample],
    ranks: Ranks,
    progress: Callable[[Iterable[Any]], Iterable[Any]],
    noticed: Noticed,
    *,
    strict: bool = False,
) -> Iterator[tuple[int, Sample]]:
    """Index and sample of those that can be read; what cannot, and what is noticed, goes to `noticed`.

    Raises:
        InputError: a sample cannot be read, and `strict`.
        Stopped: another rank has failed.

    >>> from wsss_viz.data.sources import open
    >>> from wsss_viz.methods.ranks import ALONE
    >>> [sample.name for _, sample in read_all(open("scenes:val")[:2], ALONE, iter, Noticed())]
    ['val_000000', 'val_000001']
    """
    for index in ranks.watched(progress(range(len(samples)))):
        try:
            sample = samples[index]
        except InputError as error:
            if strict:
                raise
            kind = "mask-size" if isinstance(error, MaskSizeError) else "unreadable"
            noticed.failed(name_at(samples, index), str(error), kind)
            continue
        noticed.see(sample.name, sample.notes, without_mask=sample.mask is None, without_labels=sample.labels is None)
        yield index, sample
