"""How masks on disk number their classes: decided here alone, from what the data set says and what its masks hold.

A list of names leaves more than one reading: a `classes.txt` of VOC's names may number by its lines or as VOC does,
masks of COCO's classes hold ids or places, from 1 or from 0. Each reading is a `ClassNumbering`; `decide` drops those
that the masks or the labels contradict, takes one where the rest agree about every number in the masks, and asks
otherwise: it never chooses between two that fit. Where the numbers come from is said in `numbers_from`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.class_sets import ClassList
from wsss_viz.data.coco_classes import COCO_CATEGORIES, COCO_CLASSES
from wsss_viz.data.findings import Note
from wsss_viz.data.images import MaskFile
from wsss_viz.data.palette import VOC_CLASSES, voc_palette
from wsss_viz.data.sample import IGNORE, Mask
from wsss_viz.errors import InputError

__all__ = [
    "LOOKED_AT",
    "MASKS_THAT_TELL",
    "MOST_IGNORED",
    "NUMBERINGS",
    "ClassNumbering",
    "Evidence",
    "by_lines",
    "decide",
    "default_numbering",
    "of_coco",
    "of_voc",
    "readings",
]

LOOKED_AT = 500
"""Masks that are looked at, at most, to find the numbering."""

MOST_IGNORED = 0.3
"""Share of a mask that may be 255 without a word; VOC's borders are about a twentieth."""

NUMBERINGS = ("lines", "voc", "zero", "ids", "contiguous", "zero-ids")
"""What may stand behind an @ in a data string to say the numbering."""


_FROM_ZERO = ("zero", "zero-ids")

MASKS_THAT_TELL = 20
"""Masks from which it may be told, with a warning, whether 0 or 255 is the background: nearly all have one."""
_FEW, _MANY = 0.1, 0.3


