"""Which numbering the masks of a data set have: decided here alone, from what the set says and what its masks hold.

A list of names leaves more than one reading: a `classes.txt` of VOC's names may number by its lines or as VOC does,
masks of COCO's classes hold ids or places, from 1 or from 0. Each reading is a `ClassNumbering`; `decide` drops those
that the masks or the labels contradict, takes one where the rest agree about every number in the masks, and asks
otherwise: it never chooses between two that fit. Where the numbers come from is said in `numbers_from`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wsss_viz.data.class_sets import ClassList
from wsss_viz.data.coco_classes import COCO_CATEGORIES, COCO_CLASSES
from wsss_viz.data.images import MaskFile
from wsss_viz.data.numbering import NUMBERINGS, ClassNumbering, by_lines, of_voc
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.sample import IGNORE
from wsss_viz.errors import InputError

__all__ = ["LOOKED_AT", "MASKS_THAT_TELL", "Evidence", "decide", "of_coco", "readings"]

LOOKED_AT = 500
"""Masks that are looked at, at most, to find the numbering."""

_FROM_ZERO = ("zero", "zero-ids")

MASKS_THAT_TELL = 20
"""Masks from which it may be told, with a warning, whether 0 or 255 is the background: nearly all have one."""
_FEW, _MANY = 0.1, 0.3


@dataclass(frozen=True)
class Evidence:
    """What one mask and, where they come from elsewhere, its sample's labels say."""

    values: MaskFile
    labels: tuple[str, ...] | None = None


def readings(listed: ClassList | None, default: Sequence[str] = VOC_CLASSES) -> list[ClassNumbering]:
    """All numberings that a class list leaves open; of no list, those of `default` (VOC's, or COCO's four).

    >>> [reading.form for reading in readings(ClassList(("dog", "cat")))]
    ['lines', 'voc']
    """
    if listed is None:
        return of_coco() if tuple(default) == COCO_CLASSES else [of_voc(default)]
    source = listed.source
    colours = _colours_of(listed)
    if listed.numbers is not None:
        given = ClassNumbering(
            listed.names,
            listed.numbers,
            listed.background,
            form="numbers",
            names_from=source,
            numbers_from=source,
            colours=colours,
        )
        if listed.background is not None:
            return [given]
        # A class has the number 0: the background is 255, or the masks count one up.
        shifted = replace(
            by_lines(listed.names, source), numbers=tuple(n + 1 for n in listed.numbers),
            numbers_from=f"{source}, each + 1 for the background",
        )  # fmt: skip
        return [shifted, replace(given, form="zero", unlabelled="background")]
    lines = replace(by_lines(listed.names, source), colours=colours)
    if set(listed.names) <= set(VOC_CLASSES):
        voc = of_voc(listed.names, source)
        return [voc] if voc.numbers == lines.numbers and len(voc.names) == len(VOC_CLASSES) else [lines, voc]
    if listed.names == COCO_CLASSES:
        return [replace(reading, names_from=source) for reading in of_coco()]
    return [lines]


def of_coco() -> list[ClassNumbering]:
    """COCO's ids 1 to 90, 1 to 80 without the gaps, and both from 0 (255 unlabelled, or the background).

    >>> [(reading.form, reading.name_of(17)) for reading in of_coco()]
    [('ids', 'cat'), ('contiguous', 'dog'), ('zero', 'horse'), ('zero-ids', 'dog')]
    """
    ids = tuple(COCO_CATEGORIES)
    indices = tuple(range(1, len(ids) + 1))
    base = ClassNumbering(COCO_CLASSES, ids, names_from="COCO, for there is no class list")
    from_zero = replace(base, background=None)
    return [
        replace(base, form="ids", numbers_from="COCO's ids, 1 to 90"),
        replace(base, numbers=indices, form="contiguous", numbers_from="1 to 80 without gaps"),
        replace(
            from_zero,
            numbers=tuple(range(len(ids))),
            unlabelled="background",
            form="zero",
            numbers_from="0 to 79 without gaps, 255 the background",
        ),
        replace(
            from_zero,
            numbers=tuple(number - 1 for number in ids),
            form="zero-ids",
            numbers_from="COCO's ids - 1 (COCO-Stuff), 255 unlabelled",
        ),
    ]


