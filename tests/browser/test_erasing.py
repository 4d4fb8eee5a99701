"""The page Erasing in a real browser: its default in time, stepping, cancelling, two people at once."""

from __future__ import annotations

import re
from contextlib import suppress

from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.app.services.test_upload import encoded
from tests.browser.conftest import OpenAt, fits, settle
from tests.browser.viewing import canvas, viewer

SCENE = "scenes:test:129"


def frame(page: Page, name: str) -> Locator:
    """A picture of the filmstrip."""
    return page.get_by_role("group", name="steps").get_by_role("button", name=re.compile(rf"^{name}(,|$)"))


def shown(page: Page) -> str:
    """The name of the step that is shown large."""
    return page.get_by_role("group", name="steps").locator("[aria-current=true]").inner_text()


def arrived(page: Page) -> None:
    """Waits until nothing is computed any more."""
    page.locator(".st-key-cancel").wait_for(state="detached")
    settle(page)


def test_the_default_view_is_there_in_the_first_run_of_the_page(open_at: OpenAt) -> None:
    page = open_at("/erasing")
    expect(page.get_by_text("2 steps, precomputed")).to_be_visible()
    expect(frame(page, "k = 1")).to_be_visible()
    expect(page.locator(".st-key-cancel")).to_have_count(0)
    expect(page.locator("canvas").first).to_be_visible()


