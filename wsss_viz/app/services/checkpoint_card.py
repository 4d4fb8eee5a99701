"""The preflight card: what a checkpoint of a person's own is, and what it costs to look with it."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import methods
from wsss_viz.app.services import checkpoints
from wsss_viz.app.services.models import UserModel
from wsss_viz.app.services.user_networks import Opened
from wsss_viz.app.widgets import markup, panels
from wsss_viz.data.sample import Sample
from wsss_viz.traces import Trace

SOFTMAX = "Where it was trained with a softmax, read its scores as ranks: the probabilities here are sigmoids."
RIB_NOTE = (
    "RIB has its official rate, margin and pooling, those of COCO for a head of 80 rows, else those of VOC. Here it "
    "raises the logits of the image and its mirror image alone, not of six views. Its companions have to be labelled "
    "images of this network's classes: where there are none, its panel says so, and nothing else is raised beside the "
    "image's own logits."
)


def card(opened: Opened, sample: Sample, views: str) -> None:
    """The report, the self-check, the device and how long the methods take on the sample."""
    st.html(markup.panel_title("The checkpoint", "read before it is used"))
    if opened.report is None:
        st.error(markup.plain_line(opened.refusal), icon=":material/error:")
        return
    rows = dict(opened.report.rows())
    if opened.check:
        rows["check"] = opened.check
    if opened.network is not None:
        rows["device"] = checkpoints.device_label()
        rows["time"] = time_line(opened.network, sample, views)
    st.table({name: markup.plain_line(value) for name, value in rows.items()}, border="horizontal")
    for problem in opened.report.problems:
        st.error(markup.plain_line(problem), icon=":material/error:")
    for note in (*opened.report.notes, *_remarks(opened)):
        st.caption(markup.plain_line(note[:1].upper() + note[1:]))


def beside_scores(opened: Opened, sample: Sample, views: str, first: Trace | None) -> None:
    """The card, and before it the scores of every class where a method has been run."""
    with st.grid(2, min_column_width=380, gap="large", key="scores") as grid:
        if first is not None:
            with grid.cell():
                panels.scores_panel(first, sample)
        with grid.cell():
            card(opened, sample, views)


def _remarks(opened: Opened) -> list[str]:
    """What is worth knowing of a published network; nothing of this project's own."""
    layout = opened.network.classifier.layout if opened.network else ""
    softmax = [SOFTMAX] if layout == "torchvision-resnet" else []
    return [*softmax, RIB_NOTE] if layout else []


def time_line(network: UserModel, sample: Sample, views: str) -> str:
    """How long each method takes on the sample, about, in words."""
    able = [name for name, method in methods.METHODS.items() if not method.control and not network.why_not(name)]
    parts = [
        f"{methods.METHODS[name].title} {_seconds(network.seconds(name, sample.size, views))}"
        for name in able
        if any(network.pace)
    ]
    height, width = sample.size
    return f"about {', '.join(parts)}, at {width} x {height}" if parts else "not measured"


def _seconds(value: float) -> str:
    if value < 1:
        return "under 1 s"
    return f"{value:.0f} s" if value < 90 else f"{value / 60:.0f} min"
