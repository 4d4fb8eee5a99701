"""The files of a component of ours, as Streamlit takes them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from wsss_viz.app.language import current, speaking, tr

_TABLE = "const TEXTS = {}"
_SAID = re.compile(r'\b(?:say|marked)\("([^"]*)"')
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


def texts_of(script: str) -> list[str]:
    """The texts of a component's script, for the catalogue: what it hands to `say` and to `marked`.

    >>> texts_of('title = on ? say("Pause") : say("Play {k}", { k })')
    ['Pause', 'Play {k}']
    """
    return _SAID.findall(script)


def speaking_script(script: str) -> str:
    """A component's script with the table of its texts in the page's language."""
    return _speaking_script(script, current())


def spoken(html: str) -> str:
    """A component's HTML in the page's language."""
    return _spoken(html, current())


@lru_cache(maxsize=64)
def _speaking_script(script: str, language: str) -> str:
    with speaking(language):
        texts = {text: tr(text) for text in texts_of(script)}
    table = {text: said for text, said in texts.items() if said != text}
    return script.replace(_TABLE, f"const TEXTS = {json.dumps(table, ensure_ascii=False)}", 1) if table else script


@lru_cache(maxsize=64)
def _spoken(html: str, language: str) -> str:
    def translated(match: re.Match[str]) -> str:
        words = match[0]
        return words.replace(words.strip(), tr(words.strip()))

    with speaking(language):
        return _WORDS.sub(translated, html)
