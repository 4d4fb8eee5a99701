"""What comes back from the brush is not believed; what it sends is small."""

from __future__ import annotations

import re
from typing import Any

import pytest

from wsss_viz.app.widgets.brush import component
from wsss_viz.app.widgets.brush.component import text_of
from wsss_viz.data import strokes


@pytest.mark.parametrize(
    "given",
    [None, "AoAAAA", 3, [], {}, {"text": None}, {"text": 7}, {"text": ["AoAAAA"]}, {"text": {"text": "AoAAAA"}}]
    + [{"text": text} for text in ("AoAAA", "AoAAAA.", "AAAAAA", "<b>", "AoAAAA" * 9000, "AoAA\u0000A", "../../etc")],
)
def test_what_is_no_strokes_is_dropped(given: Any) -> None:
    assert text_of(given) is None


def test_strokes_are_taken() -> None:
    assert text_of({"text": "AoAAAA__AA", "serial": 3}) == "AoAAAA__AA"
    assert text_of({"text": ""}) == ""


def test_the_browser_and_python_count_alike() -> None:
    """The browser keeps no more than Python takes, in the same digits."""
    _, _, js = component._assets()
    for name in ("UNITS", "LARGEST_RADIUS", "MOST_STROKES", "MOST_POINTS"):
        (value,) = re.findall(rf"const {name} = (\d+)", js)
        assert int(value) == getattr(strokes, name)
    assert strokes.DIGITS in js


def test_the_script_holds_no_html_and_no_other_code() -> None:
    html, css, js = component._assets()
    assert js.count("export default") == 1
    for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "http"):
        assert sink not in js
    assert not re.search(r"^import\b", js, re.MULTILINE)
    assert "<script" not in html
    assert "url(" not in css
