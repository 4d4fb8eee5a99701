"""Text on a colour is read."""

from __future__ import annotations

import pytest

from tests.colours import contrast
from wsss_viz.app.pages.information.chart_style import ACTIVATION_COLOURS, LAYER_COLOURS
from wsss_viz.app.pages.information.table_section import ALONE, OTHER, SHARED
from wsss_viz.figures.chart import SERIES, Bars, Chart, Plot
from wsss_viz.figures.drawing import chart_figure
from wsss_viz.figures.inks import DARK_INK, LIGHT_INK, ink
from wsss_viz.methods.catalogue import METHODS

METHOD_COLOURS = [method.colour for method in METHODS.values()]
GROUNDS = [*SERIES, *LAYER_COLOURS, *ACTIVATION_COLOURS.values(), *METHOD_COLOURS, ALONE, SHARED, OTHER]


@pytest.mark.parametrize("colour", GROUNDS)
def test_text_on_a_colour_is_read(colour: str) -> None:
    assert contrast(ink(colour), colour) >= 4.2
    assert contrast(ink(colour), colour) == max(contrast(each, colour) for each in (LIGHT_INK, DARK_INK))


def test_paper_has_the_same_inks() -> None:
    bars = Bars(["a", "b"], [1.0, 2.0], colour=["#d9a400", "#0e744d"], across=True, text=["1", "2"])
    (axes,) = chart_figure(Chart((Plot((bars,)),))).axes
    assert [text.get_color() for text in axes.texts] == [DARK_INK, LIGHT_INK]
