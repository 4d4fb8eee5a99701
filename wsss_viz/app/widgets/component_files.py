"""The files of a component of ours, as Streamlit takes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from wsss_viz.app.language import tr

_WORDS = re.compile(r'(?<=>)[^<>]*[A-Za-z][^<>]*(?=<)|(?<=aria-label=")[^"]+|(?<=title=")[^"]+')
"""What a browser says of a piece of HTML: its text, its labels and its titles."""


def component_files(folder: Path, name: str, scripts: Sequence[str]) -> tuple[str, str, str]:
    """Its HTML, its style and its one script.

    Args:
        folder: with NAME.html, NAME.css and the scripts.
        scripts: its modules, each after those it imports: a component has one script, so they are sent as one.
    """
    html, css = ((folder / f"{name}.{kind}").read_text(encoding="utf-8") for kind in ("html", "css"))
    script = "\n".join((folder / file).read_text(encoding="utf-8") for file in scripts)
    return html, css, re.sub(r"^import .*\n", "", script, flags=re.MULTILINE)


def words_of(html: str) -> list[str]:
    """The texts of a component's HTML, for the catalogue.

    >>> words_of('<p title="why">Layout <select><option>wipe</option></select></p>')
    ['why', 'Layout', 'wipe']
    """
    return [words.strip() for words in _WORDS.findall(html)]


def spoken(html: str) -> str:
    """A component's HTML in the page's language."""

    def translated(match: re.Match[str]) -> str:
        words = match[0]
        return words.replace(words.strip(), tr(words.strip()))

    return _WORDS.sub(translated, html)
