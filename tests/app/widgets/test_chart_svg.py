"""Charts as SVG: what is drawn of a plotly figure, by its shapes."""

from __future__ import annotations

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from wsss_viz.app.widgets.chart_svg import _colour, _drawn, chart_svg


def figure() -> go.Figure:
    made = make_subplots(1, 2, subplot_titles=["by <b>w</b>", "bins"])
    error = {"array": [0.1, 0.2, 0.3], "arrayminus": [0.2, 0.1, 0.1]}
    line = {"color": "rgba(255, 0, 0, 0.5)", "dash": "dot"}
    made.add_scatter(x=[1, 10, 100], y=np.array([1.0, 3, 2]), name="one", line=line, error_y=error, row=1, col=1)
    made.add_scatter(x=[1], y=[0], mode="text", text=["a word"], row=1, col=1)
    made.add_bar(x=["a", "b"], y=[0.25, 0.75], marker={"color": ["#102030", "#405060"]}, row=1, col=2)
    made.update_xaxes(type="log", title="weight", range=[-1, 3], row=1, col=1)
    made.update_yaxes(title="bits", row=1, col=1)
    made.add_hline(y=2.5, row=1, col=1)
    return made


def test_lines_intervals_bars_marks_and_titles_are_drawn_where_they_belong() -> None:
    left, right = _drawn(figure().to_dict()).axes
    curve = left.get_lines()[0]
    assert curve.get_ydata().tolist() == [1, 3, 2]
    assert curve.get_color() == (1, 0, 0, 0.5)
    assert (left.get_xscale(), left.get_xlabel(), left.get_ylabel()) == ("log", "weight", "bits")
    assert left.get_xlim() == (0.1, 1000)
    ends = left.collections[0].get_segments()
    np.testing.assert_allclose([segment[:, 1] for segment in ends], [[0.8, 1.1], [2.9, 3.2], [1.9, 2.3]])
    assert any(list(line.get_ydata()) == [2.5, 2.5] for line in left.get_lines())
    assert [bar.get_height() for bar in right.patches] == [0.25, 0.75]
    assert (left.get_title(), right.get_title()) == ("by w", "bins")


def test_the_same_figure_gives_the_same_bytes_and_no_date() -> None:
    one, other = chart_svg(figure()), chart_svg(figure())
    assert one == other
    assert b"<dc:date>" not in one


def test_bars_lie_where_they_start() -> None:
    made = go.Figure(go.Bar(y=["H(X)"], x=[0.5], base=[0.25], orientation="h"))
    (bar,) = _drawn(made.to_dict()).axes[0].patches
    assert (bar.get_x(), bar.get_width()) == (0.25, 0.5)


def test_colours_of_the_browser_are_those_of_the_file() -> None:
    assert _colour("rgba(0, 51, 255, 0.25)") == (0, 0.2, 1, 0.25)
    assert _colour("#102030") == "#102030"