@dataclass(frozen=True)
class ClassNumbering:
    """The classes of a data set, their numbers in masks on disk, and where both come from.

    Attributes:
        names: C class names.
        numbers: of each in a mask on disk.
        background: the number of the background there; None: it has none but `unlabelled`.
        unlabelled: what 255 means: "ignore" or "background".
        others: known classes that are not in the set, by number; they become background, which is noted.
        form: one of `NUMBERINGS`, or "numbers" where the class list gives them.
        names_from: where the names come from, in words.
        numbers_from: where the numbers come from, in words.
        colours: of RGB masks, (R, G, B) to number; VOC's where the names are numbered as VOC's.
        question: what to ask about numbers that two readings take differently, "" where one reading is left.
        undecided: whether such numbers are in the masks.
        inferred: what little it was told from, in words; "" where masks, labels or the data string leave no other.
    """

    names: tuple[str, ...]
    numbers: tuple[int, ...]
    background: int | None = 0
    unlabelled: str = "ignore"
    others: Mapping[int, str] = field(default_factory=dict)
    form: str = "lines"
    names_from: str = ""
    numbers_from: str = ""
    colours: Mapping[tuple[int, int, int], int] = field(default_factory=dict)
    question: str = ""
    undecided: bool = False
    inferred: str = ""

    @functools.cached_property
    def table(self) -> NDArray[np.int16]:
        """(256,) int16: place in `names` + 1 of each number on disk, 0 background, 255 ignore, -1 unknown."""
        table = np.full(256, -1, dtype=np.int16)
        table[IGNORE] = 0 if self.unlabelled == "background" else IGNORE
        for number in self.others:
            table[number] = 0
        if self.background is not None:
            table[self.background] = 0
        for index, number in enumerate(self.numbers, 1):
            if number >= 0:
                table[number] = index
        table.setflags(write=False)
        return table

    def name_of(self, number: int) -> str | None:
        """The class of a number on disk; None for the background, ignore and what is unknown."""
        index = int(self.table[number])
        return self.names[index - 1] if 0 < index < IGNORE else None

    def fits(self, numbers: Collection[int]) -> bool:
        """Whether all of these may stand in a mask."""
        return all(self.table[number] >= 0 for number in numbers)

    @property
    def said(self) -> str:
        """Names and numbers with where they come from, in one line."""
        return f"{len(self.names)} classes from {self.names_from}; numbers in masks: {self.numbers_from}"

    def read(self, file: Path, mask: MaskFile) -> tuple[Mask, tuple[Note, ...]]:
        """The mask in a Sample's numbers, and what was noticed.

        Raises:
            InputError: a number, or a colour of an RGB mask, that is no class of the list.
        """
        values, notes = self.values_of(file, mask)
        present = [int(number) for number in np.flatnonzero(np.bincount(values.ravel(), minlength=256))]
        unknown = [number for number in present if self.table[number] < 0]
        if unknown:
            raise InputError(f"{file}: index {unknown[0]}; {self.question or self._holds}")
        outside = [f"{number} {self.others[number]}" for number in present if number in self.others]
        notes = (*notes, *(Note("mask-outside-set", text) for text in outside))
        read: Mask = self.table.astype(np.uint8)[values]
        foreground = any(0 < self.table[number] < IGNORE for number in present)
        if (read == IGNORE).mean() > MOST_IGNORED:
            notes = (*notes, Note("mask-mostly-ignored"))
        elif IGNORE in present and (_frame(read) == IGNORE).mean() > 0.5:
            notes = (*notes, Note("mask-ignored-frame"))
        if not foreground:
            notes = (*notes, Note("mask-0-255" if IGNORE in present and not outside else "mask-empty"))
        elif IGNORE in present and self.background == 0 and 0 not in present:
            notes = (*notes, Note("mask-no-background"))
        return read, notes

    def values_of(self, file: Path, mask: MaskFile) -> tuple[Mask, tuple[Note, ...]]:
        """The numbers in a mask's file, by its colours where it is one of colours."""
        if mask.values is not None:
            moved = None
            if mask.palette is not None and set(self.names) <= set(VOC_CLASSES):
                moved = _by_palette(mask.values, mask.palette)
            if moved is None:
                return mask.values, mask.notes
            if self.form == "voc":
                return moved, (*mask.notes, Note("mask-palette"))
            return mask.values, (*mask.notes, *self._conflicts(mask.values, moved))
        assert mask.colours is not None
        colours, inverse = np.unique(mask.colours.reshape(-1, 3), axis=0, return_inverse=True)
        known = self.colours or (_voc_colours() if self.form == "voc" or set(self.names) <= set(VOC_CLASSES) else {})
        numbered = [known.get((r, g, b)) for r, g, b in colours.tolist()]
        if None in numbered:
            missing = tuple(colours[numbered.index(None)].tolist())
            raise InputError(
                f"{file}: an RGB mask with the colour {missing}, which is no class's; write a PNG whose pixels are the "
                "classes' numbers (with a palette or in 8-bit grey; turning the colours to grey does not give them)"
            )
        numbers = np.array(numbered, dtype=np.int64)
        if not self.colours and self.form != "voc":
            number_of_index = {VOC_CLASSES.index(n) + 1: d for n, d in zip(self.names, self.numbers, strict=True)}
            wrong = [int(n) for n in numbers if n not in number_of_index and n not in (0, IGNORE)]
            if wrong:
                raise InputError(f"{file}: the colour of {VOC_CLASSES[wrong[0] - 1]}, which is not in the class list")
            numbers = np.array([number_of_index.get(int(number), int(number)) for number in numbers])
            if (numbers < 0).any():  # a number that two readings take differently
                raise InputError(f"{file}: {self.question}")
        values = numbers.astype(np.uint8)[inverse].reshape(mask.colours.shape[:2])
        return values, (*mask.notes, Note("mask-colours"))

    def _conflicts(self, values: Mask, by_colour: Mask) -> list[Note]:
        """One note per number that a palette of VOC's colours calls another class."""
        notes = []
        for number in np.unique(values).tolist():
            colour = int(by_colour[values == number][0])
            named = VOC_CLASSES[colour - 1] if 0 < colour < IGNORE else None
            if named != self.name_of(number):
                notes.append(Note("mask-palette-conflict", f"{number} is {self.name_of(number)}, coloured {named}"))
        return notes

    @property
    def _holds(self) -> str:
        numbers = sorted({*self.numbers, *self.others} - {-1})
        if self.form == "voc":
            return f"a VOC mask holds 0 to {len(VOC_CLASSES)} and {IGNORE}"
        if self.form == "ids":
            return (
                f"COCO's ids are 1 to {max(COCO_CATEGORIES)} with gaps, besides 0 and {IGNORE}; things only, no stuff"
            )
        if self.form == "contiguous":
            return f"numbers without gaps are 1 to {len(COCO_CLASSES)}, besides 0 and {IGNORE}; things only, no stuff"
        if numbers == list(range(1, len(numbers) + 1)):
            return f"a mask of these {len(self.names)} classes holds 0 to {numbers[-1]} and {IGNORE}"
        return f"a mask of these classes holds {', '.join(map(str, numbers[:12]))} ({self.numbers_from})"


