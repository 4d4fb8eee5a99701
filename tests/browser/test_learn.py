"""The lecture walked in a browser: by mouse, by keyboard, in the presenter's view; and where its links lead."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenAt, settle, shifted
from wsss_viz.app import catalogue
from wsss_viz.app.pages.learn.question import sentence
from wsss_viz.app.pages.learn.syllabus import SYLLABUS, lesson
from wsss_viz.app.state import ViewState

LAST = len(SYLLABUS)


def shows(page: Page, number: int) -> None:
    """The page has arrived at the step, with its claim and its question, and takes keys."""
    expect(page.locator(".st-key-claim .wv-part")).to_contain_text(f"{number} of {LAST} · {SYLLABUS[number - 1].name}")
    expect(page.locator(".st-key-claim h1")).not_to_be_empty()
    expect(page.locator(".wv-asked")).to_have_count(
        1
    )  # a slide's stays beside the next step's until all of that has come
    expect(page.locator(".wv-asked")).to_be_visible()
    page.wait_for_function("number => window.wsss_viz_turning?.at === number", arg=number)


def no_errors(page: Page) -> None:
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_by_mouse_from_the_first_step_to_the_last(open_at: OpenAt) -> None:
    page = open_at("/learn")
    for number in range(1, LAST + 1):
        shows(page, number)
        no_errors(page)
        expect(page.locator(".st-key-claim h1")).to_be_in_viewport(ratio=1)  # a step is read from its top
        if number < LAST:
            page.get_by_role("button", name=f"Next: {SYLLABUS[number].name}").click()
    expect(page).to_have_url(re.compile(rf"step={LAST}$"))
    expect(page.get_by_role("button", name=re.compile("^Next: "))).to_have_count(0)
    page.get_by_role("button", name=SYLLABUS[LAST - 2].name, exact=True).click()
    shows(page, LAST - 1)


def test_by_keyboard_on_and_back_and_never_while_something_else_has_the_keys(open_at: OpenAt) -> None:
    page = open_at("/learn")
    shows(page, 1)
    for number in (2, 3, 4):
        page.keyboard.press("ArrowRight")
        shows(page, number)
    page.keyboard.press("ArrowLeft")
    shows(page, 3)
    page.get_by_role("button", name="Skip the question").click()
    page.locator(".panels canvas").last.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("PageDown")
    expect(page.locator(".panels figure").last.locator(".value")).not_to_be_empty()
    shows(page, 3)
    page.locator(".st-key-claim h1").click()
    page.wait_for_function("document.activeElement.matches('main, body')")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    shows(page, 5)
    expect(page).to_have_url(re.compile(r"step=5$"))


def test_a_prediction_is_made_before_the_answer_is_seen(open_at: OpenAt) -> None:
    page = open_at("/learn?step=4")
    question = lesson(4, ViewState(step=4)).question
    expect(page.locator(".wv-answer")).to_have_count(0)
    right = question.options[question.right]
    page.get_by_text(right, exact=True).click()
    expect(page.locator(".wv-answer")).to_contain_text(f"You were right. {sentence(right)}")
    expect(page.locator(".st-key-claim [role=status]")).to_have_text(f"You were right: {right}.")
    expect(page.locator(".st-key-claim [role=status]")).to_be_in_viewport(ratio=1)
    expect(page.locator(":is(.wv-verdict, .wv-answer)[role=status]")).to_have_count(1)


def test_the_presenters_view_is_large_and_alone_and_is_left_by_escape(open_at: OpenAt) -> None:
    page = open_at("/learn?step=2&answered=1")
    shows(page, 2)
    size = "parseFloat(getComputedStyle(document.querySelector('.st-key-claim h1')).fontSize)"
    plain = page.evaluate(size)
    page.keyboard.press("p")
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    expect(page).to_have_url(re.compile("present=1"))
    assert page.evaluate(size) > 1.1 * plain
    threshold = page.get_by_label("Threshold", exact=True)
    threshold.fill("0.5")
    threshold.focus()  # a clicker turns whatever was touched last
    page.keyboard.press("PageDown")
    shows(page, 3)
    expect(page).to_have_url(re.compile("present=1"))
    page.keyboard.press("PageUp")
    shows(page, 2)
    expect(page.locator(".wv-answer")).to_have_count(0)
    page.keyboard.press("a")
    expect(page.locator(".st-key-lesson")).to_be_in_viewport()
    page.keyboard.press("f")
    expect(page.locator(".wv-answer")).to_be_in_viewport()
    page.keyboard.press("End")
    shows(page, LAST)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    shows(page, LAST)
    assert "present" not in page.url


@pytest.mark.parametrize(("number", "least"), [(2, 0.8), (6, 0.8), (12, 0.8)])
def test_a_slide_fits_the_screen_and_is_read_from_afar(open_at: OpenAt, number: int, least: float) -> None:
    page = open_at(f"/learn?step={number}&answered=1&present=1")
    beyond = "(main => main.scrollHeight - main.clientHeight)(document.querySelector('[data-testid=stMain]'))"
    scale = "parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--wv-scale'))"
    page.wait_for_selector("html[data-wv-fitted$=answered]", state="attached")
    assert shifted(page) < 0.1, "its size is known before it is seen"
    for width, height in ((1280, 720), (1024, 768)):
        page.set_viewport_size({"width": width, "height": height})
        if width == 1280:
            page.wait_for_function(f"least => {scale} >= least", arg=least)  # panels in a row leave it room
        page.wait_for_function(f"() => {beyond} <= 1")
        expect(page.locator(".st-key-lesson")).to_be_in_viewport()
        expect(page.locator(".st-key-more")).to_be_hidden()
        page.keyboard.press("f")
        expect(page.locator(".st-key-lesson")).to_be_hidden()
        page.wait_for_function(f"() => {beyond} <= 1")
        expect(page.locator(".wv-answer")).to_be_in_viewport()
        expect(page.locator(".st-key-more .katex-display").first).to_be_in_viewport()
        for text in (".wv-lead", ".wv-asked", ".wv-answer"):
            size = page.locator(text).first.evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
            assert size >= 24
        page.keyboard.press("f")
        expect(page.locator(".st-key-lesson")).to_be_visible()


@pytest.mark.parametrize("number", [3, 9, 12])
def test_a_question_on_a_slide_fits_the_screen_with_what_it_is_about(open_at: OpenAt, number: int) -> None:
    page = open_at(f"/learn?step={number}&present=1")
    beyond = "(main => main.scrollHeight - main.clientHeight)(document.querySelector('[data-testid=stMain]'))"
    for width, height in ((1440, 900), (1280, 720), (1024, 768)):
        page.set_viewport_size({"width": width, "height": height})
        expect(page.locator(".st-key-setup :is(img, .wv-chain)")).to_be_in_viewport(ratio=1)
        page.wait_for_function(f"() => {beyond} <= 1")


def test_a_slides_pictures_can_be_seen_and_nothing_it_says_is_cut(open_at: OpenAt) -> None:
    page = open_at("/learn?step=12&answered=1&present=1")
    page.wait_for_selector("html[data-wv-fitted$=answered]", state="attached")
    maps = page.locator(".wv-layers img")
    expect(maps).not_to_have_count(0)
    for number in range(maps.count()):
        box = maps.nth(number).bounding_box()
        assert box
        assert box["width"] > 100
    page = open_at("/learn?step=9&answered=1&present=1")
    page.wait_for_selector("html[data-wv-fitted$=answered]", state="attached")
    titles = "[...document.querySelectorAll('.st-key-lesson .wv-panel span')]"
    page.wait_for_function(f"() => {titles}.length && {titles}.every(title => title.scrollWidth <= title.clientWidth)")


def test_the_room_guesses_on_its_own_devices_and_the_guesses_are_shown_before_the_answer(open_at: OpenAt) -> None:
    page = open_at("/learn?step=4&present=1")
    question = lesson(4, ViewState(step=4)).question
    page.get_by_role("button", name="Ask the room").click()
    address = page.locator(".wv-room")
    expect(address).to_have_text(re.compile(r"/learn\?room=[A-Z2-9]{6}$"))
    browser = page.context.browser
    assert browser
    context = browser.new_context(viewport={"width": 390, "height": 780})
    try:
        phone = context.new_page()
        phone.goto(address.inner_text(), wait_until="commit")
        expect(phone.locator(".wv-asked")).to_have_text(question.asked)
        expect(phone.get_by_test_id("stSidebar")).to_be_hidden()
        phone.get_by_role("button", name=question.options[question.right], exact=True).click()
        expect(phone.get_by_text(f"Counted: {question.options[question.right]}.")).to_be_visible()
        for option in question.options:
            expect(phone.get_by_role("button", name=option, exact=True)).to_be_disabled()
        room = page.locator(".st-key-room")
        expect(room.get_by_text("1 answer", exact=True)).to_be_visible()
        expect(room.locator(".wv-hours")).to_have_count(0)
        room.get_by_text("Show the guesses").click()
        expect(room.locator(".wv-hours")).to_have_count(len(question.options))
        page.locator(".st-key-claim h1").click()
        page.keyboard.press("a")
        expect(page.locator(".wv-right")).to_contain_text(question.options[question.right])
        expect(phone.get_by_text("You were right.")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_test_id("stSidebar")).to_be_visible()
        expect(phone.get_by_text("has ended")).to_be_visible()
    finally:
        context.close()


def test_a_cell_of_the_class_map_is_written_out_by_a_click(open_at: OpenAt) -> None:
    page = open_at("/learn?step=3&answered=1")
    total = page.locator(".wv-total td").last
    before = total.inner_text()
    canvas = page.locator(".panels canvas").last
    box = canvas.bounding_box()
    assert box
    canvas.click(position={"x": box["width"] * 0.9, "y": box["height"] * 0.12})
    expect(page.get_by_text("The sum at row 3, column 25 of 20 x 27")).to_be_visible()
    expect(total).not_to_have_text(before)
    expect(page).to_have_url(re.compile("cell=2-24"))


def test_a_scheme_is_one_row_where_there_is_room_and_else_one_column(open_at: OpenAt) -> None:
    page = open_at("/learn?step=7&answered=1")
    boxes = "[...document.querySelectorAll('.wv-flow span')].map(box => box.getBoundingClientRect())"
    page.wait_for_selector(".wv-flow span")
    page.wait_for_function(f"() => {boxes}.slice(0, 3).every((box, k, all) => !k || box.left > all[k - 1].right)")
    page.wait_for_function(f"() => {boxes}.slice(3).every(box => box.left > {boxes}[2].right)")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function(f"() => {boxes}.every((box, k, all) => !k || box.top >= all[k - 1].bottom)")
    page.wait_for_function(f"() => {boxes}.every(box => box.right <= innerWidth)")


@pytest.mark.parametrize("number", [3, 5, 8, 12, LAST])  # a step for each page; the others in tests/app
def test_open_in_leads_to_the_state_it_promises(open_at: OpenAt, number: int) -> None:
    inspect = lesson(number, ViewState(step=number, answered=True)).inspect
    page = open_at(f"/learn?step={number}&answered=1")
    shows(page, number)
    page.locator(".st-key-more").get_by_role("link", name=re.compile("^Open in ")).click()
    title = next(entry.title for entry in catalogue.CATALOGUE if entry.name == inspect.page)
    expect(page).to_have_title(f"{title} · wsss_viz")
    settle(page)
    address = urlsplit(page.url)
    assert address.path == f"/{inspect.page}"
    reached = {name: values[-1] for name, values in parse_qs(address.query).items()}
    assert ViewState.from_query(reached) == (inspect.state, ())
    no_errors(page)
