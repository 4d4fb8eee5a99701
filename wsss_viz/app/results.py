"""What the page Results shows: measured scores on the held-out scenes, and published ones, marked as such."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import streamlit as st

from wsss_viz.app.explanations import Explanation
from wsss_viz.evaluation.published import SOURCES, published_results
from wsss_viz.evaluation.stored_results import csv_bytes, latex_bytes, score_rows
from wsss_viz.figures.looks import METHODS

EXPLANATION = Explanation(
    "How well the pseudo masks of each method cover the ground truth of the held-out scenes, with intervals over "
    "images. Below it numbers published for PASCAL VOC 2012, of segmentation networks trained on such "
    "masks.",
    r"\mathrm{mIoU} = \frac{1}{C + 1}\sum_{c=0}^{C} \frac{TP_c}{TP_c + FP_c + FN_c}",
    "The two tables are of different things on different data. No number of one may be compared with one of the other.",
)
HEIGHT = 340
TITLES = {name: look.title for name, look in METHODS.items()}
_CONFIG = {"displayModeBar": False, "scrollZoom": False}


def measured(name: str, report: Mapping[str, Any]) -> None:
    """The table of one report, its charts and its downloads.

    Args:
        name: of the report, for its files and elements.
    """
    rows = score_rows(report, TITLES)
    st.caption(
        f"Measured here: {report['count']} samples of {report['data']}, thresholds from {report['threshold_from']}; "
        "percent; 95 % intervals over images. A click on a heading sorts."
    )
    columns: Any = {
        column: st.column_config.NumberColumn(format="%.2f" if column == "threshold" else "%.1f")
        for column in rows[0]
        if column != "method"
    }
    st.dataframe(rows, hide_index=True, column_config=columns, width="stretch", height="content")
    _downloads(f"measured_{name}", rows, f"Pseudo masks on {report['count']} samples of {report['data']}, percent.")
    grid = st.grid(2, min_column_width=440, gap="large")
    with grid.cell():
        st.subheader("mIoU against threshold", anchor=False)
        st.plotly_chart(
            curve_figure(report), key=f"curves_{name}", config=_CONFIG, alt="mIoU against threshold by method"
        )
    with grid.cell():
        st.subheader("Recall by part", anchor=False)
        st.plotly_chart(part_figure(report), key=f"parts_{name}", config=_CONFIG, alt="recall of the parts by method")
    st.subheader("IoU by class", anchor=False)
    st.plotly_chart(class_figure(report), key=f"classes_{name}", config=_CONFIG, alt="IoU of every class by method")


def published() -> None:
    """The published numbers with their sources."""
    for table, source in SOURCES.items():
        found = [asdict(row) for row in published_results() if row.table == table]
        rows = [{key: value for key, value in row.items() if key != "table"} for row in found]
        if not any(row["backbone"] for row in rows):
            rows = [{key: value for key, value in row.items() if key != "backbone"} for row in rows]
        st.markdown(f"**From {source}**")
        number: Any = st.column_config.NumberColumn(format="%.1f")
        st.dataframe(
            rows, hide_index=True, column_config={"val": number, "test": number}, width="stretch", height="content"
        )
        _downloads(f"published_{table}", rows, f"Published mIoU on PASCAL VOC 2012, from {source}.")


def _downloads(name: str, rows: Sequence[Mapping[str, Any]], caption: str) -> None:
    with st.container(horizontal=True, gap="small"):
        for label, ending, mime, data in (
            ("CSV", "csv", "text/csv", csv_bytes(rows)),
            ("LaTeX", "tex", "text/plain", latex_bytes(rows, caption)),
        ):
            st.download_button(
                label,
                data=data,
                file_name=f"{name.lower()}.{ending}",
                mime=mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"{name}_{ending}",
            )


def _line(name: str) -> dict[str, Any]:
    look = METHODS.get(name)
    return {"color": look.colour if look else "#6c757d", "dash": look.dash if look else "solid", "width": 2.2}


def curve_figure(report: Mapping[str, Any]) -> Any:
    """A line a method, its threshold marked."""
    from plotly import graph_objects as go

    figure = go.Figure()
    for name, scores in report["methods"].items():
        thresholds, values = zip(*scores["curve"], strict=True)
        title = TITLES.get(name, name)
        figure.add_scatter(x=thresholds, y=values, name=title, mode="lines", line=_line(name), legendgroup=name)
        at = {"size": 9, "color": _line(name)["color"]}
        figure.add_scatter(
            x=[scores["threshold"]], y=[scores["miou"]], mode="markers", marker=at, legendgroup=name, showlegend=False
        )
    return _laid_out(figure, "mIoU, percent", "threshold")


def part_figure(report: Mapping[str, Any]) -> Any:
    """Two bars a method with their intervals."""
    from plotly import graph_objects as go

    figure = go.Figure()
    for part, title, colour in (
        ("discriminative", "discriminative part", "#dc322f"),
        ("non_discriminative", "rest", "#266ed2"),
    ):
        recalls = [scores["part_recall"][part] for scores in report["methods"].values()]
        ends = [scores["interval"][part] for scores in report["methods"].values()]
        errors = {
            "type": "data",
            "symmetric": False,
            "array": [
                None if r is None or high is None else high - r for r, (_, high) in zip(recalls, ends, strict=True)
            ],
            "arrayminus": [
                None if r is None or low is None else r - low for r, (low, _) in zip(recalls, ends, strict=True)
            ],
            "thickness": 1.2,
        }
        names = [TITLES.get(name, name) for name in report["methods"]]
        figure.add_bar(x=names, y=recalls, name=title, marker_color=colour, error_y=errors)
    return _laid_out(figure, "recall, percent", "")


def class_figure(report: Mapping[str, Any]) -> Any:
    """A bar a method and class."""
    from plotly import graph_objects as go

    figure = go.Figure()
    for name, scores in report["methods"].items():
        classes = scores["per_class"]
        title = TITLES.get(name, name)
        figure.add_bar(x=list(classes), y=list(classes.values()), name=title, marker_color=_line(name)["color"])
    return _laid_out(figure, "IoU, percent", "")


def _laid_out(figure: Any, y: str, x: str) -> Any:
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 46, "r": 8, "t": 8, "b": 40},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    figure.update_xaxes(title=x, fixedrange=True)
    figure.update_yaxes(title=y, fixedrange=True, rangemode="tozero")
    return figure
