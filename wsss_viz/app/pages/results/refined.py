"""The scores of refined maps on the page Results: each refiner's columns beside those of the maps alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from wsss_viz.app.pages.results.sections import NOTHING, downloads, formats
from wsss_viz.evaluation.stored_results import refined_rows
from wsss_viz.methods.catalogue import title
from wsss_viz.refinement.settings import title as refiner_title


def refined(name: str, report: Mapping[str, Any], refined: Mapping[str, Mapping[str, Any]]) -> None:
    """The table and its downloads; nothing where no refined maps were measured.

    Args:
        name: of the report, for its files and elements.
        report: of the maps alone.
        refined: the reports of the same with a refiner, by its name.
    """
    if not refined:
        return
    rows = refined_rows(report, refined, title, refiner_title)
    counts = {one["count"] for one in refined.values()}
    st.header("With a refiner between map and mask", anchor=False)
    st.caption(
        f"The first {min(counts)} samples of {report['data']} (the maps alone: all {report['count']}), views and "
        "choice of thresholds as above; for a CRF, the background's score is chosen on "
        f"{report['threshold_from']}. mIoU with its 95 % interval over images, and recall of the non-discriminative "
        "part; "
        "percent. The drawings' flat colours flatter a refiner that goes by colour."
    )
    st.dataframe(
        rows, hide_index=True, column_config=formats(rows), placeholder=NOTHING, width="stretch", height="content"
    )
    downloads(f"refined_{name}", rows, f"Refined pseudo masks on {min(counts)} samples of {report['data']}, percent.")
