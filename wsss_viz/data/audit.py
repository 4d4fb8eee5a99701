"""A data set held against itself, a classifier and a folder of maps, in one page: how it is read, and what is odd.

`audit` reads the samples once. Its `Audit` is what `data check` prints and what the app shows (`as_dict`); its findings
are those that `data list`, `maps` and `evaluate` say in one line (`findings`).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from wsss_viz.data.findings import READ_AS, Finding, Note, Noticed, in_one_line
from wsss_viz.data.matching import Matching, matching
from wsss_viz.data.palette import colour_in
from wsss_viz.data.sample import IGNORE, Sample
from wsss_viz.data.source_files import MaskSizeError
from wsss_viz.data.sources import DataSet
from wsss_viz.data.subset import name_at
from wsss_viz.data.synonyms import nearest
from wsss_viz.errors import InputError

__all__ = ["Audit", "Maps", "audit", "overlay"]

_OVERLAY_SIDE = 640


class Maps(Protocol):
    """What is asked of a folder of maps (`traces.map_folder.MapFolder`)."""

    notes: list[tuple[str, Note]]

    def masks_of(self, name: str, /) -> bool: ...
    def read(self, name: str, size: tuple[int, int], labels: Sequence[str] | None = None, /) -> Any: ...
    def read_mask(self, name: str, size: tuple[int, int], labels: Sequence[str] | None = None, /) -> Any: ...


@dataclass(frozen=True, eq=False)
class Audit:
    """What was seen.

    Attributes:
        data: the data string.
        count: samples of the set.
        read: samples that were read for this.
        classes: (name, number in masks on disk; -1 where the readings of the masks differ).
        classes_from: where names and numbers come from.
        question: what must be said before the masks can be read, "" where nothing.
        files: by what ("labels", "sizes", "pixels per class", ...) how often what was seen.
        matched: how the classifier calls the classes, None without one.
        findings: the gravest first.
        example: a sample with a mask, else any that could be read.
    """

    data: str
    count: int
    read: int
    classes: tuple[tuple[str, int], ...]
    classes_from: str
    question: str
    files: dict[str, dict[str, int]]
    matched: Matching | None
    findings: tuple[Finding, ...]
    example: Sample | None

    @property
    def line(self) -> str:
        """The errors and warnings in one line, "" where there are none."""
        return in_one_line(self.findings, self.data)

    @property
    def worst(self) -> str:
        """The gravest severity: "error", "warning", "note", or "" where nothing was found."""
        return "error" if self.question else self.findings[0].severity if self.findings else ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON and for the app."""
        return {
            "data": self.data,
            "count": self.count,
            "read": self.read,
            "classes": [{"name": name, "number": number} for name, number in self.classes],
            "classes_from": self.classes_from,
            "question": self.question,
            "files": self.files,
            "matched": None if self.matched is None else self.matched.renamed,
            "unknown": None if self.matched is None else list(self.matched.unknown),
            "findings": [finding.as_dict() for finding in self.findings],
            "line": self.line,
            "worst": self.worst,
            "example": None if self.example is None else self.example.source,
        }


