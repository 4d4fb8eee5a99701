"""What comes back from a browser is not believed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.app.services.test_comparison import trace_of
from tests.app.widgets.test_viewer_payload import LABELS, plain
from wsss_viz.app.widgets.viewer import Content, Panel, Picked, component
from wsss_viz.app.widgets.viewer.component import _picked, _values, assets
from wsss_viz.data.scenes import CLASSES

CONTENT = Content(plain(), (Panel("Image"), Panel.of(trace_of(0), "m")), CLASSES, LABELS)
GOOD = {"panel": 1, "row": 2, "column": 3, "x": 0.5, "y": 0.25, "name": "cow"}


def test_a_picked_cell_is_read() -> None:
    assert _picked(GOOD, CONTENT) == Picked(1, 2, 3, 0.5, 0.25, "cow")


@pytest.mark.parametrize(
    "change",
    [{"panel": 2}, {"panel": -1}, {"row": -1}, {"x": 1.5}, {"x": float("nan")}, {"name": "<b>"}, {"row": "many"}],
)
def test_a_picked_cell_that_does_not_exist_is_none(change: dict[str, Any]) -> None:
    assert _picked({**GOOD, **change}, CONTENT) is None


@pytest.mark.parametrize("given", [None, "x", 3, [], {}, {"panel": 1}])
def test_anything_else_is_none(given: Any) -> None:
    assert _picked(given, CONTENT) is None
    assert _values(given) == {}


def test_only_the_viewers_own_parameters_are_taken() -> None:
    given = {"threshold": "0.4", "example": "scenes:val:3", "k": 3, "class": "cow", "serial": 7}
    assert _values(given) == {"threshold": "0.4", "class": "cow"}


def test_the_scripts_hold_no_html_and_no_other_code() -> None:
    html, css, js = assets()
    assert js.count("export default") == 1
    for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "http"):
        assert sink not in js
    assert "<script" not in html
    assert "url(" not in css


def test_every_module_is_sent_after_those_it_imports_and_no_import_is_left() -> None:
    folder = Path(component.__file__).parent
    assert set(component._SCRIPTS) == {path.name for path in folder.glob("*.js")}
    for place, name in enumerate(component._SCRIPTS):
        imported = re.findall(r'^import .*"\./(\w+\.js)"$', (folder / name).read_text(encoding="utf-8"), re.MULTILINE)
        assert set(imported) <= set(component._SCRIPTS[:place])
    assert not re.search(r"^import\b", component.assets()[2], re.MULTILINE)
