"""Results, failures, limits: every method on the held-out scenes, what did not work, and what no number here says."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.pages.information.looks import FAINT
from wsss_viz.app.pages.learn import examples, static_plots
from wsss_viz.app.pages.learn.lesson import Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.pages.results.charts import line_of
from wsss_viz.app.services.standing import Row, claim, failures, of_kind, rows
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.learning import SCORES
from wsss_viz.app.widgets import markup
from wsss_viz.errors import InputError
from wsss_viz.evaluation.published import published_results
from wsss_viz.evaluation.stored_results import MAKE, stored_reports
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.models.manifest import read_manifest

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

REPORT = "scenes-test"
SEGMENTER = "scenes-segmenter"
SCORE_NAMES = {
    "miou": "mIoU",
    "discriminative": "recall of the discriminative part",
    "non_discriminative": "recall of the rest",
    "precision": "precision",
}
LIMITS = (
    "The scenes are drawn. What works on them need not work on photographs, and no number here is one on PASCAL VOC.",
    "The labels of the image are given and the threshold is chosen on other scenes with their masks, as in the field.",
    "The intervals are over images. Another training seed moves the trained methods as well.",
)


def lesson(state: ViewState) -> Lesson:
    """The step at the state's score.

    Raises:
        InputError: no report is stored.
    """
    reports = stored_reports()
    if REPORT not in reports:
        raise InputError(f"There is no report of the methods on the held-out scenes yet: `{MAKE}`.")
    report = reports[REPORT]
    miou = rows(report, "miou")

    def draw(figure: SubFigure) -> None:
        cells: list[tuple[str, static_plots.Cell]] = [
            (f"{SCORE_NAMES[score]}, percent", _still_bars(rows(report, score)))
            for score in ("miou", "non_discriminative")
        ]
        static_plots.row(figure, cells)
        for ax in figure.axes:
            place = ax.get_position()
            ax.set_position((place.x0 + 0.1, place.y0, place.width - 0.1, place.height))

    return Lesson(
        claim=claim(miou),
        lead=f"Every method on {report['count']} scenes none of them was trained on, with the same inference, each at "
        "the threshold that was best on other scenes. The bars' ends are 95 % intervals over images.",
        view=lambda: _view(state, report),
        control="Change the score: who gains the rest of the object, and who pays for it with background?",
        formula=Formula(
            r"\mathrm{IoU} = TP \,/\, (TP + FN + ",
            r"FP",
            r")",
            "mIoU is its mean over the classes and the background. What a mask adds to the object counts in $TP$, what "
            "it spills onto the background in $FP$: a map can grow over the whole object and still lose.",
        ),
        question=question(miou, rows(report, "non_discriminative")),
        sources=(
            Source("measured here", f"evaluate on {report['data']}, thresholds from {report['threshold_from']}"),
            Source(
                "Kweon et al., ICCV 2021; Lee et al., NeurIPS 2021", "the lecture's tables on VOC 2012, as published"
            ),
        ),
        inspect=Inspect("results", examples.elsewhere(state)),
        caveat=LIMITS[0],
        draw=draw,
        origin="stored report",
    )


def question(miou: list[Row], rest: list[Row]) -> Question:
    """Whether the best mask is the one that covers most of the rest of the object."""
    first, most = of_kind(miou, controls=False)[0], of_kind(rest, controls=False)[0]
    same = first.method == most.method
    covered = next(row for row in rest if row.method == first.method)
    return Question(
        "Is the method with the highest mIoU also the one that recalls most of the rest of the objects?",
        ("yes", "no"),
        0 if same else 1,
        f"{first.short} has the highest mIoU and recalls {covered.value:.1f} percent of the rest."
        if same
        else f"{most.short} recalls most of the rest, {most.value:.1f} percent; {first.short} has the highest mIoU and "
        f"recalls {covered.value:.1f}.",
    )


def network_line() -> str:
    """What the segmentation network makes of pseudo masks, from the register; "" without one."""
    entry = read_manifest().get(SEGMENTER)
    if entry is None:
        return ""
    scores = entry.scores["scenes:test"]
    made, network, told = (scores[name]["miou"] for name in ("pseudo_masks", "network", "network_told_the_labels"))
    method = entry.trained["pseudo_masks"]["method"]
    title = METHODS[method].title if method in METHODS else method
    return (
        f"The segmentation network, trained on {title}'s pseudo masks: mIoU {network:.1f} told no label, {told:.1f} "
        f"told the labels; the pseudo masks themselves, which are told them, {made:.1f} ({scores['count']} scenes)."
    )


def _view(state: ViewState, report: Mapping[str, Any]) -> None:
    found, miou = rows(report, state.score), rows(report, "miou")
    grid = st.grid(2, min_column_width=400, gap="large", key="scored")
    with grid.cell():
        st.segmented_control(
            "Score",
            list(SCORES),
            format_func=lambda name: SCORE_NAMES[name],
            label_visibility="collapsed",
            wrap=True,
            **session.control("score", state.score),
        )
        note = f"{report['count']} of {report['data']}, percent"
        st.html(markup.panel_title(SCORE_NAMES[state.score].capitalize().replace("Miou", "mIoU"), note))
        st.plotly_chart(
            _figure(found),
            key="learn_scores",
            config={"displayModeBar": False, "scrollZoom": False},
            alt="; ".join(f"{row.title} {row.value:.1f}" for row in found),
        )
    with grid.cell():
        st.html(listed("What did not work here", failures(miou)))
        st.html(listed("What no number here says", [*LIMITS, *filter(None, [network_line()])]))
        st.html(published())


def listed(title: str, lines: list[str]) -> str:
    """A heading and its lines."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<p class="wv-part">{escape(title)}</p><ul class="wv-lines">{items}</ul>' if lines else ""