def audit(
    samples: DataSet,
    known: Sequence[str] | None = None,
    maps: Maps | None = None,
    limit: int | None = None,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> Audit:
    """Reads the samples and says what is odd about them.

    Args:
        samples: the data set.
        known: a classifier's classes.
        maps: a folder of maps of these samples.
        limit: samples that are read at most.
        progress: wraps the indices that are gone through.

    >>> from wsss_viz.data.sources import open
    >>> seen = audit(open("scenes:val"), ("dog", "lung"), limit=2)
    >>> seen.read, seen.matched.renamed
    (2, {'dog': 'dog'})
    """
    noticed = Noticed(samples.set_notes())
    match = None if known is None or not samples.classes else matching(samples.classes, known)
    if match is not None:
        noticed.notes += match.notes
    files: dict[str, Counter[str]] = {}
    digests: dict[bytes, str] = {}
    example: Sample | None = None
    count = len(samples) if limit is None else min(limit, len(samples))
    for index in progress(range(count)):
        try:
            sample = samples[index]
        except InputError as error:
            kind = "mask-size" if isinstance(error, MaskSizeError) else "unreadable"
            noticed.failed(name_at(samples, index), str(error), kind)
            continue
        notes = list(sample.notes if match is None else match.of(sample).notes)
        digest = hashlib.sha256(sample.image.tobytes()).digest()
        if digest in digests:
            notes.append(Note("duplicate", f"as {digests[digest]}"))
        digests.setdefault(digest, sample.name)
        noticed.see(sample.name, notes, without_mask=sample.mask is None, without_labels=sample.labels is None)
        _count(files, sample)
        if maps is not None:
            _check_maps(maps, sample, noticed)
        if example is None or (_foreground(example) < 0.02 < _foreground(sample)):
            example = sample
    noticed.notes += [] if maps is None else maps.notes
    numbering = samples.numbering
    findings = noticed.findings()
    if match is not None and match.unknown:
        findings = tuple(_with_nearest(finding, match.known) for finding in findings)
    return Audit(
        samples.name,
        len(samples),
        count,
        tuple(zip(numbering.names, numbering.numbers, strict=True)),
        numbering.said,
        numbering.question if numbering.undecided else "",
        {what: dict(counter.most_common()) for what, counter in files.items()},
        match,
        findings,
        example,
    )


def _with_nearest(finding: Finding, known: Sequence[str]) -> Finding:
    """The finding about unknown labels with the nearest name that the classifier has."""
    if finding.kind != "label-unknown":
        return finding
    near = [(name, nearest(name, known)) for name in finding.details]
    details = tuple(f"{name}, nearest {other}" if other else name for name, other in near)
    return Finding(**{**{f: getattr(finding, f) for f in finding.__dataclass_fields__}, "details": details})


def _count(files: dict[str, Counter[str]], sample: Sample) -> None:
    def add(what: str, value: str, times: int = 1) -> None:
        files.setdefault(what, Counter())[value] += times

    for note in sample.notes:
        if note.kind == READ_AS:
            what, _, value = note.detail.partition(": ")
            add(what, value)
    if sample.mask is None:
        add("masks", "none")
    add("sizes (height x width)", f"{sample.size[0]} x {sample.size[1]}")
    for label in sample.labels or ():
        add("samples per label", label)
    if sample.labels is None:
        add("samples per label", "(not known)")
    if sample.mask is not None:
        pixels = np.bincount(sample.mask.ravel(), minlength=256)
        for number in np.flatnonzero(pixels).tolist():
            name = {0: "(background)", IGNORE: "(ignore)"}.get(number) or sample.classes[number - 1]
            add("pixels per class", name, int(pixels[number]))


def _foreground(sample: Sample) -> float:
    if sample.mask is None:
        return 0.0
    return float(((sample.mask > 0) & (sample.mask != IGNORE)).mean())


def _check_maps(maps: Maps, sample: Sample, noticed: Noticed) -> None:
    try:
        if maps.masks_of(sample.name):
            maps.read_mask(sample.name, sample.size, sample.labels)
        else:
            maps.read(sample.name, sample.size, sample.labels)
    except InputError as error:
        missing = str(error).startswith("no ")
        noticed.notes.append(
            (sample.name, Note("maps-missing" if missing else "maps-unreadable", "" if missing else str(error)))
        )


def overlay(sample: Sample) -> NDArray[np.uint8]:
    """(h, 2 w, 3) uint8: the image, and the image under its mask in the classes' colours, to be looked at.

    Classes have their colours (`palette.colour_in`), ignore is white; at most 640 pixels high.

    >>> from wsss_viz.data.sources import open
    >>> overlay(open("scenes:val")[0]).shape
    (128, 256, 3)
    """
    image = sample.image.astype(np.float32)
    painted = image.copy()
    if sample.mask is not None:
        for number in np.unique(sample.mask).tolist():
            if number:
                colour = (255, 255, 255) if number == IGNORE else colour_in(sample.classes, sample.classes[number - 1])
                painted[sample.mask == number] *= 0.35
                painted[sample.mask == number] += 0.65 * np.array(colour, np.float32)
    both = np.concatenate([image, painted], axis=1).round().astype(np.uint8)
    picture = Pillow.fromarray(both)
    picture.thumbnail((2 * _OVERLAY_SIDE, _OVERLAY_SIDE))
    return np.asarray(picture)
