"""The way from page to page: the sidebar, and links that carry the view along."""

from __future__ import annotations

import base64
from copy import copy
from functools import cache
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.navigation.page import Page

from wsss_viz.app import catalogue, session
from wsss_viz.app.language import LANGUAGES, current, tr
from wsss_viz.app.services.checkpoints import device_label
from wsss_viz.app.state import ViewState
from wsss_viz.errors import InputError
from wsss_viz.version import __version__


@cache
def icon() -> str:
    """The project's sign, as a data address."""
    drawn = Path(__file__).with_name("icon.svg").read_bytes()
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn).decode('ascii')}"


def page_of_address() -> tuple[catalogue.Page, Page]:
    """The page that the address asks for, as the catalogue and as Streamlit have it."""
    pages = {name: copy(page) for name, page in _pages().items()}  # Streamlit marks the one that may run
    page = st.navigation(list(pages.values()), position="hidden")
    return catalogue.named(next(name for name, known in pages.items() if known.title == page.title)), page


@cache
def _pages() -> dict[str, Page]:
    """By name; made once, as for each a dozen questions go to the file system."""
    return {
        entry.name: st.Page(
            entry.file,
            title=f"{entry.title} · wsss_viz",
            icon=f":material/{entry.icon}:",
            url_path=None if entry.name == catalogue.START else entry.name,
            default=entry.name == catalogue.START,
        )
        for entry in catalogue.available()
    }


def sidebar(state: ViewState) -> None:
    """The pages, each link carrying the current view."""
    st.html(f'<div class="wv-brand"><img src="{icon()}" alt=""><b>wsss_viz</b></div>')
    listed = (entry for entry in catalogue.available() if entry.listed)
    with st.container(gap="xsmall"):
        for section, entries in groupby(listed, key=lambda entry: entry.section):
            with st.container(gap="xsmall", key=f"section_{section.lower()}"):
                if section:
                    st.html(f'<div class="wv-section">{tr(section)}</div>')
                for entry in entries:
                    link(entry, state)
    language_switch()


def language_switch() -> None:
    """A button for each other language, by its own name; the view stays as it is."""
    for code, name in LANGUAGES.items():
        if code != current():
            st.button(
                name,
                key=f"language_{code}",
                type="tertiary",
                icon=":material/translate:",
                on_click=session.change,
                kwargs={"lang": code},
            )


def link(
    entry: catalogue.Page, state: ViewState, label: str | None = None, width: Literal["stretch", "content"] = "stretch"
) -> None:
    """A link to a page that carries the view along; Figures says what it was sent."""
    count = f" ({len(state.basket)})" if entry.name == "figures" and state.basket else ""
    st.page_link(
        _pages()[entry.name],
        label=label or tr(entry.title) + count,
        icon=f":material/{entry.icon}:",
        help=tr(entry.summary) if label is None else "",
        query_params=session.carried(state, entry.name).to_query(),
        width=width,
    )


def device_badge() -> None:
    """What computes, in the sidebar's foot."""
    try:
        label = device_label()
    except InputError as error:
        st.error(str(error))
        return
    st.html(
        f'<div class="wv-device" title="{tr("What computes here")}"><i></i>{escape(label)}<em>{__version__}</em></div>'
    )