def decide(
    candidates: Sequence[ClassNumbering], evidence: Callable[[], Iterable[Evidence]], form: str | None, data: str
) -> ClassNumbering:
    """The reading that the masks leave.

    Args:
        candidates: of `readings`, at least one.
        evidence: what there is to look at; not called where there is one candidate, or where `form` says which.
        form: what the data string says behind @.
        data: the data string without it, for the question.

    Raises:
        InputError: the form is none of the candidates', or several fit and differ about a number that is there.

    >>> mask = MaskFile(np.array([[0, 12]], np.uint8), None, None, "grey")
    >>> decide(readings(ClassList(("dog", "cat"))), lambda: [Evidence(mask)], None, "folder:x").form
    'voc'
    """
    if form is not None:
        candidates = [*candidates, *_zero_of(candidates)]
        named = next((candidate for candidate in candidates if candidate.form == form), None)
        if named is None:
            known = ", ".join(f"@{candidate.form}" for candidate in candidates if candidate.form in NUMBERINGS)
            raise InputError(f"@{form} is no numbering of these classes; {known or 'none can be chosen'}: leave it out")
        return replace(named, numbers_from=f"{named.numbers_from} (@{form} says so)")
    if len(candidates) == 1:
        return candidates[0]
    looked = list(evidence())
    if looked and all(item.values.values is None for item in looked):
        return replace(candidates[0], numbers_from="the colours of the masks")
    present = [_numbers_in(item) for item in looked]
    there = set().union(*present)
    fitting = [reading for reading in candidates if _agrees(reading, there)]
    if not fitting:
        # Masks of VOC's other classes alone, else a number that no reading has, which the first one names.
        return next((reading for reading in candidates if reading.form == "voc" and reading.fits(there)), candidates[0])
    contradicting = [_contradicting(reading, looked) for reading in fitting]
    how, inferred = "as the masks tell", ""
    if 0 in contradicting and any(contradicting):
        if min(filter(None, contradicting)) == 1:
            inferred = "the labels of one sample"
        fitting = [reading for reading, count in zip(fitting, contradicting, strict=True) if not count]
        how = "as masks and labels tell"
    if len({reading.form in _FROM_ZERO for reading in fitting}) > 1:
        # Whether 0 is the background is seen from what masks lack, which is no proof.
        from_zero = _from_zero(present)
        if from_zero is not None:
            fitting = [reading for reading in fitting if (reading.form in _FROM_ZERO) == from_zero]
            inferred = f"which of {len(present)} masks lack {0 if from_zero else 255}"
    if len(fitting) == 1:
        only = fitting[0]
        return replace(only, numbers_from=f"{only.numbers_from}, {how}", inferred=inferred)
    return replace(_shared(fitting, there - {IGNORE}, data), inferred=inferred)


def _zero_of(candidates: Sequence[ClassNumbering]) -> list[ClassNumbering]:
    first = candidates[0]
    return [] if any(c.form == "zero" for c in candidates) else [by_lines(first.names, first.names_from, 0)]


def _shared(fitting: Sequence[ClassNumbering], there: set[int], data: str) -> ClassNumbering:
    """Where all readings agree, one that knows no more than they do; else the question."""
    forms = list(dict.fromkeys(reading.form for reading in fitting))
    endings = " or ".join(f"@{form}" for form in forms)
    meant = "; ".join(f"@{reading.form}: {reading.numbers_from}{_sample_of(reading, there)}" for reading in fitting)
    question = f"the masks do not tell how they number the classes; say which: {data}{endings} ({meant})"
    first = fitting[0]
    tables = np.stack([reading.table for reading in fitting])
    agreed = (tables == tables[0]).all(axis=0)
    numbers = tuple(number if number < 0 or agreed[number] else -1 for number in first.numbers)
    others = {number: name for number, name in first.others.items() if agreed[number]}
    undecided = any(not agreed[number] for number in there)
    said = " or ".join(reading.numbers_from for reading in fitting)
    said = question if undecided else f"{said}, which agree on what the masks hold"
    return replace(
        first,
        numbers=numbers,
        background=first.background if first.background is None or agreed[first.background] else None,
        others=others,
        form="shared",
        numbers_from=said,
        question=question,
        undecided=undecided,
    )


def _sample_of(reading: ClassNumbering, there: set[int]) -> str:
    names = [f"{number} is {reading.name_of(number) or 'background'}" for number in sorted(there - {0})[:2]]
    return f", {', '.join(names)}" if names else ""


def _numbers_in(item: Evidence) -> set[int]:
    mask = item.values
    if mask.values is None:
        return set()
    return set(np.flatnonzero(np.bincount(mask.values.ravel(), minlength=256)).tolist())


def _agrees(reading: ClassNumbering, there: set[int]) -> bool:
    """Whether a reading fits the numbers: no unknown one, a class of the set among them, and a background."""
    if not reading.fits(there):
        return False
    if reading.form == "voc" and there - {0, IGNORE} and not there & set(reading.numbers):
        return False  # not one pixel of the set in any mask
    return reading.form not in _FROM_ZERO or IGNORE in there


def _from_zero(present: Sequence[set[int]]) -> bool | None:
    """Whether 255 is the background and not 0, since nearly every mask has one; None where that does not tell."""
    if len(present) < MASKS_THAT_TELL:
        return None
    without_zero = sum(0 not in numbers for numbers in present) / len(present)
    without_255 = sum(IGNORE not in numbers for numbers in present) / len(present)
    if without_zero < _FEW and without_255 > _MANY:
        return False
    return True if without_255 < _FEW and without_zero > _MANY else None


def _contradicting(reading: ClassNumbering, looked: Sequence[Evidence]) -> int:
    """Masks with a class that is none of their sample's labels."""
    count = 0
    for item in looked:
        if item.labels is None or item.values.values is None:
            continue
        values, _ = reading.values_of(Path(), item.values)
        names = {reading.name_of(int(number)) for number in np.unique(values)} - {None}
        count += not names <= set(item.labels)
    return count


def _colours_of(listed: ClassList) -> dict[tuple[int, int, int], int]:
    indices = {name: index for index, name in enumerate(listed.names, 1)} | {"": 0}
    return {colour: indices[name] for colour, name in listed.colours.items() if name in indices}
