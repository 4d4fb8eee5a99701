"""Which language the pages speak."""

from __future__ import annotations

from dataclasses import dataclass

from wsss_viz.app.language import LANGUAGES
from wsss_viz.app.state.parameters import Parameter, choice


@dataclass(frozen=True)
class LanguageState:
    """
    Attributes:
        lang: one of `LANGUAGES`, or "" for the browser's.
    """

    lang: str = ""


PARAMETERS = (Parameter("lang", choice(("", *LANGUAGES))),)
