"""Sequences whose items are made when they are asked for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TypeVar, overload

__all__ = ["Indexed"]

T_co = TypeVar("T_co", covariant=True)


class Indexed(Sequence[T_co]):
    """A sequence by its length and `at`; a slice of it is a list.

    >>> class Squares(Indexed[int]):
    ...     def __len__(self):
    ...         return 4
    ...
    ...     def at(self, position):
    ...         return position**2
    >>> Squares()[-1], Squares()[1:3]
    (9, [1, 4])
    """

    things = "items"
    """What an index is outside of, in words."""

    @abstractmethod
    def at(self, position: int) -> T_co:
        """The item at a position from 0."""

    @overload
    def __getitem__(self, index: int) -> T_co: ...
    @overload
    def __getitem__(self, index: slice) -> list[T_co]: ...
    def __getitem__(self, index: int | slice) -> T_co | list[T_co]:
        if isinstance(index, slice):
            return [self.at(position) for position in range(*index.indices(len(self)))]
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(f"index {index} is outside the {len(self)} {self.things}")
        return self.at(position)
