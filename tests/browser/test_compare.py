"""Compare with jobs in a real browser: cancelling, two people at once, methods that are there at once."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import OpenAt, settle
from tests.browser.viewing import canvas, control, look, pictured, viewer
from wsss_viz.data.scenes import Scenes


def test_a_running_rib_is_cancelled_by_key_and_by_button_and_the_other_methods_stay(open_at: OpenAt) -> None:
    page = open_at("/compare?example=scenes:test:52&methods=cam,rib-bce")
    cancel = page.locator(".st-key-cancel button")
    again = page.get_by_role("button", name="Compute it again")
    for by in ("key", "button"):
        expect(cancel).to_be_visible()
        if by == "key":
            page.keyboard.press("Escape")
        else:
            cancel.click()
        expect(page.get_by_text(re.compile(r"Cancelled after step \d+ of 11"))).to_be_visible()
        expect(cancel).to_have_count(0)
        expect(viewer(page).locator("figcaption b").nth(2)).to_have_text("CAM")
        expect(again).to_be_visible()
        if by == "key":
            again.click()
            expect(page.get_by_test_id("stProgress")).to_be_visible()
            expect(page.get_by_text(re.compile("Cancelled after"))).to_have_count(0)


def test_two_browsers_at_once_never_see_each_others_maps(window: BrowserContext, server: str) -> None:
    assert window.browser
    other = window.browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    people = {41: window.new_page(), 43: other.new_page()}
    try:
        for index, page in people.items():
            page.goto(f"{server}/compare?example=scenes:test:{index}&methods=cam,rib")
        shown = {index: maps_of(page, index) for index, page in people.items()}
        assert shown[41] != shown[43]
        for page in people.values():
            page.reload()
        assert {index: maps_of(page, index) for index, page in people.items()} == shown
    finally:
        people[41].close()
        other.close()


def maps_of(page: Page, index: int) -> list[str]:
    """The pictures of CAM and RIB once both are there, of the scene that was asked for."""
    settle(page)
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
    expect(viewer(page).locator(".reason")).to_have_count(0)
    settle(page)
    expect(page.locator(".st-key-compare_index input")).to_have_value(str(index))
    labels = set(Scenes("test")[index].labels or ())
    marked = viewer(page).locator(".pills button.label")
    assert set(marked.all_inner_texts()) == labels
    pictured(page)
    return [look(page, number) for number in (2, 3)]


def test_precomputed_methods_come_and_go_without_a_job(open_at: OpenAt) -> None:
    page = open_at("/compare?methods=cam")
    settle(page)
    pill = page.locator(".st-key-compare_methods").get_by_role("button", name="RIB", exact=True)
    pill.click()
    expect(viewer(page).locator("figcaption b").nth(3)).to_have_text("RIB")
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
    expect(canvas(page, 3)).to_be_visible()
    pill.click()
    expect(viewer(page).locator("canvas")).to_have_count(3)
    expect(page).to_have_url(re.compile(r"methods=cam(&|$)"))


def test_one_maximum_for_all_is_the_same_at_every_step(open_at: OpenAt) -> None:
    page = open_at("/compare?methods=cam,rib&normalisation=shared&k=0")
    bars = viewer(page).locator(".bar em", has_text="bright")
    expect(bars).to_have_count(2)
    texts = bars.all_inner_texts()
    assert len(set(texts)) == 1
    assert "all steps" in texts[0]
    canvas(page, 3).focus()
    page.keyboard.press(".")
    expect(viewer(page)).to_have_attribute("data-k", "1")
    assert bars.all_inner_texts() == texts
    expect(control(page, "Range")).to_have_value("shared")


def test_a_view_is_taken_away_as_one_file_that_works_from_a_disk(
    open_at: OpenAt, window: BrowserContext, tmp_path: Path
) -> None:
    page = open_at("/compare?example=scenes:test:129&methods=cam,ae,rib&threshold=0.45")
    settle(page)
    rows = viewer(page).locator("tbody").inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="This view (HTML)").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.stat().st_size < 1_000_000

    asked: list[str] = []
    wrong: list[str] = []
    away = window.new_page()
    away.on("request", lambda request: asked.append(request.url))
    away.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    away.on("pageerror", lambda error: wrong.append(str(error)))
    try:
        away.goto(file.as_uri())
        assert viewer(away).locator("tbody").inner_text() == rows
        expect(canvas(away, 2)).to_be_visible()
        first = look(away, 2)
        control(away, "Threshold").fill("0.7")
        expect(viewer(away).locator("tbody")).not_to_have_text(rows)
        control(away, "Show").select_option("mask")
        expect(viewer(away).locator("caption")).to_contain_text("above 0.70")
        assert look(away, 2) != first
        control(away, "Layout").select_option("wipe")
        expect(viewer(away).locator("canvas")).to_have_count(1)
        control(away, "Divider").fill("0.2")
        expect(viewer(away)).to_have_attribute("data-wipe", "0.2")
        canvas(away, 0).focus()
        away.keyboard.press("+")
        expect(viewer(away)).to_have_attribute("data-zoom", "1.500")
        assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [file.as_uri()]
        refused = away.evaluate("fetch('https://example.org/').then(() => 'let through', () => 'refused')")
        assert refused == "refused"
        assert any("Content Security Policy" in line for line in wrong)
        wrong[:] = [line for line in wrong if "example.org" not in line and "Fetch API cannot load" not in line]
        assert not wrong
    finally:
        away.close()
