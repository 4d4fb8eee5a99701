"""The page Information: every section, bad addresses, and the linked figure's values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.app.conftest import OpenPage
from wsss_viz.app.pages.information import (
    chain_section,
    minimal_chart,
    minimal_section,
    plane_exports,
    plane_section,
    plane_words,
)
from wsss_viz.app.pages.information.plane_chart import HEIGHT, Measured, plane_chart, planes_chart
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.information import BIN_LAYOUTS, READERS, SECTIONS
from wsss_viz.app.widgets import chart_exports
from wsss_viz.app.widgets.chart import plotly_figure
from wsss_viz.data.spreadsheets import csv_of
from wsss_viz.figures.chart import Chart
from wsss_viz.figures.drawing import chart_svg
from wsss_viz.information.estimator_names import ESTIMATORS, FAMILIES
from wsss_viz.information.minimal import LAID, bin_masses
from wsss_viz.information.plane import measure, stored_plane
from wsss_viz.information.runs import stored_run


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_opens(open_page: OpenPage, section: str) -> None:
    page = open_page("information", section=section)
    assert not page.exception
    assert not page.error
    if section == "probe" and page.warning:
        assert "diagnose probe --store" in page.warning[0].value, "other checkpoints than those it was measured with"
        return
    assert page.get("download_button")
    assert page.get("plotly_chart")


def chart(page: AppTest) -> str:
    """What the section's first chart says to those who cannot see it."""
    words: str = page.get("plotly_chart")[0].proto.alt
    return words


def test_the_table_says_what_the_library_says(open_page: OpenPage) -> None:
    page = open_page("information", section="table", table="45-5-5-45")
    for said in ("H(X) 1.0000", "H(Y) 1.0000", "H(X,Y) 1.4690", "H(X|Y) 0.4690", "H(Y|X) 0.4690", "I(X;Y) 0.5310"):
        assert f"{said} bits" in chart(page)
    page.selectbox(key="information_table_preset").select("the lecture's second: independent").run()
    assert "I(X;Y) 0.0000 bits" in chart(page)
    assert page.query_params == {"section": "table", "table": "25-25-25-25"}


def test_presets_of_the_one_weight_unit_set_unit_estimator_and_weight(open_page: OpenPage) -> None:
    page = open_page("information", section="minimal")
    assert "from there on it loses 3.63 bits" in chart(page)
    page.selectbox(key="information_unit_preset").select("ReLU only grows").run()
    assert "no compression" in chart(page)
    assert page.query_params == {"section": "minimal", "unit": "relu", "unit-bins": "100"}
    page.selectbox(key="information_unit_preset").select("ReLU, but the top bin clips").run()
    assert "from there on it loses" in chart(page)
    assert any("are clipped: the turn is the bins'" in caption.value for caption in page.caption)
    page.selectbox(key="information_unit").select("softsign").run()
    assert page.selectbox(key="information_unit_preset").value == "own"


def test_the_one_weight_slider_moves_dot_bins_and_words_together() -> None:
    schemes = minimal_section.schemes("tanh", 30)
    figure = plotly_figure(minimal_chart.minimal_chart(schemes, "value", minimal_chart.nearest("tanh", 1)))
    assert [step.args[0][0] for step in figure.layout.sliders[0].steps] == [frame.name for frame in figure.frames]
    for weight, bits in ((0.1, 2.6445), (1, 4.8771), (10, 2.0442)):
        k = minimal_chart.nearest("tanh", weight)
        dot, bins, density, words = figure.frames[k].data
        assert (dot.x[0], dot.y[0]) == (pytest.approx(weight), pytest.approx(bits, abs=1e-4))
        np.testing.assert_allclose(bins.y, bin_masses(weight), atol=1e-6)
        assert words.text[0].startswith(f"{bits:.3f} bits")
        fine = np.asarray(density.y) * 30 / (minimal_chart.FINE + 2)
        assert fine.sum() <= 1 + 1e-5, "the curve is the bins' distribution, cut at the top of the chart"
    assert figure.data[len(schemes)].x[0] == pytest.approx(1), "and it opens at the weight of the address"


