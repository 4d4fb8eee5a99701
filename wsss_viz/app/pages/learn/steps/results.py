"""Results, failures, limits: every method on the held-out scenes, what did not work, and what no number here says."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from wsss_viz.app import catalogue, navigation, session
from wsss_viz.app.language import mark, tr
from wsss_viz.app.pages.learn import examples, static_plots
from wsss_viz.app.pages.learn.lesson import Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.services.ranking import Row, headline, methods_or_controls, negative_results, rows
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.learning import SCORES
from wsss_viz.app.widgets import markup
from wsss_viz.app.widgets.chart import show
from wsss_viz.errors import InputError
from wsss_viz.evaluation.published import published_results
from wsss_viz.evaluation.published.since import SUPERVISIONS, published_since
from wsss_viz.evaluation.stored_results import MAKE, stored_reports
from wsss_viz.figures.chart import Axis, Bars, Chart, Plot, Rule
from wsss_viz.figures.results import style_of
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.models.manifest import read_manifest

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

REPORT = "scenes-test"
SEGMENTER = "scenes-segmenter"
SCORE_NAMES = {
    "miou": "mIoU",
    "discriminative": mark("recall of the discriminative part"),
    "non_discriminative": mark("recall of the non-discriminative part"),
    "precision": mark("precision"),
}
LIMITS = (
    mark(
        "The scenes are drawn. What works on them need not work on photographs, and no number here "
        "is one on PASCAL VOC."
    ),
    mark(
        "The labels of the image are given and the threshold is selected on other scenes with masks, as in the field."
    ),
    mark("The intervals are over images. Another training seed moves the trained methods as well."),
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
            (tr("{score}, percent", score=tr(SCORE_NAMES[score])), scores_chart(rows(report, score)).panels[0])
            for score in ("miou", "non_discriminative")
        ]
        static_plots.row(figure, cells)
        for ax in figure.axes:
            box = ax.get_position()
            ax.set_position((box.x0 + 0.1, box.y0, box.width - 0.1, box.height))

    return Lesson(
        claim=headline(miou),
        lead=tr(
            "Every method on {count} scenes none of them was trained on, with the same inference, each "
            "at the threshold that was best on other scenes. The bars' ends are 95 % intervals over "
            "images.",
            count=report["count"],
        ),
        view=lambda: _view(state, report),
        control=tr("Change the score: who gains the non-discriminative part, and who pays for it with background?"),
        formula=Formula(
            r"\mathrm{IoU} = TP \,/\, (TP + FN + ",
            r"FP",
            r")",
            tr(
                "mIoU is its mean over the classes and the background. What a mask adds to the object counts "
                "in $TP$, what it spills onto the background in $FP$: a map can grow over the whole object "
                "and still lose."
            ),
        ),
        question=question(miou, rows(report, "non_discriminative")),
        sources=(
            Source(
                tr("measured here"),
                tr(
                    "evaluate on {data}, thresholds from {threshold_from}",
                    data=report["data"],
                    threshold_from=tr(report["threshold_from"]),
                ),
            ),
            Source(
                "Kweon et al., ICCV 2021; Lee et al., NeurIPS 2021",
                tr("the lecture's tables on VOC 2012, as published"),
            ),
        ),
        inspect=Inspect("results", examples.elsewhere(state)),
        caveat=tr(LIMITS[0]),
        draw=draw,
        origin=tr("stored report"),
    )


def question(miou: list[Row], rest: list[Row]) -> Question:
    """Whether the best mask is the one that covers most of the non-discriminative part."""
    first, most = methods_or_controls(miou, controls=False)[0], methods_or_controls(rest, controls=False)[0]
    same = first.method == most.method
    covered = next(row for row in rest if row.method == first.method)
    return Question(
        tr("Is the method with the highest mIoU also the one that recalls most of the non-discriminative parts?"),
        (tr("yes"), tr("no")),
        0 if same else 1,
        tr(
            "{method} has the highest mIoU and recalls {recall:.1f} percent of the non-discriminative part.",
            method=first.short,
            recall=covered.value,
        )
        if same
        else tr(
            "{method} recalls most of the non-discriminative part, {recall:.1f} percent; {best} has the "
            "highest mIoU and recalls {other:.1f}.",
            method=most.short,
            recall=most.value,
            best=first.short,
            other=covered.value,
        ),
    )


def network_line() -> str:
    """What the segmentation network makes of pseudo masks, from the register; "" without one."""
    entry = read_manifest().get(SEGMENTER)
    if entry is None:
        return ""
    scores = entry.scores["scenes:test"]
    made, network, with_labels = (
        scores[name]["miou"] for name in ("pseudo_masks", "network", "network_told_the_labels")
    )
    method = entry.trained["pseudo_masks"]["method"]
    title = METHODS[method].title if method in METHODS else method
    return tr(
        "The segmentation network, trained on {title}'s pseudo masks: mIoU {network:.1f} without "
        "labels, {with_labels:.1f} given the labels; the pseudo masks themselves, which are given "
        "them, {made:.1f} ({count} scenes).",
        title=title,
        network=network,
        with_labels=with_labels,
        made=made,
        count=scores["count"],
    )


def _view(state: ViewState, report: Mapping[str, Any]) -> None:
    ranked, miou = rows(report, state.score), rows(report, "miou")
    grid = st.grid(2, min_column_width=400, gap="large", key="scored")
    with grid.cell():
        st.segmented_control(
            tr("Score"),
            list(SCORES),
            format_func=lambda name: tr(SCORE_NAMES[name]),
            label_visibility="collapsed",
            wrap=True,
            **session.control("score", state.score),
        )
        note = tr("{count} of {data}, percent", count=report["count"], data=report["data"])
        st.html(markup.panel_title(tr(SCORE_NAMES[state.score]).capitalize().replace("Miou", "mIoU"), note))
        show(scores_chart(ranked), "learn_scores", "; ".join(f"{row.title} {row.value:.1f}" for row in ranked))
    with grid.cell():
        st.html(listed(tr("What did not work here"), negative_results(miou)))
        if state.present:  # a slide is low, and what it says is measured here
            return
        st.html(listed(tr("What no number here says"), [*map(tr, LIMITS), *filter(None, [network_line()])]))
        st.html(published())
        st.html(since_then())
        navigation.link(catalogue.named("results"), state, tr("And since: published numbers from 2021 on"))


def listed(title: str, lines: list[str]) -> str:
    """A heading and its lines."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<p class="wv-part">{escape(title)}</p><ul class="wv-lines">{items}</ul>' if lines else ""


