"""Letters that matplotlib's own font lacks: another font, or one line, never a box."""

import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure

from wsss_viz.errors import InputError
from wsss_viz.figures import fonts
from wsss_viz.figures.writing import written

HOOKED_D = "\N{LATIN SMALL LETTER D WITH PALATAL HOOK}"
COW = "\N{CJK UNIFIED IDEOGRAPH-725B}"


@pytest.fixture(autouse=True)
def fresh():
    fonts.families_for.cache_clear()
    yield
    fonts.families_for.cache_clear()


def test_a_letter_that_another_font_has_is_taken_from_there():
    own, other = fonts.families_for(f"{HOOKED_D} dog")
    assert own == fonts.FAMILY
    path = font_manager.findfont(font_manager.FontProperties(family=other), fallback_to_default=False)
    assert ord(HOOKED_D) in font_manager.get_font(path).get_charmap()


def test_a_letter_that_no_font_has_is_one_line(monkeypatch, recwarn):
    upright = [entry for entry in font_manager.fontManager.ttflist if entry.name == fonts.FAMILY]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", upright)

    def make() -> Figure:
        figure = Figure((1, 1))
        figure.text(0, 0, COW)
        return figure

    with pytest.raises(InputError, match=f"no font of this machine has the letters {COW}: install one"):
        written(make, "png")
    assert not recwarn.list
