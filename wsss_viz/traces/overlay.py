"""A map over its image: the colours and the blending that pages, figures and notebooks share.

drawn = (1 - a) image + a table[value]          a: the opacity; value: where the map lies in its range, in 255ths
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from wsss_viz.data.files import write_whole
from wsss_viz.data.png import png, thumbnail
from wsss_viz.errors import InputError

__all__ = [
    "COLOUR_MAPS",
    "FORMATS",
    "NOWHERE_POSITIVE",
    "OPACITY",
    "Overlay",
    "Picture",
    "blend",
    "colour_table",
    "map_over",
]

Picture = NDArray[np.uint8]

COLOUR_MAPS = ("inferno", "viridis", "cividis")
"""matplotlib's names, the first the default: perceptually uniform, dark for low and bright for high."""
NOWHERE_POSITIVE = "nowhere positive"
"""Said of a map whose rectified values are 0 everywhere, so that its black picture is not taken for a defect."""
OPACITY = 0.6
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
"""What an overlay can be saved as, by the suffix of the file."""

_STRIP = 64


@lru_cache(maxsize=8)
def colour_table(name: str) -> Picture:
    """(256, 3) uint8 RGB: the colour map `name`, dark for low, bright for high.

    >>> colour_table("inferno")[[0, 255]].tolist()
    [[0, 0, 4], [252, 255, 164]]
    """
    from matplotlib import colormaps

    table: Picture = (colormaps[name](np.linspace(0, 1, 256))[:, :3] * 255).round().astype(np.uint8)
    return table


def blend(image: Picture, colours: NDArray, opacity: float | NDArray) -> Picture:
    """(1 - a) image + a colours, (H, W, 3) uint8.

    Args:
        image: (H, W, 3) uint8.
        colours: (3,) or (H, W, 3), 0 to 255.
        opacity: a, one number or (H, W), 0 to 1.

    >>> blend(np.full((1, 2, 3), 100, np.uint8), np.array((200, 0, 100)), 0.25).tolist()
    [[[125, 75, 100], [125, 75, 100]]]
    """
    alpha = np.asarray(opacity, dtype=np.float32)
    alpha = alpha[..., None] if alpha.ndim == 2 else alpha
    colours, drawn = np.broadcast_to(colours, image.shape), np.empty_like(image)
    for rows in _strips(len(image)):
        drawn[rows] = _mixed(image[rows], colours[rows], alpha[rows] if alpha.ndim else alpha)
    return drawn


def map_over(
    image: Picture,
    values: NDArray,
    value_range: tuple[float, float],
    colours: str = COLOUR_MAPS[0],
    opacity: float = OPACITY,
) -> Picture:
    """A map over an image, (H, W, 3) uint8; the map is enlarged to the image, bilinear.

    Args:
        image: (H, W, 3) uint8.
        values: (h, w); below the range is drawn as its low end, above as its high end.
        value_range: the values of the darkest and of the brightest colour.
        colours: name of a colour map.
        opacity: of the map, 0 to 1.

    >>> map_over(np.zeros((2, 2, 3), np.uint8), np.array([[0, 1.0]]), (0, 1), opacity=1)[0].tolist()
    [[0, 0, 4], [252, 255, 164]]
    """
    height, width = image.shape[:2]
    low, high = value_range
    scaled = np.clip((values - low) / max(high - low, 1e-12), 0, 1).astype(np.float32)
    # Half a level more, because a conversion to whole levels cuts off what is behind the point.
    levels = Pillow.fromarray(scaled * 255 + np.float32(0.5))
    palette, alpha = colour_table(colours).tobytes(), np.asarray(opacity, dtype=np.float32)
    drawn = np.empty((height, width, 3), np.uint8)
    for rows in _strips(height):
        top, bottom = (row * levels.height / height for row in (rows.start, rows.stop))
        size, box = (width, rows.stop - rows.start), (0, top, levels.width, bottom)
        painted = levels.resize(size, Pillow.Resampling.BILINEAR, box).convert("L")
        painted.putpalette(palette)
        drawn[rows] = _mixed(image[rows], np.asarray(painted.convert("RGB")), alpha)
    return drawn


def _strips(height: int) -> Iterator[slice]:
    """Rows that are worked on at a time: the memory for whole images of floats took longer than the arithmetic."""
    return (slice(top, min(top + _STRIP, height)) for top in range(0, height, _STRIP))


def _mixed(image: Picture, colours: NDArray, alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    mixed, added = image.astype(np.float32), colours.astype(np.float32)
    mixed *= 1 - alpha
    added *= alpha
    mixed += added
    return np.rint(mixed, out=mixed)


@dataclass(frozen=True, eq=False, repr=False)
class Overlay:
    """One class's map over the image, ready to be saved; in a notebook it shows itself.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, of the image's size.
        title: method, class and step, in words.
    """

    pixels: Picture
    title: str

    def save(self, path: Path | str) -> Path:
        """Writes the picture, whole or not at all, and returns its path. JPEG at quality 95.

        Raises:
            InputError: a suffix that is none of `FORMATS`, or a place that cannot be written to.
        """
        path = Path(path)
        if path.suffix.lower() not in FORMATS:
            raise InputError(f"{path}: an overlay is saved as {', '.join(FORMATS)}: give a name that ends so")
        buffer = io.BytesIO()
        self.image.save(buffer, FORMATS[path.suffix.lower()], quality=95)
        write_whole(path, buffer.getvalue())
        return path

    @property
    def image(self) -> Pillow.Image:
        """The picture as a Pillow image."""
        return Pillow.fromarray(self.pixels)

    def _repr_png_(self) -> bytes:
        return png(thumbnail(self.pixels, 512))

    def __repr__(self) -> str:
        height, width = self.pixels.shape[:2]
        return f"Overlay({self.title!r}, size=({height}, {width}))"
