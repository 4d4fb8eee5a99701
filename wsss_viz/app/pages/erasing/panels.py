"""The steps of one class drawn: the filmstrip, the viewer's panels, the score curves, the facts of one step."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app import session
from wsss_viz.app.encoded import Ground
from wsss_viz.app.pages.erasing import exports
from wsss_viz.app.pages.erasing.curves import curves
from wsss_viz.app.pages.erasing.filmstrip import film, pictures
from wsss_viz.app.services import samples
from wsss_viz.app.services.steps import MODES, Frame, frames
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.widgets import markup
from wsss_viz.app.widgets.viewer import Content, Panel, PanelStep, of_image, viewer
from wsss_viz.app.widgets.viewer.component import PIECES
from wsss_viz.data.sample import Sample
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.traces import Trace

TITLES = {
    "AE": ("What is left", "Current map", "Combined map"),
    "CS-AE": ("Without the sampled class", "Map at this step", ""),
    "RIB": ("", "Map at this step", "Sum of the maps so far"),
    "Experiment": ("What is left", "Current map", ""),
}
OFFERED = tuple(piece for piece in PIECES if piece not in ("class", "scores"))
"""The class is chosen above the filmstrip, and its scores are in the chart."""
REGIONS = {
    "AE": "outlined: erased in this step",
    "CS-AE": "outlined: the mask",
    "RIB": "outlined: left out of the pooling",
}


def show(
    state: ViewState,
    sample: Sample,
    ground: Ground | None,
    trace: Trace,
    focus: str,
    origin: str,
    image: str,
    sigmoids: bool,
) -> None:
    """All that the page shows of a trace, whole or as far as it has come; nothing where it is of another image by now.

    Args:
        ground: the same scene with more pixels, where it is one.
        origin: "precomputed" or "computed now".
        image: the digest of the image that the trace is of.
        sigmoids: whether the sigmoid of a logit is a probability.
    """
    if not session.is_of(image):
        return
    steps = frames(state.mode, trace, focus, sigmoids)
    at = len(steps) - 1 if state.k == FINAL else min(state.k, len(steps) - 1)
    drawn = pictures(steps, sample.image, state)
    st.html(markup.panel_title(f"{title(state)}: {focus}", f"{len(steps)} steps, {origin}"))
    maps = content(state, sample, ground, steps, focus, image, sigmoids)
    strip = film(steps, drawn)
    viewer("erasing", maps, state, offered=OFFERED, roomy=True, opening=origin != "computed now", film=strip)
    labels = sample.labels or ()
    with st.grid(2, min_column_width=380, gap="large", key="numbers") as numbers:
        with numbers.cell():
            frame = steps[at]
            st.html(markup.panel_title(frame.name, frame.note))
            st.html(facts(frame))
        with numbers.cell(), st.expander("Scores of every class", icon=":material/show_chart:"):
            st.caption("A click on a point shows its step.")
            curves(steps, trace.classes, labels, focus, at)
    what = title(state) if MODES[state.mode].label else "The erasing experiment"
    name = f"{sample.name.replace(' ', '-')}-{state.mode}-{focus}"
    exports.buttons(steps, drawn, trace.classes, f"{what}: {focus}", name, samples.credit(sample))


def title(state: ViewState) -> str:
    """What is stepped through."""
    mode = MODES[state.mode]
    if mode.method == state.mode:
        return METHODS[mode.method].title
    return f"{mode.group}, {mode.label}" if mode.label else "Erase and repeat"


def facts(frame: Frame) -> str:
    """The step's numbers as a table."""
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in frame.facts)
    return f'<table class="wv-step"><tbody>{rows}</tbody></table>'


def content(
    state: ViewState,
    sample: Sample,
    ground: Ground | None,
    steps: tuple[Frame, ...],
    focus: str,
    image: str,
    sigmoids: bool = True,
) -> Content:
    """The viewer's panels: what was seen, the map, the maps together, the ground truth, each where there is one."""
    seen, map_title, union = TITLES.get(
        MODES[state.mode].group, ("What it saw", "Map at this step", "Maps so far together")
    )
    region = REGIONS.get(MODES[state.mode].group, "") if steps[-1].region is not None else ""
    panels = []
    if steps[-1].seen is not None:
        images = tuple(PanelStep(image=frame.seen, region=frame.region, name=frame.name) for frame in steps)
        panels.append(Panel(seen, images, region))
    on_map = steps[-1].seen is None
    images = tuple(
        PanelStep(
            frame.class_map[None],
            _class_score(frame, focus, sample),
            region=frame.region if on_map else None,
            note=frame.note,
            centres=frame.centres,
            grids=frame.grids,
            name=frame.name,
        )
        for frame in steps
    )
    panels.append(Panel(map_title, images, region if on_map else ""))
    if steps[-1].union is not None:
        unions = (
            PanelStep(
                None if frame.union is None else frame.union[None],
                centres=frame.centres,
                grids=frame.union_grids,
                name=frame.name,
            )
            for frame in steps
        )
        panels.append(Panel(union, tuple(unions)))
    if sample.mask is not None:
        panels.append(Panel("Ground truth", note="not used in training", truth=True))
    pictures_of = of_image(image, panels)
    return Content(sample, pictures_of, (focus,), (focus,), ground, sigmoids=sigmoids, image=session.subject())


def _class_score(frame: Frame, focus: str, sample: Sample) -> NDArray[np.float32]:
    """(1,) the logit of the class."""
    index = sample.classes.index(focus)
    return frame.scores[index : index + 1]
