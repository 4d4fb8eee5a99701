"""What can be taken from a chart: the chart itself, its rows, and the rows with how they were made."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from wsss_viz import __version__

Rows = Sequence[Mapping[str, Any]]


def rows_csv(rows: Rows) -> bytes:
    """The rows with a header, all keys of any."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(key for row in rows for key in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def rows_json(rows: Rows, about: Mapping[str, Any]) -> bytes:
    """The rows with what they are of and the version."""
    return (json.dumps({"wsss_viz": __version__, **about, "rows": list(rows)}, indent=1) + "\n").encode()


def buttons(name: str, rows: Rows, about: Mapping[str, Any], svg: Callable[[], bytes]) -> None:
    """The download buttons; each makes its file when it is asked for."""
    kinds = [
        ("Chart (SVG)", "svg", "image/svg+xml", svg),
        ("Numbers (CSV)", "csv", "text/csv", lambda: rows_csv(rows)),
        ("Numbers (JSON)", "json", "application/json", lambda: rows_json(rows, about)),
    ]
    with st.container(horizontal=True, gap="small"):
        for label, ending, mime, make in kinds:
            st.download_button(
                label, data=make, file_name=f"{name}.{ending}", mime=mime, on_click="ignore", key=f"{name}_{ending}"
            )
