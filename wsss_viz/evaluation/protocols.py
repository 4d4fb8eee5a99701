"""Maps in files, scored as the papers' scripts do (`docs/sources.md#scores`, `docs/sources.md#thresholds`).

| name | background | mean over the classes | script |
|---|---|---|---|
| `irn` | 0.15 | of those that are there or predicted (nanmean) | IRN `step/eval_cam.py`, `step/eval_sem_seg.py` |
| `rib` | the best of 0.20 to 0.49 | as IRN | RIB `run_sample.py`, `step/eval_cam.py` |
| `oc-cse` | the best of 0.10 to 0.39 | of all, one that is nowhere counts as 0 | OC-CSE `evaluation.py` |
| `seam` | the best of 0.00 to 0.59 | as OC-CSE | SEAM `evaluation.py --curve` |

Unlike `evaluate`'s own rule, the values of a file are taken as they are, not divided by their maximum again, compared
in float32 as the scripts do, and all classes of the file take part. Where the data's classes are VOC's or some of them,
OC-CSE's and SEAM's scripts divide by VOC's 21. In a finished mask 255 is background for IRN and
RIB; for OC-CSE and SEAM it is no class, and a miss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.sample import IGNORE, Mask, Sample
from wsss_viz.errors import InputError
from wsss_viz.evaluation.counts import Counts, count_mask, count_values
from wsss_viz.traces.pseudo_masks import argmax_with_value
from wsss_viz.traces.storage import StoredMaps

__all__ = [
    "PROTOCOLS",
    "Protocol",
    "count_file",
    "count_file_mask",
    "padded",
    "protocol_named",
    "script_classes",
]


@dataclass(frozen=True, eq=False)
class Protocol:
    """How a paper's script scores maps.

    Attributes:
        name: on the command line.
        script: in words.
        thresholds: of the background, ascending; where there are several, the best on the data itself is reported.
        nowhere: whether a class without a pixel, neither true nor predicted, counts as an IoU of 0.
    """

    name: str
    script: str
    thresholds: NDArray[np.float64]
    nowhere: bool

    @property
    def said(self) -> str:
        """What the report says of it.

        >>> PROTOCOLS["irn"].said
        "as IRN's eval_cam.py: background 0.15, mean over the classes that are there or predicted"
        """
        low, high = self.thresholds[0], self.thresholds[-1]
        at = f"{low:.2f}" if low == high else f"the best of {low:.2f} to {high:.2f} on the data itself"
        classes = "all classes" if self.nowhere else "the classes that are there or predicted"
        return f"as {self.script}: background {at}, mean over {classes}"


PROTOCOLS = {
    known.name: known
    for known in (
        Protocol("irn", "IRN's eval_cam.py", np.array([0.15]), False),
        Protocol("rib", "RIB's eval_cam.py", np.arange(20, 50) / 100, False),
        Protocol("oc-cse", "OC-CSE's evaluation.py", np.arange(30) / 100 + 0.1, True),
        Protocol("seam", "SEAM's evaluation.py", np.arange(60) / 100, True),
    )
}


def script_classes(classes: Sequence[str], protocol: Protocol) -> tuple[str, ...]:
    """The classes that a script takes the mean over: the data's, and all of VOC's where its list is fixed to these.

    >>> len(script_classes(("dog", "cat"), PROTOCOLS["seam"])), len(script_classes(("dog", "cat"), PROTOCOLS["irn"]))
    (20, 2)
    >>> script_classes(("lung",), PROTOCOLS["seam"])
    ('lung',)
    """
    if not protocol.nowhere or not set(classes) <= set(VOC_CLASSES):
        return tuple(classes)
    return (*classes, *(name for name in VOC_CLASSES if name not in classes))


def padded(counts: Counts, classes: int) -> Counts:
    """The Counts with classes that have no pixel added at the end.

    >>> from wsss_viz.models.colour_network import flag
    >>> padded(count_mask(flag().mask, flag()), 5).target.tolist()
    [0, 2, 0, 4, 0, 0]
    """
    more = classes + 1 - len(counts.target)
    return replace(
        counts,
        intersection=np.pad(counts.intersection, ((0, 0), (0, more))),
        predicted=np.pad(counts.predicted, ((0, 0), (0, more))),
        target=np.pad(counts.target, (0, more)),
    )


def protocol_named(name: str) -> Protocol:
    """The protocol of that name. Raises InputError for none.

    >>> protocol_named("seam").thresholds[-1].item()
    0.59
    """
    if name not in PROTOCOLS:
        raise InputError(f"unknown protocol {name!r:.40}: give one of {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]


def count_file(stored: StoredMaps, sample: Sample, protocol: Protocol, normalised: bool = True) -> Counts:
    """The Counts of one image's maps at the protocol's thresholds.

    Args:
        stored: without a background; all of its classes take part.
        sample: with a mask.
        normalised: whether the maps are what the scripts compare; else they are divided by their maxima first.

    Raises:
        ValueError: the sample has no mask.

    Examples:
        >>> from wsss_viz.models.colour_network import flag
        >>> maps = np.array([[[1.0, 0.15, 0.0]] * 2], np.float32)
        >>> counts = count_file(StoredMaps(maps, np.zeros(1), ("red",), (2, 3)), flag(), PROTOCOLS["irn"])
        >>> counts.predicted.tolist()  # a value equal to the background is background
        [[4, 2, 0, 0]]
    """
    steps = len(protocol.thresholds)
    if not stored.keys:
        return count_mask(np.zeros(sample.size, np.uint8), sample, (), steps)
    maps = stored.maps if normalised else stored.image_values()
    best, value = argmax_with_value(maps, range(len(stored.keys)), sample.size, "raw")
    lookup = np.array([0, *(sample.classes.index(key) + 1 if key in sample.classes else 0 for key in stored.keys)])
    best = lookup[best]
    level = np.searchsorted(protocol.thresholds.astype(np.float32), value.ravel(), side="left")
    return count_values(best.ravel(), np.where(best.ravel() > 0, level, 0), sample, steps)


def count_file_mask(mask: Mask, sample: Sample, classes: Sequence[str], protocol: Protocol) -> Counts:
    """The Counts of one finished mask (H, W), class index + 1, 0 the background, 255 as the protocol has it.

    Examples:
        >>> from wsss_viz.models.colour_network import COLOURS, flag
        >>> mask = np.array([[1, 255, 3], [0, 0, 0]], np.uint8)  # 255 where the flag is blue
        >>> [count_file_mask(mask, flag(), COLOURS, PROTOCOLS[name]).predicted[0].tolist() for name in ("irn", "seam")]
        [[4, 1, 0, 1], [3, 1, 0, 1]]
    """
    counts = count_mask(np.where(mask == IGNORE, 0, mask), sample, classes, len(protocol.thresholds))
    if not protocol.nowhere:
        return counts
    assert sample.mask is not None
    unsaid = (mask == IGNORE) & (sample.mask != IGNORE)
    predicted, intersection = counts.predicted.copy(), counts.intersection.copy()
    predicted[:, 0] -= unsaid.sum()
    intersection[:, 0] -= (unsaid & (sample.mask == 0)).sum()
    return replace(counts, predicted=predicted, intersection=intersection)
