"""Start: one image, its label, and where CAM and what was made after it find the object; then the pages."""

from __future__ import annotations

import math

import streamlit as st

from wsss_viz.app import catalogue, frame, methods, navigation, session, source_bar
from wsss_viz.app.explanations import Explanation
from wsss_viz.app.language import mark, tr
from wsss_viz.app.services import basket, checkpoints, provenance, samples, traces, upload, workspaces
from wsss_viz.app.services.results import MethodResults, collect_results, follow_results, method_panel
from wsss_viz.app.services.scores import view_scores, visible_classes
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import markup, panels
from wsss_viz.app.widgets.markup import part_labels
from wsss_viz.app.widgets.viewer import Content, Panel, of_image, viewer
from wsss_viz.data.sample import NON_DISCRIMINATIVE, Sample

EXPLANATION = Explanation(
    mark(
        "A classifier that was trained on image-level labels alone, and the class activation map of "
        "each label: how much each place contributed to that label's score. Beside them the ground "
        "truth, which the classifier never saw."
    ),
    r"A_c(u) = W_c \cdot f(u), \qquad s_c = \tfrac{1}{|\Omega|}\textstyle\sum_u A_c(u)",
    mark(
        "The photographs are few: they show, they prove nothing. On the drawn scenes it is known "
        "which part is the discriminative one, and every number is measured on a thousand held-out "
        "ones."
    ),
)
LEAD = mark(
    "It learnt from image-level labels alone: no boxes, no masks. Its class activation map (CAM) "
    "is bright where it sees the class."
)
MEANT = {
    "photos": mark(
        "A classifier often knows an animal by its head. Erasing what it has found and looking again "
        "(AE), or tuning it without its last sigmoid (RIB), is to bring out the body: the timeline "
        "plays it, the outline says how far."
    ),
    "scenes": mark(
        "CAM covers the discriminative part, by which the network recognises a class, and little of "
        "the non-discriminative part. CS-AE and RIB were made to find more of the object: the timeline plays it, the "
        "outline says how far."
    ),
}

CARDS = ("learn", "compare", "erasing", "videos", "information", "gradients", "results", "figures")
ON_PHOTOGRAPHS = ("cam", "ae", "rib")
ON_SCENES = ("cam", "cs-ae", "rib")
OFFERED = ("class", "layout", "threshold", "k", "table")


def show() -> None:
    """Draws the page at the state of its address."""
    state = session.state()
    drawn = source_bar.kind_of(state) == "scenes"
    frame.heading(tr(catalogue.named(catalogue.START).headline), tr(LEAD), EXPLANATION)
    source_bar.source_bar(state)
    sample = source_bar.sample(state)
    if sample is None:
        source_bar.no_picture()
    else:
        workspace = state.source != "own" and state.workspace
        names = basket.selected(basket.unasked(state)) if workspace else ON_SCENES if drawn else ON_PHOTOGRAPHS
        _image(state, sample, names)
    if traces.showcase_note():
        st.caption(f":material/info: {traces.showcase_note()}")

    st.space("small")
    cards = [entry for entry in catalogue.available() if entry.name in CARDS]
    with st.grid(min(len(cards), 4), min_column_width=240, border=True, gap="medium", key="cards") as grid:
        for entry in cards:
            with grid.cell():
                navigation.link(entry, state, f"**{tr(entry.title)}**")
                st.caption(tr(entry.summary))


def _image(state: ViewState, sample: Sample, names: tuple[str, ...]) -> None:
    """The image, its maps one beside the other, and what they cover."""
    model, view = workspaces.looking(sample, state), upload.display_copy(sample)
    labels = sample.labels or (sample.classes[:1] if workspaces.of_sample(sample) else ())
    offered = OFFERED if len(labels) > 1 else OFFERED[1:]
    st.html(markup.chips(labels, sample.classes, source_bar.label_lead(sample), title=source_bar.label_title))

    def draw(results: MethodResults) -> None:
        current = session.state()
        first = next(iter(results.traces.values()), None)
        visible = visible_classes(current, view, first, labels) if first else labels
        pictures = (
            Panel(tr("Image"), note=tr("seen at {pixels}", pixels=panels.pixels(sample))),
            *(method_panel(name, results, labels) for name in names),
            *(
                [Panel(tr("Ground truth"), note=tr("not used in training"), truth=True)]
                if sample.mask is not None
                else []
            ),
        )
        content = Content(
            view,
            of_image(results.image, pictures),
            labels,
            visible,
            samples.ground(sample),
            image=session.subject(),
            sigmoids=model.sigmoids,
        )
        viewer("start", content, current, offered=offered, opening=results.going is None)
        kind = sample.source.partition(":")[0]
        for text in (verdict(results, sample, current), tr(MEANT.get(kind, ""))):
            if text:
                st.html(f'<p class="wv-lead">{text}</p>')
        if first is not None and results.going is None:
            st.caption(frame.origins(sample, results.traces, current.views))

    follow_results(collect_results(sample, names, state.views, model), names, draw, model)
    source_bar.recognition(sample)
    if sample.source.startswith("scenes:"):
        st.caption(provenance.held_out(checkpoints.entry().scores))


def verdict(results: MethodResults, sample: Sample, state: ViewState) -> str:
    """What each method gains over CAM, in points of the non-discriminative part and of the IoU; "" where unknown."""
    labels = sample.labels or ()
    means = {
        name: mean
        for name, trace in results.traces.items()
        if labels and (mean := view_scores(trace, sample, trace.classes, labels, state).mean) is not None
    }
    cam = means.pop("cam", None)
    if cam is None or not means:
        return ""

    def gains(measure: str) -> str:
        return markup.listed(
            [
                f"{methods.title_of(name)} {points(getattr(mean, measure) - getattr(cam, measure))}"
                for name, mean in means.items()
            ]
        )

    iou = tr("IoU with the whole outline: {gains}.", gains=gains("iou"))
    if math.isnan(cam.non_discriminative):
        return tr("Against CAM. {iou}", iou=iou)
    rest = tr(part_labels(sample.source)[NON_DISCRIMINATIVE])
    return tr("Of the {rest}, against CAM: {gains}. {iou}", rest=rest, gains=gains("non_discriminative"), iou=iou)


def points(gain: float) -> str:
    """A difference of shares in words.

    >>> points(0.333), points(-0.02), points(0.004)
    ('33 points more', '2 points less', 'as much')
    """
    whole = abs(round(100 * gain))
    if not whole:
        return tr("as much")
    if whole == 1:
        return tr("1 point more") if gain > 0 else tr("1 point less")
    return tr("{points} points more", points=whole) if gain > 0 else tr("{points} points less", points=whole)
