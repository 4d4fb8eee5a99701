"""The page Gradients in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import FloatRect, Locator, expect

from tests.browser.conftest import OpenAt


def test_the_scenes_open_with_both_charts(open_at: OpenAt) -> None:
    page = open_at("/gradients?subject=scenes")
    expect(page.get_by_text("The logit through RIB's steps")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(3)
    expect(page.get_by_text("control, sigmoid kept")).to_be_visible()


def at_rest(locator: Locator) -> FloatRect:
    """Where it stands once it, and the page above it, has stood still for sixty frames of the browser."""
    locator.evaluate(
        """async element => {
            for (let still = 0, last = ""; still < 60; ) {
                await new Promise(requestAnimationFrame)
                const box = JSON.stringify(element.getBoundingClientRect())
                still = box === last ? still + 1 : 0
                last = box
            }
        }"""
    )
    box = locator.bounding_box()
    assert box
    return box


def test_a_deep_link_opens_its_view_the_threshold_follows_the_keyboard_and_a_rectangle_is_counted(
    open_at: OpenAt,
) -> None:
    page = open_at("/gradients?subject=toy&head=gap&layer=5&tau=0.5")
    expect(page.get_by_role("heading", name="Gradients")).to_be_visible()
    expect(page.get_by_text("High in G5, conv 5")).to_be_visible()
    expect(page.locator('img[alt^="gradient map G"]')).to_have_count(6)
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    slider = page.locator(".st-key-gradients_tau input[type=range]")
    expect(slider).to_have_value("0.5")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"tau=0\.55"))
    page.go_back()
    expect(slider).to_have_value("0.5")
    expect(page.get_by_text("What is inferred or unverified")).to_be_visible()
    page.evaluate("document.fonts.ready")  # until its fonts are there, the page moves
    place = at_rest(page.locator(".js-plotly-plot").first.locator(".nsewdrag"))
    left, top = place["x"] + 0.2 * place["width"], place["y"] + 0.3 * place["height"]
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + 0.2 * place["width"], top + 0.2 * place["height"], steps=5)
    page.mouse.move(left + 0.4 * place["width"], top + 0.4 * place["height"], steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"box=(19|20|21)-(29|30|31)-(59|60|61)-(69|70|71)"))
    expect(page.get_by_text("your region").first).to_be_visible()
    page.get_by_role("button", name="No region of my own").click()
    expect(page).not_to_have_url(re.compile("box="))