def published() -> str:
    """The published numbers of the two methods the lecture is about, said to be that."""
    reported = [row for row in published_results() if row.method in ("RIB", "CS-AE (OC-CSE)")]
    body = "".join(
        f"<tr><th>{escape(row.method)}, {escape(row.venue)}</th><td>{row.val}</td><td>{row.test}</td></tr>"
        for row in reported
    )
    return (
        f'<p class="wv-part">{tr("Published on PASCAL VOC 2012, not measured here")}</p>'
        f'<table class="wv-step"><thead><tr><th>{tr("segmentation networks, mIoU")}</th><th>val</th><th>test</th></tr>'
        "</thead>"
        f"<tbody>{body}</tbody></table>"
    )


def since_then() -> str:
    """What has been published since, the highest of each kind of supervision, as read in a source."""
    everything = published_since()
    body = ""
    for kind, name in SUPERVISIONS.items():
        with_val = [one for one in everything if one.supervision == kind and one.val is not None]
        top = max(with_val, key=lambda one: one.val or 0)
        cells = f"<td>{top.val}</td><td>{'–' if top.test is None else top.test}</td>"
        body += f"<tr><th>{escape(tr(name))}: {escape(top.method)}, {top.venue} {top.year}</th>{cells}</tr>"
    return (
        f'<p class="wv-part">{tr("And since, the highest that was read of each kind")}</p>'
        f'<table class="wv-step"><tbody>{body}</tbody></table>'
    )


def scores_chart(ranked: list[Row]) -> Chart:
    """A bar per method with its interval, the best on top, and a line at CAM's."""
    low_first = ranked[::-1]
    titles = [row.title for row in low_first]
    bars = Bars(
        titles, [row.value for row in low_first], colour=[style_of(row.method).colour for row in low_first],
        across=True, low=[row.low for row in low_first], high=[row.high for row in low_first],
        text=[f"{row.value:.1f}" for row in low_first], hover="{y}: {x:.1f}",
    )  # fmt: skip
    rules = tuple(Rule(x=row.value) for row in ranked if row.method == "cam")
    panel = Plot((bars, *rules), Axis(from_zero=True), Axis(categories=titles))
    return Chart((panel,), 40 + 29 * len(ranked), margin=(178, 8, 8, 36), legend="")
