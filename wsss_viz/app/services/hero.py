"""The picture of the page Start before its scripts are there: a photograph, its CAM and its map after RIB."""

from __future__ import annotations

import base64
import io
from html import escape

import numpy as np
from PIL import Image

from wsss_viz.app.services import samples, traces
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.rendering import map_overlay

SIDE, QUALITY = 300, 78
"""Pixels of each of the three, and the JPEG's quality: about 40 kB, a second of a slow network."""


def hero() -> str:
    """An image as HTML, drawn from what is stored; "" where the maps are not."""
    view = ViewState()
    sample = samples.example(view.example)
    drawn = [sample.image]
    for method in ("cam", "rib"):
        trace = traces.precomputed(sample, method, view.views)
        if trace is None:
            return ""
        label = trace.classes.index((sample.labels or trace.classes)[0])
        values = trace.steps[-1].image_values(sample.size, view.normalisation, [label])[0]
        drawn.append(map_overlay(sample.image, values, (0, 1), view.colours, view.opacity))
    height = round(SIDE * sample.size[0] / sample.size[1])
    row = [np.asarray(Image.fromarray(one).resize((SIDE, height), Image.Resampling.LANCZOS)) for one in drawn]
    buffer = io.BytesIO()
    Image.fromarray(np.concatenate(row, axis=1)).save(buffer, "JPEG", quality=QUALITY)
    address = base64.b64encode(buffer.getvalue()).decode("ascii")
    words = f"The photograph of a {sample.name.replace('_', ' ')}, its class activation map, and its map after RIB"
    return f'<img alt="{escape(words)}" src="data:image/jpeg;base64,{address}">'
