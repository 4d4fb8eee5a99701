"""Figures and Results in a real browser: what is downloaded is what the command line gives."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenAt, settle
from wsss_viz import cli
from wsss_viz.data.scenes import Scenes
from wsss_viz.figures import read_spec
from wsss_viz.figures.rendering import render


def downloaded(page: Page, label: str, which: int = -1) -> bytes:
    with page.expect_download() as caught:
        # a table has a button of its own that is called so
        page.get_by_test_id("stDownloadButton").filter(has_text=label).get_by_role("button").nth(which).click()
    return Path(caught.value.path()).read_bytes()


def test_what_was_sent_from_compare_is_in_the_downloaded_figure_and_in_its_address(open_at: OpenAt) -> None:
    page = open_at("/compare?example=scenes:test:129&methods=cam,rib&class=cow")
    page.get_by_role("button", name="Send to Figures").click()
    expect(page.get_by_role("status").filter(has_text="Row 1 of the basket")).to_be_visible()
    page.get_by_role("link", name="Open Figures").click()
    expect(page.locator('img[alt*="(d) RIB"]')).to_be_visible()
    spec = read_spec(downloaded(page, "Spec (figure.json)"))
    assert [(row.image, row.name) for row in spec.rows] == [("scenes:test:129", "cow")]
    for name in ("SVG", "PDF"):
        assert downloaded(page, name) == render(spec, name.lower())
    address = page.url
    page.close()
    again = open_at("/figures" + address.partition("/figures")[2])
    expect(again.locator('img[alt*="(d) RIB"]')).to_be_visible()
    assert read_spec(downloaded(again, "Spec (figure.json)")) == spec
    again.close()


def test_an_uploads_folder_gives_the_pages_figure_by_the_command_of_its_readme(
    open_at: OpenAt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.asarray(Scenes("test", size=(90, 122))[129].image)
    Image.fromarray(pixels).save(tmp_path / "private.png")
    page = open_at("/compare?source=own&methods=cam&show=mask&threshold=0.45")
    page.locator("input[type=file]").first.set_input_files(tmp_path / "private.png")
    expect(page.locator(".viewer[data-drawn]")).to_have_count(1)
    settle(page)
    page.get_by_role("button", name="Send to Figures").click()
    expect(page.get_by_text("Row 1 of the basket")).to_be_visible()
    page.get_by_role("link", name="Figures (1)").click()
    expect(page.locator('img[alt^="Pseudo masks"]')).to_be_visible()
    archive, figure = downloaded(page, "Folder (ZIP)"), downloaded(page, "PNG")
    page.close()
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        content.extractall(tmp_path)
    place = tmp_path / "figure"
    lines = (place / "README.md").read_text().splitlines()
    (command,) = [line.split() for line in lines if line.startswith("    python -m wsss_viz ")]
    monkeypatch.chdir(place)
    cli.group.main([*command[3:-1], "figure.png"], prog_name="wsss_viz", standalone_mode=False)
    assert (place / "figure.png").read_bytes() == figure
    np.testing.assert_array_equal(np.asarray(Image.open(place / "pictures" / "own-1.png")), pixels)
    assert b"private" not in archive


def test_results_shows_both_published_tables_and_opens_the_worst_scene_in_compare_at_its_settings(
    open_at: OpenAt,
) -> None:
    page = open_at("/results")
    expect(page.get_by_role("heading", name="Published, not measured here")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").nth(2)).to_be_visible()
    assert downloaded(page, "CSV", -2).startswith(b"method,")
    assert downloaded(page, "CSV").startswith(b"year,")
    link = page.get_by_role("link", name=re.compile(r"^Compare test \d+$")).first
    number = (link.text_content() or "").split()[-1]
    link.click()
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    expect(page.locator(".viewer[data-drawn]")).to_have_count(1)
    query = parse_qs(urlsplit(page.url).query)
    assert query["example"] == [f"scenes:test:{number}"]
    assert query["views"] == ["multi-scale"]
    page.close()
