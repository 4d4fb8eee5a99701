"""The gallery of the page Results: the images of a report by a method's IoU, or by how far two methods disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from wsss_viz.app import catalogue, navigation, session
from wsss_viz.app.pages.results import strips
from wsss_viz.app.services import contact_sheet, ranking, reports
from wsss_viz.app.services.reports import OpenedReport
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.comparing import VIEWS
from wsss_viz.app.state.results import ORDERS
from wsss_viz.app.widgets import markup
from wsss_viz.data.scenes import CLASSES, SPLITS
from wsss_viz.errors import InputError
from wsss_viz.evaluation.stored_results import RankedImage, ranked_images
from wsss_viz.methods.catalogue import METHODS, title
from wsss_viz.traces.centres import ALIGNMENTS, FIELD
from wsss_viz.wording import quantity

PER_PAGE = 8


@dataclass(frozen=True)
class RankedRow:
    """A row that images are ranked by.

    Attributes:
        report: the one it stands in.
        method: its name in the report.
        maps: the workspace's folder that it was counted on, `maps:NAME`, or "".
        images: by the example that can be opened, else by what the report calls them.
    """

    report: Mapping[str, Any]
    method: str
    maps: str
    images: Mapping[str, RankedImage]


def gallery(report: Mapping[str, Any], state: ViewState, opened: OpenedReport | None = None, stored: str = "") -> None:
    """The controls, a page of the ranked images, and a link from each to Compare at the report's settings.

    Args:
        stored: the report's name where it is a stored one, whose masks are stored, too.
        opened: the report's workspace; its other reports of the same images can stand against it.
    """
    st.header("Image by image", anchor=False)
    titles = _titles(report, opened)
    if not titles or not report.get("images"):
        st.caption("This report holds no scores of single images; `evaluate --json` writes them.")
        return
    of_report = [name for name in titles if opened is None or opened.strange or titles[name][0] == opened.name]
    preferred = "cam" if "cam" in titles else of_report[0]
    first, other = contact_sheet.row_pair(
        state.ranked if state.ranked in titles else preferred, state.ranked_against or "rib", list(titles)
    )
    order = state.ranked_order if other or state.ranked_order != "disagreement" else "worst"
    _controls(state, report, list(titles), first, other, order)
    row = _row(report, opened, titles[first], state.ranked_class)
    beside = _row(report, opened, titles[other], state.ranked_class) if other else None
    ranked = ranking.ordered(row.images, beside.images if beside else {}, order)
    if not ranked:
        which = f"has a {state.ranked_class}" if state.ranked_class else "is scored in both"
        st.caption(markup.plain_line(f"No image of this report {which}."))
        return
    st.caption(markup.plain_line(_said(row, first, other if order == "disagreement" else "", ranked, state)))
    start = state.ranked_from if state.ranked_from < len(ranked) else 0
    wide = bool(stored) or (opened is not None and not opened.strange)
    with st.grid(2 if wide else 4, min_column_width=330 if wide else 200, gap="small", key="ranked") as grid:
        for rank, example in enumerate(ranked[start : start + PER_PAGE], start=start + 1):
            with grid.cell():
                _cell(rank, example, row, beside, (first, other), state, stored)
    _pager(start, len(ranked))


def _titles(report: Mapping[str, Any], opened: OpenedReport | None) -> dict[str, reports.ReportRow]:
    """The rows with scores of single images: of the report, and of the other reports of the same images."""
    if opened is not None and not opened.strange:
        return reports.rows_of(opened.of)
    return {name: ("", name) for name, scores in report["methods"].items() if scores.get("per_image")}


def _row(report: Mapping[str, Any], opened: OpenedReport | None, at: reports.ReportRow, label: str) -> RankedRow:
    _, method = at
    if opened is None or opened.strange:
        images = {image.source: image for image in ranked_images(report, method, label)}
        return RankedRow(report, method, "", images)
    of = opened.of
    numbered = reports.scored(of, at, label)
    images = {reports.example_at(of, index): image for index, image in numbered.items()}
    return RankedRow(reports.read(of.reports[at[0]]), method, reports.maps_of(of, at), images)


def _said(row: RankedRow, first: str, other: str, ranked: list[str], state: ViewState) -> str:
    values = [row.images[example].score for example in ranked]
    over = f", {row.report['views']}" if "views" in row.report else ""
    against = f" The largest difference from {title(other)} stands first." if other else ""
    return (
        f"{title(first)}: IoU of {state.ranked_class or 'the classes in each image, their mean'}, at threshold "
        f"{row.report['methods'][row.method]['threshold']:.2f}{over}. {quantity(len(ranked), 'image')}, mean "
        f"{sum(values) / len(values):.1f}, from {min(values):.1f} to {max(values):.1f} percent.{against}"
    )


def _controls(
    state: ViewState, report: Mapping[str, Any], titles: list[str], first: str, other: str, order: str
) -> None:
    there = {name for _, *names in report["images"] for name in names}
    classes = CLASSES if there <= set(CLASSES) else sorted(there | {state.ranked_class} - {""})
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        _choice("ranked", "Ranked by the IoU of", titles, first)
        if other:
            _choice("ranked_against", "Against", [name for name in titles if name != first], other)
        st.selectbox(
            "For",
            ["", *classes],
            format_func=lambda name: name or "all classes of an image",
            width=200,
            **session.control(
                "ranked_class", state.ranked_class, lambda name: {"ranked_class": name, "ranked_from": 0}
            ),
        )
        st.segmented_control(
            "Order",
            ORDERS if other else ORDERS[:2],
            format_func=lambda name: f"{name} first",
            **session.control("ranked_order", order, lambda name: {"ranked_order": name, "ranked_from": 0}),
        )


def _choice(field: str, label: str, titles: list[str], current: str) -> None:
    control = session.control(field, current, lambda name: {field: name, "ranked_from": 0})
    st.selectbox(label, titles, format_func=title, width=230, **control)


def _cell(
    rank: int,
    example: str,
    row: RankedRow,
    beside: RankedRow | None,
    titles: tuple[str, str],
    state: ViewState,
    stored: str,
) -> None:
    """Place and score, the image, its truth and the masks that are there, the IoU of each class, the link."""
    image = row.images[example]
    against = beside.images.get(example) if beside else None
    by_class = ", ".join(f"{name} {value:.0f}" for name, value in image.ious.items())
    st.html(markup.panel_title(f"{rank}.", f"{title(titles[0])}: {by_class}"))
    scored = [(row, image)] + ([(beside, against)] if beside and against else [])
    in_words = ", ".join(f"{title(name)} {one.score:.1f}" for name, (_, one) in zip(titles, scored, strict=False))
    target = _compare_state(example, image, row, beside, state)
    if target is None:
        st.caption(markup.plain_line(f"{image.source}: IoU {in_words}"))
    else:
        masks = {(of.method if stored else of.maps): (of, one.score) for of, one in scored}
        masks.pop("", None)
        rows = tuple((name, of.report["methods"][of.method]["threshold"]) for name, (of, _) in masks.items())
        try:
            picture, names = strips.strip(example, rows, stored)
            alt = f"{example.removeprefix('workspace:')}: {', '.join(image.ious)}; {', '.join(names)}"
            st.image(picture, width="stretch", output_format="PNG", alt=alt)
            first = len(names) - len(rows)
            marked = (f"{name} {score:.1f}" for name, (_, score) in zip(names[first:], masks.values(), strict=True))
            st.html(markup.strip_names((*names[:first], *marked)))
            if len(rows) < len(scored):
                st.caption(markup.plain_line(f"IoU {in_words}"))
        except InputError as error:
            st.caption(f":material/broken_image: {markup.plain_line(str(error))}")
    if target is not None:
        called = target.example.removeprefix("scenes:").removeprefix("workspace:").replace(":", " ")
        navigation.link(catalogue.named("compare"), target, f"Compare {called}")


def _compare_state(
    example: str, image: RankedImage, row: RankedRow, beside: RankedRow | None, state: ViewState
) -> ViewState | None:
    """The view of Compare whose pseudo mask the score is of; None for what cannot be opened here."""
    parts = example.split(":")
    drawn = len(parts) == 3 and parts[0] == "scenes" and parts[1] in SPLITS and parts[2].isdigit()
    if not drawn and parts[0] != "workspace":
        return None
    worst = state.ranked_class or min(image.ious, key=lambda name: image.ious[name])
    rows = [one.maps or one.method for one in (row, beside if not drawn else None) if one]
    names = [name for name in rows if name.startswith("maps:") or name in METHODS]
    report = row.report
    return replace(
        state.at(f"scenes:{parts[1]}:{int(parts[2])}" if drawn else example),
        focus=worst,
        methods=tuple(dict.fromkeys(["cam", *names])),
        threshold=report["methods"][row.method]["threshold"],
        views=report["views"] if report.get("views") in VIEWS else state.views,
        normalisation="relu_max",
        align=report["align"] if report.get("align") in ALIGNMENTS else FIELD,
    )


def _pager(start: int, count: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for label, icon, to in (
            ("Previous", "chevron_left", start - PER_PAGE),
            ("Next", "chevron_right", start + PER_PAGE),
        ):
            st.button(
                label,
                icon=f":material/{icon}:",
                disabled=not 0 <= to < count,
                key=f"ranked_{label.lower()}",
                on_click=lambda to=to: session.change(ranked_from=max(0, to)),
            )
        st.caption(f"{start + 1} to {min(start + PER_PAGE, count)} of {count}")
