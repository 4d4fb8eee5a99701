"""The button that hands over a file: its kind, and so its icon, follow from the name's ending."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

_KINDS = {
    "csv": ("text/csv", "table_chart"),
    "gif": ("image/gif", "gif_box"),
    "json": ("application/json", "data_object"),
    "npz": ("application/octet-stream", "data_array"),
    "pdf": ("application/pdf", "picture_as_pdf"),
    "png": ("image/png", "image"),
    "svg": ("image/svg+xml", "shapes"),
}


def file_button(
    label: str,
    file_name: str,
    data: bytes | Callable[[], bytes | str],
    *,
    meaning: str | None = None,
    icon: str | None = None,
    key: str | None = None,
) -> None:
    """A download that does not run the page again.

    Args:
        file_name: ours, never an upload's; its ending is one of the kinds known here.
        data: the file, or what makes it once it is asked for.
        meaning: shown on hovering.
        icon: a Material symbol in place of the kind's.
    """
    mime, usual = _KINDS[file_name.rpartition(".")[2]]
    st.download_button(
        label,
        data=data,
        file_name=file_name,
        mime=mime,
        icon=f":material/{icon or usual}:",
        on_click="ignore",
        help=meaning,
        key=key,
    )
