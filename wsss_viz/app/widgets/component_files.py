"""The files of a component of ours, as Streamlit takes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path


def component_files(folder: Path, name: str, scripts: Sequence[str]) -> tuple[str, str, str]:
    """Its HTML, its style and its one script.

    Args:
        folder: with NAME.html, NAME.css and the scripts.
        scripts: its modules, each after those it imports: a component has one script, so they are sent as one.
    """
    html, css = ((folder / f"{name}.{kind}").read_text(encoding="utf-8") for kind in ("html", "css"))
    script = "\n".join((folder / file).read_text(encoding="utf-8") for file in scripts)
    return html, css, re.sub(r"^import .*\n", "", script, flags=re.MULTILINE)
