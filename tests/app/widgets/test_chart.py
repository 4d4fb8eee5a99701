"""Charts on a page: every kind of mark by what plotly is given."""

from __future__ import annotations

import numpy as np
import pytest

from wsss_viz.app.language import speaking
from wsss_viz.app.widgets.chart import plotly_figure
from wsss_viz.app.widgets.chart.layout import axis_layout
from wsss_viz.app.widgets.chart.marks import TEXT, colour
from wsss_viz.figures.chart import Axis, Band, Bars, Cells, Chart, Frames, Line, Note, Plot, Points, Rule
from wsss_viz.figures.inks import DARK_INK, LIGHT_INK


def test_a_line_has_its_interval_and_tells_its_values() -> None:
    line = Line(
        [0, 1], [2.0, 3.0], "CAM", "#102030", low=[1.0, 2.5], high=[2.5, 4.0], hover="{name}: {y:.1f} ({low:.2f})"
    )
    (trace,) = plotly_figure(Chart((Plot((line,)),))).data
    assert (list(trace.y), trace.line.color) == ([2, 3], "#102030")
    assert (list(trace.error_y.array), list(trace.error_y.arrayminus)) == ([0.5, 1.0], [1.0, 0.5])
    assert trace.hovertemplate == "CAM: %{y:.1f} (%{customdata[0]:.2f})<extra></extra>"
    assert trace.customdata.tolist() == [[1.0, 2.5], [2.5, 4.0]]


def test_an_end_that_is_not_known_reaches_nowhere() -> None:
    points = Points([1.0, 2.0], ["a", "b"], low=[None, 1.5], high=[None, 3.0], across=True)
    (trace,) = plotly_figure(Chart((Plot((points,)),))).data
    assert list(trace.error_x.array) == [0.0, 1.0]


def test_a_name_is_listed_once_over_all_plots_and_switched_together() -> None:
    plots = tuple(Plot((Line([0], [0], "a"), Line([0], [1], "b", group="others", last=True)), column=i) for i in (0, 1))
    data = plotly_figure(Chart(plots, columns=(1.0, 1.0))).data
    assert [(trace.name, trace.showlegend) for trace in data] == [
        ("a", True), ("others", True), ("a", False), ("others", False)
    ]  # fmt: skip
    assert [trace.legendgroup for trace in data] == ["a", "others"] * 2
    assert data[1].legendrank > data[0].legendrank


def test_plots_stand_in_their_grid() -> None:
    plots = (Plot((), span=2), Plot((), row=1), Plot((), row=1, column=1))
    layout = plotly_figure(Chart(plots, rows=(3.0, 1.0), columns=(1.0, 1.0), gap=(0.2, 0.2))).layout
    assert layout.xaxis.domain == (0, 1)
    assert [*layout.xaxis2.domain, *layout.xaxis3.domain] == pytest.approx([0, 0.4, 0.6, 1])
    assert layout.yaxis.domain == pytest.approx((0.4, 1))
    assert layout.yaxis2.domain == pytest.approx((0, 0.2))


def test_rules_and_notes_are_of_their_plot() -> None:
    plots = (Plot(()), Plot((Rule(x=3), Rule(y=2, text="cap"), Note(1, 2, "here", side="left", bold=True)), column=1))
    layout = plotly_figure(Chart(plots, columns=(1.0, 1.0))).layout
    upright, level = layout.shapes
    assert (upright.x0, upright.xref, upright.yref) == (3, "x2", "y2 domain")
    assert (level.y0, level.xref) == (2, "x2 domain")
    assert [note.text for note in layout.annotations] == ["cap", "<b>here</b>"]
    assert layout.annotations[1].xanchor == "right"


def test_the_name_of_an_upright_rule_stands_over_its_end() -> None:
    (name,) = plotly_figure(Chart((Plot((Rule(x=42.6, text="CAM"),)),))).layout.annotations
    assert (name.x, name.xref, name.xanchor) == (42.6, "x", "center")
    assert (name.y, name.yref, name.yanchor) == (1, "y domain", "bottom")


def test_the_text_of_points_stands_where_it_is_asked_to() -> None:
    ways = {"above right": "top right", "below": "bottom center", "left": "middle left"}
    for way, plotlys in ways.items():
        (trace,) = plotly_figure(Chart((Plot((Points([1], [2], text=["a"], text_at=way),)),))).data
        assert trace.textposition == plotlys


def test_axes_are_logarithmic_reversed_and_named() -> None:
    log = axis_layout(Axis("w", 0.1, 1000, log=True), "x")
    assert (log["type"], log["range"]) == ("log", [pytest.approx(-1), pytest.approx(3)])
    assert axis_layout(Axis(reversed=True), "x")["autorange"] == "reversed"
    assert axis_layout(Axis(low=0, high=1, reversed=True), "x")["range"] == [1, 0]
    assert axis_layout(Axis(categories=["b", "a"]), "x")["categoryarray"] == ["b", "a"]
    assert axis_layout(Axis(categories=["b", "a"], labels=["b = 1", "a = 2"]), "x")["ticktext"] == ["b = 1", "a = 2"]
    assert axis_layout(Axis(ticks=[1, 2], labels=["one", "two"]), "x")["ticktext"] == ["one", "two"]


