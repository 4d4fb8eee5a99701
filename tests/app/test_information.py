"""The page Information: every section, bad addresses, and the linked figure's values."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.app.conftest import OpenPage
from wsss_viz.app.information import exports
from wsss_viz.app.information.plane_figure import Measured, plane_figure
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.information import SECTIONS
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
    if section != "table":
        assert page.get("plotly_chart")


def test_the_table_says_what_the_library_says(open_page: OpenPage) -> None:
    page = open_page("information", section="table", table="45-5-5-45")
    assert [metric.value for metric in page.metric] == [
        "1.0000 bits",
        "1.0000 bits",
        "1.4690 bits",
        "0.4690 bits",
        "0.5310 bits",
    ]


def test_bad_parameters_are_one_note_each(open_page: OpenPage) -> None:
    bad = {"section": "x", "ruler": "bins:-1", "layers": "T9", "table": "0-0-0-0", "epoch": "-4", "live": "gelu"}
    page = open_page("information", **bad)
    assert not page.exception
    assert len([c for c in page.caption if "in the address is not" in c.value]) == len(bad)
    assert page.query_params == {}


def test_the_address_gives_the_view_again() -> None:
    state = ViewState(section="chain", ruler="width:0.2", told_by=("T5",), seeds=3, table=(1, 2, 3, 4), epoch=12)
    assert ViewState.from_query(state.to_query()) == (state, ())


def test_one_slider_moves_every_panel() -> None:
    measured = {name: Measured(stored_run(name), stored_plane(name), 8) for name in ("tanh", "relu")}
    figure = plane_figure(measured, range(6), 0)
    assert [step.args[0][0] for step in figure.layout.sliders[0].steps] == [frame.name for frame in figure.frames]
    moved = {figure.data[place].xaxis for place in figure.frames[0].traces}
    assert len(moved) == 8, "two planes and six panels"
    last = figure.frames[-1]
    np.testing.assert_allclose(last.data[1].x, stored_plane("tanh").mean[-1, :, 0], rtol=1e-6)
    np.testing.assert_allclose(last.data[2].y, stored_plane("tanh").compression.mean(axis=0), rtol=1e-5)
    assert len(figure.to_json()) < 2_500_000


def test_exports_hold_every_number() -> None:
    measured = {"tanh": Measured(stored_run("tanh"), stored_plane("tanh"), 2)}
    rows = exports.plane_rows(measured)
    assert len(rows) == measured["tanh"].bits.size
    assert json.loads(exports.rows_json(rows, {"ruler": "default"}))["rows"][0]["estimator"] == "binned"
    assert exports.rows_csv(rows).count(b"\n") == len(rows) + 1
    assert exports.plane_svg(measured, range(6)).startswith(b"<?xml")


def test_layers_a_ruler_refuses_are_named_with_the_reason() -> None:
    run = stored_run("relu")
    plane = measure(run, "bins:10", snapshots=2, seeds=1)
    assert Measured(run, plane, 1).reason(range(6)).startswith("T1, T2, T3, T4, T5: relu has no bounds")
    assert Measured(run, plane, 1).reason([5]) == ""
