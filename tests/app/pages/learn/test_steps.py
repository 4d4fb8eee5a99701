"""What the steps say is what they show: sums, shares and claims by hand, and against the library."""

from __future__ import annotations

import numpy as np
import pytest

from wsss_viz.app.pages.learn import examples, shared_network, temporal
from wsss_viz.app.pages.learn.steps import adversarial_erasing as erasing
from wsss_viz.app.pages.learn.steps import (
    class_map,
    discriminative_part,
    labels_only,
    parts_erased,
    pipeline,
    sofa,
    still_seen,
    two_animals,
)
from wsss_viz.app.pages.videos import charts
from wsss_viz.app.services import samples
from wsss_viz.app.services.steps import Frame
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets import rendering
from wsss_viz.data.sample import Sample
from wsss_viz.data.sequences import Video
from wsss_viz.evaluation.seeds import pseudo_mask, score_image
from wsss_viz.evaluation.stored_results import stored_leakage
from wsss_viz.figures.chart import Band, Line
from wsss_viz.refinement import refiner
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
    shown = (frame(4.0), frame(3.0, (0, 0), (0, 1), (0, 5), (3, 3)), frame(-2.0), frame(-2.0, (3, 3)))
    first, last = erasing.erasings(shown, sample(), "cat")
    assert (first.before, first.after) == pytest.approx((1, 0.75)), "shares of the whole image's logit"
    assert (first.area, first.on, first.others, first.off) == (4 / 24, 0.5, 0.25, 0.25)
    assert (last.on, last.off) == (0, 1)
    assert last.before == pytest.approx(-0.5)


def test_an_erased_region_of_another_size_falls_where_it_is() -> None:
    region = np.zeros((2, 3), dtype=np.float32)
    region[0, 0] = 1  # the upper left two by two pixels of the sample, all of the cat
    small = Frame("k", np.zeros((2, 3), np.float32), np.array([1.0, 0], np.float32), (), region=region)
    (only,) = erasing.erasings((frame(2.0), small), sample(), "cat")
    assert (only.on, only.off, only.after) == (1, 0, 0.5)
    assert only.area == pytest.approx(1 / 6)


def test_where_erasings_of_photographs_fall_is_the_mean_over_their_stored_traces() -> None:
    every = erasing.over_photographs()
    assert every.values.shape == (3, 3, 3)
    assert every.count == len(examples.photographs())
    firsts = []
    for source in examples.photographs():
        trace, shown = examples.photograph_lesson("erasing", source), samples.example(source)
        masks = [step.arrays["all_masks"][0] > 0.5 for step in trace]
        assert not masks[0].any()
        there = rendering.enlarge_mask(shown.class_mask((shown.labels or ("",))[0]), masks[1].shape) > 0
        firsts.append(there[masks[1]].mean())
    assert every.values[0, 0, 0] == pytest.approx(np.mean(firsts), abs=0.01)
    assert (every.values[..., 1] <= every.values[..., 0]).all()
    assert (every.values[..., 0] <= every.values[..., 2]).all()


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
    assert words in shared_network.verdict(own, other)


def test_the_faults_of_gain_are_those_of_its_stored_step_on_which_the_two_networks_differ_most() -> None:
    every = shared_network.judged()
    best = shared_network.clearest(every)
    assert best is not None
    assert best.count == len(every) == 2 * len(examples.sources()), "two labels per scene"
    assert best.ordinary - best.gain >= shared_network.APART, "the fault is seen"
    assert max(abs(one.ordinary - one.gain) for one in every) == best.ordinary - best.gain
    (step,) = (
        step
        for source in examples.sources()
        for step in examples.trace(samples.scene(source), "gain")
        if step.image is best.picture
    )
    assert step.mask is not None
    said = shared_network.note(best)
    for part in (f"{best.gain:.2f}", f"{best.ordinary:.2f}", "no more than it masks", "<img"):
        assert part in said
    assert step.terms[f"object/{best.name}"] == best.on
    assert best.on + best.others + step.terms["object/background"] == pytest.approx(1)
    assert shared_network.clearest(()) is None


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


@pytest.mark.parametrize("source", ["photos:dog", "photos:koala"])
def test_the_shown_class_map_is_the_classifiers_own(source: str) -> None:
    trace = examples.photograph_lesson("class-sum", source)
    shown = samples.example(source)
    assert trace.classes == shown.labels
    expected = examples.trace(shown, "cam")
    row = expected.maps[shown.classes.index(trace.classes[0])]
    np.testing.assert_allclose(trace.maps[0], row, atol=2e-3 * float(np.abs(row).max()))
    for cell in ((), (3, 4)):
        found = class_map.cell_sum(trace, trace.classes[0], cell)
        assert found.value == pytest.approx(float(row[found.row, found.column]), abs=5e-3 * float(row.max()))
    assert trace.scores[0] == pytest.approx(float(expected.scores[shown.classes.index(trace.classes[0])]), abs=1e-3)


