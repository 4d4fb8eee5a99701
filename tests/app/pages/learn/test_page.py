"""Every step of the lecture, run without a browser."""

from __future__ import annotations

from html import escape
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.conftest import OpenPage
from wsss_viz.app.pages.learn import examples
from wsss_viz.app.pages.learn.lesson import Formula, Question
from wsss_viz.app.pages.learn.question import sentence
from wsss_viz.app.pages.learn.syllabus import CHAPTERS, SYLLABUS, lesson, steps_of
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.learning import LESSONS

WRITTEN = tuple(range(1, LESSONS + 1))


def answers(page: AppTest) -> list[str]:
    return [element.value for element in page.html if element.value.startswith('<div class="wv-answer"')]


def assert_well(page: AppTest) -> None:
    assert not page.exception
    assert not page.error, page.error[0].value if page.error else ""


def test_no_step_is_there_twice() -> None:
    assert len(SYLLABUS) == LESSONS == len({topic.module for topic in SYLLABUS})


@pytest.mark.parametrize("step", WRITTEN)
def test_a_step_asks_first_and_shows_its_claim_formula_and_answer_once_it_is_answered(
    open_page: OpenPage, step: int
) -> None:
    page = open_page("learn", step=str(step))
    assert_well(page)
    built = lesson(step, ViewState(step=step))
    assert [title.value for title in page.title] == [SYLLABUS[step - 1].asks]
    said = " ".join(str(element.value) for kind in (page.html, page.markdown, page.caption) for element in kind)
    assert escape(built.question.asked) in said
    for hidden in (built.claim, built.lead, built.question.answer, built.control):
        assert escape(hidden) not in said, "nothing that answers is on the page before"
    assert not page.latex
    assert page.query_params == ({"step": str(step)} if step > 1 else {})
    page.button_group(key=f"learn_guess_{step}").set_value(built.question.right).run()
    assert_well(page)
    assert [title.value for title in page.title] == [built.claim]
    assert all(r"\boxed" in latex.value for latex in page.latex)
    (answer,) = answers(page)
    assert "You were right" in answer
    assert page.query_params["answered"] == "1"
    (link,) = [link.proto for link in page.get("page_link") if link.proto.label.startswith("Open in ")]
    inspect = lesson(step, ViewState(step=step, answered=True)).inspect
    query = dict(parse_qsl(link.query_string))
    assert link.page == inspect.page
    assert ViewState.from_query(query) == (inspect.state, ())
    assert_well(open_page(inspect.page, **query))


def test_a_skipped_question_stays_answered_and_the_next_step_asks(open_page: OpenPage) -> None:
    page = open_page("learn", step="4")
    page.button(key="reveal").click().run()
    assert len(answers(page)) == 1
    page.button(key="before").click().run()
    page.button(key="before").click().run()
    assert page.query_params == {"step": "2"}
    assert answers(page) == []
    page.button(key="to_4").click().run()
    assert page.query_params == {"step": "4", "answered": "1"}
    assert len(answers(page)) == 1


@pytest.mark.parametrize(("step", "pictures"), [(3, 1), (4, 1), (6, 1), (7, 1), (9, 0), (12, 1)])
def test_what_a_question_is_about_stands_beside_it(open_page: OpenPage, step: int, pictures: int) -> None:
    page = open_page("learn", step=str(step))
    assert_well(page)
    assert len([one for images in page.get("image") for one in images.proto.imgs if one.alt]) == pictures
    chains = [element.value for element in page.html if element.value.startswith('<div class="wv-chain"')]
    assert len(chains) == 1 - pictures
    for chain in chains:
        assert 'aria-label="bits told of X: X 1.00, T1 ?' in chain, "nothing of the answer is there"


def verdicts(page: AppTest) -> list[str]:
    return [element.value for element in page.html if element.value.startswith('<p class="wv-verdict')]


def test_the_verdict_on_a_guess_stands_under_the_lead_and_is_said_once(open_page: OpenPage) -> None:
    question = lesson(4, ViewState(step=4)).question
    wrong = (question.right + 1) % len(question.options)
    page = open_page("learn", step="4")
    assert verdicts(page) == []
    page.button_group(key="learn_guess_4").set_value(wrong).run()
    said, right = question.options[wrong], question.options[question.right]
    (verdict,) = verdicts(page)
    assert f"You said: {said}. Not so: {right}." in verdict
    (answer,) = answers(page)
    assert f"Not so. {sentence(right)}." in answer
    assert sentence(right)[0].isupper()
    assert ("role" in verdict, "role" in answer) == (True, False)


def test_a_skipped_question_has_no_verdict_and_its_answer_is_said(open_page: OpenPage) -> None:
    page = open_page("learn", step="4", answered="1")
    assert verdicts(page) == []
    (answer,) = answers(page)
    assert 'role="status"' in answer


