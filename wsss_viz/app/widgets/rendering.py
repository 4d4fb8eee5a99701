"""Images of maps, masks and parts as PNG bytes: numpy and Pillow, no Streamlit, no state.

The numbers are the library's; here they only become colours. What is drawn keeps the image's aspect and is at least
`DISPLAY_SIDE` pixels long, so that contours are fine and thresholds fall on whole pixels of the image.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wsss_viz.data.palette import part_palette
from wsss_viz.data.sample import BACKGROUND, DISCRIMINATIVE, IGNORE, NON_DISCRIMINATIVE

Picture = NDArray[np.uint8]

DISPLAY_SIDE = 512
LARGEST_SIDE = 1024
STRIP = 64
PART_COLOURS = {part: tuple(part_palette()[part].tolist()) for part in (DISCRIMINATIVE, NON_DISCRIMINATIVE)}
CONTOUR = (255, 255, 255)


@lru_cache(maxsize=8)
def colour_table(name: str) -> Picture:
    """(256, 3) uint8: the colour map `name`, dark for low, bright for high."""
    from matplotlib import colormaps

    table: Picture = (colormaps[name](np.linspace(0, 1, 256))[:, :3] * 255).round().astype(np.uint8)
    return table


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
    shown = Image.fromarray(mask.astype(np.uint8)).resize((size[1], size[0]), Image.Resampling.NEAREST)
    return np.asarray(shown)


def edges(mask: NDArray) -> NDArray[np.bool_]:
    """The pixels of `mask`, (H, W), that touch another value to the right or below: where its contours run.

    Widened by one pixel, so that the line is two to three pixels wide. Ignored pixels count as background.
    """
    shown = np.where(mask == IGNORE, BACKGROUND, mask)
    line = np.zeros(shown.shape, dtype=bool)
    line[:, :-1] |= shown[:, :-1] != shown[:, 1:]
    line[:-1] |= shown[:-1] != shown[1:]
    wide = line.copy()
    wide[1:] |= line[:-1]
    wide[:, 1:] |= line[:, :-1]
    return wide


def blend(image: Picture, colours: NDArray, opacity: float | NDArray) -> Picture:
    """(1 - a) image + a colours, a = `opacity`: one number, or (H, W). Colours: (3,) or (H, W, 3), 0 to 255."""
    alpha = np.asarray(opacity, dtype=np.float32)
    alpha = alpha[..., None] if alpha.ndim == 2 else alpha
    colours, drawn = np.broadcast_to(colours, image.shape), np.empty_like(image)
    for rows in _strips(len(image)):
        drawn[rows] = _mixed(image[rows], colours[rows], alpha[rows] if alpha.ndim else alpha)
    return drawn


def _strips(height: int) -> Iterator[slice]:
    """Rows that are worked on at a time: the memory for whole images of floats took longer than the arithmetic."""
    return (slice(top, min(top + STRIP, height)) for top in range(0, height, STRIP))


def _mixed(image: Picture, colours: NDArray, alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    mixed, added = image.astype(np.float32), colours.astype(np.float32)
    mixed *= 1 - alpha
    added *= alpha
    mixed += added
    return np.rint(mixed, out=mixed)


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
    height, width = display_size(image.shape[:2])
    low, high = value_range
    scaled = np.clip((values - low) / max(high - low, 1e-12), 0, 1).astype(np.float32)
    # Half a level more, because a conversion to whole levels cuts off what is behind the point.
    levels = Image.fromarray(scaled * 255 + np.float32(0.5))
    palette, alpha = colour_table(colours).tobytes(), np.asarray(opacity, dtype=np.float32)
    ground, drawn = enlarge(image), np.empty((height, width, 3), np.uint8)
    for rows in _strips(height):
        top, bottom = (row * levels.height / height for row in (rows.start, rows.stop))
        size, box = (width, rows.stop - rows.start), (0, top, levels.width, bottom)
        painted = levels.resize(size, Image.Resampling.BILINEAR, box).convert("L")
        painted.putpalette(palette)
        drawn[rows] = _mixed(ground[rows], np.asarray(painted.convert("RGB")), alpha)
    return drawn if outline is None else with_contour(drawn, enlarge_mask(outline, (height, width)))


def parts_overlay(image: Picture, parts: NDArray[np.uint8], mask: NDArray[np.uint8]) -> Picture:
    """The parts over the faded image, `PART_COLOURS`, each object outlined."""
    size = display_size(image.shape[:2])
    shown = enlarge_mask(parts, size)
    drawn = faded(enlarge(image))
    for part, colour in PART_COLOURS.items():
        drawn = blend(drawn, np.array(colour), np.where(shown == part, 0.8, 0.0))
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


def data_address(image: Picture) -> str:
    """The image as a `data:` address, a PNG."""
    return f"data:image/png;base64,{base64.b64encode(png(image)).decode('ascii')}"


def png(image: Picture) -> bytes:
    """The image as PNG bytes, quickly rather than small."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
