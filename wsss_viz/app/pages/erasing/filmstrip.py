"""The filmstrip: one small picture per step; a click on one shows its step everywhere."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from wsss_viz.app import session
from wsss_viz.app.services.steps import Frame
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import rendering
from wsss_viz.app.widgets.viewer import component
from wsss_viz.traces import normalise, upsample
from wsss_viz.traces.centres import CENTRES

SIDE = 176
_FOLDER = Path(__file__).parent


def values(frames: Sequence[Frame], by: str) -> NDArray[np.float32]:
    """(K, h, w), the frames' maps in [0, 1] under the normalisation `by`.

    The scale of `shared` and `raw` is that of all maps of all steps, as in the viewer beside it.
    """
    every = [plane for frame in frames for plane in (frame.class_map, frame.union) if plane is not None]
    low, high = min(float(plane.min()) for plane in every), max(float(plane.max()) for plane in every)
    scaled = normalise(np.stack([frame.class_map for frame in frames]), by, high)
    if by != "raw":
        return scaled
    stretched: NDArray[np.float32] = (scaled - low) / max(high - low, 1e-12)
    return stretched


def pictures(frames: Sequence[Frame], image: rendering.Picture, state: ViewState) -> list[rendering.Picture]:
    """Each step's map over the image it was seen in, no side longer than `SIDE`."""
    table = rendering.colour_table(state.colours)
    drawn = []
    for frame, plane in zip(frames, values(frames, state.normalisation), strict=True):
        ground = small(image if frame.seen is None else frame.seen)
        size, centres = (ground.shape[0], ground.shape[1]), None
        if state.align == CENTRES and frame.centres is not None:
            centres = frame.centres.resized((image.shape[0], image.shape[1]), size)
        level = np.clip(upsample(plane[None], size, centres)[0], 0, 1)
        drawn.append(rendering.blend(ground, table[np.round(level * 255).astype(np.uint8)], state.opacity))
    return drawn


def small(image: rendering.Picture) -> rendering.Picture:
    """The image with its longer side at `SIDE`."""
    height, width = image.shape[:2]
    ratio = SIDE / max(height, width)
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))


def filmstrip(frames: Sequence[Frame], drawn: Sequence[rendering.Picture], viewer: str) -> None:
    """Draws the strip.

    Which frame is marked is the viewer's to say, in the browser, so a step sends neither the strip nor the viewer's
    maps again.

    Args:
        drawn: one picture per frame.
        viewer: the name of the viewer that shows a frame large; the two follow one another.
    """

    def moved() -> None:
        k = st.session_state["filmstrip"].get("k")
        if isinstance(k, int) and 0 <= k < len(frames):
            session.change(k=k)
            component.mark_current(viewer)

    _component()(
        key="filmstrip",
        data={
            "frames": [
                {"name": frame.name, "note": frame.note, "image": _address(picture)}
                for frame, picture in zip(frames, drawn, strict=True)
            ],
            "viewer": f"viewer_{viewer}",
        },
        on_k_change=moved,
    )


def _address(picture: rendering.Picture) -> str:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def _component() -> Any:
    css, js = ((_FOLDER / f"filmstrip.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return st.components.v2.component(
        "wsss_viz_filmstrip", html='<div role="group" aria-label="steps"></div>', css=css, js=js
    )
