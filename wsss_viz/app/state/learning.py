"""Where in the lecture one is."""

from __future__ import annotations

from dataclasses import dataclass

from wsss_viz.app.state.parameters import Notation, Parameter, choice, is_index, switch, whole, write_numbers
from wsss_viz.app.state.scene import read_example

CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Of a room's code; without what is taken for another: I, L, O, 0 and 1."""
CODE_LENGTH = 6
LESSONS = 14
LARGEST_CELL = 63
DATASETS = ("voc", "coco", "thousand")
SCORES = ("miou", "discriminative", "non_discriminative", "precision")


@dataclass(frozen=True)
class LearningState:
    """
    Attributes:
        step: of the lecture, from 1.
        present: whether it is shown large, without what surrounds a page.
        answered: whether the step opens with what it shows, its question answered.
        dataset: one of `DATASETS`, whose images are to be annotated.
        cell: row and column, from 0, of the cell of a class map whose sum is written out; empty: the highest.
        score: one of `SCORES`, by which the methods are compared.
        room: the code of a presentation whose question is answered here; "": the lecture itself.
        sofa: the drawn scene on which class-specific erasing is shown; "": photographs.
    """

    step: int = 1
    present: bool = False
    answered: bool = False
    dataset: str = "voc"
    cell: tuple[int, ...] = ()
    score: str = "miou"
    sofa: str = ""
    room: str = ""


def _read_sofa(text: str) -> str:
    source = read_example(text) if text else ""
    if source and not source.startswith("scenes:"):
        raise ValueError("a drawn scene such as scenes:test:21")
    return source


def _read_room(text: str) -> str:
    code = text.upper()
    if code and (len(code) != CODE_LENGTH or any(letter not in CODE_ALPHABET for letter in code)):
        raise ValueError(f"a room's code of {CODE_LENGTH} letters and digits")
    return code


def _read_cell(text: str) -> tuple[int, ...]:
    numbers = text.split("-") if text else []
    if numbers and (len(numbers) != 2 or not all(is_index(number, LARGEST_CELL + 1) for number in numbers)):
        raise ValueError(f"a row and a column from 0 to {LARGEST_CELL}, such as 5-7")
    return tuple(int(number) for number in numbers)


PARAMETERS = (
    Parameter("step", whole(1, LESSONS)),
    Parameter("present", switch()),
    Parameter("answered", switch()),
    Parameter("dataset", choice(DATASETS)),
    Parameter("cell", Notation(_read_cell, write_numbers)),
    Parameter("score", choice(SCORES)),
    Parameter("sofa", Notation(_read_sofa)),
    Parameter("room", Notation(_read_room)),
)