def test_a_guess_counts_for_the_question_that_was_asked(open_page: OpenPage) -> None:
    page = open_page("learn", step="7")
    asked = lesson(7, ViewState(step=7)).question
    page.button_group(key="learn_guess_7").set_value(len(asked.options) - 1).run()
    assert len(verdicts(page)) == 1
    other = open_page("learn", step="7", sofa=examples.with_labels("sofa")[0])
    other.session_state["learn_answer_7"] = (asked.asked, len(asked.options) - 1)
    other.query_params["answered"] = "1"
    other.run()
    assert_well(other)
    assert verdicts(other) == [], "of another picture's question nothing was said"


def test_a_chapter_opens_at_its_first_step_and_names_its_steps(open_page: OpenPage) -> None:
    page = open_page("learn", step="2")
    page.button_group(key="learn_step_chapter").set_value("Information").run()
    first = steps_of("Information")[0]
    assert page.query_params == {"step": str(first)}
    group = page.button_group(key=f"learn_step_of_{first}")
    assert list(group.options) == [f"{number} {SYLLABUS[number - 1].name}" for number in steps_of("Information")]
    assert sorted(n for name in CHAPTERS for n in steps_of(name)) == list(WRITTEN)


def test_turning_keeps_the_presenters_view_and_the_scene_and_drops_the_settings(open_page: OpenPage) -> None:
    page = open_page("learn", step="4", present="1", example="scenes:val:3", threshold="0.5")
    page.button(key="to_2").click().run()
    assert page.query_params == {"step": "2", "present": "1", "example": "scenes:val:3"}
    page.button(key="leave").click().run()
    assert page.query_params == {"step": "2", "example": "scenes:val:3"}


@pytest.mark.parametrize("bad", [{"step": "0"}, {"step": "99"}, {"step": "two"}, {"present": "yes"}, {"cell": "1-2-3"}])
def test_bad_parameters_fall_back_with_a_note(open_page: OpenPage, bad: dict[str, str]) -> None:
    page = open_page("learn", **{"step": "2"} | bad)
    assert not page.exception
    (note,) = [caption.value for caption in page.caption if "in the address is not" in caption.value]
    assert next(iter(bad)) in note


@pytest.mark.parametrize("step", WRITTEN)
def test_without_a_checkpoint_a_step_says_so_in_one_line_and_the_others_can_be_reached(
    open_page: OpenPage, step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cold_caches: None
) -> None:
    monkeypatch.setenv("WSSS_VIZ_CHECKPOINTS", str(tmp_path))
    page = open_page("learn", answered="1", step=str(step))
    assert not page.exception
    assert len(page.error) + len(page.title) == 1, "the step is there, or the one line that says what is missing"
    for error in page.error:
        assert "python -m wsss_viz" in error.value
        assert "\n" not in error.value
    page.button(key="to_4" if step != 4 else "to_5").click().run()
    assert page.query_params["step"] != str(step)


def test_a_formula_marks_its_term_and_a_question_has_its_answer_among_its_options() -> None:
    assert r"\boxed{t}" in Formula("a =", "t", "+ b", "").latex
    two = Formula(r"a, \quad b = ", "t", "", "").latex
    assert two.startswith(r"\begin{gathered}a \\")
    assert r"\boxed{t}" in two
    with pytest.raises(ValueError, match="options"):
        Question("?", ("yes", "no"), 2, "")


@pytest.mark.parametrize(("step", "offered"), [(5, True), (6, True), (9, False)])
def test_a_step_about_erasing_leads_to_the_brush_on_its_picture(open_page: OpenPage, step: int, offered: bool) -> None:
    page = open_page("learn", step=str(step), answered="1", example="photos:koala")
    assert_well(page)
    links = [link for link in page.page_link if link.proto.label == "By hand on Erasing"]
    assert bool(links) is offered
    for link in links:
        query = parse_qs(link.proto.query_string)
        assert (query["mode"], query["example"]) == (["by-hand"], ["photos:koala"])


@pytest.mark.parametrize(("step", "offered"), [(3, "Compare"), (5, "Erasing"), (12, "Gradients"), (9, "")])
def test_a_step_leads_to_ones_own_image_where_its_page_takes_one(open_page: OpenPage, step: int, offered: str) -> None:
    page = open_page("learn", step=str(step), source="own")
    assert_well(page)
    links = {link.proto.label: parse_qs(link.proto.query_string) for link in page.page_link}
    own = {label: query for label, query in links.items() if label.startswith("This step on your own image")}
    assert list(own) == [f"This step on your own image: {offered}"] * bool(offered)
    for query in own.values():
        assert query["source"] == ["own"]
        assert "subject" not in query
    back = open_page("learn", step=str(step), source="own", answered="1")
    opened = [parse_qs(link.proto.query_string) for link in back.page_link if link.proto.label.startswith("Open in")]
    assert opened
    assert not any("source" in query for query in opened), "what the lecture shows is opened as it shows it"