def test_a_title_stands_off_the_numbers_of_its_axis() -> None:
    """Upright, the tails of its letters point at them."""
    layout = plotly_figure(Chart((Plot((), Axis("epoch"), Axis("I(T;Y), bits")),))).layout
    assert (layout.xaxis.title.standoff, layout.yaxis.title.standoff) == (6, 14)
    assert layout.yaxis.automargin, "the margin has room for it"


def test_a_coloured_heading_is_read_in_the_texts_colour() -> None:
    """No colour of a line is read as text, at 4.5:1, on light and on dark: a square beside the heading has it."""
    plots = (Plot((Note(1, 2, "H(X)"), Note(1, 3, "bad", "#d1495b")), title="tanh", colour="#616c71"),)
    heading, note, bad = plotly_figure(Chart(plots)).layout.annotations
    assert heading.text == '<span style="color:#616c71">\N{BLACK SQUARE}</span> <b>tanh</b>'
    assert (heading.font.color, note.font.color, bad.font.color) == (TEXT, TEXT, "#d1495b")


def test_text_on_bars_is_read_on_their_colour() -> None:
    bars = Bars(["a", "b"], [1, 2], colour=["#d9a400", "#0e744d"], text=["1", "2"])
    beyond = Bars(["a"], [1], colour="#d9a400", text=["1"], outside=True)
    inside, outside = plotly_figure(Chart((Plot((bars, beyond)),))).data
    assert list(inside.insidetextfont.color) == [DARK_INK, LIGHT_INK]
    assert (outside.insidetextfont.color, outside.outsidetextfont.color) == (None, TEXT)
    (points,) = plotly_figure(Chart((Plot((Points([1], [2], text=["DHR"]),)),))).data
    assert points.textfont.color == TEXT


def test_a_legend_stands_between_two_rows() -> None:
    chart = Chart(
        (Plot((Line([0], [0], "T1"),)), Plot((), row=1)), rows=(1.0, 1.0), legend="between", legend_at=(0, 0.5)
    )
    legend = plotly_figure(chart).layout.legend
    assert (legend.orientation, legend.x, legend.y, legend.yanchor) == ("h", 0, 0.5, "middle")


def test_a_slider_changes_what_moves_and_nothing_else() -> None:
    moving = tuple(((0, Points([k], [2 * k])), (1, Bars(["a"], [float(k)]))) for k in range(3))
    plots = (Plot((Line([0, 2], [0, 4], "still"),)), Plot((), column=1))
    figure = plotly_figure(Chart(plots, columns=(1.0, 1.0), frames=Frames(("x", "y", "z"), 1, "k = ", moving)))
    assert len(figure.data) == 3
    assert (figure.data[1].x[0], figure.data[2].y[0]) == (1, 1), "it opens where the slider stands"
    assert [step.label for step in figure.layout.sliders[0].steps] == ["x", "y", "z"]
    assert [step.args[0][0] for step in figure.layout.sliders[0].steps] == [frame.name for frame in figure.frames]
    last = figure.frames[2]
    assert (last.traces, last.data[0].y[0], last.data[1].y[0]) == ((1, 2), 4, 2)


def test_bands_bars_and_cells() -> None:
    bars = Bars(["a", "b"], [1.0, 2.0], base=[0.5, 0], across=True, text=["one", "two"])
    marks = (Band([0, 1], [0, 1], [2, 3], "#ff8000", 0.5), bars, Cells(np.array([[0.1, 0.2]]), 1.0))
    band, bar, cells = plotly_figure(Chart((Plot(marks),))).data
    assert (list(band.x), list(band.y), band.fillcolor) == ([0, 1, 1, 0], [2, 3, 1, 0], "rgba(255,128,0,0.5)")
    assert (bar.orientation, list(bar.x), list(bar.base), bar.insidetextanchor) == ("h", [1, 2], [0.5, 0], "middle")
    assert (cells.type, cells.zmax, cells.texttemplate) == ("heatmap", 1, "%{z:.2f}")


def test_colours_are_given_to_the_browser_as_it_reads_them() -> None:
    assert colour((0.0, 0.2, 1.0)) == "rgba(0,51,255,1)"
    assert colour((0.0, 0.2, 1.0, 0.5), 0.5) == "rgba(0,51,255,0.25)"
    assert colour("#102030") == "#102030"


def test_a_charts_words_are_in_the_pages_language() -> None:
    line = Line([0, 1], [0, 1], "digit", hover="{name}")
    bars = Bars(["control: longer training"], [1.0], across=True)
    plots = (
        Plot((line,), Axis(ticks=[0], labels=["shape"]), Axis("share of high gradients"), title="background"),
        Plot((bars,), y=Axis(categories=["control: longer training"]), column=1),
    )
    with speaking("ko"):
        figure = plotly_figure(Chart(plots, columns=(1.0, 1.0)))
    layout = figure.layout
    assert (figure.data[0].name, figure.data[0].hovertemplate) == ("숫자", "숫자<extra></extra>")
    assert (layout.yaxis.title.text, layout.xaxis.ticktext) == ("높은 gradient의 비율", ("도형",))
    assert (layout.annotations[0].text, layout.yaxis2.ticktext) == ("배경", ("대조군: 더 긴 학습",))
    assert list(layout.yaxis2.categoryarray) == ["control: longer training"], "what the bars are placed by"
