"""The filmstrip: one small picture per step, for the viewer's timeline and for what is taken away."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wsss_viz.app.services.steps import Frame
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import rendering
from wsss_viz.traces import CellCentres, normalise
from wsss_viz.traces.centres import CENTRES
from wsss_viz.traces.layout_maps import image_maps, image_values

SIDE = 176


def values(
    frames: Sequence[Frame], by: str, size: tuple[int, int], centres: CellCentres | None = None
) -> NDArray[np.float32]:
    """(K, H, W), the frames' maps in [0, 1] at `size` under the normalisation `by`, laid out as in the viewer.

    The scale of `shared` and `raw` is that of all maps of all steps, as in the viewer beside it.

    Args:
        centres: of the cells, in pixels of a picture of `size`, which they are laid out by.
    """
    if by not in ("shared", "raw"):
        return np.concatenate([image_values(f.class_map[None], size, by, None, f.grids, centres) for f in frames])
    maps = np.concatenate([image_maps(f.class_map[None], size, None, f.grids, centres) for f in frames])
    unions = [image_maps(f.union[None], size, None, f.union_grids, centres) for f in frames if f.union is not None]
    low, high = (float(end(np.concatenate([maps, *unions]))) for end in (np.min, np.max))
    if by == "shared":
        return normalise(maps, by, high)
    stretched: NDArray[np.float32] = (maps - np.float32(low)) / np.float32(max(high - low, 1e-12))
    return stretched


def pictures(frames: Sequence[Frame], image: rendering.Picture, state: ViewState) -> list[rendering.Picture]:
    """Each step's map over the image it was seen in, no side longer than `SIDE`."""
    table = rendering.colour_table(state.colours)
    ground = small(image)
    size, centres = (ground.shape[0], ground.shape[1]), frames[0].centres if state.align == CENTRES else None
    if centres is not None:
        centres = centres.resized((image.shape[0], image.shape[1]), size)
    levels = np.round(np.clip(values(frames, state.normalisation, size, centres), 0, 1) * 255).astype(np.uint8)
    seen = [ground if frame.seen is None else resized(frame.seen, size) for frame in frames]
    return [rendering.blend(under, table[level], state.opacity) for under, level in zip(seen, levels, strict=True)]


def small(image: rendering.Picture) -> rendering.Picture:
    """The image with its longer side at `SIDE`."""
    height, width = image.shape[:2]
    ratio = SIDE / max(height, width)
    return resized(image, (max(1, round(height * ratio)), max(1, round(width * ratio))))


def resized(image: rendering.Picture, size: tuple[int, int]) -> rendering.Picture:
    """The image at `size`, (H, W)."""
    return np.asarray(Image.fromarray(image).resize(size[::-1], Image.Resampling.BICUBIC))


def film(frames: Sequence[Frame], drawn: Sequence[rendering.Picture]) -> list[dict[str, str]]:
    """The steps for the viewer's timeline: their names, their notes, and one small picture each."""
    return [
        {"name": frame.name, "note": frame.note, "image": _address(picture)}
        for frame, picture in zip(frames, drawn, strict=True)
    ]


def _address(picture: rendering.Picture) -> str:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
