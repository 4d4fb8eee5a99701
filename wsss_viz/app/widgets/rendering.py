"""Images of maps, masks and parts as PNG bytes: numpy and Pillow, no Streamlit, no state.

The numbers are the library's; here they only become colours. What is drawn keeps the image's aspect and is at least
`DISPLAY_SIDE` pixels long, so that contours are fine and thresholds fall on whole pixels of the image.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wsss_viz.data.palette import part_palette
from wsss_viz.data.png import data_address, png
from wsss_viz.data.sample import BACKGROUND, DISCRIMINATIVE, IGNORE, NON_DISCRIMINATIVE
from wsss_viz.traces.overlay import Picture, blend, colour_table, map_over

__all__ = [
    "CONTOUR",
    "DISPLAY_SIDE",
    "LARGEST_SIDE",
    "PART_COLOURS",
    "Picture",
    "blend",
    "colour_table",
    "data_address",
    "display_size",
    "edges",
    "enlarge",
    "enlarge_mask",
    "faded",
    "map_overlay",
    "parts_overlay",
    "png",
    "with_contour",
]

DISPLAY_SIDE = 512
LARGEST_SIDE = 1024
PART_COLOURS = {part: tuple(part_palette()[part].tolist()) for part in (DISCRIMINATIVE, NON_DISCRIMINATIVE)}
CONTOUR = (255, 255, 255)


def display_size(size: tuple[int, int]) -> tuple[int, int]:
    """(H, W) an image of `size` is drawn at: a whole multiple of it where it is small, reduced where it is large."""
    longest = max(size)
    if longest > LARGEST_SIDE:
        return max(1, round(size[0] * LARGEST_SIDE / longest)), max(1, round(size[1] * LARGEST_SIDE / longest))
    factor = -(-DISPLAY_SIDE // longest)
    return size[0] * factor, size[1] * factor


def enlarge(image: Picture) -> Picture:
    """The image at `display_size`, smooth; itself where it has that size."""
    height, width = display_size(image.shape[:2])
    if (height, width) == image.shape[:2]:
        return image
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))


def enlarge_mask(mask: NDArray, size: tuple[int, int]) -> NDArray[np.uint8]:
    """An index mask or a boolean one at `size` (H, W), its values kept."""
    enlarged = Image.fromarray(mask.astype(np.uint8)).resize((size[1], size[0]), Image.Resampling.NEAREST)
    return np.asarray(enlarged)


def edges(mask: NDArray) -> NDArray[np.bool_]:
    """The pixels of `mask`, (H, W), that touch another value to the right or below: where its contours run.

    Widened by one pixel, so that the line is two to three pixels wide. Ignored pixels count as background.
    """
    classes = np.where(mask == IGNORE, BACKGROUND, mask)
    line = np.zeros(classes.shape, dtype=bool)
    line[:, :-1] |= classes[:, :-1] != classes[:, 1:]
    line[:-1] |= classes[:-1] != classes[1:]
    wide = line.copy()
    wide[1:] |= line[:-1]
    wide[:, 1:] |= line[:, :-1]
    return wide


def faded(image: Picture) -> Picture:
    """The image as a pale ground for masks: half its colour, half its contrast."""
    grey = np.asarray(Image.fromarray(image).convert("L"), dtype=np.float32)[..., None]
    return np.round(0.5 * (0.4 * image + 0.6 * grey) + 0.5 * 236).astype(np.uint8)


def map_overlay(
    image: Picture,
    values: NDArray,
    value_range: tuple[float, float],
    colours: str,
    opacity: float,
    outline: NDArray | None = None,
) -> Picture:
    """A map over the image it belongs to, at its `display_size`.

    Args:
        image: (H, W, 3).
        values: (h, w), any scale; below the range is drawn as its low end, above as its high end.
        value_range: the values of the darkest and of the brightest colour.
        colours: name of a colour map.
        opacity: of the map, 0 to 1.
        outline: a mask whose contour is drawn over it.
    """
    drawn = map_over(enlarge(image), values, value_range, colours, opacity)
    return drawn if outline is None else with_contour(drawn, enlarge_mask(outline, drawn.shape[:2]))


def parts_overlay(image: Picture, parts: NDArray[np.uint8], mask: NDArray[np.uint8]) -> Picture:
    """The parts over the faded image, `PART_COLOURS`, each object outlined."""
    size = display_size(image.shape[:2])
    enlarged = enlarge_mask(parts, size)
    drawn = faded(enlarge(image))
    for part, colour in PART_COLOURS.items():
        drawn = blend(drawn, np.array(colour), np.where(enlarged == part, 0.8, 0.0))
    return with_contour(drawn, enlarge_mask(mask, size))


def with_contour(image: Picture, mask: NDArray, colour: tuple[int, int, int] = CONTOUR) -> Picture:
    """The contours of `mask` on `image`, both at the same size: a line in `colour` with a dark edge on either side."""
    line = edges(mask)
    halo = line.copy()
    halo[1:] |= line[:-1]
    halo[:-1] |= line[1:]
    halo[:, 1:] |= line[:, :-1]
    halo[:, :-1] |= line[:, 1:]
    drawn = blend(image, np.array((20, 24, 28)), np.where(halo & ~line, 0.55, 0.0))
    drawn[line] = colour
    return drawn
