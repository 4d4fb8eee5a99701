"""The later steps say what they show: closed forms, the stored runs and reports, and claims that follow them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from tests.app.conftest import OpenPage, viewer_data
from wsss_viz.app.pages.information import plane_words
from wsss_viz.app.pages.learn import at_hand
from wsss_viz.app.pages.learn.steps import (
    data_processing,
    gradient_ratio,
    information_plane,
    last_sigmoid,
    mutual_information,
    results,
    trade_off,
    tunings,
)
from wsss_viz.app.pages.learn.syllabus import SYLLABUS, lesson
from wsss_viz.app.services import gradient_measurements
from wsss_viz.app.state import ViewState
from wsss_viz.app.state import information as information_state
from wsss_viz.app.state.learning import LESSONS
from wsss_viz.app.widgets.markup import percent
from wsss_viz.evaluation.seeds import ImageScores
from wsss_viz.information.bottleneck import JOINTS
from wsss_viz.information.discrete import table_measures
from wsss_viz.information.plane import INPUT
from wsss_viz.models.manifest import read_manifest

NUMBERS = {topic.module: number for number, topic in enumerate(SYLLABUS, start=1)}
STEPS = tuple(range(NUMBERS["mutual_information"], LESSONS + 1))


@pytest.mark.parametrize("step", STEPS)
def test_a_step_opens_and_says_where_it_goes_on(open_page: OpenPage, step: int) -> None:
    page = open_page("learn", answered="1", step=str(step))
    assert not page.exception
    assert not page.error, page.error[0].value if page.error else ""
    found = lesson(step, ViewState(step=step))
    assert page.title[0].value == found.claim
    again, notes = ViewState.from_query(found.inspect.state.to_query())
    assert not notes
    assert again == replace(found.inspect.state, step=again.step)


def test_a_slider_shows_its_value_after_another_one_of_the_step_before(open_page: OpenPage) -> None:
    page = open_page("learn", answered="1", step=str(NUMBERS["mutual_information"]))
    page.button(key="after").click().run()
    page.button(key="reveal").click().run()
    (slider,) = page.slider
    assert slider.label == "How often a link flips the bit"
    assert list(slider.proto.value) == [0.1], "what the browser is told, which shows the least where it is told nothing"


def test_no_score_of_the_results_is_beyond_the_edge_of_a_presented_slide(open_page: OpenPage) -> None:
    (scores,) = [
        group
        for group in open_page("learn", answered="1", step=str(NUMBERS["results"]), present="1").get("button_group")
        if group.label == "Score"
    ]
    assert scores.proto.wrap


@pytest.mark.parametrize("step", STEPS)
def test_a_step_draws_its_still_picture(step: int) -> None:
    figure = Figure(figsize=(10, 4))
    lesson(step, ViewState(step=step)).draw(figure.subfigures(1, 1))
    assert len(figure.axes) >= 2
    figure.draw_without_rendering()


def test_the_two_tables_of_the_lecture_share_one_bit_and_none() -> None:
    for share, joint, shared in ((0.0, 1.0, 1.0), (0.5, 2.0, 0.0), (0.1, 1.468996, 0.531004), (1.0, 1.0, 1.0)):
        found = table_measures(mutual_information.differing(share))
        assert found.x.value_bits == pytest.approx(1)
        assert found.joint.value_bits == pytest.approx(joint, abs=1e-6)
        assert found.information.value_bits == pytest.approx(shared, abs=1e-6)
    html = mutual_information.joint_table("t", mutual_information.COPY, table_measures(mutual_information.COPY))
    assert "<b>1.00</b> bits shared" in html
    assert "H(X,Y) 1.00" in html
    assert mutual_information.bits(-1e-17) == "0.00"


def test_the_noisy_copys_answer_is_the_option_nearest_to_the_value() -> None:
    asked = mutual_information.question()
    assert asked.options[asked.right] == "about 0.5 bit"
    assert "0.531" in asked.answer


def test_the_table_opens_in_information_with_the_same_distribution() -> None:
    found = lesson(NUMBERS["mutual_information"], ViewState(flip=0.13)).inspect.state
    weights = np.array(found.table).reshape(2, 2) / sum(found.table)
    assert np.allclose(weights, mutual_information.differing(0.13))


def test_a_chain_loses_as_the_closed_form_says_and_nothing_brings_it_back() -> None:
    assert data_processing.bits_after_links(0.1, 5) == pytest.approx(
        [0.531004, 0.319923, 0.198371, 0.124656, 0.078903], abs=1e-6
    )
    tried = data_processing.repaired(0.1, 5)
    assert tried["flip it back"] == pytest.approx(0.078903, abs=1e-6)
    assert tried["always say 0"] == pytest.approx(0, abs=1e-12)
    assert data_processing.question(tried, tried["leave it as it is"], 5).right == 2
    assert data_processing.question({"a trick": 0.5}, 0.078903, 5).right == 0, "if it could, the page would say so"
    assert 'aria-label="bits told of X: X 1.00, T1 0.53, T2 0.32"' in data_processing.chain(0.1, [0.531, 0.32])


@pytest.mark.parametrize(
    ("values", "words"), [([1.0, 1.0], "passes everything on"), ([0.0, 0.0], "loses everything"), ([0.5, 0.2], "0.20")]
)
def test_the_claim_on_the_chain_follows_it(values: list[float], words: str) -> None:
    assert words in data_processing.claim(values)


@pytest.mark.parametrize(
    ("tanh", "relu", "other", "words"),
    [
        (4.8, 0.1, 0.1, "Whether the tanh network forgets depends on where the bins lie: 4.8 bits or 0.1"),
        (4.8, 0.1, 1.0, "How much the tanh network forgets depends on where the bins lie: 4.8 bits or 1.0"),
        (4.8, 0.1, 4.5, "bins before the tanh agree"),
        (0.2, 0.1, 0.1, "neither network forgets"),
        (4.8, 0.1, float("nan"), "ReLU network 0.1"),
        (0.2, 1.5, 0.1, "the tanh network forgets 0.2 bits of its input, the ReLU network 1.5"),
    ],
)
def test_the_claim_on_the_plane_follows_the_estimators(tanh: float, relu: float, other: float, words: str) -> None:
    found = information_plane.claim({"tanh": tanh, "relu": relu}, {"tanh": other, "relu": 0.0})
    assert found.endswith(words) or words in found


def test_what_a_layer_loses_is_its_height_less_its_end() -> None:
    plane = information_plane._plane("tanh", "default")
    bits = plane.bits[:, :, 4, INPUT]
    assert information_plane.lost(plane) == pytest.approx(np.mean([max(run) - run[-1] for run in bits.T]))
    assert plane_words._fate(plane, 4).endswith(f"loses {information_plane.lost(plane):.1f}")
    before = {"tanh": information_plane._plane("tanh", "preactivation:30")}
    assert "tanh T5 2.42, T3 0.46" in information_plane.broken(before)
    assert information_plane.broken({"tanh": plane}) == ""
    assert information_plane.question(4.8, 0.1).right == 2
    assert information_plane.question(4.8, 2.0).right == 1
    assert information_plane.question(4.8, 4.0).right == 0
    unknown = lesson(NUMBERS["information_plane"], ViewState(estimator="width:0.5"))
    assert unknown.inspect.state.estimator == "default"


def test_the_claim_on_the_gradient_follows_the_stored_losses() -> None:
    toy = gradient_measurements.read_stored("toy")
    entry = gradient_measurements.toy_entry(toy, ViewState(subject="toy"))
    lost = gradient_ratio.losses(entry, 0.3)
    values = entry.curve.at(0.3)[..., 0]
    r = entry.curve.regions.index("non_discriminative")
    assert lost["non_discriminative"][0] == pytest.approx((values[-2, r] - values[-1, r]) / values[-2, r], abs=0.02)
    said = gradient_ratio.claim(entry, 0.3)
    assert percent(lost["non_discriminative"][0]) in said
    assert percent(lost["discriminative"][0]) in said
    swapped = replace(entry, curve=replace(entry.curve, drop=entry.curve.drop[:, [1, 0, 2]]))
    assert "more of the digit" in gradient_ratio.claim(swapped, 0.3)
    pooled = lesson(NUMBERS["gradient_ratio"], ViewState(head="gap")).claim
    assert pooled != lesson(NUMBERS["gradient_ratio"], ViewState()).claim == said, "of the network that is shown"
    alone = replace(entry, facts={**entry.facts, "accuracy": {"whole": 1.0, "shape only": 0.97}})
    assert gradient_ratio.question(alone, 0.3).right == 0


def scores(iou: float, rest: float) -> ImageScores:
    return ImageScores(iou, 0.5, 0.5, 0.9, rest)


@pytest.mark.parametrize(
    ("rib", "control", "words"),
    [(0.7, 0.3, "Without the sigmoid the map takes"), (0.7, 0.65, "with the sigmoid as well"), (0.25, 0.2, "hardly")],
)
def test_the_claim_on_the_sigmoid_follows_the_two_runs(rib: float, control: float, words: str) -> None:
    sample = last_sigmoid.samples.scene("scenes:test:129")
    end = {"rib": scores(0.5, rib), "rib-bce": scores(0.4, control)}
    found = tunings.Tuned(sample, "cow", {}, scores(0.3, 0.2), end)
    assert words in tunings.claim(found)
    assert found.gain == pytest.approx(0.1)


def test_the_pull_of_the_loss_is_the_slope_of_cross_entropy() -> None:
    for y in (-3.0, 0.0, 4.5):
        step = 1e-5
        slope = (np.log1p(np.exp(-(y + step))) - np.log1p(np.exp(-(y - step)))) / (2 * step)
        assert last_sigmoid.pull(y) == pytest.approx(-slope, abs=1e-8)


def test_ribs_loss_has_no_slope_from_the_margin_on() -> None:
    for name in ("scenes-classifier", "imagenet-efficientnet-lite0"):
        assert read_manifest()[name].settings["rib"]["margin"] == tunings.MARGIN
    assert (last_sigmoid.rib_pull(tunings.MARGIN - 0.1), last_sigmoid.rib_pull(tunings.MARGIN)) == (1, 0)


def test_the_averages_on_the_sigmoid_are_those_of_the_runs_and_the_photograph_is_kept(open_page: OpenPage) -> None:
    every = last_sigmoid.over_photographs()
    runs = [tunings.tuned(at_hand.image(ViewState(example=f"photos:{name}"))) for name in ("dog", "koala")]
    assert every.count == 16
    assert every.values[1, 0, 0] > every.values[2, 0, 0], "RIB ends with more of the body than its control"
    assert all(run.start and run.start.non_discriminative < run.end["rib"].non_discriminative for run in runs)
    page = open_page("learn", answered="1", step=str(NUMBERS["last_sigmoid"]), example="photos:koala")
    assert "koala" in page.title[0].value
    data = viewer_data(page, "learn_sigmoid")
    assert len(data["content"]["panels"]) == 4
    page.button(key="to_4").click().run()
    assert page.query_params["example"] == "photos:koala", "the learner's photograph is kept from step to step"


def test_published_numbers_are_said_to_be_that(open_page: OpenPage) -> None:
    html = results.published()
    assert "not measured here" in html
    assert "68.6" in html
    assert "68.2" in html
    page = open_page("learn", answered="1", step=str(NUMBERS["results"]), score="precision")
    assert any("Precision" in element.value for element in page.html)


def test_the_trade_off_says_what_the_encoder_keeps_and_where_the_betas_lead(open_page: OpenPage) -> None:
    step = str(NUMBERS["trade_off"])
    assert "forgets everything" in open_page("learn", answered="1", step=step, beta="2").title[0].value
    page = open_page("learn", answered="1", step=step, beta="3", joint="function")
    assert page.select_slider(key="learn_beta").value == 3
    assert page.title[0].value.startswith("1.00 of 5 bits of X keep 100\N{NO-BREAK SPACE}%")
    asked = trade_off.question()
    assert asked.options[asked.right] == "its two ends alone"
    assert "Of 27 betas 0 lead between" in asked.answer
    assert tuple(information_state.JOINTS) == tuple(JOINTS)


def test_the_claim_on_the_bottleneck_is_of_the_joint_that_is_shown() -> None:
    assert trade_off.claim("function", 3.0).startswith("1.00 of 5 bits of X keep 100")
    assert trade_off.claim("noisy", 3.0).startswith("0.54 of 5 bits")
    assert "forgets everything" in trade_off.claim("function", 0.5)
