"""What a column of a grid is, as a text: "cam", "rib+crf", "maps:Ours+mask@0.4"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from wsss_viz.errors import InputError
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.refinement.settings import REFINERS, SHIPPED_WALK, named

__all__ = ["MAPS", "PICTURES", "PICTURE_TITLES", "Column", "column"]

PICTURES = ("image", "truth")
PICTURE_TITLES = {"image": "Image", "truth": "Ground truth"}
MAPS = "maps:"
"""What a column of maps in files begins with, before their name."""


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        text: as the spec has it.
        base: "image", "truth", a method's name, or `MAPS` and a name.
        refiner: NAME or NAME@BACKGROUND, as --refine takes it; "": none.
        show: "map" or "mask"; "": as the figure says, and the mask where a refiner or somebody else has made one.
        threshold: of its mask; None: the figure's.
    """

    text: str
    base: str
    refiner: str = ""
    show: str = ""
    threshold: float | None = None

    @property
    def is_picture(self) -> bool:
        """Whether nothing is computed for it."""
        return self.base in PICTURES

    @property
    def maps(self) -> str:
        """The name of the maps in files; "" of a method or a picture."""
        return self.base.removeprefix(MAPS) if self.base.startswith(MAPS) else ""

    def shows(self, figure: str) -> str:
        """What it shows in a figure that shows `figure`: "map" or "mask"."""
        return self.show or ("mask" if self.refiner else figure)

    @property
    def title(self) -> str:
        """Above the column: the method, then what was done to its maps."""
        if self.base in PICTURE_TITLES:
            return PICTURE_TITLES[self.base]
        name = self.maps or METHODS[self.base].title
        return f"{name} + {self.refiner.partition(':')[0].upper()}" if self.refiner else name

    @property
    def meaning(self) -> str:
        """In a caption: the method in full, its refiner, its mask's threshold."""
        if self.base in PICTURE_TITLES:
            return PICTURE_TITLES[self.base].lower()
        name = f"{self.maps} (maps from files)" if self.maps else METHODS[self.base].title
        parts = [name, *([f"refined by {self.refiner}"] if self.refiner else [])]
        if self.show == "mask" or self.threshold is not None:
            parts.append("pseudo mask" + ("" if self.threshold is None else f" at {self.threshold:g}"))
        return ", ".join(parts)


@lru_cache(maxsize=256)
def column(text: str) -> Column:
    """The column of a text: BASE, then `+REFINER`, `+map`, `+mask` or `+mask@THRESHOLD`.

    Raises:
        InputError: it is none.

    Examples:
        >>> column("cam+crf").refiner, column("cam+crf").shows("map"), column("maps:Ours+mask@0.4").threshold
        ('crf:irn', 'mask', 0.4)
        >>> column("cam+blur")
        Traceback (most recent call last):
        wsss_viz.errors.InputError: 'cam+blur': after + stands map, mask, mask@THRESHOLD or a refiner: crf, crf:irn, ...
    """
    base, *parts = text.split("+")
    in_files = base.startswith(MAPS) and len(base) > len(MAPS)
    while in_files and parts and not _is_part(parts[0]):  # maps may have a + in their name
        base, parts = f"{base}+{parts[0]}", parts[1:]
    if not (in_files or base in PICTURES or base in METHODS):
        raise InputError(f"{text!r:.60} is no column: give {', '.join((*PICTURES, *METHODS))} or maps:NAME")
    if parts and base in PICTURES:
        raise InputError(f"{text!r:.60}: a column of {base} stands alone")
    refiner = show = ""
    threshold = None
    for part in parts:
        name, at, number = part.partition("@")
        if part in ("map", "mask") and not show:
            show = part
        elif name == "mask" and at and not show:
            show, threshold = "mask", _threshold(text, number)
        elif _is_refiner(name) and not refiner and not show:
            refiner = named(part)[0] + at + number
        else:
            known = ", ".join(("crf", *REFINERS, SHIPPED_WALK))
            raise InputError(f"{text!r:.60}: after + stands map, mask, mask@THRESHOLD or a refiner: {known}")
    if threshold is not None and refiner and not refiner.startswith("pamr"):
        raise InputError(f"{text!r:.60}: its masks have no threshold: give the background's score as {refiner}@...")
    return Column(text, base, refiner, show, threshold)


def _is_part(part: str) -> bool:
    name = part.partition("@")[0]
    return name in ("map", "mask") or _is_refiner(name)


def _is_refiner(name: str) -> bool:
    return name == "crf" or name in (*REFINERS, SHIPPED_WALK)


def _threshold(text: str, number: str) -> float:
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise InputError(f"{text!r:.60}: the threshold is from 0 to below 1")
    return value
