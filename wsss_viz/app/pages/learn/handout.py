"""The lecture on paper: all questions first, a page per step with claim, picture, formula and sources, the answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from wsss_viz.app.language import current, mark, speaking, tr
from wsss_viz.app.pages.learn.lesson import UNVERIFIED, Lesson
from wsss_viz.app.pages.learn.line_breaks import MATH, balanced, broken
from wsss_viz.app.pages.learn.slide import draw_formula
from wsss_viz.app.pages.learn.syllabus import SYLLABUS, chapter_of, lesson
from wsss_viz.app.services.beside import made_beside
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.buttons import file_button
from wsss_viz.data.files import stamp_of
from wsss_viz.errors import InputError
from wsss_viz.figures.fonts import use_fonts
from wsss_viz.figures.writing import written_pages
from wsss_viz.models.manifest import checkpoints_folder
from wsss_viz.version import __version__

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = mark("Weakly-supervised semantic segmentation, looked at: the lecture")
WIDTH, HEIGHT = 11.69, 8.27
"""A4, lying, in inches."""
LEFT, RIGHT = 0.05, 0.95
_INK, _SOFT, _FAINT = "#1d2529", "#5c666c", "#c9d0d4"
_COLUMNS = (LEFT, 0.385, 0.685)
_COLUMN_WIDTH = 0.26
_FINE = 600
"""Dots per inch at which a width is that on paper: at a screen's, letters are moved to whole pixels."""
_FORMULA_SIZE, _FORMULA_WIDTH = 13.0, 0.315
_POINTS_A_LETTER = 0.515
"""Of a letter of DejaVu Sans on average, as a share of its size; lines are broken by it."""
_BLANK = 0.318
"""Of a space of DejaVu Sans, as a share of its size: what an extent leaves out at a text's ends."""


def handout() -> bytes:
    """The lecture as PDF: a page of questions, the steps, one per page, and a page of answers.

    Everything is read from what is stored. Text stays text, fonts are embedded, and the same stored data gives the same
    bytes.

    Raises:
        InputError: a step cannot be drawn, because what it shows is missing.
    """
    lessons: list[Lesson] = []
    for number, step in enumerate(SYLLABUS, start=1):
        try:
            lessons.append(lesson(number, ViewState(step=number)))
        except InputError as error:
            raise InputError(f"step {number} of the lecture, {step.name}, cannot be shown: {error}") from None
    makes: list[Callable[[], Figure]] = [partial(step_page, item, number) for number, item in enumerate(lessons, 1)]
    return written_pages([partial(questions_page, lessons), *makes, partial(answers_page, lessons)], tr(TITLE))


def button() -> None:
    """The download of the handout made when it is asked for."""
    label = tr("Handout of all steps (PDF)")
    file_button(label, "wsss_viz-lecture.pdf", made_once, icon="print", key="handout", for_all=True)


def made_once() -> bytes:
    """The handout in the language that is spoken, made once as long as what is stored stays as it is."""
    folder = checkpoints_folder()
    files = (folder / "manifest.json", *sorted((folder / "showcase").glob("*")))
    return _made(current(), tuple((file.name, *stamp_of(file)) for file in files))


@lru_cache(maxsize=2)
def _made(language: str, stamps: tuple[tuple[object, ...], ...]) -> bytes:
    return made_beside(_handout_in, language)


def _handout_in(language: str) -> bytes:
    with speaking(language):
        return handout()


def step_page(item: Lesson, number: int) -> Figure:
    """One step on a page."""
    figure = _page(number)
    top = _paragraph(figure, item.claim, LEFT, 0.925, 19, RIGHT - LEFT, bold=True)
    top = _paragraph(figure, item.lead, LEFT, top - 0.012, 11, RIGHT - LEFT)
    rows = figure.add_gridspec(3, 3, height_ratios=(1.01 - top, top - 0.385, 0.375), width_ratios=(0.02, 0.955, 0.025))
    item.draw(figure.add_subfigure(rows[1, 1]))
    formula, question, rest = _COLUMNS
    for x, heading in zip(_COLUMNS, (tr("The formula"), tr("Predict, then look"), tr("Where it is from")), strict=True):
        figure.text(x, 0.335, heading.upper(), size=7.5, color=_SOFT, weight="bold")
    lines = _formula(figure, item, formula, 0.29)
    _paragraph(figure, item.formula.reads, formula, lines, 9, _COLUMN_WIDTH + 0.03, math=True)
    y = _paragraph(figure, item.question.asked, question, 0.315, 10, _COLUMN_WIDTH, bold=True)
    for option in item.question.options:
        y = _paragraph(figure, f"\N{BALLOT BOX}  {option}", question, y - 0.008, 9.5, _COLUMN_WIDTH)
    y = _paragraph(
        figure, tr("In the app: {control}", control=item.control), question, y - 0.02, 8.5, _COLUMN_WIDTH, colour=_SOFT
    )
    y = 0.315
    for source in item.sources:
        mark = f" [{tr(UNVERIFIED)}]" if source.unverified else ""
        y = _paragraph(figure, f"{source.work}: {source.gives}{mark}", rest, y, 8.5, _COLUMN_WIDTH) - 0.006
    _paragraph(figure, item.caveat, rest, y - 0.012, 8.5, _COLUMN_WIDTH, colour=_SOFT)
    return figure


