"""Every step of the lecture, run without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.conftest import OpenPage
from wsss_viz.app.pages.learn.lesson import Formula, Question
from wsss_viz.app.pages.learn.syllabus import SYLLABUS, lesson
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
def test_a_step_opens_with_its_claim_formula_and_question_and_no_answer(open_page: OpenPage, step: int) -> None:
    page = open_page("learn", step=str(step))
    assert_well(page)
    (title,) = page.title
    assert len(title.value) > 20
    assert page.latex
    assert all(r"\boxed" in latex.value for latex in page.latex)
    assert answers(page) == []
    assert page.query_params == ({"step": str(step)} if step > 1 else {})


@pytest.mark.parametrize("step", WRITTEN)
def test_a_prediction_reveals_the_answer(open_page: OpenPage, step: int) -> None:
    page = open_page("learn", step=str(step))
    right = lesson(step, ViewState(step=step)).question.right
    page.button_group(key=f"learn_guess_{step}").set_value(right).run()
    assert_well(page)
    (answer,) = answers(page)
    assert "You were right" in answer


def test_the_answer_is_shown_on_demand_and_hidden_on_the_next_step(open_page: OpenPage) -> None:
    page = open_page("learn", step="4")
    page.button(key="reveal").click().run()
    assert len(answers(page)) == 1
    page.button(key="before").click().run()
    page.button(key="before").click().run()
    assert page.query_params == {"step": "2"}
    assert answers(page) == []


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
    page = open_page("learn", step=str(step))
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
