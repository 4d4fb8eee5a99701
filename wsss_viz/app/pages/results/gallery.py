"""The gallery of the page Results: the images of a report ranked by a method's IoU, the worst first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from wsss_viz.app import catalogue, frame, session
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.comparing import VIEWS
from wsss_viz.app.state.results import ORDERS
from wsss_viz.app.widgets import markup, rendering
from wsss_viz.data.scenes import CLASSES, SPLITS, Scenes
from wsss_viz.evaluation.stored_results import RankedImage, ranked_images
from wsss_viz.methods.catalogue import METHODS, title
from wsss_viz.traces.centres import FIELD

PER_PAGE = 8
SIDE = 256


def gallery(report: Mapping[str, Any], state: ViewState) -> None:
    """The controls, a page of the ranked images, and a link from each to Compare at the report's settings."""
    st.subheader("Image by image", anchor=False)
    rows = [name for name, scores in report["methods"].items() if scores.get("per_image")]
    if not rows or not report.get("images"):
        st.caption("This report holds no scores of single images; `evaluate --json` writes them.")
        return
    method = state.ranked if state.ranked in rows else ("cam" if "cam" in rows else rows[0])
    _controls(state, rows, method)
    ranked = ranked_images(report, method, state.ranked_class, worst_first=state.ranked_order == "worst")
    if not ranked:
        st.caption(f"No image of this report has a {state.ranked_class}.")
        return
    start = state.ranked_from if state.ranked_from < len(ranked) else 0
    values = [image.score for image in ranked]
    st.caption(
        f"{title(method)}: IoU of {state.ranked_class or 'the classes in each image, their mean'}, at threshold "
        f"{report['methods'][method]['threshold']:.2f}, {report['views']}. {len(ranked)} images, mean "
        f"{sum(values) / len(values):.1f}, from {min(values):.1f} to {max(values):.1f} percent."
    )
    with st.grid(4, min_column_width=150, gap="small", key="ranked") as grid:
        for rank, image in enumerate(ranked[start : start + PER_PAGE], start=start + 1):
            with grid.cell():
                _cell(rank, image, report, method, state)
    _pager(start, len(ranked))


def _controls(state: ViewState, rows: list[str], method: str) -> None:
    with st.container(horizontal=True, gap="medium"):
        st.selectbox(
            "Ranked by the IoU of",
            rows,
            format_func=title,
            width=230,
            **session.control("ranked", method, lambda name: {"ranked": name, "ranked_from": 0}),
        )
        st.selectbox(
            "For",
            ["", *CLASSES],
            format_func=lambda name: name or "all classes of an image",
            width=200,
            **session.control(
                "ranked_class", state.ranked_class, lambda name: {"ranked_class": name, "ranked_from": 0}
            ),
        )
        st.segmented_control(
            "Order",
            ORDERS,
            format_func=lambda order: f"{order} first",
            **session.control(
                "ranked_order", state.ranked_order, lambda order: {"ranked_order": order, "ranked_from": 0}
            ),
        )


def _cell(rank: int, image: RankedImage, report: Mapping[str, Any], method: str, state: ViewState) -> None:
    """Place and score, the scene, the IoU of each class, the link."""
    st.html(markup.panel_title(f"{rank}.", f"IoU {image.score:.1f}"))
    target = _compare_state(image, report, method, state)
    if target is None:
        st.caption(image.source)
    else:
        picture = _thumbnail(target.example)
        st.image(picture, width="stretch", output_format="PNG", alt=f"{image.source}: {', '.join(image.ious)}")
    st.caption(", ".join(f"{name} {value:.0f}" for name, value in image.ious.items()))
    entry = next((page for page in catalogue.available() if page.name == "compare"), None)
    if target is not None and entry is not None:
        frame.link(entry, target, f"Compare {target.example.removeprefix('scenes:').replace(':', ' ')}")


@st.cache_data(max_entries=256, show_spinner=False)
def _thumbnail(source: str) -> bytes:
    """The scene as PNG, drawn for the eye."""
    _, split, index = source.split(":")
    return rendering.png(Scenes(split, size=(SIDE, SIDE))[int(index)].image)


def _compare_state(image: RankedImage, report: Mapping[str, Any], method: str, state: ViewState) -> ViewState | None:
    """The view of Compare whose pseudo mask the score is of; None for what is no drawn scene of the standard size."""
    parts = image.source.split(":")
    if len(parts) != 3 or parts[0] != "scenes" or parts[1] not in SPLITS or not parts[2].isdigit():
        return None
    worst = state.ranked_class or min(image.ious, key=lambda name: image.ious[name])
    return replace(
        state.at(f"scenes:{parts[1]}:{int(parts[2])}"),
        focus=worst,
        methods=tuple(dict.fromkeys(["cam", method])) if method in METHODS else ("cam",),
        threshold=report["methods"][method]["threshold"],
        views=report["views"] if report["views"] in VIEWS else state.views,
        normalisation="relu_max",
        align=report.get("align", FIELD),
    )


def _pager(start: int, count: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for label, icon, to in (
            ("Before", "chevron_left", start - PER_PAGE),
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
