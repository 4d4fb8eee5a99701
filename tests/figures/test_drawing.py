"""Charts on paper: every kind of mark by what matplotlib draws of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from wsss_viz.figures.chart import Axis, Band, Bars, Cells, Chart, Frames, Line, Note, Plot, Points, Rule
from wsss_viz.figures.drawing import chart_figure, chart_svg


def chart() -> Chart:
    """Two plots of unequal width, one on logarithmic axes."""
    line = Line([1, 10, 100], [1.0, 3, 2], "one", "#102030", dash="dot", low=[0.8, 2.9, 1.9], high=[1.1, 3.2, 2.3])
    left = Plot(
        (line, Rule(y=2.5), Rule(x=10, on_paper=False), Note(1, 1, "a <b>word</b>")),
        Axis("weight", 0.1, 1000, log=True), Axis("bits"), "by <b>w</b>",
    )  # fmt: skip
    bars = Bars(["a", "b"], [0.25, 0.75], "share", ["#102030", "#405060"], text=["25 %", "75 %"], outside=True)
    return Chart((left, Plot((bars,), title="bins", column=1)), columns=(2.0, 1.0))


def test_lines_intervals_bars_rules_and_titles_are_drawn_where_they_belong() -> None:
    left, right = chart_figure(chart()).axes
    curve = left.get_lines()[0]
    assert np.asarray(curve.get_ydata()).tolist() == [1, 3, 2]
    assert (curve.get_color(), curve.get_linestyle()) == ("#102030", ":")
    assert (left.get_xscale(), left.get_xlabel(), left.get_ylabel()) == ("log", "weight", "bits")
    assert left.get_xlim() == (0.1, 1000)
    ends = left.collections[0].get_segments()  # type: ignore[attr-defined]
    np.testing.assert_allclose([segment[:, 1] for segment in ends], [[0.8, 1.1], [2.9, 3.2], [1.9, 2.3]])
    level = [line for line in left.get_lines() if list(np.asarray(line.get_ydata())) == [2.5, 2.5]]
    upright = [line for line in left.get_lines() if list(np.asarray(line.get_xdata())) == [10, 10]]
    assert (len(level), len(upright)) == (1, 0), "what is for a page alone is not on paper"
    assert [bar.get_height() for bar in right.patches] == [0.25, 0.75]  # type: ignore[attr-defined]
    assert (left.get_title(), right.get_title()) == ("by w", "bins")
    assert [text.get_text() for text in left.texts] == ["a word"]
    assert [text.get_text() for text in right.texts] == ["25 %", "75 %"]


def test_the_same_chart_gives_the_same_bytes_and_no_date() -> None:
    assert chart_svg(chart()) == chart_svg(chart())
    assert b"<dc:date>" not in chart_svg(chart())


def test_bars_lie_where_they_start() -> None:
    bars = Bars(["H(X)", "H(Y)"], [0.5, 0.25], base=[0.25, 0], across=True)
    (axes,) = chart_figure(Chart((Plot((bars,), y=Axis(categories=["H(Y)", "H(X)"])),))).axes
    first, second = axes.patches
    assert (first.get_x(), first.get_width(), second.get_width()) == (0.25, 0.5, 0.25)  # type: ignore[attr-defined]
    assert first.get_y() > second.get_y(), "categories stand in their order from the origin"  # type: ignore[attr-defined]


def test_marks_of_one_name_are_listed_once_and_what_is_not_listed_is_left_out() -> None:
    marks = (
        Line([0, 1], [0, 1], "a"), Line([0, 1], [1, 0], "a"), Line([0, 1], [2, 2], "b", group="others"),
        Points([0], [0], "c", listed=False), Band([0, 1], [0, 0], [1, 1], name="band"),
    )  # fmt: skip
    legend = chart_figure(Chart((Plot(marks),))).axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["a", "others", "band"]


def test_points_have_a_colour_a_size_and_a_symbol_each() -> None:
    points = Points([0, 1], [2, 3], colour=["#102030", "#405060"], size=[5.0, 10.0], symbol=["circle", "square"])
    first, second = chart_figure(Chart((Plot((points,)),))).axes[0].collections
    assert [to_hex(each.get_facecolor()[0]) for each in (first, second)] == ["#102030", "#405060"]
    assert [float(each.get_sizes()[0]) for each in (first, second)] == [4.0, 16.0]  # type: ignore[attr-defined]


def test_paper_has_the_frame_that_the_slider_starts_at() -> None:
    frames = Frames(("0", "1"), 1, "k = ", tuple(((0, Line([0, 1], [k, k], "moved")),) for k in range(2)))
    (axes,) = chart_figure(replace(Chart((Plot(()),)), frames=frames)).axes
    assert np.asarray(axes.get_lines()[0].get_ydata()).tolist() == [1, 1]


def test_a_table_of_numbers_says_each_number() -> None:
    (axes,) = chart_figure(Chart((Plot((Cells(np.array([[0.5, 0.25, 0.25]]), 1.0),)),))).axes
    assert [text.get_text() for text in axes.texts] == ["0.50", "0.25", "0.25"]


def test_what_is_no_mark_is_refused() -> None:
    with pytest.raises(TypeError, match="no mark of a chart: str"):
        chart_figure(Chart((Plot(("a word",)),)))  # type: ignore[arg-type]


def test_a_word_at_a_rule_stands_over_its_end_and_one_at_a_point_on_the_side_that_is_asked_for() -> None:
    points = Points([2.0], [3.0], text=["RIB,<br>CS-AE"], text_at="left")
    (axes,) = chart_figure(Chart((Plot((Rule(x=42.6, text="CAM"), Rule(y=2.5, text="cap"), points)),))).axes
    upright, level, beside = axes.texts
    assert (upright.xy, upright.xycoords) == ((42.6, 1), ("data", "axes fraction"))  # type: ignore[attr-defined]
    assert (level.xy, level.xycoords) == ((1, 2.5), ("axes fraction", "data"))  # type: ignore[attr-defined]
    assert (beside.get_text(), beside.get_horizontalalignment(), beside.get_position()[0] < 0) == (
        "RIB,\nCS-AE",
        "right",
        True,
    )
