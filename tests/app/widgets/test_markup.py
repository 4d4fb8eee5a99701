"""The pieces of HTML: numbers as they are printed, and nothing unescaped."""

import math

import pytest

from wsss_viz.app.widgets import markup
from wsss_viz.data.palette import CLASS_COLOURS, class_colour

SPACE = "\N{NO-BREAK SPACE}"
HOSTILE = '<img src=x onerror="alert(1)">'


@pytest.mark.parametrize(
    ("share", "text"), [(0.414, f"41{SPACE}%"), (0, f"0{SPACE}%"), (1, f"100{SPACE}%"), (math.nan, "–")]
)
def test_shares_are_printed_in_percent(share: float, text: str) -> None:
    assert markup.percent(share) == text


@pytest.mark.parametrize(("logit", "text"), [(3.14, "+3.1"), (-2.0, "−2.0"), (0.04, "0.0"), (-0.04, "0.0")])
def test_logits_are_printed_with_their_sign(logit: float, text: str) -> None:
    assert markup.signed(logit) == text


def test_names_and_notes_are_escaped() -> None:
    pieces = (
        markup.panel_title(HOSTILE, HOSTILE),
        markup.chips((), (), HOSTILE),
        markup.score_bars([markup.ScoreBar(HOSTILE, 0, 0.5, False)]),
    )
    for piece in pieces:
        assert "<img" not in piece
        assert "&lt;img" in piece


def test_chips_have_the_colours_of_the_classes_in_their_set() -> None:
    colours = [markup.rgb(colour) for colour in (CLASS_COLOURS[1], class_colour("dog"))]
    assert f"background:{colours[0]}" in markup.chips(("heart",), ("lung", "heart"))
    assert f"background:{colours[1]}" in markup.chips(("dog",), ("cow", "dog"))


def test_labels_stand_out_among_the_scores() -> None:
    bars = markup.score_bars([markup.ScoreBar("cow", 2, 0.88, True), markup.ScoreBar("dog", -2, 0.12, False)])
    assert bars.count("wv-label") == 1
    assert "width:88.0%" in bars
    assert "probabilities: cow 0.88, dog 0.12" in bars


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("[bad](http://e.example)", "\\[bad\\](http:\u2060//e.example)"),
        ("see WWW.e.example", "see WWW\u2060.e.example"),
        ("me@e.example", "me@\u2060e.example"),
        ("http&#58;//e.example", "http\\&#58;//e.example"),
        ("```www.e.example", "'www\u2060.e.example"),
        ("a\n\n# b", "a  # b"),
        ("`a@b[0]` of $x$", "`a@b[0]` of \\$x\\$"),
    ],
)
def test_no_name_becomes_a_link_once_backslashes_are_read(name: str, text: str) -> None:
    """A browser's Markdown looks for addresses in what is left then: one before a dot or colon does not stop it."""
    assert markup.plain_line(name) == text
