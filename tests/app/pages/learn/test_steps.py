"""What the steps say is what they show: sums, shares and claims by hand, and against the library."""

from __future__ import annotations

import numpy as np
import pytest

from wsss_viz.app.pages.learn import examples, temporal
from wsss_viz.app.pages.learn.steps import adversarial_erasing as erasing
from wsss_viz.app.pages.learn.steps import class_map, discriminative_part, labels_only, pipeline, sofa, still_seen
from wsss_viz.app.services import samples
from wsss_viz.app.services.steps import Frame
from wsss_viz.data.sample import Sample
from wsss_viz.data.sequences import Video
from wsss_viz.evaluation.seeds import pseudo_mask, score_image
from wsss_viz.evaluation.stored_results import stored_leakage
from wsss_viz.figures.chart import Band, Line
from wsss_viz.traces import Step, Trace

CLASSES = ("cat", "cow")


def sample() -> Sample:
    """Four rows, six columns: a cat of six pixels at the left, a cow of two at the right."""
    mask = np.zeros((4, 6), dtype=np.uint8)
    mask[:3, :2], mask[:2, 5] = 1, 2
    parts = np.where(mask > 0, 2, 0).astype(np.uint8)
    parts[0, :2] = 1
    return Sample(np.zeros((4, 6, 3), dtype=np.uint8), CLASSES, CLASSES, "small", mask, parts)


def frame(logit: float, *erased: tuple[int, int]) -> Frame:
    region = np.zeros((4, 6), dtype=np.float32)
    for place in erased:
        region[place] = 1
    return Frame("k", np.zeros((2, 3), np.float32), np.array([logit, 0], np.float32), (), region=region)


def test_an_erasing_is_told_by_its_scores_and_by_where_it_fell() -> None:
    shown = (frame(0.0), frame(-np.log(3), (0, 0), (0, 1), (0, 5), (3, 3)), frame(-9.0), frame(-9.0, (3, 3)))
    first, last = erasing.erasings(shown, sample(), "cat")
    assert (first.before, first.after) == pytest.approx((0.5, 0.25))
    assert (first.area, first.on, first.others, first.off) == (4 / 24, 0.5, 0.25, 0.25)
    assert (last.on, last.off) == (0, 1)
    assert last.before == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    ("before", "on", "words"),
    [
        (0.2, 0.1, "what the map covers then is not the cat"),
        (0.2, 0.9, "after one erasing, and much of the cat is still missing"),
        (0.9, 0.9, "more of the cat"),
        (0.9, 0.2, "finds it elsewhere"),
    ],
)
def test_the_claim_on_erasing_follows_its_last_erasing(before: float, on: float, words: str) -> None:
    first = erasing.Erasing(0.9, before, 0.1, 0.9, 0.0)
    assert words in erasing.claim((first, erasing.Erasing(before, 0.1, 0.1, on, 0.0)), "cat")
    assert "nothing to erase" in erasing.claim((), "cat")


@pytest.mark.parametrize(
    ("own", "other", "words"),
    [(0.1, 0.2, "agree"), (0.1, 0.9, "no more than it masks"), (0.8, 0.1, "the other does not")],
)
def test_a_network_that_judges_itself_is_held_against_another(own: float, other: float, words: str) -> None:
    assert words in erasing.verdict(own, other)


def trace_of(features: np.ndarray, weights: np.ndarray) -> Trace:
    maps = np.einsum("cd,dhw->chw", weights, features).astype(np.float32)
    arrays = {"features": features.astype(np.float32), "weights": weights.astype(np.float32)}
    return Trace((Step(0, maps, maps.mean(axis=(1, 2)), arrays=arrays),), classes=CLASSES)


def test_a_cells_sum_is_the_maps_value_and_its_default_cell_the_highest() -> None:
    rng = np.random.default_rng(0)
    trace = trace_of(rng.random((20, 3, 5)), rng.normal(size=(2, 20)))
    found = class_map.cell_sum(trace, "cow", (2, 4))
    assert found.value == pytest.approx(float(trace.maps[1, 2, 4]), abs=1e-5)
    assert found.products[list(found.listed)].sum() + found.rest == pytest.approx(found.value)
    assert found.products[found.listed[0]] == found.products.max()
    assert found.products[found.listed[-1]] == found.products.min()
    peak = class_map.cell_sum(trace, "cow", ())
    assert trace.maps[1, peak.row, peak.column] == trace.maps[1].max()
    assert class_map.cell_sum(trace, "cow", (3, 0)).row == peak.row, "a cell outside of the map"


def test_half_of_what_speaks_for_a_class_is_counted_from_the_largest_products() -> None:
    features, weights = np.ones((6, 1, 2)), np.array([[0, 4, 3, 2, 1, -9.0], [0] * 6])
    assert class_map.cell_sum(trace_of(features, weights), "cat", ()).half == 2


def test_the_shown_class_map_is_the_classifiers_own() -> None:
    source = examples.sources()[0]
    trace, _ = examples.lesson_trace("class-sum", source)
    expected = examples.trace(samples.scene(source), "cam")
    np.testing.assert_allclose(trace.maps, expected.maps, atol=2e-3 * float(np.abs(expected.maps).max()))
    name = trace.classes[int(expected.scores.argmax())]
    peak = class_map.cell_sum(trace, name, ())
    assert peak.value == pytest.approx(float(expected.maps[trace.classes.index(name)].max()), rel=2e-3)


