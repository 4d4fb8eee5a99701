"""A view as one file: what it allows, what is escaped in it, that its script is the viewer's own and runs."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.app.services.test_comparison import trace_of
from tests.app.widgets.test_viewer_payload import LABELS
from tests.javascript import find
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.viewer import Content, Panel, component, standalone
from wsss_viz.app.widgets.viewer.component import PIECES, Drawn, assets
from wsss_viz.app.widgets.viewer.payload import payload
from wsss_viz.app.widgets.viewer.standalone import MOST_BYTES, view_page
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import CLASSES, Scenes
from wsss_viz.errors import InputError
from wsss_viz.showcase import read_showcase

HOSTILE = '</script><script>alert(1)</script><img src="//example.org/x" onerror=alert(1)>'


def drawn(title: str = "m", **state: object) -> Drawn:
    sample = Scenes("val", size=(40, 60))[0]
    content = Content(sample, (Panel("Image"), Panel.of(trace_of(0), title)), CLASSES, LABELS)
    return Drawn(content, replace(ViewState(), **state), PIECES, roomy=True)


def pieces(page: str) -> tuple[list[str], list[str], dict[str, object]]:
    """Scripts, styles and data of a page."""
    scripts = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return scripts, styles, json.loads(data)


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_allows_what_is_in_the_file_and_nothing_else() -> None:
    page = view_page(drawn(), "Maps").decode()
    scripts, styles, _ = pieces(page)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert rules["script-src"] == digest(scripts[0])
    assert set(rules["style-src"].split()) == {digest(style) for style in styles}
    assert len(scripts) == 1
    assert page.count("<script") == 2
    assert "unsafe" not in policy
    assert page.index("Content-Security-Policy") < page.index("<style")
    assert not re.search(r"(src|href)\s*=", re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))


def test_its_code_is_the_viewers_and_its_content_the_viewers_payload() -> None:
    view = drawn(threshold=0.45, show="mask", focus="dog")
    (script,), _, data = pieces(view_page(view, "Maps").decode())
    html, _, js = assets()
    assert script.replace("function mount(", "export default function (", 1).startswith(js)
    assert html in view_page(view, "Maps").decode()
    assert data["content"] == json.loads(json.dumps(payload(view.content, focus="dog")))
    settings = data["view"]
    assert isinstance(settings, dict)
    assert (settings["threshold"], settings["show"], settings["class"]) == ("0.45", "mask", "dog")
    assert view_page(view, "Maps") == view_page(view, "Maps")


def test_what_people_write_is_text() -> None:
    view = drawn(HOSTILE)
    page = view_page(view, HOSTILE, HOSTILE, HOSTILE).decode()
    scripts, _, data = pieces(page)
    assert page.count("<script") == 2
    assert "<img" not in page
    assert len(scripts) == 1
    content = data["content"]
    assert isinstance(content, dict)
    assert content["panels"][1]["title"] == HOSTILE


def test_its_script_is_a_module_that_node_accepts(tmp_path: Path) -> None:
    (script,), _, _ = pieces(view_page(drawn(), "Maps").decode())
    file = tmp_path / "view.mjs"
    file.write_text(script, encoding="utf-8")
    subprocess.run([find(), "--check", str(file)], check=True, capture_output=True)
    file.write_text(script + "\nlet twice = 1; let twice = 2", encoding="utf-8")
    assert subprocess.run([find(), "--check", str(file)], check=False, capture_output=True).returncode


def test_five_methods_with_all_steps_of_a_scene_are_below_a_megabyte() -> None:
    stored = read_showcase()
    source = stored.scenes[0]
    sample = Scenes(source.split(":")[1])[int(source.split(":")[2])]
    traces = [stored.trace(name, source) for name in ("cam", "ae", "cs-ae", "gain", "rib")]
    panels = tuple(Panel.of(trace, trace.method) for trace in traces)
    content = Content(sample, panels, CLASSES, sample.labels or ())
    page = view_page(Drawn(content, ViewState(), PIECES, roomy=True), "Five methods")
    assert 150_000 < len(page) < MOST_BYTES


def test_what_does_not_fit_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standalone, "MOST_BYTES", 50_000)
    with pytest.raises(InputError, match=r"takes 0\.\d MB as one file, more than 0: take fewer methods"):
        view_page(drawn(), "Maps")


def test_the_photograph_is_shown_as_the_viewer_shows_it() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (900, 1300, 3), np.uint8)
    content = Content(Sample(noise, CLASSES, None, "s"), (Panel("Image"),), CLASSES, LABELS)
    page = view_page(Drawn(content, ViewState(), ("scores",), roomy=False), "Noise")
    assert len(page) < MOST_BYTES
    assert b"data:image/jpeg;base64," in page
    assert component.FIELDS[0] in pieces(page.decode())[2]["view"]  # type: ignore[operator]
