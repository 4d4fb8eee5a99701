"""Colours that mean something are told apart by everybody, and stand out from the page in light and in dark."""

import re
import tomllib
from pathlib import Path

import pytest

import wsss_viz
from tests.colours import contrast, least_differences, mixed
from wsss_viz.app.methods import OF_MAPS
from wsss_viz.app.pages.information.chart_style import ACTIVATION_COLOURS, LAYER_COLOURS
from wsss_viz.data.palette import part_palette
from wsss_viz.figures.chart import SERIES
from wsss_viz.methods.catalogue import METHODS

APP = Path(wsss_viz.__file__).parent / "app"
THEMES = tomllib.loads((APP.parents[1] / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
METHOD_COLOURS = [method.colour for method in METHODS.values()]
PARTS = [tuple(part_palette()[part].tolist()) for part in (1, 2)]


def grounds(theme):
    of = THEMES[theme]
    return [of["backgroundColor"], of["secondaryBackgroundColor"], of["sidebar"]["backgroundColor"]]


INFORMATION = [*LAYER_COLOURS, *ACTIVATION_COLOURS.values()]


@pytest.mark.parametrize(
    "colours",
    [[*METHOD_COLOURS, *OF_MAPS], SERIES, PARTS, INFORMATION],
    ids=["methods", "series", "parts", "information"],
)
def test_any_two_are_told_apart_with_any_colour_vision(colours):
    least = least_differences(colours)
    assert len(least) == len(colours) * (len(colours) - 1) // 2
    assert min(least.values()) >= 12


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_marks_stand_out_from_the_page(theme):
    for colour in (*METHOD_COLOURS, *SERIES, *PARTS, *INFORMATION):
        assert contrast(colour, THEMES[theme]["backgroundColor"]) >= 3, colour


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_read_on_every_ground(theme):
    of = THEMES[theme]
    for ground in grounds(theme):
        assert contrast(of["textColor"], ground) >= 7
        assert contrast(of["linkColor"], ground) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("file", sorted(APP.rglob("*.css")), ids=lambda file: file.name)
def test_faded_text_is_read_on_every_ground(theme, file):
    """No rule fades what it draws below what leaves text readable; what is disabled may be fainter."""
    text = file.read_text(encoding="utf-8")
    rules = [rule for rule in text.split("}") if "disabled" not in rule]
    faded = [float(value) for rule in rules for value in re.findall(r"[^-]opacity: (0?\.\d+)", rule)]
    faded += [int(value) / 100 for value in re.findall(r"--soft: color-mix\(in srgb, currentColor (\d+)%", text)]
    for opacity in faded:
        for ground in grounds(theme):
            assert contrast(mixed(THEMES[theme]["textColor"], ground, opacity), ground) >= 4.5, opacity


def test_the_contrast_is_wcags():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