def test_the_breaks_of_the_order_and_the_reader_are_derived_from_what_is_stored(open_page: OpenPage) -> None:
    worst = chain_section._worst("sigmoid")
    told = stored_plane("sigmoid").bits[..., 0]
    assert worst.rise == pytest.approx(np.diff(told, axis=2).max(), abs=1e-6)
    page = open_page("information", section="chain", flip="0.2", links="3")
    assert "0.278, 0.096, 0.034" in chart(page)
    page = open_page("information", section="probe", reader="mlp")
    assert not page.exception


def test_every_estimator_has_a_name_for_people() -> None:
    assert tuple(plane_section.ESTIMATOR_LABELS) == tuple(ESTIMATORS)
    assert len(set(plane_section.ESTIMATOR_LABELS.values())) == len(ESTIMATORS)


def test_the_lead_says_what_the_planes_say() -> None:
    planes = {name: stored_plane(name) for name in ("tanh", "relu")}
    said = plane_words.sentence(planes, range(6))
    runs = planes["tanh"].bits[:, :, 4, 0]
    height = runs.max(axis=0).mean()
    fate = f"reaches {height:.1f} bits of the input and loses {height - runs[-1].mean():.1f}"
    assert f"T5 of the tanh network {fate}; of the ReLU network" in said
    bits = np.repeat(np.linspace(0, 1, len(planes["relu"].epochs))[:, None, None, None], 6, axis=2)
    grown = replace(planes["relu"], bits=np.broadcast_to(bits, (*bits.shape[:3], 2)))
    assert "loses none" in plane_words.sentence({"relu": grown}, [4])
    assert plane_words.sentence(planes, [5]) == ""
    assert plane_words.seen(planes, [5]) == plane_words.GENERIC
    words = plane_words.seen(planes, range(6))
    assert "Of the most that T5, the last hidden layer, tells of the input" in words
    for name, called in (("tanh", "tanh"), ("relu", "ReLU")):
        most = planes[name].bits[:, :, 4, 0].max(axis=0).mean()
        lost = planes[name].compression[:, 4].mean() / most
        how_much = "most" if lost > 0.5 else "a part" if lost > 0.1 else "hardly any"
        assert f"in the {called} network it forgets {how_much} again" in words
    assert not re.search(r"[0-9]", words.replace("T5", "")), "the numbers stand below the chart"
    assert "it forgets nothing" in plane_words.seen({"relu": grown}, [4])
    assert "T3, a hidden layer" in plane_words.seen({"relu": grown}, [2])
    assert plane_words.order({"relu": grown}) == ""
    broken = replace(grown, bits=grown.bits * np.arange(1, 7)[:, None])
    assert f"at {len(bits) - 1} of {len(bits)} epochs" in plane_words.order({"relu": broken})


