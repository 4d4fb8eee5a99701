"""Why image labels only: what a label and a mask cost to make, in the two tasks of the lecture."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Literal

import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.language import mark, tr
from wsss_viz.app.pages.learn import at_hand, examples, static_plots, temporal
from wsss_viz.app.pages.learn.lesson import HIGHLIGHT, Formula, Inspect, Lesson, Question, Source
from wsss_viz.app.pages.videos import charts
from wsss_viz.app.services import samples, upload
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import markup, rendering
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.figures.chart import Axis, Bars, Plot

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

SECONDS = {mark("image labels"): 20.0, mark("a mask"): 239.7}
"""Of an annotator, for one image of PASCAL VOC 2012 (Bearman et al., ECCV 2016)."""

IMAGES = {
    "voc": ("VOC 2012", 10_582),
    "coco": ("COCO 2014", 82_783),
    "thousand": (mark("a thousand"), 1_000),
}

WORKING_HOURS = 1720
"""Of one person in a year."""
UNLABELLED = mark("Nobody has labelled this image: the class that the network finds most likely stands in.")
NO_MASK = mark("Nobody has drawn a mask of this image, which is why one learns from labels alone.")
WIDTH_ON_SLIDE = 220  # pixels


def lesson(state: ViewState) -> Lesson:
    """The step for the state's image and data set."""
    looked_at = at_hand.picked(state)
    sample = looked_at or samples.example(examples.photograph_of(state))
    labels, mask = SECONDS.values()
    factor = mask / labels
    try:
        video, why_not = temporal.timed(), ""
    except InputError as error:
        video, why_not = None, str(error)

    def draw(figure: SubFigure) -> None:
        cells: list[tuple[str, static_plots.Cell]] = [
            (
                tr("Image labels, {seconds:.0f} s: {labels}", seconds=labels, labels=", ".join(sample.labels or ())),
                sample.image,
            ),
            (
                tr("A mask, {mask:.0f} s", mask=mask),
                static_plots.classes_overlay(sample.image, sample.mask, sample.classes),
            ),
            (tr("Hours for {voc:,} images of VOC", voc=IMAGES["voc"][1]), hours_panel(hours("voc"))),
        ]
        if video is None:
            static_plots.row(figure, cells, (1, 1, 1.4))
            return
        rows = figure.add_gridspec(2, 1, height_ratios=(2.3, 1))
        static_plots.row(figure.add_subfigure(rows[0]), cells, (1, 1, 1.4))
        title = tr("The same in time, labels: {labels}", labels=", ".join(video.video.labels))
        in_figure: list[tuple[str, static_plots.Cell]] = [
            (title, charts.strip(video.video.frames, count=8)),
            (tr("Its class map, by frame"), temporal.map_chart(video).panels[0]),
        ]
        static_plots.row(figure.add_subfigure(rows[1]), in_figure, (1.6, 1))

    return Lesson(
        claim=tr("Saying what is in an image costs a {part} of drawing where it is", part=_part(factor)),
        lead=tr(
            "Weak supervision pays with the cheap annotation and asks for the expensive one: from labels "
            "of whole images a mask of every object, from labels of whole videos the moments of every "
            "action."
        ),
        view=lambda: _view(state, sample, video, why_not),
        control=tr("Choose a data set: the hours grow with the images, the ratio stays."),
        formula=Formula(
            r"\mathcal{D} = \{(x_i, ",
            r"y_i \in \{0, 1\}^C",
            r")\}, \quad \hat y : \Omega \rightarrow \{0, \ldots, C\}",
            tr(
                "What is given says for each of the $C$ classes whether it is in the image. What is wanted "
                "says for every position in $\\Omega$, pixels or frames, what is there."
            ),
        ),
        question=Question(
            tr("How many images could get labels in the time that one of them takes to get a mask?"),
            (tr("about three"), tr("about six"), tr("about twelve")),
            min(range(3), key=lambda i: abs((3, 6, 12)[i] - factor)),
            tr(
                "{factor:.0f}: {mask:.1f} s against {labels:.1f} s an image, on PASCAL VOC.",
                factor=factor,
                mask=mask,
                labels=labels,
            ),
        ),
        sources=(
            Source("Bearman et al., ECCV 2016", tr("seconds an image of VOC 2012, labels and masks"), unverified=True),
            Source("Lin et al., ECCV 2014 (COCO)", tr("79 s to outline one object, as Bearman et al. cite it")),
            Source("VOC and COCO", tr("10,582 (train_aug) and 82,783 (train2014) training images"), unverified=True),
        ),
        inspect=Inspect("compare", at_hand.elsewhere(sample, state.at(sample.source) if sample.source else state)),
        caveat=tr(
            "Hours of an annotator are not the whole price of a data set. The photographs' outlines are "
            "for measuring alone; the classifier is not shown them."
        ),
        draw=draw,
        origin=tr("the map over time is precomputed"),
        any_image=True,
        shipped=looked_at is None,
    )


