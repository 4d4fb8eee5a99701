"""A step as one still page: claim, picture, formula, question. As PNG here; the handout is made of the same pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsss_viz.app.language import tr
from wsss_viz.app.pages.learn.lesson import HIGHLIGHT, Formula, Lesson
from wsss_viz.app.pages.learn.line_breaks import broken
from wsss_viz.app.widgets.buttons import file_button

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

WIDTH, HEIGHT = 10.0, 6.4
DPI = 160
_INK, _SOFT = "#1d2529", "#5c666c"


def page(lesson: Lesson, number: int, topic: str) -> Figure:
    """The step as a figure of 10 by 6.4 inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), facecolor="white")
    rows = figure.add_gridspec(3, 1, height_ratios=(1.15, 3.9, 1.35))
    top, middle, bottom = (figure.add_subfigure(rows[i]) for i in range(3))
    top.text(0.03, 0.8, f"{number}  {topic}", size=9, color=_SOFT)
    top.text(0.03, 0.6, "\n".join(broken(lesson.claim, 68, False)), size=17, va="top", color=_INK, weight="bold")
    lesson.draw(middle)
    draw_formula(bottom, lesson.formula, 0.03, 0.74)
    asked = broken(f"{lesson.question.asked}  {' / '.join(lesson.question.options)}", 118, False)
    bottom.text(0.03, 0.42, "\n".join(asked), size=9.5, va="top", color=_INK)
    bottom.text(0.03, 0.06, "; ".join(source.work for source in lesson.sources)[:170], size=7, color=_SOFT)
    return figure


def draw_formula(figure: Figure | SubFigure, formula: Formula, x: float, y: float, size: float = 13) -> None:
    """The formula in one line from (x, y), shares of the figure's width and height; its term in colour.

    y is the middle of the whole; the parts stand on one baseline, whatever hangs below each.
    """
    box = figure.bbox
    whole = figure.text(x, y, f"${formula.before}{formula.term}{formula.after}$", size=size, math_fontfamily="cm")
    extent, baseline = whole.get_window_extent(), whole.get_transform().transform((x, y))[1]
    whole.remove()
    y -= ((extent.y0 + extent.y1) / 2 - baseline) / box.height
    for part, colour in ((formula.before, _INK), (formula.term, HIGHLIGHT), (formula.after, _INK)):
        if not part.strip():
            continue
        drawn = figure.text(x, y, f"${part}$", size=size, color=colour, va="baseline", math_fontfamily="cm")
        x += (drawn.get_window_extent().width + 3) / box.width


def png(lesson: Lesson, number: int, topic: str) -> bytes:
    """The step's page as PNG."""
    from wsss_viz.figures.writing import written  # brings matplotlib

    return written(lambda: page(lesson, number, topic), "png", dpi=DPI)


def button(lesson: Lesson, number: int, topic: str) -> None:
    """The download of the step as PNG, made when it is asked for."""
    file_button(tr("This step (PNG)"), f"learn-{number:02d}.png", lambda: png(lesson, number, topic))
