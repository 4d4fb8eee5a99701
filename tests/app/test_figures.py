"""The page Figures, run without a browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.app.conftest import OpenPage
from wsss_viz import cli
from wsss_viz.app import figures
from wsss_viz.figures import FigureSpec, Row, preset, sources, spec_bytes


def test_it_opens_with_a_figure_its_caption_and_its_spec(open_page: OpenPage) -> None:
    page = open_page("figures")
    assert not page.exception
    assert not page.error
    (picture,) = [image for images in page.get("image") for image in images.proto.imgs]
    assert picture.alt.startswith("Class activation maps")
    assert any(code.value == picture.alt for code in page.code)
    assert len(page.get("download_button")) == 4


def test_every_preset_and_setting_is_drawn(open_page: OpenPage) -> None:
    page = open_page("figures")
    page.pills(key="figure_preset").set_value("plane").run()
    page.selectbox(key="figure_width").set_value("single").run()
    page.pills(key="figure_parts").set_value([]).run()
    assert not page.exception
    assert not page.error
    (picture,) = [image for images in page.get("image") for image in images.proto.imgs]
    assert picture.alt.startswith("Information plane")


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_the_page_and_the_command_line_give_the_same_bytes(tmp_path: Path, kind: str) -> None:
    spec = FigureSpec("grid", ("image", "cam"), (Row("scenes:test:129"),), dpi=72)
    (tmp_path / "figure.json").write_bytes(spec_bytes(spec))
    out = tmp_path / f"figure.{kind}"
    cli.group.main(["figure", str(tmp_path / "figure.json"), str(out)], prog_name="x", standalone_mode=False)
    assert out.read_bytes() == figures.rendered(spec, kind)


def test_a_method_that_is_not_trained_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "trained_names", lambda *_: ())
    spec, (line,) = figures.without_missing(preset("grid"))
    assert spec == replace(preset("grid"), columns=("image", "truth", "cam", "rib"))
    assert "train cse" in line