def _part(factor: float) -> str:
    """The factor as a part in words: 12 is "twelfth"."""
    names = {
        2: tr("half"), 3: tr("third"), 4: tr("quarter"), 5: tr("fifth"), 6: tr("sixth"), 8: tr("eighth"),
        10: tr("tenth"), 12: tr("twelfth"),
    }  # fmt: skip
    return names[min(names, key=lambda n: abs(n - factor))]


def hours(dataset: str) -> dict[str, float]:
    """Hours of an annotator for the images of one of `IMAGES`, by kind of annotation."""
    return {kind: seconds * IMAGES[dataset][1] / 3600 for kind, seconds in SECONDS.items()}


def _view(state: ViewState, sample: Sample, video: temporal.Timed | None, why_not: str) -> None:
    display, named = upload.display_copy(sample), ", ".join(sample.labels or ())
    labels, mask = SECONDS.values()
    # A slide is made smaller until it fits, which would put the third below the others.
    grid = None if state.present else st.grid(3, min_column_width=240, gap="large")
    first, second, third = st.columns(3, gap="large") if grid is None else (grid.cell() for _ in range(3))
    with first, st.container(gap="xsmall"):
        st.html(markup.panel_title(tr("What is in it"), tr("{labels:.0f} s an image", labels=labels)))
        _picture(display.image, tr("the image: {labels}", labels=named), state.present)
        st.html(markup.chips(sample.labels or (), sample.classes))
        if not at_hand.is_labelled(sample):
            st.html(f'<p class="wv-note">{tr(UNLABELLED)}</p>')
    with second, st.container(gap="xsmall"):
        st.html(markup.panel_title(tr("Where it is"), tr("{mask:.0f} s an image", mask=mask)))
        if display.mask is None:
            _picture(rendering.faded(rendering.enlarge(display.image)), tr("the image, faded"), state.present)
            st.html(f'<p class="wv-note">{tr(NO_MASK)}</p>')
        else:
            overlay = static_plots.classes_overlay(display.image, display.mask, sample.classes)
            _picture(overlay, tr("the same image with a mask of its objects"), state.present)
            st.html(markup.chips(sample.labels or (), sample.classes, plain=True))
    with third, st.container(gap="small"):
        title = tr("Hours of annotation")
        st.html(markup.panel_title(title, tr("{count:,} images", count=IMAGES[state.dataset][1])))
        st.segmented_control(
            title,
            list(IMAGES),
            format_func=lambda name: tr(IMAGES[name][0]),
            required=True,
            label_visibility="collapsed",
            **session.control("dataset", state.dataset),
        )
        st.html(hour_bars(hours(state.dataset)))
    if video is None:
        st.caption(f":material/info: {why_not}")
    else:
        temporal.show(video)


def hour_bars(hours: dict[str, float]) -> str:
    """The hours as bars with their numbers."""
    longest = max(hours.values())
    rows = "".join(
        f'<div class="wv-hours"><span>{escape(tr(kind))}</span><b>{tr("{hours:,.0f} h", hours=count)}</b>'
        f'<div><i style="width:{count / longest:.1%}"></i></div></div>'
        for kind, count in hours.items()
    )
    months = 12 * hours["a mask"] / WORKING_HOURS
    number = f"{months:.0f}" if months >= 1.5 else f"{months:.1f}"
    said = tr(
        "Masks: about {months} months of full-time work, {hours:,} hours per year.", months=number, hours=WORKING_HOURS
    )
    return f'{rows}<p class="wv-note">{said}</p>'


def _picture(image: rendering.Picture, alt: str, on_slide: bool) -> None:
    # A slide is made smaller until it fits, which what is as wide as its place would take back.
    width: int | Literal["stretch"] = WIDTH_ON_SLIDE if on_slide else "stretch"
    st.image(rendering.png(rendering.enlarge(image)), width=width, output_format="PNG", alt=alt)


def hours_panel(hours: dict[str, float]) -> Plot:
    """The hours as bars."""
    kinds, counts = [tr(kind) for kind in hours][::-1], list(hours.values())[::-1]
    text = [tr("{hours:,.0f} h", hours=count) for count in counts]
    bars = Bars(kinds, counts, colour=["#999999", HIGHLIGHT], across=True, text=text, outside=True)
    return Plot((bars,), Axis(low=0, high=1.25 * max(counts), hidden=True))
