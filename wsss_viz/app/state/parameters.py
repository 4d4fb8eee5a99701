"""A parameter of the address: the text in it, and the fields of the state that it stands for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

FINAL = -1


@dataclass(frozen=True)
class Notation:
    """How a value is written in an address.

    Attributes:
        read: the value of a text; raises ValueError with what is wanted ("a number from 0 to 1"), never with the text.
        write: the text of a value, which `read` gives the same value for.
    """

    read: Callable[[str], Any]
    write: Callable[[Any], str] = str


@dataclass(frozen=True)
class Parameter:
    """One name in the address.

    Attributes:
        name: as it stands in the address, with hyphens.
        notation: of its value.
        fields: of the state, which the value belongs to; of several the value is a tuple. Empty: the field with the
            parameter's name, underscores for hyphens.
    """

    name: str
    notation: Notation
    fields: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", self.fields or (self.name.replace("-", "_"),))

    def read(self, text: str) -> dict[str, Any]:
        """The fields' values; ValueError as the notation raises it."""
        value = self.notation.read(text)
        return dict(zip(self.fields, value if len(self.fields) > 1 else (value,), strict=True))

    def write(self, state: object) -> str:
        """The text for the state's values."""
        values = tuple(getattr(state, field) for field in self.fields)
        return self.notation.write(values if len(values) > 1 else values[0])


def is_index(text: str, count: int) -> bool:
    """Whether the text is a whole number from 0 to count - 1, in plain digits."""
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) < count


def choice(options: Sequence[str]) -> Notation:
    """One of the options."""

    def read(text: str) -> str:
        if text not in options:
            raise ValueError(f"one of {', '.join(option for option in options if option)}")
        return text

    return Notation(read)


def subset(options: Sequence[str], least: int = 0) -> Notation:
    """At least so many of the options, in their order, joined by commas; "none" is none of them."""

    def read(text: str) -> tuple[str, ...]:
        names = () if text == "none" else text.split(",")
        if any(name not in options for name in names) or len(names) < least:
            raise ValueError(f"a list of {', '.join(options)}")
        return tuple(name for name in options if name in names)

    return Notation(read, lambda names: ",".join(names) or "none")


def switch() -> Notation:
    """Yes as 1, no as 0."""

    def read(text: str) -> bool:
        if text not in ("0", "1"):
            raise ValueError("0 or 1")
        return text == "1"

    return Notation(read, lambda on: str(int(on)))


def whole(least: int, most: int) -> Notation:
    """A whole number from `least`, which is not negative, to `most`."""

    def read(text: str) -> int:
        if not is_index(text, most + 1) or int(text) < least:
            raise ValueError(f"a whole number from {least} to {most}")
        return int(text)

    return Notation(read)


def step(most: int) -> Notation:
    """A whole number from 0 to `most`, or `FINAL`, the last, which is written as a word."""

    def read(text: str) -> int:
        if text == "final":
            return FINAL
        if not is_index(text, most + 1):
            raise ValueError(f"a step from 0 to {most}, or final")
        return int(text)

    return Notation(read, lambda value: "final" if value == FINAL else str(value))


def share() -> Notation:
    """A number from 0 to 1, in hundredths."""

    def read(text: str) -> float:
        try:
            value = float(text) if len(text) <= 12 else math.nan
        except ValueError:
            value = math.nan
        if not 0 <= value <= 1:
            raise ValueError("a number from 0 to 1")
        return round(value, 2)

    return Notation(read)


def write_numbers(numbers: Sequence[int]) -> str:
    """Whole numbers, joined by hyphens."""
    return "-".join(str(number) for number in numbers)