def test_a_step_of_the_filmstrip_is_shown_everywhere_and_back_brings_the_last_one_back(open_at: OpenAt) -> None:
    page = open_at(f"/erasing?example={SCENE}")
    arrived(page)
    expect(frame(page, "k = 3")).to_have_attribute("aria-current", "true")
    frame(page, "k = 1").click()
    expect(page).to_have_url(re.compile(r"k=1"))
    expect(frame(page, "k = 1")).to_have_attribute("aria-current", "true")
    expect(page.locator(".wv-panel b", has_text="k = 1")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^k = 1"))).not_to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"k=2"))
    page.go_back()
    expect(frame(page, "k = 1")).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(frame(page, "k = 3")).to_have_attribute("aria-current", "true")


def test_strip_and_viewer_follow_one_another_within_two_frames_and_a_click_on_the_curve(open_at: OpenAt) -> None:
    page = open_at("/erasing?mode=rib")
    arrived(page)
    expect(frame(page, "k = 10")).to_have_attribute("aria-current", "true")
    clicked = """async (button, root) => {
        button.click()
        for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame)
        return [root.dataset.k, button.getAttribute("aria-current")]
    }"""
    assert frame(page, "k = 4").evaluate(clicked, viewer(page).element_handle()) == ["4", "true"]
    expect(page).to_have_url(re.compile("k=4"))
    settle(page)
    canvas(page, 0).focus()
    page.keyboard.press(".")
    expect(frame(page, "k = 5")).to_have_attribute("aria-current", "true")

    page.get_by_text("Scores of every class").click()
    points = page.locator(".st-key-score_curves .scatterlayer .trace").last.locator(".point")
    expect(points).to_have_count(11)
    for k in (4, 7, 4):
        at_k = re.compile(rf"k={k}(&|$)")
        for _ in range(5):  # a chart that is just drawn anew takes no click, as a person would see
            expect(points).to_have_count(11)
            points.nth(k).click(force=True)  # by plotly's layer over it
            with suppress(TimeoutError):
                page.wait_for_url(at_k, timeout=6000)
                break
        expect(page).to_have_url(at_k)
        expect(frame(page, f"k = {k}")).to_have_attribute("aria-current", "true")
        settle(page)


def test_a_picture_of_ones_own_is_stepped_through(open_at: OpenAt) -> None:
    page = open_at("/compare?source=own&methods=cam")
    picture = {"name": "mine.png", "mimeType": "image/png", "buffer": encoded("PNG")}
    page.locator("input[type=file]").set_input_files(picture)
    expect(page.locator("figcaption b").first).to_have_text("Image")
    settle(page)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Erasing").click()
    expect(page.get_by_role("heading", name="Erasing")).to_be_visible()
    arrived(page)
    expect(frame(page, "k = 0")).to_be_visible()
    expect(page).to_have_url(re.compile("source=own"))
    titles = viewer(page).locator("figcaption b")
    expect(titles).to_have_text(["What is left", "Current map", "Combined map"])


def test_a_running_rib_is_cancelled_by_key_and_by_button_and_keeps_what_there_was(open_at: OpenAt) -> None:
    page = open_at("/erasing?example=scenes:test:32&mode=rib-bce")
    cancel = page.locator(".st-key-cancel button")
    again = page.get_by_role("button", name="Compute it again")
    for by in ("key", "button"):
        expect(cancel).to_be_visible()
        expect(frame(page, "k = 1")).to_be_visible()  # where it stands still
        if by == "key":
            page.keyboard.press("Escape")
        else:
            cancel.click()
        expect(page.get_by_text(re.compile(r"Cancelled after step \d+ of 11"))).to_be_visible()
        expect(cancel).to_have_count(0)
        expect(frame(page, "k = 0")).to_be_visible()
        expect(again).to_be_visible()
        if by == "key":
            again.click()
            expect(page.get_by_text(re.compile("Cancelled after"))).to_have_count(0)


def test_two_people_with_different_images_never_see_each_others_maps(open_at: OpenAt) -> None:
    first, second = (open_at(f"/erasing?mode=rib&example=scenes:test:{index}") for index in (41, 43))  # as in Compare
    alone: list[str] = []
    for page in (first, second):
        arrived(page)
        alone.append(pictures(page))
    assert alone[0] != alone[1]
    again = open_at("/erasing?mode=rib&example=scenes:test:41")
    arrived(again)
    assert pictures(again) == alone[0]
    assert pictures(second) == alone[1]


def pictures(page: Page) -> str:
    """The filmstrip's pictures."""
    expect(frame(page, "k = 1")).to_be_visible()
    images = page.get_by_role("group", name="steps").locator("img")
    return "\n".join(images.evaluate_all("images => images.map(image => image.src)"))


def test_it_is_no_wider_than_a_narrow_window(open_at: OpenAt) -> None:
    page = open_at(f"/erasing?example={SCENE}&mode=experiment", dark=True)
    arrived(page)
    expect(page.get_by_role("group", name="steps").get_by_role("button").first).to_be_visible()
    fits(page, 900)


def strokes(page: Page) -> Locator:
    """The brush, once it has been drawn."""
    brush = page.locator(".brush[data-strokes]")
    expect(brush).to_have_count(1)
    return brush


def test_what_is_painted_is_erased_by_mouse_and_by_keys_and_stands_in_the_link(open_at: OpenAt) -> None:
    page = open_at(f"/erasing?mode=by-hand&example={SCENE}")
    brush = strokes(page)
    left = page.locator(".wv-by-hand tbody tr").first.locator("td").nth(1)
    area = page.get_by_text(re.compile(r"\d+\s% of the image erased"))
    whole = left.inner_text()
    board = brush.locator("canvas")
    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    assert box
    brush.get_by_label("Size of the brush").fill("25")
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.55 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.45 * box["width"], box["y"] + 0.6 * box["height"], steps=8)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"painted=[0-9a-f]{8}\.[\w.-]{20,400}$"))
    expect(area).not_to_have_text(re.compile(r"^0\s%"))
    expect(left).not_to_have_text(whole)
    painted = left.inner_text()

    again = open_at(page.url[page.url.index("/erasing") :])
    expect(strokes(again)).to_have_attribute("data-strokes", "1")
    expect(again.locator(".wv-by-hand tbody tr").first.locator("td").nth(1)).to_have_text(painted)

    board.focus()
    for key in ("ArrowRight", "Control+ArrowDown", "]", " ", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    expect(brush).to_have_attribute("data-strokes", "3")
    for count in ("2", "1", "0"):
        page.keyboard.press("Backspace" if count == "1" else "Control+z")
        expect(brush).to_have_attribute("data-strokes", count)
    expect(left).to_have_text(whole)
    page.get_by_role("button", name="Erase the discriminative part").click()
    expect(brush).not_to_have_attribute("data-strokes", "0")
    expect(left).not_to_have_text(whole)
    page.get_by_text("blur", exact=True).click()
    expect(page).to_have_url(re.compile("fill=blur"))
    settle(page)
    brush.get_by_role("button", name="Clear").click()
    expect(left).to_have_text(whole)


def test_strokes_that_are_none_change_nothing(open_at: OpenAt) -> None:
    page = open_at(f"/erasing?mode=by-hand&example={SCENE}&painted={'0' * 8}.MAgAgA")
    brush = strokes(page)
    table = page.locator(".wv-by-hand").inner_text()
    sent = """(root, texts) => texts.forEach((text, i) => root.brush.send("strokes", {text, serial: i}))"""
    hostile = ["<img src=x>", "A", "AoAAAA.", "AoAAAA" * 20_000, {"a": 1}, None, 7, ["AoAAAA"], "AAAAAA"]
    for one in hostile:
        brush.evaluate(sent, [one])
        settle(page)
    assert page.locator(".wv-by-hand").inner_text() == table
    assert "painted" not in page.url or "00000000" in page.url
    brush.evaluate(sent, ["MAgAgA"])
    expect(page.locator(".wv-by-hand")).not_to_have_text(table)


PLAYED = """() => {
    window.played = []
    setInterval(() => {
        const parts = [...document.querySelectorAll(".st-key-viewer_erasing *")]
        const root = parts.find(one => one.shadowRoot)?.shadowRoot.querySelector(".viewer")
        if (root?.dataset.k !== undefined && played.at(-1) !== root.dataset.k) played.push(root.dataset.k)
    }, 30)
}"""


def test_the_steps_are_played_once_unless_motion_is_to_be_reduced(open_at: OpenAt) -> None:
    page = open_at("/about?mode=rib")
    page.emulate_media(reduced_motion="no-preference")
    page.evaluate(PLAYED)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Erasing").click()
    expect(viewer(page).get_by_role("button", name="Play the steps")).to_be_visible()  # it has stopped
    expect(viewer(page)).to_have_attribute("data-k", "10")
    seen = [int(k) for k in page.evaluate("played")]
    assert seen == sorted(set(seen)), "once, onwards"
    assert len(seen) > 3
    assert "k=" not in page.url, "nobody was told of it"