def published() -> str:
    """The published numbers of the two methods the lecture is about, said to be that."""
    found = [row for row in published_results() if row.method in ("RIB", "CS-AE (OC-CSE)")]
    body = "".join(
        f"<tr><th>{escape(row.method)}, {escape(row.venue)}</th><td>{row.val}</td><td>{row.test}</td></tr>"
        for row in found
    )
    return (
        '<p class="wv-part">Published on PASCAL VOC 2012, not measured here</p>'
        '<table class="wv-step"><thead><tr><th>segmentation networks, mIoU</th><th>val</th><th>test</th></tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _ends(found: list[Row]) -> dict[str, Any]:
    return {
        "array": [0 if row.high is None else row.high - row.value for row in found],
        "arrayminus": [0 if row.low is None else row.value - row.low for row in found],
        "type": "data", "symmetric": False, "thickness": 1.6, "color": "#9aa4ab",
    }  # fmt: skip


def _colour(method: str) -> str:
    return str(line_of(method)["color"])


def _figure(found: list[Row]) -> Any:
    from plotly import graph_objects as go

    low_first = found[::-1]
    figure = go.Figure()
    figure.add_bar(
        x=[row.value for row in low_first], y=[row.title for row in low_first], orientation="h",
        marker={"color": [_colour(row.method) for row in low_first]}, error_x=_ends(low_first),
        text=[f"{row.value:.1f}" for row in low_first], textposition="inside", insidetextanchor="start",
        hovertemplate="%{y}: %{x:.1f}<extra></extra>",
    )  # fmt: skip
    base = next((row for row in found if row.method == "cam"), None)
    if base is not None:
        figure.add_vline(x=base.value, line={"dash": "dot", "width": 1.5, "color": "rgba(128,136,144,0.9)"})
    figure.update_layout(height=40 + 29 * len(found), margin={"l": 178, "r": 8, "t": 8, "b": 36}, showlegend=False)
    figure.update_xaxes(gridcolor=FAINT, rangemode="tozero", fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    return figure


def _still_bars(found: list[Row]) -> static_plots.Cell:
    def draw(ax: Axes) -> None:
        low_first = found[::-1]
        ends = _ends(low_first)
        values = [row.value for row in low_first]
        ax.barh(
            [row.title for row in low_first], values, color=[_colour(row.method) for row in low_first],
            xerr=[ends["arrayminus"], ends["array"]], error_kw={"elinewidth": 1},
        )  # fmt: skip
        for y, value in enumerate(values):
            ax.text(1, y, f"{value:.1f}", va="center", size=static_plots.SMALL, color="white")

    return draw