@pytest.mark.parametrize("source", ["photos:dog", "scenes:test:129"])
def test_recalls_over_thresholds_are_those_of_the_pseudo_mask(source: str) -> None:
    shown = samples.example(source)
    trace = examples.trace(shown, "cam")
    name = (shown.labels or ())[0]
    found = discriminative_part.recalls(trace, shown, name)
    labels = [trace.classes.index(label) for label in shown.labels or ()]
    for threshold in (0.1, 0.3, 0.62):
        mask = pseudo_mask(trace.maps, labels, shown.size, threshold)
        scores = score_image(mask == trace.classes.index(name) + 1, shown, name)
        assert found.at(threshold) == (scores.discriminative, scores.non_discriminative)
    assert list(found.rest) == sorted(found.rest, reverse=True)


def test_the_recalls_over_photographs_are_the_means_of_each() -> None:
    every = discriminative_part.over_photographs()
    each = []
    for source in examples.photographs():
        shown = samples.example(source)
        each.append(
            discriminative_part.recalls(examples.trace(shown, "cam"), shown, (shown.labels or ("",))[0]).at(0.3)
        )
    assert every.values[:, 30, 0].tolist() == pytest.approx(np.mean(each, axis=0).tolist())
    assert (every.values[:, 30, 1] < every.values[:, 30, 0]).all()
    assert (every.values[:, 30, 0] < every.values[:, 30, 2]).all()
    assert every.count == 16


def test_the_overlap_of_a_mask_is_the_mean_over_the_labels() -> None:
    shown = sample()
    assert shown.mask is not None
    assert pipeline.overlap(shown.mask, shown) == 1
    half = np.where(shown.mask == 2, 2, 0).astype(np.uint8)
    assert pipeline.overlap(half, shown) == 0.5


def test_the_refined_stage_is_the_crf_whose_background_the_threshold_is() -> None:
    source = examples.sources()[0]
    shown = samples.scene(source)
    trace = examples.trace(shown, "cam")
    rows = [trace.classes.index(name) for name in pipeline.labels_of(trace, shown)]
    maps = trace.steps[-1].image_maps(shown.size, rows)
    masks = []
    for level in (0.3, 0.6):  # the first is stored
        mask = pipeline.finished(pipeline.refined(source, level), trace, shown)
        expected = np.array([0, *(row + 1 for row in rows)])[refiner(f"crf:irn@{level}").masks(shown.image, maps)[0]]
        assert (mask == expected).mean() > 0.999, "stored traces are rounded"
        masks.append(mask)
    assert (masks[0] != masks[1]).any()


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
    assert charts.strip(video.frames, count=3).shape == (4, 12, 3)
    assert temporal.described(found).endswith("frame 3 to 4")
    marks = temporal.map_chart(found).panels[0].marks
    bands = [(mark.name, list(mark.x)) for mark in marks if isinstance(mark, Band)]
    assert bands == [
        ("the discriminative moment", [2, 4]), ("run-up and run-out", [1, 2]), ("run-up and run-out", [4, 5])
    ]  # fmt: skip
    (line,) = (mark for mark in marks if isinstance(mark, Line))
    assert (line.x[2], line.y[2]) == (2.5, 1.0)


def answered(name: str, left: float, change: tuple[float, float, float]) -> parts_erased.Answers:
    """Of the whole image a logit of 2 and 4 on the body."""
    values = np.zeros((4, 3, 3))
    values[:, 0] = 2.0 * left
    values[0, 0], values[0, 2] = 2.0, 4.0
    return parts_erased.Answers(name, 3, parts_erased.ERASED, values, change)


@pytest.mark.parametrize(
    ("left", "change", "words"),
    [
        (0.9, (2.0, 1.0, 3.0), ("still sees", "lights up")),
        (0.9, (-2.0, -3.0, -1.0), ("still sees", "fades")),
        (0.5, (0.5, -1.0, 1.0), ("is half sure of", "answers as before")),
        (0.1, (2.0, 1.0, 3.0), ("forgets", "lights up")),
    ],
)
def test_the_claim_on_what_is_still_seen_follows_the_averages(
    left: float, change: tuple[float, float, float], words: tuple[str, str]
) -> None:
    of_photographs, of_scenes = answered("photographs", left, change), answered("drawn scenes", 0.2, (-2, -3, -1))
    first, _, second = still_seen.claim(of_photographs, of_scenes).partition(";")
    assert all(word in first for word in words)
    assert "forgets its class, and the non-discriminative part fades" in second
    assert still_seen.claim(of_scenes, of_scenes).endswith("so it is on drawn scenes")
    assert of_photographs.relative == tuple(one / 4 for one in change)


def test_what_photographs_answer_is_the_mean_of_their_stored_traces_paired_by_image() -> None:
    def trace(*rows: tuple[float, float, float]) -> Trace:
        steps = [
            Step(k, np.zeros((1, 2, 3), np.float32), np.array([s], np.float32), (0,), terms={"head": h, "body": b})
            for k, (s, h, b) in enumerate(rows)
        ]
        return Trace(tuple(steps), classes=("cat",))

    found = parts_erased.answers([trace((4, 8, 2), (3, 1, 3), (2, 8, 0)), trace((2, 6, 4), (1, 1, 7), (2, 6, 2))])
    assert found.values[:, 0, 0].tolist() == [3, 2, 2]
    assert found.values[1, :, 0].tolist() == [2, 1, 5]
    assert found.change == (2, 1, 3)
    assert found.left(1) == pytest.approx(2 / 3)


