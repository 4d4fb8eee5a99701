"""Images and label images as what a browser gets: data addresses and run-lengths. Needs no Streamlit."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wsss_viz.data.sample import Sample

LARGEST_IMAGE = 640
JPEG_FROM = 200 * 200
"""Pixels above which a picture is a JPEG: a PNG of a drawn scene takes 50 ms to pack, and three times the bytes."""
Runs = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Ground:
    """A sample with more pixels than the one that is measured, for the eye alone, as the browser gets it.

    Attributes:
        picture: the image, as `picture` gives it.
        classes: the sample's, by which its mask is numbered.
        mask, parts: as `run_lengths` gives them; None where the sample has none.
    """

    picture: str
    classes: tuple[str, ...]
    mask: Runs | None
    parts: Runs | None

    @classmethod
    def of(cls, sample: Sample) -> Ground:
        """The sample encoded."""
        return cls(picture(sample.image), sample.classes, *_planes(sample))

    def truth(self, classes: Sequence[str]) -> dict[str, Any] | None:
        """The masks, numbered by `classes`, as `truth_of` gives them."""
        return _truth(self.mask, self.parts, self.classes, classes)


def picture(image: NDArray[np.uint8]) -> str:
    """The image as a data address: PNG where it is small, else JPEG; no side longer than 640 pixels."""
    pillow = Image.fromarray(image)
    pillow.thumbnail((LARGEST_IMAGE, LARGEST_IMAGE), Image.Resampling.LANCZOS)
    kind = "jpeg" if pillow.width * pillow.height > JPEG_FROM else "png"
    buffer = io.BytesIO()
    pillow.save(buffer, kind, quality=90)
    return f"data:image/{kind};base64,{base64_of(buffer.getvalue())}"


def run_lengths(labels: NDArray) -> Runs:
    """(H, W) small integers as (value, length) runs over its pixels, row by row: uint8 values, uint32 lengths."""
    flat = np.asarray(labels, dtype=np.uint8).ravel()
    starts = np.flatnonzero(np.concatenate(([True], flat[1:] != flat[:-1])))
    lengths = np.diff(np.append(starts, flat.size)).astype("<u4")
    height, width = labels.shape
    values = base64_of(flat[starts].tobytes())
    return {"h": height, "w": width, "values": values, "lengths": base64_of(lengths.tobytes())}


def truth_of(sample: Sample, classes: Sequence[str]) -> dict[str, Any] | None:
    """The masks of a sample; `index` has, for each of `classes`, its value in the mask, 0 where it has none."""
    return _truth(*_planes(sample), sample.classes, classes)


def _planes(sample: Sample) -> tuple[Runs | None, Runs | None]:
    mask, parts = (None if plane is None else run_lengths(plane) for plane in (sample.mask, sample.parts))
    return mask, parts


def _truth(
    mask: Runs | None, parts: Runs | None, known: Sequence[str], classes: Sequence[str]
) -> dict[str, Any] | None:
    if mask is None:
        return None
    return {"mask": mask, "parts": parts, "index": [known.index(one) + 1 if one in known else 0 for one in classes]}


def base64_of(content: bytes) -> str:
    """The bytes as text.

    >>> base64_of(b"map")
    'bWFw'
    """
    return base64.b64encode(content).decode("ascii")
