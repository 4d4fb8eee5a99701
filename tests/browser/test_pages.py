"""The app as a person meets it: a real server, a real browser."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.app.services.test_upload import encoded, giant_header
from tests.browser.conftest import SIDEBAR, OpenAt, fits, settle, shifted
from tests.browser.viewing import canvas, control, look, pictured, viewer
from wsss_viz.app.services.samples import OFFERED
from wsss_viz.data.scenes import Scenes


def number(page: Page, name: str) -> Locator:
    """The number of the scene on the page `name`."""
    return page.locator(f".st-key-{name}_index input")


def assert_shown(panel: Locator, wider_than: int) -> None:
    """The canvas has more than one colour, and its size on the page."""
    expect(panel).to_be_visible()
    colours = "canvas => new Set(new Uint32Array(canvas.getContext('2d').getImageData(0, 0, 150, 60).data.buffer)).size"
    assert panel.evaluate(colours) > 1
    box = panel.bounding_box()
    assert box
    assert box["width"] > wider_than


def test_start_shows_a_photograph_its_label_and_three_methods_with_a_wipe(open_at: OpenAt) -> None:
    page = open_at("/")
    expect(page.get_by_text("The photograph's label:")).to_be_visible()
    expect(page.locator(".wv-chip", has_text="dog (German shepherd)")).to_be_visible()
    titles = viewer(page).locator("figcaption b")
    expect(titles).to_have_text(["Image", "CAM", "AE (frozen)", "RIB", "Ground truth"])
    expect(viewer(page).get_by_role("radio")).to_have_count(0)  # of one class there is nothing to choose
    pictured(page)
    for number in (0, 1, 2, 3, 4):
        assert_shown(canvas(page, number), 150)
    page.get_by_role("button", name="Next photograph").click()
    expect(page).to_have_url(re.compile(r"example=photos(:|%3A)cow"))
    expect(page.locator(".wv-chip", has_text="cow (ox)")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Of the body, against CAM: AE .* points? (more|less)"))).to_be_visible()
    control(page, "Layout").select_option("wipe")
    expect(viewer(page).locator("canvas")).to_have_count(1)
    expect(titles).to_have_text("CAM | AE (frozen)")
    expect(control(page, "Divider")).to_be_visible()


def test_start_shows_a_scene_its_labels_and_the_map_of_the_one_that_is_pressed(open_at: OpenAt) -> None:
    page = open_at("/?example=scenes:test:129")
    expect(number(page, "start")).to_have_value("129")
    labels = Scenes("test")[129].labels or ()
    expect(page.get_by_text("Image-level labels:")).to_be_visible()
    expect(page.locator(".wv-chip")).to_have_text(list(labels))
    pills = viewer(page).get_by_role("radio")
    expect(pills).to_have_text(list(labels))
    expect(viewer(page).locator("figcaption b")).to_have_text(["Image", "CAM", "CS-AE", "RIB", "Ground truth"])
    pictured(page)
    assert_shown(canvas(page, 3), 150)
    before = look(page, 3)
    pills.last.click()
    expect(viewer(page).locator("caption")).to_contain_text(f"of {labels[-1]}")
    assert look(page, 3) != before


def test_fast_changes_all_arrive(open_at: OpenAt) -> None:
    page = open_at("/compare?methods=cam")
    for name in ("Threshold", "Opacity"):
        control(page, name).focus()
        for _ in range(5):
            page.keyboard.press("ArrowRight")
            time.sleep(0.05)
    expect(page).to_have_url(re.compile(r"threshold=0\.35&opacity=0\.65"))
    settle(page)
    expect(control(page, "Threshold")).to_have_value("0.35")
    expect(control(page, "Opacity")).to_have_value("0.65")


FIRST = """new MutationObserver((_, watch) => {
    const main = document.querySelector("[data-testid=stMain]")
    if (main) { window.firstX = main.getBoundingClientRect().x; watch.disconnect() }
}).observe(document, { childList: true, subtree: true })"""


def test_the_main_area_is_drawn_where_it_stays_under_the_words_that_stood_there_first(
    window: BrowserContext, server: str
) -> None:
    page = window.new_page()
    try:
        page.add_init_script(FIRST)
        page.goto(f"{server}/compare?methods=cam", wait_until="commit")
        expect(page.locator("#wv-shell strong")).to_have_text("Compare")
        expect(page.get_by_test_id("stMain").get_by_role("heading", name="Compare")).to_be_visible()
        expect(page.locator("#wv-shell")).to_have_count(0)
        main = page.get_by_test_id("stMain").bounding_box()
        assert main
        assert page.evaluate("window.firstX") == main["x"] > SIDEBAR
        top = canvas(page, 0).bounding_box()
        assert top
        assert top["y"] < 300, "the picture first"
        assert shifted(page) < 0.1
        page.get_by_role("button", name="What am I looking at?").click()  # nothing lies over what is beside the title
        expect(page.locator(".katex").first).to_be_visible()
        page.keyboard.press("Escape")
        for _ in range(5):
            page.get_by_role("button", name="Next photograph").click()
        expect(page).to_have_url(re.compile(r"example=photos(:|%3A)panda"))
        settle(page)
        expect(page.locator(".st-key-compare_example").get_by_role("combobox")).to_have_value(re.compile("panda"))
    finally:
        page.close()


def test_the_view_goes_along_through_the_navigation_and_back(open_at: OpenAt) -> None:
    page = open_at("/?example=scenes:val:2")
    page.get_by_test_id("stSidebar").get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/compare\?example=scenes(:|%3A)val(:|%3A)2"))
    expect(number(page, "compare")).to_have_value("2")
    page.get_by_role("button", name="Next scene").click()
    expect(number(page, "compare")).to_have_value("3")
    page.go_back()
    expect(number(page, "compare")).to_have_value("2")
    page.go_back()
    expect(page.get_by_role("heading", name="Where does the classifier look?")).to_be_visible()
    expect(number(page, "start")).to_have_value("2")


def test_a_copied_link_opens_the_same_view_elsewhere(open_at: OpenAt, server: str) -> None:
    page = open_at("/compare?example=scenes:val:4&methods=cam")
    plain = look(page, 2)
    control(page, "Opacity").focus()
    page.keyboard.press("Home")
    expect(page).to_have_url(re.compile(r"opacity=0\.0"))
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_focused()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.url
    other = open_at(copied.removeprefix(server))
    expect(control(other, "Opacity")).to_have_value("0")
    assert look(other, 2) == look(page, 2) != plain


def choose(page: Page, name: str, content: bytes) -> None:
    page.locator("input[type=file]").first.set_input_files({"name": name, "mimeType": "image/png", "buffer": content})


def test_uploads_show_their_maps_and_what_the_network_takes_them_for(open_at: OpenAt) -> None:
    page = open_at("/own?methods=cam")  # the address of a page that is no more
    for name, content, size in (
        ("photo.png", encoded("PNG"), "60 x 40"),
        ("turned.jpg", encoded("JPEG", size=(90, 70), orientation=6), "70 x 90"),
        ("grey.jpeg", encoded("JPEG", "L", size=(50, 80)), "50 x 80"),
        ("clear.webp", encoded("WEBP", "RGBA", size=(64, 32)), "64 x 32"),
    ):
        choose(page, name, content)
        expect(page.get_by_text(f"seen at {size}", exact=True)).to_be_visible()
        settle(page)
        expect(page).to_have_url(re.compile("/compare.*source=own"))
        assert_shown(canvas(page, 1), 150)
        guesses = page.locator("[class*=st-key-compare_classes]").get_by_role(
            "button", name=re.compile(r" [01]\.\d\d$")
        )
        expect(guesses).to_have_count(OFFERED)


def test_what_is_no_picture_is_one_line_and_the_next_upload_works(open_at: OpenAt) -> None:
    page = open_at("/compare?source=own&methods=cam")
    for name, content, cause in (
        ("notes.png", b"These are my notes, not a picture.", "not a PNG"),
        ("nothing.png", b"", "0 bytes"),
        ("giant.png", giant_header(), "20000 x 20000"),
    ):
        choose(page, name, content)
        expect(page.get_by_test_id("stAlert")).to_have_text(re.compile(f"{re.escape(name)}.*{cause}"))
    choose(page, "photo.png", encoded("PNG"))
    expect(page.get_by_text("seen at 60 x 40", exact=True)).to_be_visible()
    assert "Traceback" not in page.content()


def test_about_opens_and_explains_itself(open_at: OpenAt) -> None:
    page = open_at("/about")
    page.get_by_role("button", name="What am I looking at?").click()
    expect(page.locator(".katex").first).to_be_visible()
    expect(page.get_by_text("RIB: Lee et al., NeurIPS 2021")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/compare", "/compare?source=own", "/about"])
def test_no_page_is_wider_than_a_narrow_window_in_the_dark(open_at: OpenAt, path: str) -> None:
    page = open_at(path, dark=True)
    fits(page, 900)
    background = page.get_by_test_id("stApp").evaluate("app => getComputedStyle(app).backgroundColor")
    assert max(int(channel) for channel in re.findall(r"\d+", background)[:3]) < 60


def test_answers_carry_the_security_headers(open_at: OpenAt, server: str) -> None:
    page = open_at("/about")
    for path in ("/", "/compare", "/_stcore/health"):
        headers = page.request.get(server + path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'self'" in headers["content-security-policy"]


def test_a_tip_is_not_in_the_way_of_the_next_link(open_at: OpenAt) -> None:
    page = open_at("/compare")
    links = page.get_by_test_id("stSidebar")
    links.get_by_role("link", name="Learn", exact=True).hover()
    expect(page.get_by_test_id("stTooltipContent")).to_be_visible()
    links.get_by_role("link", name="Start", exact=True).click()
    expect(page).to_have_url(re.compile(r"127\.0\.0\.1:\d+/(\?|$)"))
    expect(links.get_by_role("link", name="Start", exact=True)).to_have_attribute("aria-current", "page")
    expect(links.get_by_role("link", name="Compare", exact=True)).not_to_have_attribute("aria-current", "page")