def questions_page(lessons: list[Lesson]) -> Figure:
    """All questions with their options on one page, before anything answers them, in two columns."""
    figure = _page(0)
    figure.text(LEFT, 0.905, tr("Predict, then turn the page"), size=19, weight="bold", color=_INK)
    half = (len(lessons) + 1) // 2
    for column, x in enumerate((LEFT, 0.52)):
        y = 0.865
        for number, item in list(enumerate(lessons, start=1))[column * half : (column + 1) * half]:
            asked = f"{number}  {tr(SYLLABUS[number - 1].setup)} {item.question.asked}"
            y = _paragraph(figure, asked, x, y, 8, 0.43)
            options = "   ".join(f"\N{BALLOT BOX}\N{NO-BREAK SPACE}{option}" for option in item.question.options)
            y = _paragraph(figure, options, x + 0.015, y - 0.003, 8, 0.415, bold=True) - 0.011
    return figure


def answers_page(lessons: list[Lesson]) -> Figure:
    """The questions' answers, all on one page, in two columns."""
    figure = _page(len(SYLLABUS) + 1)
    figure.text(LEFT, 0.905, tr("Answers"), size=19, weight="bold", color=_INK)
    half = (len(lessons) + 1) // 2
    for column, x in enumerate((LEFT, 0.52)):
        y = 0.865
        for number, item in list(enumerate(lessons, start=1))[column * half : (column + 1) * half]:
            asked = f"{number}  {item.question.asked}"
            y = _paragraph(figure, asked, x, y, 8.5, 0.43, bold=True)
            answer = f"{item.question.options[item.question.right]}. {item.question.answer}"
            y = _paragraph(figure, answer, x + 0.015, y - 0.003, 8.5, 0.415) - 0.014
    return figure


def _page(number: int) -> Figure:
    """A white page with its head and foot: of the questions (0), a step, or the answers."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    figure = Figure(figsize=(WIDTH, HEIGHT), facecolor="white")
    step = 1 <= number <= len(SYLLABUS)
    head = tr(TITLE)
    if step:
        step_of = tr("{number} of {count}", number=number, count=len(SYLLABUS))
        head = f"{step_of}   {tr(SYLLABUS[number - 1].name)}   {tr(chapter_of(number))}"
    figure.text(LEFT, 0.95, head, size=9, color=_SOFT)
    figure.add_artist(Line2D((LEFT, RIGHT), (0.045, 0.045), color=_FAINT, linewidth=0.6))
    address = f"/learn?step={number}" if step and number > 1 else "/learn"
    figure.text(LEFT, 0.026, f"wsss_viz {__version__}, {address}", size=7.5, color=_SOFT)
    figure.text(RIGHT, 0.026, str(number + 1), size=7.5, color=_SOFT, ha="right")
    return figure


def _formula(figure: Figure, item: Lesson, x: float, y: float) -> float:
    """The formula in one line where it fits, its size brought down where it does not; where its text begins."""
    whole = item.formula.before + item.formula.term + item.formula.after
    trial = figure.text(x, y, f"${whole}$", size=_FORMULA_SIZE, math_fontfamily="cm")
    box = trial.get_window_extent()
    trial.remove()
    wide = box.width / figure.bbox.width + 0.01  # the parts stand a little apart
    draw_formula(figure, item.formula, x, y, _FORMULA_SIZE * min(1.0, _FORMULA_WIDTH / wide))
    return y - max(0.03, 0.5 * box.height / figure.bbox.height + 0.014)


def _paragraph(
    figure: Figure,
    text: str,
    x: float,
    y: float,
    size: float,
    width: float,
    *,
    bold: bool = False,
    colour: str = _INK,
    math: bool = False,
) -> float:
    """The text from its upper edge at y, broken into lines of `width`; all in shares of the page. Where it ends.

    Args:
        math: pieces between dollar signs are formulas; else a dollar is a dollar.
    """
    letters = width * WIDTH * 72 / (size * _POINTS_A_LETTER * (1.17 if bold else 1))
    lines = broken(text, letters, math)
    if bold and len(lines) > 1:
        lines = balanced(text, letters)
    step = size * 1.38 / 72 / HEIGHT
    for i, line in enumerate(lines):
        if math and "$" in line:
            _mixed(figure, line, x, y - i * step - 0.8 * size / 72 / HEIGHT, size, colour)
            continue
        figure.text(
            x, y - i * step, line.replace("$", r"\$"), size=size, va="top", color=colour,
            weight="bold" if bold else "normal",
        )  # fmt: skip
    return y - len(lines) * step


def _mixed(figure: Figure, line: str, x: float, baseline: float, size: float, colour: str) -> None:
    """A line of text and formulas, piece by piece: within a formula's text matplotlib looks for no other font."""
    from matplotlib.figure import Figure

    blank, scale = _BLANK * size / 72 / WIDTH, Figure(figsize=(1, 1), dpi=_FINE)
    for piece in filter(None, MATH.split(line)):
        x += blank * (len(piece) - len(piece.lstrip()))
        text = figure.text(x, baseline, piece.strip(), size=size, va="baseline", color=colour, math_fontfamily="cm")
        use_fonts([text])
        fine = scale.text(0, 0, piece.strip(), size=size, math_fontfamily="cm", fontfamily=text.get_fontfamily())
        x += fine.get_window_extent().width / _FINE / WIDTH + blank * (len(piece) - len(piece.rstrip()))
