"""The handout: all steps on paper, the same bytes each time, text that stays text, lines that fit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from matplotlib.textpath import TextPath

from wsss_viz import cli
from wsss_viz.app.language import current, speaking
from wsss_viz.app.pages.learn import handout
from wsss_viz.app.pages.learn.line_breaks import balanced, broken
from wsss_viz.app.pages.learn.syllabus import SYLLABUS
from wsss_viz.commands.handout import command
from wsss_viz.errors import InputError


def pages(content: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", content))


def test_every_step_has_a_page_and_the_answers_have_one(tmp_path) -> None:
    out = tmp_path / "lecture.pdf"
    done = CliRunner().invoke(command, [str(out)], catch_exceptions=False)
    assert done.exit_code == 0
    content = out.read_bytes()
    assert content.startswith(b"%PDF")
    assert pages(content) == len(SYLLABUS) + 2
    assert b"/FontFile2" in content
    assert b"/Type3" not in content.replace(b" ", b"")
    assert not re.search(rb"CreationDate|D:20\d\d", content)


def test_the_same_steps_give_the_same_bytes(monkeypatch) -> None:
    monkeypatch.setattr(handout, "SYLLABUS", SYLLABUS[:1])
    one, other = handout.handout(), handout.handout()
    assert one == other
    assert pages(one) == 3


def test_what_is_asked_for_again_is_made_once_as_long_as_what_is_stored_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[str] = []

    def one_more() -> bytes:
        made.append(current())
        return current().encode()

    handout._made.cache_clear()
    monkeypatch.setattr(handout, "handout", one_more)
    monkeypatch.setattr(handout, "checkpoints_folder", lambda: tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    assert [handout.made_once(), handout.made_once()] == [b"en", b"en"]
    with speaking("ko"):
        assert handout.made_once() == b"ko"
    assert made == ["en", "ko"]
    (tmp_path / "showcase").mkdir()
    (tmp_path / "showcase" / "lessons.zip").write_bytes(b"new")
    handout.made_once()
    assert made == ["en", "ko", "en"]
    handout._made.cache_clear()


def test_a_step_that_cannot_be_shown_is_one_line_and_no_file(monkeypatch, tmp_path, capsys) -> None:
    def missing(number, state):
        raise InputError("There is no showcase yet: `python -m wsss_viz showcase`.")

    monkeypatch.setattr(handout, "lesson", missing)
    with pytest.raises(SystemExit) as stopped:
        cli.main(["handout", str(tmp_path / "lecture.pdf")])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: step 1 of the lecture, {SYLLABUS[0].name}, cannot be shown: There is no showcase")
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_page_has_all_that_the_step_has() -> None:
    found = handout.lesson(4, handout.ViewState(step=4))
    said = " ".join(text.get_text() for text in handout.step_page(found, 4).texts)
    plain = " ".join(said.split())
    for text in (found.claim, found.lead, found.question.asked, found.control, found.caveat, *found.question.options):
        assert " ".join(text.split()) in plain, text
    assert found.question.answer not in plain
    asked = " ".join(text.get_text() for text in handout.questions_page([found]).texts)
    assert " ".join(found.question.asked.split()) in " ".join(asked.split())
    assert found.claim not in asked
    assert found.question.answer not in asked
    answers = " ".join(text.get_text() for text in handout.answers_page([found]).texts)
    assert " ".join(found.question.answer.split()) in " ".join(answers.split())


@pytest.mark.parametrize("letters", [12, 20, 44])
def test_lines_are_filled_and_formulas_stay_whole(letters: int) -> None:
    text = "Of the true pixels $R$ of a part the share at the threshold $t \\leq 1$, and of $M_c(u)$ the rest."
    lines = broken(text, letters, math=True)
    assert " ".join(lines) == text
    assert all(line.count("$") % 2 == 0 for line in lines)
    assert any("$t \\leq 1$," in line for line in lines)
    assert all(len(line.replace("$", "")) <= letters + 8 for line in lines)
    assert broken("20\N{NO-BREAK SPACE}% of it", 4, math=False)[0] == "20\N{NO-BREAK SPACE}%"


def test_another_ending_than_pdf_is_one_line(capsys) -> None:
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["handout", "lecture.png"])
    assert exit_info.value.code == 2
    assert capsys.readouterr().err.startswith("error: the handout is a PDF")


def test_a_heading_is_broken_into_lines_about_equally_long() -> None:
    text = "Two tables with the same margins: X tells 1 bit of Y in one, 0 in the other"
    assert len(broken(text, 66, math=False)[-1]) < 15, "a word or two would stand alone"
    first, second = balanced(text, 66)
    assert f"{first} {second}" == text
    assert abs(len(first) - len(second)) < 12
    assert balanced("one line", 66) == ["one line"]


def test_the_parts_of_a_formula_stand_on_one_line_and_its_text_has_even_blanks() -> None:
    for number in (10, 12):
        item = handout.lesson(number, handout.ViewState(step=number))
        texts = handout.step_page(item, number).texts
        parts = [f"${part}$" for part in (item.formula.before, item.formula.term, item.formula.after) if part.strip()]
        drawn = [text for text in texts if text.get_text() in parts]
        assert len(drawn) == len(parts) > 1
        assert {(text.get_position()[1], text.get_va()) for text in drawn} == {(drawn[0].get_position()[1], "baseline")}
    figure = handout.step_page(item, number)
    before, size = len(figure.texts), 9.0
    handout._mixed(figure, "by its true outline, $B$ the body", 0.1, 0.5, size, "black")
    words, symbol, _ = figure.texts[before:]
    inner = 72 * handout.WIDTH * (symbol.get_position()[0] - words.get_position()[0])
    ink = TextPath((0, 0), words.get_text(), size=size).get_extents().x1  # in points, as a PDF has it
    assert 0 < inner - handout._BLANK * size - ink < 0.2 * size  # the comma's own margin


def test_the_charts_of_a_page_speak_its_language() -> None:
    korean = re.compile("[가-힣]")
    with speaking("ko"):
        ratio, scores = (handout.step_page(handout.lesson(n, handout.ViewState(step=n)), n) for n in (12, 14))
        (chart,) = (axes for axes in ratio.get_axes() if axes.get_legend() is not None)
        assert korean.search(chart.get_ylabel())
        assert all(korean.search(text.get_text()) for text in chart.get_legend().get_texts())
        titles = [label.get_text() for label in scores.get_axes()[0].get_yticklabels()]
        assert not any(title.startswith("control: ") for title in titles), titles
    said = " ".join(text.get_text() for text in scores.texts)
    assert "the first" not in said
