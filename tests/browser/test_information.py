"""The information plane in a browser: one slider moves the dots, the bars and the cursors."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenAt

DRAWN = """() => ['.bars path', '.scatter .points path'].map(kind =>
    [...document.querySelectorAll('.js-plotly-plot ' + kind)].map(path =>
        (path.getAttribute('d') || '') + (path.getAttribute('transform') || '')).join('|'))"""


@pytest.mark.parametrize(
    ("path", "start", "last"),
    [
        ("?activations=tanh&epoch=0", "epoch 0", ""),
        ("?section=minimal&weight=1", "w = 1", "of X in the two outer ones"),
    ],
)
def test_the_slider_moves_every_kind_of_panel_by_pointer_and_by_keyboard(
    open_at: OpenAt, path: str, start: str, last: str
) -> None:
    page = open_at(f"/information{path}")
    current = page.locator(".js-plotly-plot .slider-group")
    expect(current).to_contain_text(start)
    page.wait_for_function(f"({DRAWN})().every(text => text.length > 0)")
    before = page.evaluate(DRAWN)
    rail = page.locator(".slider-rail-touch-rect").bounding_box()
    assert rail
    page.mouse.click(rail["x"] + rail["width"] * 0.98, rail["y"] + rail["height"] / 2)
    expect(current).not_to_contain_text(start)
    page.wait_for_function(f"before => ({DRAWN})().every((text, kind) => text !== before[kind])", arg=before)
    if last:
        expect(page.locator(".js-plotly-plot .textpoint")).to_contain_text(last)
    slider = page.locator(".js-plotly-plot").get_by_role("slider", name=start.split(maxsplit=1)[0])
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuenow", "0")
    first = str(slider.get_attribute("aria-valuetext"))
    expect(current).to_contain_text(first)
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuenow", "1")
    second = str(slider.get_attribute("aria-valuetext"))
    assert second != first
    expect(current).to_contain_text(second)
    page.locator(".updatemenu-button", has_text="Play").press("Enter")
    expect(slider).not_to_have_attribute("aria-valuenow", "1")


def test_the_first_picture_gives_way_to_the_chart(open_at: OpenAt) -> None:
    page = open_at("/information")
    tip = page.get_by_role("button", name="Help for Estimator").bounding_box()
    assert tip
    assert min(tip["width"], tip["height"]) >= 24, "a finger meets it"
    expect(page.locator(".js-plotly-plot .slider-group")).to_contain_text("epoch")
    expect(page.locator(".wv-first")).to_be_hidden()
    hints = page.evaluate("performance.getEntriesByType('resource').filter(r => /PlotlyChart/.test(r.name)).length")
    assert hints >= 1
