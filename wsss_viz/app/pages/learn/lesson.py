"""What a step of the lecture is: one claim, a live view with one control, one formula, one question, its sources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wsss_viz.app.language import mark, tr
from wsss_viz.app.state import ViewState

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

HIGHLIGHT = "#1f8f86"
UNVERIFIED = mark("check the source before you quote it")
"""What is said to a reader of what was cited from memory (`Source.unverified`)."""


@dataclass(frozen=True)
class Formula:
    """A formula with the term in question marked.

    Its parts are each a whole piece of LaTeX that both KaTeX and matplotlib's mathtext set: no environments, and no
    brace that opens in one part and closes in another.

    Attributes:
        before, term, after: the formula, of which `term` is marked. On the page a line ends at ", \\quad ".
        reads: what its symbols are, one or two sentences of Markdown.
    """

    before: str
    term: str
    after: str
    reads: str

    @property
    def latex(self) -> str:
        """The formula for KaTeX: the term framed, in a colour that is read on light and dark."""
        whole = rf"{self.before} {{\color{{{HIGHLIGHT}}}\boxed{{{self.term}}}}} {self.after}"
        lines = whole.split(r", \quad ")
        stacked = r" \\[0.7em] ".join(lines)
        return whole if len(lines) == 1 else rf"\begin{{gathered}}{stacked}\end{{gathered}}"


@dataclass(frozen=True)
class Question:
    """One question to be answered before looking.

    Attributes:
        asked: the question.
        options: two to four answers.
        right: the number of the right one, from 0, found from what the step shows.
        answer: the right answer with its reason, one to three sentences.
    """

    asked: str
    options: tuple[str, ...]
    right: int
    answer: str

    def __post_init__(self) -> None:
        if not 0 <= self.right < len(self.options):
            raise ValueError(f"`right` is one of the {len(self.options)} options, got {self.right}")


@dataclass(frozen=True)
class Source:
    """Where something on the step is from.

    Attributes:
        work: authors, venue, year.
        gives: what it is cited for.
        unverified: it was cited from memory and not read again; the page asks the reader to check it.
    """

    work: str
    gives: str
    unverified: bool = False


@dataclass(frozen=True)
class Inspect:
    """The page where one goes on by oneself, and the view it opens with: that of the step."""

    page: str
    state: ViewState


@dataclass(frozen=True, eq=False)
class Lesson:
    """One step.

    Attributes:
        claim: its title, one sentence.
        lead: one or two sentences under it.
        view: draws the live view, whose default makes the point untouched, with its one control.
        control: what can be moved and what to look at then, one sentence.
        formula, question, sources, inspect: as they are called.
        caveat: what the step does not show, one sentence.
        draw: the view as a still picture into a part of a matplotlib figure, for the handout and the slide; wider than
            high, without title.
        origin: "precomputed", "computed now" or what else is to be said of where the numbers are from.
        any_image: whether it can be of any image, which is then chosen above the view.
        shipped: whether it is of what ships with the lecture.
        why_shipped: where it is and the image that one has been looking at is another, why it is not of that, in one
            line.
        setup: draws beside the question what it is about, where that can be seen and gives nothing of the answer away.
        choice: draws which of them, where the step is of what its module's `beside` offers.
        seen: the state on the image that the step shows, where that may be another than one looks at.
    """

    claim: str
    lead: str
    view: Callable[[], None]
    control: str
    formula: Formula
    question: Question
    sources: tuple[Source, ...]
    inspect: Inspect
    caveat: str
    draw: Callable[[SubFigure], None]
    origin: str = field(default_factory=lambda: tr("precomputed"))
    any_image: bool = False
    shipped: bool = True
    why_shipped: str = ""
    setup: Callable[[], None] | None = None
    choice: Callable[[], None] | None = None
    seen: ViewState | None = None
