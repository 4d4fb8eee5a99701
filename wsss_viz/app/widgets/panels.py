"""Still panels: title, picture, legend. Where maps are moved about, it is the viewer's.

Each draws on a `ground`: the sample itself, or the same scene drawn with more pixels. Values, masks and scores are
those of the sample the classifier saw, whatever the ground.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from wsss_viz.app import caching
from wsss_viz.app.widgets import markup, rendering
from wsss_viz.app.widgets.markup import probability
from wsss_viz.data.sample import Sample
from wsss_viz.traces import Trace

MOST_SCORES = 24


def _picture(ground: Sample, key: tuple[object, ...], draw: Callable[[], rendering.Picture], alt: str) -> None:
    """Shows what `draw` makes of the ground; drawn once for each ground and `key`."""
    whole = (caching.digest(ground.image, ground.mask), *key)
    content = caching.picture(ground, whole, lambda: rendering.png(draw()))
    st.image(content, width="stretch", output_format="PNG", alt=alt)


def pixels(sample: Sample) -> str:
    """The size of the image, width first as cameras have it."""
    return f"{sample.size[1]} x {sample.size[0]}"


def scores_panel(trace: Trace, sample: Sample) -> None:
    """The probability and the logit of every class; of many classes, the highest and the labels."""
    order = np.argsort(-trace.scores, kind="stable")
    few = len(trace.classes) <= MOST_SCORES
    listed_names = trace.classes if few else [trace.classes[i] for i in order[: MOST_SCORES - 4]]
    visible = {*listed_names, *(sample.labels or ())}
    bars = [
        markup.ScoreBar(name, float(score), probability(float(score)), name in (sample.labels or ()))
        for name, score in zip(trace.classes, trace.scores, strict=True)
        if name in visible
    ]
    if not few:
        bars.sort(key=lambda bar: -bar.logit)
    count = "" if few else f"the highest of {len(trace.classes)}"
    notes = [note for note in (count, "labels in colour" if sample.labels else "") if note]
    st.html(markup.panel_title("Scores of the image", ", ".join(notes)))
    st.html(markup.score_bars(bars))