def test_every_layer_in_numbers_is_the_planes_own() -> None:
    measured = {"tanh": Measured(stored_run("tanh"), stored_plane("tanh"), 3)}
    row = plane_words.layer_rows(measured, [4])[0]
    lost = stored_plane("tanh").compression[:3, 4]
    assert row["C_k, lost again"] == f"{lost.mean():.2f} ({lost.min():.2f} to {lost.max():.2f})"
    still = chart_exports.svg(planes_chart(measured, range(6), seeds=False), on_page=True)
    assert still.startswith(b"<?xml")
    assert b"#888888" in still, "read on light and on dark"


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_has_a_chart_a_table_and_its_settings_to_take(
    open_page: OpenPage, section: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[tuple[str, list[dict[str, object]], dict[str, object], bytes]] = []

    def buttons(name: str, rows: chart_exports.Rows, about: Mapping[str, Any], chart: Chart) -> None:
        taken.append((name, [dict(row) for row in rows], dict(about), chart_exports.svg(chart)))

    monkeypatch.setattr(chart_exports, "buttons", buttons)
    page = open_page("information", section=section)
    assert not page.exception
    if not taken:
        assert page.warning, "no report of these checkpoints"
        return
    ((_, rows, about, svg),) = taken
    assert svg.startswith(b"<?xml")
    assert b"<path" in svg
    assert about
    assert json.loads(chart_exports.rows_json(rows, about))["rows"]
    assert csv_of(rows).count(b"\n") >= len(rows) + 1


def test_bad_parameters_are_one_note_each(open_page: OpenPage) -> None:
    bad = {"section": "x", "ruler": "bins:-1", "layers": "T9", "table": "0-0-0-0", "epoch": "-4", "live": "gelu"}
    bad |= {"laid": "beside", "unit-bins": "31", "weight": "nan", "reader": "forest"}
    page = open_page("information", **bad)
    assert not page.exception
    assert len([c for c in page.caption if "in the address is not" in c.value]) == len(bad)
    assert page.query_params == {}


def test_the_address_gives_the_view_again() -> None:
    state = ViewState(
        section="chain", estimator="width:0.2", drawn_layers=("T5",), seeds=3, table=(1, 2, 3, 4), epoch=12
    )
    assert ViewState.from_query(state.to_query()) == (state, ())


def test_the_addresss_options_are_the_librarys() -> None:
    assert BIN_LAYOUTS == LAID
    assert READERS == FAMILIES
    state = ViewState(section="minimal", unit="relu", laid="short", unit_bins=100, weight=0.25, reader="mlp")
    assert ViewState.from_query(state.to_query()) == (state, ())


def test_one_slider_moves_every_panel() -> None:
    measured = {name: Measured(stored_run(name), stored_plane(name), 8) for name in ("tanh", "relu")}
    chart = plane_chart(measured, range(6), 0)
    figure = plotly_figure(chart)
    lines = [line for panel in chart.panels[2:] for line in panel.title.split("<br>")]
    assert max(len(re.sub("<.*?>", "", line)) for line in lines) <= 15, "so wide is a panel on a phone"
    assert not any(figure.layout.yaxis2.ticktext), "the first plane has the scale"
    assert [step.args[0][0] for step in figure.layout.sliders[0].steps] == [frame.name for frame in figure.frames]
    moved = {figure.data[place].xaxis for place in figure.frames[0].traces}
    assert len(moved) == 8, "two planes and six panels"
    last = figure.frames[-1]
    np.testing.assert_allclose(last.data[1].x, stored_plane("tanh").mean[-1, :, 0], rtol=1e-6)
    np.testing.assert_allclose(last.data[2].y, stored_plane("tanh").compression.mean(axis=0), rtol=1e-5)
    T5 = stored_run("tanh").activations(-1)[4]
    piled = (np.abs(T5) > 0.9).mean()
    values = last.data[5]
    ends = np.isclose(values.x, -1) | (np.abs(values.x - 0.95) < 0.07)  # tanh is 1 exactly where it is far out
    assert piled == pytest.approx(values.y[ends].sum(), abs=0.02)
    assert values.y.sum() == pytest.approx(1)
    assert len(figure.to_json()) < 1_000_000


def test_a_phone_has_room_for_the_panels() -> None:
    """Two of them stand side by side, and the layers are named between the planes and what is below."""
    measured = {name: Measured(stored_run(name), stored_plane(name), 8) for name in ("tanh", "relu")}
    chart = plane_chart(measured, range(6), 0)
    places = [(panel.row, panel.column, panel.span) for panel in chart.panels]
    assert sorted(places) == [(row, column, 3) for row in (0, 2, 3, 4) for column in (0, 3)]
    layout = plotly_figure(chart).layout
    assert max(layout.yaxis3.domain[1], layout.yaxis5.domain[1], layout.yaxis7.domain[1]) < layout.legend.y
    assert layout.legend.y < layout.yaxis.domain[0]


def test_exports_hold_every_number() -> None:
    measured = {"tanh": Measured(stored_run("tanh"), stored_plane("tanh"), 2)}
    rows = plane_exports.plane_rows(measured)
    assert len(rows) == measured["tanh"].bits.size
    assert json.loads(chart_exports.rows_json(rows, {"estimator": "default"}))["rows"][0]["estimator"] == "binned"
    assert csv_of(rows).count(b"\n") == len(rows) + 1
    assert chart_svg(planes_chart(measured, range(6))).startswith(b"<?xml")


def test_layers_a_estimator_refuses_are_named_with_the_reason() -> None:
    run = stored_run("relu")
    plane = measure(run, "bins:10", snapshots=2, seeds=1)
    assert Measured(run, plane, 1).reason(range(6)).startswith("T1, T2, T3, T4, T5: relu has no bounds")
    assert Measured(run, plane, 1).reason([5]) == ""


def test_room_is_held_for_the_chart_before_it_is_drawn() -> None:
    style = resources.files("wsss_viz.app").joinpath("style.css").read_text(encoding="utf-8")
    assert f".st-key-plane_chart {{ position: relative; min-height: {HEIGHT}px; }}" in style
