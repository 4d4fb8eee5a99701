"""Of a workspace: the contact sheet of its images, and the scores of the maps that others made of one."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from wsss_viz.app import methods, session
from wsss_viz.app.services import contact_sheet, ranking, reports, workspaces
from wsss_viz.app.services.contact_sheet import PAGE
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.contact_sheet import SHEET_ORDERS
from wsss_viz.app.turns import turn
from wsss_viz.app.widgets import markup
from wsss_viz.app.widgets.markup import plain_line
from wsss_viz.app.workspace import Workspace, without_folders
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.traces import Trace
from wsss_viz.traces.centres import FIELD

ORDERS = {
    "number": "by number",
    "name": "by name",
    "label": "by label",
    "worst": "worst first",
    "best": "best first",
    "disagreement": "largest disagreement first",
}


def sheet(of: Workspace, state: ViewState) -> None:
    """A switch and, where it is on, a page of thumbnails of the images that fit the search."""
    rows = reports.rows_of(of)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="sheet_controls"):
        st.toggle("Contact sheet", **session.control("sheet", state.sheet))
        if state.sheet:
            _controls(state, list(rows))
    if not state.sheet:
        return
    order, scores = contact_sheet.ordered(of, state)
    notes = [note for file in of.reports.values() if (note := _strange(of, file))]
    if state.find or state.sheet_order == "label":
        notes += [note for note in [contact_sheet.labels_note(of.name)] if note]
    for note in notes:
        st.caption(f":material/info: {plain_line(note)}")
    if not order:
        line = f"No image fits “{state.find}”: write a part of a name, or a class."
        st.info(plain_line(line), icon=":material/search_off:")
        return
    start = state.sheet_from if state.sheet_from < len(order) else 0
    with st.grid(8, min_column_width=104, gap="small", key="sheet_grid") as grid:
        for index in order[start : start + PAGE]:
            with grid.cell():
                _cell(of, index, scores.get(index, ""), state)
    _pager(start, len(order))


def _strange(of: Workspace, file: str) -> str:
    try:
        return reports.strange(of, file)
    except InputError as error:
        return str(error)


def _controls(state: ViewState, rows: list[str]) -> None:
    orders = [order for order in SHEET_ORDERS if order not in ranking.ORDERS or len(rows) > (order == "disagreement")]
    order = state.sheet_order if state.sheet_order in orders else orders[0]
    st.selectbox(
        "Order",
        orders,
        format_func=lambda order: ORDERS[order],
        width=210,
        **session.control("sheet_order", order, lambda order: {"sheet_order": order, "sheet_from": 0}),
    )
    if not rows:
        return
    first, other = contact_sheet.row_pair(state.sheet_row, state.sheet_other, rows)
    _row("sheet_row", "IoU of", rows, first)
    if order == "disagreement":
        _row("sheet_other", "against", [row for row in rows if row != first], other)


def _row(field: str, label: str, rows: list[str], row: str) -> None:
    """Which row of the reports."""
    control = session.control(field, row, lambda row: {field: row, "sheet_from": 0}, variant=f"_{len(rows)}")
    st.selectbox(label, rows, width=220, **control)


def _cell(of: Workspace, index: int, score: str, state: ViewState) -> None:
    called = contact_sheet.name_at(of.name, index)
    try:
        with turn("thumbnail", short=True):
            picture = contact_sheet.picture(of, index)
        st.image(picture, width="stretch", alt=called)
    except InputError as error:
        st.caption(f":material/broken_image: {plain_line(without_folders(str(error), of))}")
    here = state.example == contact_sheet.at(of.name, index)["example"]
    st.button(
        plain_line(f"{score} · {called}" if score else called),
        key=f"sheet_{index}",
        type="primary" if here else "tertiary",
        width="stretch",
        on_click=_go,
        args=(of.name, index),
    )


def _go(name: str, index: int) -> None:
    session.change(**contact_sheet.at(name, index))


def _pager(start: int, count: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="sheet_pager"):
        for label, icon, to in (("Before", "chevron_left", start - PAGE), ("More", "chevron_right", start + PAGE)):
            st.button(
                label,
                icon=f":material/{icon}:",
                disabled=not (0 <= to < count),
                key=f"sheet_{label.lower()}",
                on_click=lambda to=to: session.change(sheet_from=max(0, to)),
            )
        st.caption(f"{start + 1} to {min(start + PAGE, count):,} of {count:,}")


def scores_of_maps(sample: Sample, traces: Mapping[str, Trace], state: ViewState) -> None:
    """The IoUs of maps by others as `evaluate --maps` counts them; nothing without such maps or a ground truth."""
    names = [name for name in traces if methods.is_maps(name)]
    if not names or sample.mask is None:
        return
    rows = {}
    for name in names:
        align = state.align if traces[name].steps[0].centres is not None else FIELD
        note = traces[name].steps[0].stop
        called = f"{methods.title_of(name)}{f', {note}' if note else ''}"
        rows[called] = workspaces.score_maps(sample, name, state.threshold, align).ious
    threshold = min(round(state.threshold, 2), 0.99)
    with st.container(key="maps_scores", width=620):
        as_what = f"as evaluate --maps, t = {threshold:.2f}"
        st.html(markup.iou_table("IoU of the maps from files, percent", as_what, rows))
