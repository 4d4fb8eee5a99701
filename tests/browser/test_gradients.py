"""The page Gradients in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import OpenAt


def test_a_deep_link_opens_its_view_and_the_threshold_follows_the_keyboard(open_at: OpenAt) -> None:
    page = open_at("/gradients?head=gap&layer=5&tau=0.5")
    expect(page.get_by_role("heading", name="Gradients")).to_be_visible()
    expect(page.get_by_text("High in G5, conv 5")).to_be_visible()
    expect(page.locator('img[alt^="gradient map G"]')).to_have_count(6)
    expect(page.locator(".js-plotly-plot")).to_have_count(1)
    slider = page.locator(".st-key-gradients_tau input[type=range]")
    expect(slider).to_have_value("0.5")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"tau=0\.55"))
    page.go_back()
    expect(slider).to_have_value("0.5")


def test_the_scenes_open_with_both_charts(open_at: OpenAt) -> None:
    page = open_at("/gradients?subject=scenes")
    expect(page.get_by_text("The logit through RIB's steps")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    expect(page.get_by_text("control, sigmoid kept")).to_be_visible()
