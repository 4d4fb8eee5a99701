"""Sample: one image and what is known about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.findings import Note

__all__ = ["BACKGROUND", "DISCRIMINATIVE", "IGNORE", "NON_DISCRIMINATIVE", "PART_NAMES", "Image", "Mask", "Sample"]

BACKGROUND = 0
IGNORE = 255
DISCRIMINATIVE = 1
NON_DISCRIMINATIVE = 2
PART_NAMES = {DISCRIMINATIVE: "discriminative", NON_DISCRIMINATIVE: "non_discriminative"}

Image = NDArray[np.uint8]
Mask = NDArray[np.uint8]


@dataclass(frozen=True, eq=False, repr=False)
class Sample:
    """An image, its image-level labels and, where known, its masks.

    Attributes:
        image: (H, W, 3) uint8, RGB.
        classes: the class names of the data set, in its order.
        labels: the names of the classes that are in the image, in the order of `classes`; None where unknown.
        mask: (H, W) uint8, index into `classes` + 1, 0 background, 255 ignore (VOC's convention); None where unknown.
        parts: (H, W) uint8, 0 background, 1 discriminative, 2 non-discriminative part; None where unknown.
        name: unique within its data set.
        source: the data string that gives this sample again (`scenes:test:17`), or "" for what has none.
        notes: what was noticed while its files were read (`findings`).

    >>> Sample(np.zeros((4, 6, 3), np.uint8), ("cow", "sofa"), ("sofa",), "grey")
    Sample('grey', size=(4, 6), labels=('sofa',), mask=False, parts=False)
    """

    image: Image
    classes: tuple[str, ...]
    labels: tuple[str, ...] | None
    name: str
    mask: Mask | None = None
    parts: Mask | None = None
    source: str = ""
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.shape[2] != 3 or self.image.dtype != np.uint8:
            raise ValueError(f"`image` wants (H, W, 3) uint8, got {self.image.shape} {self.image.dtype}")
        for field in ("mask", "parts"):
            value = getattr(self, field)
            if value is not None and (value.shape != self.image.shape[:2] or value.dtype != np.uint8):
                raise ValueError(
                    f"`{field}` wants {self.image.shape[:2]} uint8 as the image, got {value.shape} {value.dtype}"
                )
        unknown = [label for label in self.labels or () if label not in self.classes]
        if unknown:
            raise ValueError(f"`labels` has {unknown[0]!r}, which is not among the classes {', '.join(self.classes)}")

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        return self.image.shape[0], self.image.shape[1]

    def class_mask(self, name: str) -> NDArray[np.bool_]:
        """(H, W) bool: where the class `name` is. Raises ValueError where the sample has no mask."""
        if self.mask is None:
            raise ValueError(f"{self.name} has no mask")
        return self.mask == self.classes.index(name) + 1

    def label_vector(self, classes: tuple[str, ...] | None = None) -> NDArray[np.float32]:
        """(C,) float32 in {0, 1}: the labels over `classes` (default: the sample's own)."""
        classes = self.classes if classes is None else classes
        present = self.labels or ()
        return np.array([name in present for name in classes], dtype=np.float32)

    def __repr__(self) -> str:
        known = f"labels={self.labels}, mask={self.mask is not None}, parts={self.parts is not None}"
        return f"Sample({self.source or self.name!r}, size={self.size}, {known})"

    def _repr_html_(self) -> str:
        from wsss_viz.data.palette import painted
        from wsss_viz.data.png import picture_row

        pictures = [(self.image, self.name)]
        if self.mask is not None:
            pictures.append((painted(self.mask, self.classes), "mask"))
        return picture_row(repr(self), pictures)
