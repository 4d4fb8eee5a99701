"""The language a page speaks: texts are written in English where they stand, and translated by gettext catalogues.

`tr` translates when it is called, in the language of the session whose page runs; a constant is marked by `mark` and
translated by `tr` where it is drawn. So nothing that is kept between sessions may hold what `tr` gave. A text with
numbers is one template with named fields, filled after it was translated.

The catalogue is the text `locale/LANGUAGE/LC_MESSAGES/wsss_viz.po`, read as it is: there is no second file that could
differ from it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

Made = TypeVar("Made")
ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "ko": "한국어"}
"""By what the address says, each by its own name."""
LOCALE = Path(__file__).with_name("locale")
_LANGUAGE = "language"
_SPOKEN: ContextVar[str] = ContextVar("wsss_viz_language", default="")


def tr(text: str, **fields: Any) -> str:
    """The text in the page's language, its fields filled; English where there is no translation.

    >>> tr("{count} photographs", count=16)
    '16 photographs'
    """
    translated = messages(current()).get(text, text)
    return translated.format(**fields) if fields else translated


def mark(text: str) -> str:
    """The text as it is; says that it is in the catalogue, for `tr` where it is drawn."""
    return text


def current() -> str:
    """The language of what runs: one set by `speaking`, else the session's, else English."""
    spoken = _SPOKEN.get()
    if spoken:
        return spoken
    if get_script_run_ctx(suppress_warning=True) is None:
        return ENGLISH
    of_session: str = st.session_state.get(_LANGUAGE, ENGLISH)
    return of_session


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """What runs within speaks that language, whatever the session's is: for files that are made without a page."""
    token = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def in_language(make: Callable[[], Made]) -> Callable[[], Made]:
    """`make`, to be called later by a thread that is of no page, in the language of now.

    >>> with speaking("ko"):
    ...     later = in_language(lambda: tr("Ground truth"))
    >>> later(), tr("Ground truth")
    ('정답', 'Ground truth')
    """
    spoken = current()

    def made() -> Made:
        with speaking(spoken):
            return make()

    return made


def choose(asked: str) -> None:
    """Says which language the session speaks from now on.

    Args:
        asked: by the address; "" for the browser's.
    """
    st.session_state[_LANGUAGE] = asked or preferred(st.context.locale or "")


def preferred(accepted: str) -> str:
    """The first of a browser's languages, as its header `Accept-Language` lists them, that there is; else English.

    >>> preferred("de-DE,de;q=0.9,ko-KR;q=0.8,en;q=0.7"), preferred("")
    ('ko', 'en')
    """
    names = (one.partition(";")[0].strip().partition("-")[0].lower() for one in accepted.split(","))
    return next((name for name in names if name in LANGUAGES), ENGLISH)


@cache
def messages(language: str) -> Mapping[str, str]:
    """Translations by the English text; none for English."""
    if language == ENGLISH:
        return {}
    return read_catalogue((LOCALE / language / "LC_MESSAGES" / "wsss_viz.po").read_text(encoding="utf-8"))


def read_catalogue(text: str) -> dict[str, str]:
    r"""The messages of a gettext catalogue in its text form; those that are empty or marked fuzzy are left out.

    >>> read_catalogue('#: page.py\nmsgid "map"\nmsgstr "맵"\n\n#, fuzzy\nmsgid "mask"\nmsgstr "?"\n')
    {'map': '맵'}
    """
    translations: dict[str, str] = {}
    for block in text.replace("\r\n", "\n").split("\n\n"):
        parts: dict[str, str] = {}
        key = ""
        for line in block.splitlines():
            name, quote, rest = line.partition('"')
            key = name.strip() or key
            if quote and key.startswith("msg"):
                parts[key] = parts.get(key, "") + ast.literal_eval(quote + rest)
        if parts.get("msgid") and parts.get("msgstr") and "#, fuzzy" not in block:
            translations[parts["msgid"]] = parts["msgstr"]
    return translations