def test_recalls_over_thresholds_are_those_of_the_pseudo_mask() -> None:
    source = examples.sources()[0]
    shown = samples.scene(source)
    trace = examples.trace(shown, "cam")
    name = (shown.labels or ())[0]
    found = discriminative_part.recalls(trace, shown, name)
    labels = [trace.classes.index(label) for label in shown.labels or ()]
    for threshold in (0.1, 0.3, 0.62):
        mask = pseudo_mask(trace.maps, labels, shown.size, threshold)
        scores = score_image(mask == trace.classes.index(name) + 1, shown, name)
        assert found.at(threshold) == (scores.discriminative, scores.non_discriminative)
    assert list(found.rest) == sorted(found.rest, reverse=True)


def test_the_overlap_of_a_mask_is_the_mean_over_the_labels() -> None:
    shown = sample()
    assert shown.mask is not None
    assert pipeline.overlap(shown.mask, shown) == 1
    half = np.where(shown.mask == 2, 2, 0).astype(np.uint8)
    assert pipeline.overlap(half, shown) == 0.5


@pytest.mark.parametrize(("told", "right"), [(60.0, "better"), (40.0, "no better")])
def test_the_answer_on_the_pipeline_follows_the_held_out_scores(told: float, right: str) -> None:
    found = pipeline.Segmented(np.zeros((2, 3), dtype=np.uint8), 45.0, told, 50.0)
    question = pipeline._question(0.4, found)
    assert question.options[question.right] == right
    assert f"mIoU {told:.1f} against 50.0" in question.answer


def test_the_map_over_time_is_read_above_the_threshold() -> None:
    moments = np.array([0, 2, 1, 1, 2, 0], dtype=np.uint8)
    video = Video(np.zeros((6, 4, 4, 3), dtype=np.uint8), ("kick",), (moments > 0).astype(np.uint8), moments, "v")
    found = temporal.Timed(video, np.array([[0, 0.1, 1, 0.6, 0.6, 0]]), 0.5)
    assert (found.recall(1), found.recall(2)) == (1.0, 0.5)
    assert temporal.strip(video, 3).shape == (4, 12, 3)
    assert temporal.described(found).endswith("frame 3 to 4")
    marks = temporal.map_chart(found).panels[0].marks
    bands = [(mark.name, list(mark.x)) for mark in marks if isinstance(mark, Band)]
    assert bands == [
        ("the discriminative moment", [2, 4]), ("run-up and run-out", [1, 2]), ("run-up and run-out", [4, 5])
    ]  # fmt: skip
    (line,) = (mark for mark in marks if isinstance(mark, Line))
    assert (line.x[2], line.y[2]) == (2.5, 1.0)


def averages(probability: float, rest: float) -> dict[str, float]:
    return {"probability": probability, "non_discriminative_absolute": rest}


@pytest.mark.parametrize(
    ("kept", "rest", "words"),
    [
        (0.85, 30.0, ("still sees", "and the rest of the object lights up")),
        (0.85, 10.0, ("still sees", "does not light up")),
        (0.5, 10.0, ("half sure", "and the rest of the object does not light up")),
        (0.1, 30.0, (" forgets", "but the rest of the object lights up")),
    ],
)
def test_the_claim_on_what_is_still_seen_follows_the_averages(kept: float, rest: float, words: tuple[str, str]) -> None:
    found = still_seen.claim(averages(0.9, 20.0), averages(kept, rest))
    assert all(word in found for word in words)


def test_the_sofa_says_what_the_trained_masks_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    report = stored_leakage("scenes-test")
    assert report is not None
    row = report["methods"]["cs-ae"][report["recalls"].index(0.7)]
    said = sofa.trained_so()
    assert said.startswith(f"On {report['count']} scenes where objects touch: at 70 % recall, {row['leak']:.1f} %")
    monkeypatch.setattr(sofa, "stored_leakage", lambda name: None)
    assert sofa.trained_so() == ""


def judged(other: float) -> sofa.Judgement:
    return sofa.Judgement("", 0, 0.1, other, 0.5, 0.3)


@pytest.mark.parametrize(
    ("probabilities", "words"),
    [
        ((0.9, 0.1, 0.1), "is penalised where it covers the cat, one mask for all labels is not"),
        ((0.9, 0.1, 0.8), "is penalised where it covers the cat"),
        ((0.9, 0.8, 0.8), "sees the cat even through the mask"),
        ((0.2, 0.1, 0.1), "has lost the cat from the start"),
    ],
)
def test_the_claim_on_the_sofa_follows_the_judge(probabilities: tuple[float, ...], words: str) -> None:
    claim = sofa.claim(tuple(judged(p) for p in probabilities), "cat")
    assert claim.endswith(words)


def test_the_hours_of_annotation() -> None:
    found = labels_only.hours("voc")
    assert found["image labels"] == pytest.approx(10_582 * 20 / 3600)
    assert found["a mask"] / found["image labels"] == pytest.approx(239.7 / 20)
    assert "twelfth" in labels_only._part(239.7 / 20)
