"""The page Gradients, run without a browser."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from html import unescape
from importlib import resources

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.app.conftest import OpenPage
from tests.app.pages.test_pages import alts, assert_well, text
from wsss_viz.app.pages.gradients import charts, exports, facts, panels, region, words
from wsss_viz.app.services import checkpoints, gradient_measurements, gradients, image_gradients, samples
from wsss_viz.app.services.image_gradients import ImageGradients
from wsss_viz.app.state import ViewState
from wsss_viz.app.state import gradients as state
from wsss_viz.data.sample import Sample
from wsss_viz.figures.drawing import chart_svg
from wsss_viz.figures.ratios import layers_curve
from wsss_viz.gradients import maps, scenes, stored
from wsss_viz.gradients.regions import map_regions
from wsss_viz.models import digit_network
from wsss_viz.training import digits


def test_the_toy_opens_with_a_strip_a_chart_and_what_is_not_verified(open_page: OpenPage) -> None:
    page = open_page("gradients", subject="toy")
    assert_well(page)
    assert [alt.split(";")[0] for alt in alts(page)][1:] == [
        *(f"gradient map G{n} of conv {n}" for n in range(1, 6)),
        "gradient map G6 of logit",
    ]
    assert "precomputed" in text(page)
    assert "Shape alone" in text(page)
    assert any("Threshold (0.3)" in block.value for block in page.markdown)


def test_the_threshold_moves_the_ratios_and_stands_in_the_address(open_page: OpenPage) -> None:
    page = open_page("gradients", subject="toy")
    before = re.findall(r"digit <b>([\d.]+)</b>", text(page))
    page.slider(key="gradients_tau").set_value(0.6).run()
    after = re.findall(r"digit <b>([\d.]+)</b>", text(page))
    assert float(after[0]) < float(before[0])
    assert page.query_params == {"subject": "toy", "tau": "0.6"}


def test_a_region_of_ones_own_is_counted_and_taken_back(open_page: OpenPage) -> None:
    page = open_page("gradients", subject="toy", box="10-20-60-80")
    assert_well(page)
    assert "your region <b>" in text(page)
    next(button for button in page.button if button.label == "No region of my own").click().run()
    assert "your region" not in text(page)
    assert page.query_params == {"subject": "toy"}


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
    finished(page)
    assert "computed now" in text(page)
    assert len(alts(page)) == 7
    assert page.get("plotly_chart")[0].proto.alt.startswith("scene with")


def finished(page: AppTest) -> None:
    """Runs the page again until its job has ended."""
    deadline = time.monotonic() + 120
    while "Cancel" in [button.label for button in page.button]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
        page.run()


def test_a_scene_through_ribs_steps_is_a_job_that_can_be_cancelled(open_page: OpenPage, cold_caches: None) -> None:
    page = open_page("gradients", subject="scenes", example="scenes:val:5", **{"rib-step": "4"})
    assert_well(page)
    buttons = [button for button in page.button if button.label == "Cancel"]
    if buttons:  # on a quick machine it has ended
        buttons[0].click().run()
        again = [button for button in page.button if button.label == "Compute it again"]
        assert bool(again) == any("Cancelled after step" in info.value for info in page.info)
        if again:  # it has not ended between the page and the click
            again[0].click().run()
    finished(page)
    assert_well(page)
    assert "RIB's step 4" in unescape(text(page))
    assert len(alts(page)) == 7


def test_what_is_computed_of_a_scene_is_what_the_library_computes(cold_caches: None) -> None:
    view = ViewState(subject="scenes", example="scenes:val:5", rib_step=1)
    sample = samples.scene(view.example)
    (name, *_) = sample.labels or ()
    telling = gradients.request(None, view, sample, name).work()
    as_it_is, first, second = (next(telling) for _ in range(3))
    telling.close()
    found = scenes.scene_maps(checkpoints.classifier(), sample, [name])
    assert as_it_is[0] == first[0] == found.layers
    np.testing.assert_allclose(as_it_is[1], found.maps[0], rtol=1e-5)
    np.testing.assert_allclose(first[1], found.maps[0], rtol=1e-4, atol=1e-6, err_msg="theta_0 is the classifier")
    assert np.array_equal(second[1][:3], first[1][:3]), "what RIB does not tune stays"
    assert not np.allclose(second[1][-1], first[1][-1], rtol=1e-3)
    shown = gradients.scene_picture(None, view, sample, name, [as_it_is, first], computed=True)
    assert "the last so far" in shown.title


def test_a_rectangle_that_was_drawn_becomes_percent_of_the_picture() -> None:
    selection = [{"x": [3, 4], "y": [1, 2]}, {"x": [60.4, 9.6], "y": [-3, 81.2]}]
    assert region.drawn_box(selection) == (10, 0, 60, 81), "the last one, either way drawn, within the picture"
    assert region.drawn_box([]) == ()
    assert region.drawn_box([{"x": [3.1, 3.2], "y": [0, 50]}]) == ()
    figure = region.picture_figure(b"png", (30, 40))
    assert figure.layout.yaxis.scaleratio == 0.75
    assert list(figure.layout.yaxis.range) == [100, 0]


def test_ribs_steps_can_be_taken_as_rows_and_the_background_is_told_seed_by_seed() -> None:
    found, view = stored.shipped("scenes"), ViewState(subject="scenes")
    rows = gradient_measurements.rib_rows(found, view)
    assert len(rows) == 2 * 11 * 3
    assert rows[0]["hgr"] == pytest.approx(gradient_measurements.rib_curves(found, view, "rib")[0, 0, 0])
    toy, view = stored.shipped("toy"), ViewState(subject="toy")
    worst = max(gradient_measurements.toy_entry(toy, view, seed).curve.at(0.3)[1:, 2, 0].max() for seed in range(3))
    assert f"worst seed {worst:.2f}" in facts.toy_facts(toy, gradient_measurements.toy_entry(toy, view), view)


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
                    assert "%" in gradient_measurements.toy_sentence(gradient_measurements.toy_entry(toy, view), view)
                    assert gradients.toy_picture(toy, view).ratios.shape == (6, 3)
    for network in state.NETWORKS:
        for measure in state.MEASURES:
            for regions in state.REGION_SOURCES:
                view = ViewState(subject="scenes", network=network, measure=measure, regions=regions, divisor="p99")
                assert gradient_measurements.scenes_entry(scenes, view)[0].curve.values.shape[1:] == (6, 3, 3)
    view = ViewState(subject="toy")
    entry = gradient_measurements.toy_entry(toy, view)
    svg = chart_svg(charts.paper_chart(entry.curve, 0.3, "toy", published=True))
    assert svg == chart_svg(charts.paper_chart(entry.curve, 0.3, "toy", published=True))
    assert len(svg) > 10_000
    rows = exports.curve_csv(entry.curve, "flatten, bce").decode().splitlines()
    assert len(rows) == 1 + 18 * 6 * 3
    assert json.loads(exports.curve_json(toy, entry, view))["images"]["discriminative"] == 900


def test_photographs_are_a_subject_with_head_body_and_background(open_page: OpenPage) -> None:
    page = open_page("gradients")  # divided by the percentile unless the address says otherwise
    assert_well(page)
    assert page.query_params == {}
    shown = gradient_measurements.read_stored("photos")
    curve = shown.entries["imagenet-efficientnet-lite0/parts/sum/p99"].curve
    assert curve.layers[-1] == "logit"
    assert curve.counts.tolist() == [16, 16, 16]
    head, body, background = curve.at(0.3)[-1]
    assert head[1] > body[2], "the intervals are apart at the logit"
    assert body[1] > background[2]
    assert f"{head[0]:.0%}"[:-1] in " ".join(caption.value for caption in page.caption), "by the chart"
    assert len([alt for alt in alts(page) if alt.startswith("gradient map G")]) == len(curve.layers) == 10
    assert "16 photographs" in text(page)
    assert any("probe" in caption.value for caption in page.caption), "why there is no probe information, in one line"
    assert "RIB" not in " ".join(slider.label for slider in page.slider)


def test_the_photographs_curve_at_the_stored_picture_is_that_of_its_maps() -> None:
    view = ViewState(subject="photos")
    shown, sample = gradient_measurements.read_stored("photos"), samples.example("photos:dog")
    (name,) = sample.labels or ()
    stored_picture = gradients.stored_maps(shown, view, name)
    assert stored_picture is not None
    picture = gradients.scene_picture(shown, view, sample, name, [stored_picture], computed=False)
    assert picture.image.shape[:2] == picture.maps.shape[1:] == (320, 427)
    high = picture.maps > 0.3
    for number, region_name in enumerate(("discriminative", "non_discriminative", "irrelevant")):
        inside = picture.regions[region_name]
        expected = high[:, inside].mean(axis=1)
        assert picture.ratios[:, number].tolist() == pytest.approx(expected.tolist(), abs=1e-6)
    assert gradients.stored_maps(shown, ViewState(subject="photos", example="photos:koala"), "koala") is None


def test_a_picture_without_a_mask_is_counted_whole_and_in_a_rectangle_else_by_its_mask_and_cam() -> None:
    rng = np.random.default_rng(0)
    view = ViewState(source="own", subject=gradients.IMAGE, tau=0.35, box=(10, 20, 60, 80))
    mine = Sample(np.zeros((40, 60, 3), np.uint8), ("bee", "daisy"), ("daisy",), "mine")
    cam = np.array([[0.0, 0, 4]], np.float32)
    computed = ImageGradients(("stage 1", "logit"), rng.random((2, 20, 30), np.float32), cam)
    picture = image_gradients.picture(view, mine, "daisy", computed)
    assert list(picture.regions) == [gradients.WHOLE, gradients.USER_REGION]
    assert picture.private, "nothing of it is kept for others"
    high = computed.maps / np.percentile(computed.maps, 99, axis=(1, 2), keepdims=True) > 0.35
    assert picture.ratios[:, 0].tolist() == pytest.approx(high.mean(axis=(1, 2)).tolist())
    assert picture.ratios[:, 1].tolist() == pytest.approx(high[:, 4:16, 3:18].mean(axis=(1, 2)).tolist())
    curve = image_gradients.curve(picture, 0.35)
    assert curve.at(0.35)[..., 0].tolist() == picture.ratios.tolist()
    assert [row["hgr"] for row in image_gradients.rows(picture, 0.35)] == picture.ratios.round(4).ravel().tolist()

    mask = np.zeros((40, 60), np.uint8)
    mask[10:30] = 2
    masked = image_gradients.picture(replace(view, box=()), replace(mine, mask=mask), "daisy", computed)
    expected = map_regions(replace(mine, mask=mask), "daisy", cam, 0.5, (20, 30))
    assert [region.tolist() for region in masked.regions.values()] == expected.tolist()
    assert masked.regions["discriminative"].any()


@pytest.mark.parametrize(
    ("view", "subject", "divisor"),
    [
        (ViewState(example="scenes:val:3"), "scenes", "max"),
        (ViewState(subject="scenes"), "scenes", "max"),
        (ViewState(subject="scenes", source="own"), gradients.IMAGE, "p99"),
        (ViewState(subject="toy", example="scenes:val:3", source="own"), "toy", "max"),
        (ViewState(), "photos", "p99"),
    ],
)
def test_the_page_follows_what_is_looked_at_on_others(view: ViewState, subject: str, divisor: str) -> None:
    page = gradients.seen_by_page(view)
    assert (page.subject, page.divided_by) == (subject, divisor)
    assert subject != "scenes" or page.is_scene


def test_low_ratios_have_an_axis_on_which_they_differ() -> None:
    scenes, toy = layers_curve("scenes"), layers_curve("toy-gap")
    assert charts.layers_chart(toy, 0.3, "toy", 5).panels[0].y.high == 1.05
    high = charts.layers_chart(scenes, 0.3, "scenes", 5).panels[0].y.high
    assert high == pytest.approx(1.1 * float(scenes.band().max()))
    assert float(high or 1) < charts.LOW * 1.1


def test_what_is_seen_is_said_in_words_and_the_numbers_stand_by_the_charts(open_page: OpenPage) -> None:
    toy, scenes, photos = (stored.shipped(name) for name in ("toy", "scenes", "photos"))
    view = ViewState(subject="photos")
    curve = gradient_measurements.scenes_entry(photos, view)[0].curve
    said = words.photographs(curve, view)
    head, body, _ = curve.at(view.tau)[-1]
    order = "more often" if head[1] > body[2] else "less often" if head[2] < body[1] else "about as often"
    assert f"At the logit it is high {order} on the heads" in said
    others = words.toy(gradient_measurements.toy_entry(toy, view), view), words.scenes(scenes, ViewState())
    right = gradient_measurements.toy_entry(toy, view).facts["accuracy"]["shape only"]
    assert ("right no more often than by a guess" in others[0]) == (0.4 <= right < 0.6)
    for sentence in (said, *others):
        assert not re.search(r"[0-9]", sentence)
    for subject in ("photos", "toy", "scenes"):
        page = open_page("gradients", subject=subject)
        assert_well(page)
        assert any(" %" in caption.value and "95 %" in caption.value for caption in page.caption)


def test_regions_are_compared_by_their_intervals() -> None:
    values = np.array([[0.5, 0.4, 0.6], [0.3, 0.2, 0.35], [0.55, 0.45, 0.65]])
    first = [words.compared(values[0], other) for other in values]
    assert first == ["about as often", "more often", "about as often"]
    assert words.compared(values[1], values[0]) == "less often"
    assert words.against(*values[:2], "here", "there") == "more often here than there"
    assert words.against(values[0], values[2], "here", "there") == "about as often here as there"


@pytest.mark.parametrize(("view", "divisor"), [({"subject": "photos"}, "p99"), ({"subject": "toy"}, "max")])
def test_the_formula_divides_by_what_the_page_divides_by(view: dict[str, str], divisor: str) -> None:
    explained = words.explanation(ViewState(**view))
    assert words.DIVIDED_BY[divisor] in explained.formula
    (other,) = {"max", "p99"} - {divisor}
    assert words.DIVIDED_BY[other] not in explained.formula
    assert ("99th percentile" in explained.caveat) == (divisor == "p99")
    assert words.DIVIDED_BY[other] in words.explanation(ViewState(**view, divisor=other)).formula


def test_the_strip_names_its_numbers_and_frames_the_layer_looked_at(open_page: OpenPage) -> None:
    page = open_page("gradients", subject="photos", layer="4")
    html = text(page)
    assert html.index("Under each map") < html.index("G1")
    ratios = re.findall(r'</i>(head|body|background)</span><span style="flex:none">[\d.]+</span>', html)
    assert ratios == ["head", "body", "background"] * 10
    style = resources.files("wsss_viz.app").joinpath("style.css").read_text(encoding="utf-8")
    assert f".st-key-{panels.LOOKED_AT} {{ outline: 2px" in style
