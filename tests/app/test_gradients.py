"""The page Gradients, run without a browser."""

from __future__ import annotations

import json
import re

import pytest

from tests.app.conftest import OpenPage
from tests.app.test_pages import alts, assert_well, text
from wsss_viz.app import gradients, gradients_charts, gradients_exports
from wsss_viz.app.state import ViewState
from wsss_viz.app.state import gradients as state
from wsss_viz.gradients import maps, stored
from wsss_viz.models import digit_network
from wsss_viz.training import digits


def test_opens_on_the_toy_with_a_strip_a_chart_and_what_is_not_verified(open_page: OpenPage) -> None:
    page = open_page("gradients")
    assert_well(page)
    assert [alt.split(";")[0] for alt in alts(page)][1:-1] == [
        *(f"gradient map G{n} of conv {n}" for n in range(1, 6)),
        "gradient map G6 of logit",
    ]
    assert "precomputed" in text(page)
    assert "Shape alone" in text(page)
    assert any("Threshold (0.3)" in block.value for block in page.markdown)
    assert page.query_params == {}


def test_the_threshold_moves_the_ratios_and_stands_in_the_address(open_page: OpenPage) -> None:
    page = open_page("gradients")
    before = re.findall(r"digit <b>([\d.]+)</b>", text(page))
    page.slider(key="gradients_tau").set_value(0.6).run()
    after = re.findall(r"digit <b>([\d.]+)</b>", text(page))
    assert float(after[0]) < float(before[0])
    assert page.query_params == {"tau": "0.6"}


def test_a_region_of_ones_own_is_counted_and_taken_back(open_page: OpenPage) -> None:
    page = open_page("gradients", box="10-20-60-80")
    assert_well(page)
    assert "your region <b>" in text(page)
    next(button for button in page.button if button.label == "No region of my own").click().run()
    assert "your region" not in text(page)
    assert page.query_params == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("subject", "mnist"),
        ("head", "<b>"),
        ("trained-with", "hinge"),
        ("picture", "9"),
        ("measure", "x"),
        ("tau", "0.31"),
        ("layer", "99"),
        ("regions", "map0.4"),
        ("rib-step", "11"),
        ("box", "60-0-10-100"),
        ("box", "1-2-3"),
        ("network", "../x"),
    ],
)
def test_bad_parameters_fall_back_with_one_quiet_note(open_page: OpenPage, name: str, value: str) -> None:
    page = open_page("gradients", **{name: value})
    assert_well(page)
    (note,) = [caption.value for caption in page.caption if "in the address is not" in caption.value]
    assert value not in note
    assert page.query_params == {}


def test_the_scenes_of_another_checkpoint_are_refused_in_one_line_and_computed_live(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, cold_caches: None
) -> None:
    found = stored.shipped("scenes")
    monkeypatch.setitem(found.about["checkpoints"], "scenes-classifier", "00")
    monkeypatch.setattr("wsss_viz.gradients.stored.Stored.load", lambda path: found)
    page = open_page("gradients", subject="scenes", example="scenes:val:3")
    assert_well(page)
    (line,) = [warning.value for warning in page.warning]
    assert "diagnose gradient-ratio --data scenes:test --store" in line
    assert "\n" not in line
    assert "computed now" in text(page)
    assert len(alts(page)) == 8


def test_the_lists_of_the_address_are_the_librarys() -> None:
    assert state.HEADS == digit_network.HEADS
    assert state.TRAINED_WITH == digits.LOSSES
    assert state.MEASURES == maps.MEASURES


def test_every_view_of_what_is_stored_has_its_curve_and_its_exports() -> None:
    toy, scenes = stored.shipped("toy"), stored.shipped("scenes")
    for head in state.HEADS:
        for loss in state.TRAINED_WITH:
            for measure in state.MEASURES:
                for divisor in state.DIVISORS:
                    view = ViewState(head=head, trained_with=loss, measure=measure, divisor=divisor)
                    assert "%" in gradients.toy_sentence(gradients.toy_entry(toy, view), view)
                    assert gradients.toy_picture(toy, view).ratios.shape == (6, 3)
    for network in state.NETWORKS:
        for measure in state.MEASURES:
            for regions in state.REGION_SOURCES:
                view = ViewState(network=network, measure=measure, regions=regions, divisor="p99")
                assert gradients.scenes_entry(scenes, view)[0].curve.values.shape[1:] == (6, 3, 3)
    view = ViewState()
    entry = gradients.toy_entry(toy, view)
    svg = gradients_charts.layers_svg(entry.curve, 0.3, "toy", published=True)
    assert svg == gradients_charts.layers_svg(entry.curve, 0.3, "toy", published=True)
    assert b"read off figure 1" in svg
    rows = gradients_exports.curve_csv(entry.curve, "flatten, bce").decode().splitlines()
    assert len(rows) == 1 + 18 * 6 * 3
    assert json.loads(gradients_exports.curve_json(toy, entry, view))["images"]["discriminative"] == 900
