"""What can be taken away from a view; made when asked for."""

from __future__ import annotations

import io
import json
from dataclasses import asdict

import numpy as np
import streamlit as st

from wsss_viz.app import rendering
from wsss_viz.app.findings import Findings
from wsss_viz.app.state import ViewState
from wsss_viz.data.sample import Sample
from wsss_viz.traces import Trace


def overlays_png(sample: Sample, found: Findings, state: ViewState) -> bytes:
    """The image and the overlays of the shown classes side by side, at the image's own size."""
    pictures = [sample.image]
    for finding in found.classes:
        table = rendering.colour_table(state.colours)
        low, high = found.value_range
        scaled = np.clip((finding.values - low) / max(high - low, 1e-12), 0, 1)
        pictures.append(rendering.blend(sample.image, table[np.round(scaled * 255).astype(np.uint8)], state.opacity))
    return rendering.png(np.concatenate(pictures, axis=1))


def maps_npz(sample: Sample, trace: Trace, found: Findings, state: ViewState) -> bytes:
    """The raw maps of all classes, the shown ones as displayed, the pseudo mask, and how they came about."""
    buffer = io.BytesIO()
    about = {"sample": sample.name, "source": sample.source, "method": trace.method, "view": asdict(state)}
    np.savez_compressed(
        buffer,
        maps=trace.maps,
        scores=trace.scores,
        classes=np.array(trace.classes),
        shown=np.array([finding.name for finding in found.classes]),
        values=np.stack([finding.values for finding in found.classes]),
        mask=found.mask,
        about=np.array(json.dumps(about)),
    )
    return buffer.getvalue()


def buttons(sample: Sample, trace: Trace, found: Findings, state: ViewState, name: str) -> None:
    """The two download buttons.

    Args:
        name: of the files, without their endings; ours, never an upload's.
    """
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Overlays (PNG)",
            data=lambda: overlays_png(sample, found, state),
            file_name=f"{name}.png",
            mime="image/png",
            icon=":material/image:",
            on_click="ignore",
            help="The image and each shown map over it, side by side, at the image's own size.",
        )
        st.download_button(
            "Maps (NPZ)",
            data=lambda: maps_npz(sample, trace, found, state),
            file_name=f"{name}.npz",
            mime="application/octet-stream",
            icon=":material/data_array:",
            on_click="ignore",
            help="Raw maps of all classes, scores, the shown maps as displayed, and the pseudo mask.",
        )
