"""The viewer as a person moves it: in the browser at once, in the address once it is let go of."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenAt, settle
from tests.browser.viewing import canvas, control, look, pictured, viewer
from wsss_viz.app.services import traces
from wsss_viz.app.services.comparison import compare
from wsss_viz.app.state import ViewState
from wsss_viz.data.scenes import CLASSES, Scenes
from wsss_viz.traces import normalise, upsample

SCENE = "scenes:val:3"
AT = f"/compare?example={SCENE}&methods=cam,ae"

# Sets a slider as a hand does; gives how often the viewer has drawn in the browser's next two frames.
SCRUB = """async (slider, value) => {
    let drawn = 0
    const watch = new MutationObserver(records => { drawn += records.length })
    watch.observe(slider.closest(".viewer"), { attributes: true, attributeFilter: ["data-drawn"] })
    slider.value = value
    slider.dispatchEvent(new Event("input", { bubbles: true }))
    for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame)
    watch.disconnect()
    return drawn
}"""


# Keeps what the button is called from now on: a short film is over before one has looked.
LABELS = """button => {
    window.labels = []
    new MutationObserver(() => labels.push(button.ariaLabel)).observe(button, { attributeFilter: ["aria-label"] })
}"""


def finished(page: Page) -> Page:
    """The page once nothing is being computed any more."""
    expect(viewer(page)).to_be_visible()
    expect(viewer(page).locator(".reason")).to_have_count(0)
    expect(page.get_by_test_id("stProgress")).to_have_count(0)
    settle(page)
    return page


def scores(page: Page, row: int = 0) -> dict[str, str]:
    """The shares in a row of the table, as printed."""
    cells = viewer(page).locator("tbody tr").nth(row).locator("td[data-score]")
    found: dict[str, str] = cells.evaluate_all(
        "cells => Object.fromEntries(cells.map(cell => [cell.dataset.score, cell.textContent]))"
    )
    return found


def drag(page: Page, slider: Locator, share: float) -> None:
    """Holds the slider, moves it to a share of its length and keeps holding."""
    box = slider.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2, steps=4)


def test_a_deep_link_brings_the_whole_view_back(open_at: OpenAt) -> None:
    label = (Scenes("val")[3].labels or ())[-1]
    page = open_at(
        f"{AT}&k=2&threshold=0.45&opacity=0.8&layout=wipe&show=mask&colours=viridis&normalisation=shared"
        f"&class={label}&outlines=parts,mask&pair=1-3",
    )
    finished(page)
    expect(page).to_have_title("Compare · wsss_viz")
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    expect(page.get_by_test_id("stSidebar").get_by_role("link", name="About")).to_be_visible()
    expect(page.locator(".st-key-compare_index input")).to_have_value("3")
    assert "threshold=0.45" in page.url
    pictured(page)
    expect(viewer(page)).to_have_attribute("data-k", "2")
    for name, value in {
        "Threshold": "0.45",
        "Opacity": "0.8",
        "Step": "2",
        "Layout": "wipe",
        "Show": "mask",
        "Colours": "viridis",
        "Range": "shared",
        "First panel": "1",
        "Second panel": "3",
    }.items():
        expect(control(page, name)).to_have_value(value)
    expect(viewer(page).get_by_role("radio", name=label)).to_have_attribute("aria-checked", "true")
    expect(control(page, "parts")).to_be_checked()
    expect(control(page, "ground truth")).not_to_be_checked()
    page.close()


def test_scrubbing_is_drawn_once_within_two_frames(open_at: OpenAt) -> None:
    page = finished(open_at("/compare?example=scenes:test:129&methods=cam,ae,cs-ae-single,rib"))
    last = int(control(page, "Step").get_attribute("max") or 0)
    assert last >= 5, "RIB's steps"
    for name, values in (("Step", [*range(last + 1)]), ("Threshold", [0.1, 0.5, 0.9]), ("Opacity", [0.1, 0.9])):
        for value in values:
            assert control(page, name).evaluate(SCRUB, value) == 1, f"{name} at {value}"
    expect(viewer(page)).to_have_attribute("data-k", str(last))


def test_the_threshold_moves_the_scores_as_the_library_has_them_and_back_brings_them_back(open_at: OpenAt) -> None:
    page = finished(open_at(AT))
    sample = Scenes("val")[3]
    name = (sample.labels or ())[0]
    before, picture = scores(page), look(page, 2)
    slider = control(page, "Threshold")
    drag(page, slider, 0.7)
    expect(slider).not_to_have_value("0.3")
    held = float(slider.input_value())
    trace = traces.trace(sample, "single")
    (found,) = compare({"cam": trace}, sample, CLASSES, sample.labels or (), ViewState(threshold=held))
    expected = found.scores[name]
    now = scores(page)
    for key in ("iou", "precision", "recall", "discriminative"):
        share = float(re.sub(r"\D", "", now[key]))
        assert share == pytest.approx(100 * getattr(expected, key), abs=1.51), key
    assert now != before
    assert "threshold" not in page.url, "not in the address while it is held"
    page.mouse.up()
    expect(page).to_have_url(re.compile(rf"threshold={held:g}"))
    settle(page)
    assert scores(page) == now
    page.go_back()
    expect(slider).to_have_value("0.3")
    settle(page)
    assert scores(page) == before
    assert look(page, 2) == picture


def test_the_same_change_twice_with_back_between_arrives_twice(open_at: OpenAt) -> None:
    page = finished(open_at(AT))
    for _ in range(2):
        control(page, "Show").select_option("mask")
        expect(page).to_have_url(re.compile("show=mask"))
        settle(page)
        page.go_back()
        expect(page).not_to_have_url(re.compile("show=mask"))
        expect(control(page, "Show")).to_have_value("map")


def test_back_within_the_moment_before_a_change_is_told_takes_it_back_too(open_at: OpenAt) -> None:
    page = finished(open_at(AT))
    control(page, "Colours").select_option("viridis")
    expect(page).to_have_url(re.compile("colours=viridis"))
    settle(page)
    control(page, "Show").evaluate(
        "list => {list.value = 'mask'; list.dispatchEvent(new Event('change')); history.back()}"
    )
    expect(page).not_to_have_url(re.compile("colours"))
    page.wait_for_timeout(800)  # longer than the moment: nothing may come of it
    settle(page)
    assert "show=mask" not in page.url
    expect(control(page, "Show")).to_have_value("map")
    expect(control(page, "Colours")).to_have_value("inferno")


def test_wipe_blink_and_difference_show_two_panels_as_one(open_at: OpenAt) -> None:
    page = finished(open_at(AT))
    expect(viewer(page).locator("canvas")).to_have_count(4)
    control(page, "Layout").select_option("wipe")
    expect(viewer(page).locator("canvas")).to_have_count(1)
    expect(viewer(page).locator("figcaption b")).to_have_text("CAM | AE (frozen)")
    half = look(page, 0)
    control(page, "Divider").focus()
    page.keyboard.press("Home")
    expect(control(page, "Divider")).to_have_value("0")
    expect(viewer(page)).to_have_attribute("data-wipe", "0")
    assert look(page, 0) != half
    control(page, "Layout").select_option("difference")
    expect(viewer(page).locator("figcaption b")).to_have_text("CAM − AE (frozen)")
    expect(viewer(page).locator(".bar em")).to_have_text("blue: AE (frozen) is higher, red: CAM")
    page.emulate_media(reduced_motion="no-preference")
    control(page, "Layout").select_option("blink")
    for title in ("CAM", "AE (frozen)", "CAM"):
        expect(viewer(page).locator("figcaption b")).to_have_text(title)
    expect(page).to_have_url(re.compile("layout=blink"))


def test_zoom_is_one_for_all_panels_and_stays_when_the_image_changes(open_at: OpenAt) -> None:
    page = finished(open_at(AT))
    before = [look(page, number) for number in range(4)]
    canvas(page, 2).hover()
    page.mouse.wheel(0, -400)
    expect(viewer(page)).to_have_attribute("data-zoom", "1.000")
    page.evaluate("scrollTo(0, 0)")
    canvas(page, 2).hover()
    canvas(page, 2).focus()
    page.mouse.wheel(0, -400)
    expect(viewer(page)).not_to_have_attribute("data-zoom", "1.000")
    zoom = viewer(page).get_attribute("data-zoom") or ""
    assert float(zoom) > 2
    assert all(look(page, number) != before[number] for number in range(4))
    title = page.locator(".st-key-compare_index input")
    page.get_by_role("button", name="Next scene").click()
    expect(title).to_have_value("4")
    settle(page)
    expect(viewer(page)).to_have_attribute("data-zoom", zoom)
    viewer(page).get_by_role("button", name="Reset zoom").click()
    expect(viewer(page)).to_have_attribute("data-zoom", "1.000")


def test_hover_reads_the_value_in_every_panel(open_at: OpenAt) -> None:
    page = finished(open_at(AT))
    box = canvas(page, 2).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.6)
    values = viewer(page).locator(".value")
    expect(values.nth(3)).to_have_text(re.compile(r"^\d\.\d\d \(raw [+−]\d+\.\d\d\)$"))
    sample = Scenes("val")[3]
    index = CLASSES.index((sample.labels or ())[0])
    (plane,) = upsample(traces.trace(sample, "single").maps[[index]], sample.size)
    at = (int(0.6 * sample.size[0]), int(0.3 * sample.size[1]))
    shown = [float(number.replace("−", "-")) for number in re.findall(r"[+−]?\d+\.\d+", values.nth(2).inner_text())]
    near = slice(at[0] - 1, at[0] + 2), slice(at[1] - 1, at[1] + 2)
    one = normalise(plane[None], "relu_max")[0][near]
    step = (plane.max() - plane.min()) / 255
    assert one.min() - 0.01 <= shown[0] <= one.max() + 0.01
    assert plane[near].min() - step <= shown[1] <= plane[near].max() + step
    expect(values.nth(1)).to_have_text(re.compile("background|part|rest"))
    expect(viewer(page).locator(".values")).to_contain_text("Class scores (CAM):")


def test_the_keyboard_moves_the_reticle_steps_zooms_and_is_announced(open_at: OpenAt) -> None:
    page = finished(open_at(AT))
    last = int(control(page, "Step").get_attribute("max") or 0)
    canvas(page, 3).focus()
    spoken = viewer(page).get_by_role("status")
    page.keyboard.press("ArrowRight")
    expect(spoken).to_have_text(re.compile(r"50 % from the left, 50 % from the top; .*CAM .*AE \(frozen\)"))
    page.keyboard.press("Shift+ArrowDown")
    expect(spoken).to_contain_text("50 % from the left, 60 % from the top")
    page.keyboard.press(",")
    expect(viewer(page)).to_have_attribute("data-k", str(last - 1))
    expect(page).to_have_url(re.compile(rf"[?&]k={last - 1}"))
    page.keyboard.press("+")
    expect(viewer(page)).to_have_attribute("data-zoom", "1.500")
    page.keyboard.press("0")
    expect(viewer(page)).to_have_attribute("data-zoom", "1.000")
    page.keyboard.press(".")
    expect(viewer(page)).to_have_attribute("data-k", str(last))
    expect(page).not_to_have_url(re.compile("[?&]k="))
    viewer(page).get_by_role("button", name="Play the steps").evaluate(LABELS)
    page.keyboard.press("Space")
    page.wait_for_function("() => labels.includes('Pause') && labels.at(-1) === 'Play the steps'")
    expect(viewer(page)).to_have_attribute("data-k", str(last))


def test_a_class_is_switched_in_the_browser_and_a_method_by_its_pill(open_at: OpenAt) -> None:
    page = finished(open_at(AT))
    first, *_, other = (*(Scenes("val")[3].labels or ()), "train")
    pill = viewer(page).get_by_role("radio", name=other)
    before = look(page, 2)
    pill.click()
    expect(pill).to_have_attribute("aria-checked", "true")
    expect(viewer(page).locator("caption")).to_contain_text(f"of {other}")
    assert look(page, 2) != before
    expect(page).to_have_url(re.compile(f"class={other}"))
    settle(page)
    pill.focus()
    page.keyboard.press("ArrowLeft")
    expect(pill).to_have_attribute("aria-checked", "false")
    viewer(page).get_by_role("radio", name=first, exact=True).click()
    page.locator(".st-key-compare_methods").get_by_role("button", name="CS-AE (single image)").click()
    expect(viewer(page).locator("figcaption b").nth(4)).to_have_text("CS-AE (single image)")
    expect(page).to_have_url(re.compile("methods=cam(,|%2C)ae(,|%2C)cs-ae-single"))
    expect(viewer(page).get_by_role("radio", name=first, exact=True)).to_have_attribute("aria-checked", "true")


@pytest.mark.parametrize("other", ["About", "Learn"])
def test_the_view_is_there_again_after_another_page_and_back(open_at: OpenAt, other: str) -> None:
    page = finished(open_at(AT))
    control(page, "Colours").select_option("cividis")  # and on at once, before the page has answered
    page.get_by_test_id("stSidebar").get_by_role("link", name=other).click()
    expect(page).to_have_url(re.compile(f"/{other.lower()}" + r"\?"))
    expect(page.locator("[data-testid=stMain] h1")).to_have_count(1)
    expect(page.get_by_role("heading", name="Compare")).to_have_count(0)
    settle(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    expect(control(page, "Colours")).to_have_value("cividis")
    expect(page).to_have_url(re.compile("/compare.*colours=cividis"))


def test_another_language_keeps_what_was_moved_and_back_marks_what_is_chosen(open_at: OpenAt) -> None:
    page = finished(open_at(AT))
    control(page, "Colours").select_option("cividis")
    expect(page).to_have_url(re.compile("colours=cividis"))
    page.locator(".st-key-language_ko button").click()
    expect(page).to_have_url(re.compile("colours=cividis.*lang=ko"))
    colours = viewer(page).locator("select[name=colours]")
    expect(colours).to_have_attribute("aria-label", "색")
    expect(colours).to_have_value("cividis")
    settle(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    methods = page.locator(".st-key-compare_methods").get_by_role("button", pressed=True)
    expect(methods).to_have_text(["CAM", "AE (frozen)"])
    page.locator(".st-key-compare_methods").get_by_role("button", name="RIB", exact=True).click()
    expect(page).to_have_url(re.compile("methods=cam%2Cae%2Crib"))


def test_a_click_reads_the_cell_of_the_maps_in_python(open_at: OpenAt) -> None:
    page = finished(open_at(AT))
    box = canvas(page, 2).bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.6)
    maps = traces.trace(Scenes("val")[3], "single").maps
    row, column = int(0.6 * maps.shape[1]), int(0.3 * maps.shape[2])
    strongest = int(maps[:, row, column].argmax())
    value = f"{CLASSES[strongest]} {maps[strongest, row, column]:+.1f}"
    line = page.get_by_text(re.compile(rf"row {row + 1}, column {column + 1} of CAM"))
    expect(line).to_contain_text(value.replace("-", "−"))
