"""The information plane in a browser: one slider moves the dots, the bars and the cursors."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import OpenAt

DRAWN = """() => ['.bars path', '.scatter .points path'].map(kind =>
    [...document.querySelectorAll('.js-plotly-plot ' + kind)].map(path =>
        (path.getAttribute('d') || '') + (path.getAttribute('transform') || '')).join('|'))"""


def test_a_deep_link_opens_at_its_epoch_and_the_slider_moves_every_kind_of_panel(open_at: OpenAt) -> None:
    page = open_at("/information?activations=tanh&epoch=0")
    current = page.locator(".js-plotly-plot .slider-group")
    expect(current).to_contain_text("epoch 0")
    page.wait_for_function(f"({DRAWN})().every(text => text.length > 0)")
    before = page.evaluate(DRAWN)
    rail = page.locator(".slider-rail-touch-rect").bounding_box()
    assert rail
    page.mouse.click(rail["x"] + rail["width"] * 0.98, rail["y"] + rail["height"] / 2)
    expect(current).not_to_contain_text("epoch 0")
    page.wait_for_function(f"before => ({DRAWN})().every((text, kind) => text !== before[kind])", arg=before)


def test_the_first_picture_gives_way_to_the_chart(open_at: OpenAt) -> None:
    page = open_at("/information")
    expect(page.locator(".js-plotly-plot .slider-group")).to_contain_text("epoch")
    expect(page.locator(".wv-first")).to_be_hidden()
    hints = page.evaluate("performance.getEntriesByType('resource').filter(r => /PlotlyChart/.test(r.name)).length")
    assert hints >= 1


def test_the_weight_slider_moves_the_bins_in_the_browser(open_at: OpenAt) -> None:
    page = open_at("/information?section=minimal&weight=1")
    current = page.locator(".js-plotly-plot .slider-group")
    expect(current).to_contain_text("w = 1")
    page.wait_for_function(f"({DRAWN})().every(text => text.length > 0)")
    before = page.evaluate(DRAWN)
    rail = page.locator(".slider-rail-touch-rect").bounding_box()
    assert rail
    page.mouse.click(rail["x"] + rail["width"] * 0.98, rail["y"] + rail["height"] / 2)
    expect(current).not_to_contain_text("w = 1")
    page.wait_for_function(f"before => ({DRAWN})().every((text, kind) => text !== before[kind])", arg=before)
    expect(page.locator(".js-plotly-plot .textpoint")).to_contain_text("of X in the two outer ones")