@dataclass(frozen=True)
class Evidence:
    """What one mask and, where they come from elsewhere, its sample's labels say."""

    values: MaskFile
    labels: tuple[str, ...] | None = None


def of_voc(names: Sequence[str], names_from: str = "PASCAL VOC, for there is no class list") -> ClassNumbering:
    """VOC's own numbers, 1 to 20; VOC's classes that are not in the set become background.

    >>> of_voc(("dog", "cat")).numbers
    (12, 8)
    """
    others = {index: name for index, name in enumerate(VOC_CLASSES, 1) if name not in names}
    numbers = tuple(VOC_CLASSES.index(name) + 1 for name in names)
    return ClassNumbering(
        tuple(names), numbers, others=others, form="voc", names_from=names_from, numbers_from="PASCAL VOC's, 1 to 20"
    )


def by_lines(names: Sequence[str], names_from: str, first: int = 1) -> ClassNumbering:
    """The places in the list, from 1; from 0 the background is 255.

    >>> by_lines(("dog", "cat"), "a list").numbers
    (1, 2)
    """
    numbers = tuple(range(first, len(names) + first))
    if first == 0:
        return ClassNumbering(
            tuple(names), numbers, None, "background", {}, "zero", names_from, "places from 0, 255 the background"
        )
    return ClassNumbering(tuple(names), numbers, names_from=names_from, numbers_from="its lines, from 1")


def default_numbering(names: Sequence[str]) -> ClassNumbering:
    """The numbering of a bare list, for what is written: VOC's where all names are VOC's, else the places from 1.

    >>> default_numbering(("lung", "heart")).numbers, default_numbering(("dog",)).numbers
    ((1, 2), (12,))
    """
    if names and set(names) <= set(VOC_CLASSES):
        return of_voc(names, "the data set")
    return by_lines(names, "the data set")


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


def _frame(mask: Mask) -> Mask:
    """The pixels at the edge of a mask."""
    return np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]])


@functools.cache
def _voc_colours() -> dict[tuple[int, int, int], int]:
    return {tuple(voc_palette()[n].tolist()): n for n in (*range(len(VOC_CLASSES) + 1), IGNORE)}


def _colours_of(listed: ClassList) -> dict[tuple[int, int, int], int]:
    indices = {name: index for index, name in enumerate(listed.names, 1)} | {"": 0}
    return {colour: indices[name] for colour, name in listed.colours.items() if name in indices}


def _by_palette(values: Mask, palette: NDArray[np.uint8]) -> Mask | None:
    """The numbers by the palette's colours where these are VOC's at other indices; None where they are not."""
    used = np.flatnonzero(np.bincount(values.ravel(), minlength=256))
    colours = [tuple(palette[index].tolist()) if index < len(palette) else None for index in used]
    known = _voc_colours()
    if any(colour not in known for colour in colours if colour is not None) or None in colours:
        return None
    numbers = [known[colour] for colour in colours if colour is not None]
    if numbers == used.tolist() or len(set(numbers)) < len(numbers):
        return None
    table = np.zeros(256, dtype=np.uint8)
    table[used] = numbers
    moved: Mask = table[values]
    return moved
