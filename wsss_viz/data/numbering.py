"""How masks on disk number their classes, and a mask read by it; `readings` decides which numbering it is."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.coco_classes import COCO_CATEGORIES, COCO_CLASSES
from wsss_viz.data.findings import Note
from wsss_viz.data.images import MaskFile
from wsss_viz.data.palette import VOC_CLASSES, voc_palette
from wsss_viz.data.sample import IGNORE, Mask
from wsss_viz.errors import InputError
from wsss_viz.wording import quantity

__all__ = ["MOST_IGNORED", "NUMBERINGS", "ClassNumbering", "by_lines", "default_numbering", "of_voc"]

MOST_IGNORED = 0.3
"""Share of a mask that may be 255 without a word; VOC's borders are about a twentieth."""

NUMBERINGS = ("lines", "voc", "zero", "ids", "contiguous", "zero-ids")
"""What may stand behind an @ in a data string to say the numbering."""


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
        if not self.names:
            return f"no classes: {self.names_from}"
        return f"{quantity(len(self.names), 'class')} from {self.names_from}; numbers in masks: {self.numbers_from}"

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


def _frame(mask: Mask) -> Mask:
    """The pixels at the edge of a mask."""
    return np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]])


@functools.cache
def _voc_colours() -> dict[tuple[int, int, int], int]:
    return {tuple(voc_palette()[n].tolist()): n for n in (*range(len(VOC_CLASSES) + 1), IGNORE)}


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