def test_of_the_stored_photographs_the_body_answers_more_without_the_head() -> None:
    found, scenes = parts_erased.over_photographs(), parts_erased.over_scenes()
    assert found.count == 16
    assert found.change[1] > 0, "the claim of CS-AE's authors, on photographs"
    assert scenes.change[2] < 0, "and not on the drawn scenes"
    assert scenes.left(1) < found.left(1)


def test_the_pictures_without_parts_lack_these_parts_and_nothing_else() -> None:
    shown = samples.example("photos:koala")
    whole, head, body, both = still_seen.erased_pictures(shown, "koala")
    assert shown.parts is not None
    np.testing.assert_array_equal(whole, shown.image)
    for picture, gone in ((head, shown.parts == 1), (body, shown.parts == 2), (both, shown.parts > 0)):
        np.testing.assert_array_equal(picture[~gone], shown.image[~gone])
        assert len(np.unique(picture[gone], axis=0)) == 1


def pair(specific: list[list[float]], together: list[list[float]]) -> two_animals.Pair:
    arrays = (np.array(specific, np.float32), np.array(together, np.float32))
    return two_animals.Pair(sample(), "cat", "cow", *arrays, ((), ()), np.zeros((2, 3), np.float32))


@pytest.mark.parametrize(
    ("specific", "together", "words"),
    [
        (1.9, 0.5, "the cow's logit stays, +2.0, then +1.9; one mask for both takes it to +0.5"),
        (1.9, 1.8, "the cow's logit stays, +2.0, then +1.9"),
        (0.4, 0.4, "here the cow's logit falls too, from +2.0 to +0.4"),
    ],
)
def test_the_claim_on_two_animals_follows_the_others_logit(specific: float, together: float, words: str) -> None:
    shown = pair([[3, 2], [1, specific]], [[3, 2], [1, together]])
    assert two_animals.claim(shown).endswith(words)
    assert shown.left == pytest.approx((specific / 2, together / 2))


def test_erasing_the_dog_leaves_the_macaw() -> None:
    kinds = (examples.photograph_lesson(kind, "photos:dog") for kind in ("beside", "beside-all"))
    found = two_animals.pair_of(examples.beside("photos:dog"), *kinds)
    assert (found.erased, found.other) == ("German shepherd", "macaw")
    assert found.specific[:, 1].round(2).tolist() == pytest.approx([1.36, 1.46, 1.50, 1.45], abs=0.03)
    assert found.specific[-1, 0] < 0.75 * found.specific[0, 0]
    assert found.together[-1, 1] < 0.5 * found.together[0, 1]
    left = two_animals.over_pairs()
    assert left[0, 1] > left[1, 2], "over all pairs the intervals are apart"


def test_the_sofa_says_what_the_trained_masks_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    report = stored_leakage("scenes-test")
    assert report is not None
    row = report["methods"]["cs-ae"][report["recalls"].index(0.7)]
    said = sofa.trained_so()
    assert said.startswith(f"On {report['count']} scenes where objects touch: at 70 % recall, {row['leak']:.1f} %")
    monkeypatch.setattr(sofa, "stored_leakage", lambda name: None)
    assert sofa.trained_so() == ""


def test_the_sofa_and_what_is_erased_of_it_are_seen() -> None:
    source = examples.with_labels("sofa")[0]
    ground, (trace, _) = samples.fine_scene(source), examples.lesson_trace("spill-sofa", source)
    changed = (sofa.outlined(ground) != ground.image).any(axis=2)
    truth = ground.class_mask("sofa")
    rows, columns = np.nonzero(truth)
    assert 0 < changed.mean() < 0.1
    assert not changed[: rows.min() - 4].any()
    assert not changed[:, : max(columns.min() - 4, 0)].any()
    own, spilled = (sofa.mask_over(ground, step).astype(float).mean(axis=2) for step in trace.steps[:2])
    guest = (ground.mask > 0) & ~truth
    assert spilled[guest].mean() > own[guest].mean() + 40, "the guest is bright where the mask runs over it"


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


def test_the_first_step_is_of_the_learners_photograph() -> None:
    for source in ("photos:panda", "photos:dog"):
        assert labels_only.lesson(ViewState(example=source)).inspect.state.example == source
    assert labels_only.lesson(ViewState()).inspect.state.example == "photos:dog"


def test_the_two_maxima_of_the_class_map_are_told_apart() -> None:
    cells = np.zeros((3, 5), dtype=np.float32)
    cells[1, 2] = 8.0
    # of an even enlargement no pixel lies on a cell's centre: the four around it are a quarter cell away on each side
    assert class_map.maxima(cells, 8.0, (6, 10)).endswith("its highest value is +4.50.")
    assert class_map.maxima(cells, 8.0, (6, 10)).startswith("The highest cell is +8.00.")
    assert class_map.maxima(cells, 8.0, (9, 15)).endswith("its highest value is +8.00.")
