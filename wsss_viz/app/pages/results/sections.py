"""What the page Results shows: measured scores on the held-out scenes, and published ones, marked as such."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import streamlit as st

from wsss_viz.app.explanations import Explanation
from wsss_viz.app.pages.results import leakage
from wsss_viz.app.services import ranking
from wsss_viz.app.widgets.chart import show
from wsss_viz.app.widgets.markup import plain_line
from wsss_viz.data.spreadsheets import csv_of, plain_rows
from wsss_viz.evaluation.published import SOURCES, published_results
from wsss_viz.evaluation.stored_results import class_rows, latex_bytes, score_rows
from wsss_viz.figures import results as charts
from wsss_viz.methods.catalogue import title
from wsss_viz.wording import quantity

EXPLANATION = Explanation(
    "How well the pseudo masks of each method cover the ground truth of the held-out scenes, with intervals over "
    "images. Below it numbers published for PASCAL VOC 2012, of segmentation networks trained on such "
    "masks.",
    r"\mathrm{mIoU} = \frac{1}{C + 1}\sum_{c=0}^{C} \frac{TP_c}{TP_c + FP_c + FN_c}",
    "The two tables are of different things on different data. No number of one may be compared with one of the other.",
)
NOTHING = "–"


def lead(report: Mapping[str, Any] | None) -> str:
    """What a report says in one sentence, and what the page holds."""
    if report is None:
        return "Every method on scenes that no network was trained on, and what was published for PASCAL VOC 2012."
    best = ranking.headline(ranking.rows(report, "miou"))
    return (
        f"{best}. Measured on {report['count']} held-out scenes; what was published for PASCAL VOC 2012 stands below."
    )


def said_of(report: Mapping[str, Any]) -> None:
    """What a report of a person's own is of, in a line, and its protocol where it has one."""
    protocol = f" Protocol {report['protocol']}, {report['protocol_is']}." if "protocol" in report else ""
    refined = f" Refined by {report['refine']}." if "refine" in report else ""
    of = f"{quantity(report['count'], 'image')} of {report['data']}, thresholds from {report['threshold_from']}."
    st.caption(plain_line(f"{of}{protocol}{refined}"))


def gains(report: Mapping[str, Any], name: str) -> None:
    """The mIoU of every row with its interval, and where CAM stands.

    Args:
        name: of the report, for its elements.
    """
    st.subheader("mIoU, and its 95 % interval over images", anchor=False)
    show(charts.gain_chart(report), f"gains_{name}", "mIoU of every method with its interval, and CAM's as a line")


def measured(name: str, report: Mapping[str, Any]) -> None:
    """The table of one report, its charts and its downloads.

    Args:
        name: of the report, for its files and elements.
    """
    rows = score_rows(report, title)
    of = f"{quantity(report['count'], 'sample')} of {report['data']}, thresholds from {report['threshold_from']}"
    st.caption(
        f"Pseudo masks on {plain_line(of)}; percent. Low, high: 95 % interval of the mIoU over images. Discriminative, "
        "non-discriminative: recall of these parts of the object. Rows that are no method of this app "
        "are controls and other trainings."
    )
    st.dataframe(
        plain_rows(rows), hide_index=True, column_config=formats(rows), placeholder=NOTHING, width="stretch",
        height="content",
    )  # fmt: skip
    downloads(
        f"measured_{name}", rows, f"Pseudo masks on {quantity(report['count'], 'sample')} of {report['data']}, percent."
    )
    grid = st.grid(2, min_column_width=440, gap="large")
    with grid.cell():
        st.subheader("mIoU against threshold", anchor=False)
        show(charts.curve_chart(report), f"curves_{name}", "mIoU against threshold by method")
    if any(scores["part_recall"]["discriminative"] is not None for scores in report["methods"].values()):
        with grid.cell():
            st.subheader("Recall by part", anchor=False)
            show(charts.part_chart(report), f"parts_{name}", "recall of the parts by method")
    st.subheader("IoU by class, worst first", anchor=False)
    show(charts.class_chart(report), f"classes_{name}", "IoU of every class by method")
    by_class = class_rows(report, charts.worst_first(report), title)
    downloads(
        f"classes_{name}",
        by_class,
        f"IoU by class on {quantity(report['count'], 'sample')} of {report['data']}, percent.",
    )


def leaking(name: str, report: Mapping[str, Any]) -> None:
    """What of a map lies on the other object: one sentence, the chart, the table."""
    st.header("Does a map grow onto the neighbour?", anchor=False)
    st.markdown(leakage.finding(report))
    st.caption(
        f"{quantity(report['count'], 'sample')} of {report['data']} in which objects of different "
        "classes touch. Every map is cut "
        "where it holds the same share of its class's own objects, so that none leaks less by claiming less. "
        "Our own measure; 95 % intervals over images."
    )
    with st.grid(2, min_column_width=440, gap="large") as grid:
        with grid.cell():
            alt = "share of the claimed pixels on another object, by recall and method"
            show(leakage.leakage_chart(report), f"leakage_{name}", alt)
        with grid.cell():
            rows = leakage.rows(report)
            st.dataframe(
                plain_rows(rows),
                hide_index=True,
                column_config={**formats(rows), "method": st.column_config.TextColumn(width=210)},
                placeholder=NOTHING,
                width="stretch",
                height="content",
            )
            caption = (
                f"Claimed pixels on another labelled object by recall, {quantity(report['count'], 'sample')}, percent."
            )
            downloads(f"leakage_{name}", rows, caption)


def formats(rows: Sequence[Mapping[str, Any]]) -> Any:
    """One decimal, thresholds two, texts as they are."""
    return {
        column: st.column_config.NumberColumn(format="%.2f" if column == "threshold" else "%.1f")
        for column in rows[0]
        if any(isinstance(row[column], int | float) for row in rows)
    }


def published() -> None:
    """The published numbers with their sources."""
    for table, source in SOURCES.items():
        stored = [asdict(row) for row in published_results() if row.table == table]
        rows = [{key: value for key, value in row.items() if key != "table"} for row in stored]
        if not any(row["backbone"] for row in rows):
            rows = [{key: value for key, value in row.items() if key != "backbone"} for row in rows]
        st.markdown(f"**From {source}**")
        st.dataframe(
            rows, hide_index=True, column_config=formats(rows), placeholder=NOTHING, width="stretch", height="content"
        )
        sourced = [{**row, "source": source} for row in rows]
        downloads(f"published_{table}", rows, f"Published mIoU on PASCAL VOC 2012, from {source}.", sourced)


def downloads(
    name: str,
    rows: Sequence[Mapping[str, Any]],
    caption: str,
    in_csv: Sequence[Mapping[str, Any]] | None = None,
) -> None:
    """The rows as CSV (`in_csv` where it has more) and as LaTeX."""
    with st.container(horizontal=True, gap="small"):
        for label, ending, mime, data in (
            ("CSV", "csv", "text/csv", csv_of(in_csv or rows)),
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
