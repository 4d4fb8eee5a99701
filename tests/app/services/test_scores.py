"""Values, masks, scores and the sentence, against numbers worked out by hand."""

import dataclasses
import math

import numpy as np
import pytest

from wsss_viz.app.services.scores import sentence, top_classes, view_scores, visible_classes
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.markup import listed, probability
from wsss_viz.data.sample import Sample
from wsss_viz.traces import Step, Trace

CLASSES = ("cat", "dog", "sofa")


def trace_of(maps: np.ndarray, scores: list[float]) -> Trace:
    return Trace((Step(0, maps.astype(np.float32), np.array(scores, dtype=np.float32)),), "cam", CLASSES)


@pytest.fixture
def sample() -> Sample:
    """2 x 4 pixels: a dog in the left half, its upper row the discriminative part."""
    mask = np.array([[2, 2, 0, 0], [2, 2, 0, 0]], dtype=np.uint8)
    parts = np.array([[1, 1, 0, 0], [2, 2, 0, 0]], dtype=np.uint8)
    return Sample(np.zeros((2, 4, 3), np.uint8), CLASSES, ("dog",), "hand", mask, parts)


@pytest.fixture
def trace() -> Trace:
    """The dog's map at the image's own size: 4 on its upper left, 2 on its lower left, -8 elsewhere, 1 right above."""
    maps = np.zeros((3, 2, 4))
    maps[1] = [[4, 3, 1, -8], [2, -8, -8, -8]]
    maps[2] = [[0, 0, 0, 0], [0, 0, 0, 8]]
    return trace_of(maps, [-3.0, 2.0, -1.0])


def test_values_mask_and_scores_of_one_class(sample: Sample, trace: Trace) -> None:
    found = view_scores(trace, sample, CLASSES, ("dog",), ViewState(threshold=0.4))
    (dog,) = found.classes
    assert np.allclose(dog.values, [[1, 0.75, 0.25, 0], [0.5, 0, 0, 0]], atol=1e-5)
    assert found.mask.tolist() == [[2, 2, 0, 0], [2, 0, 0, 0]]
    assert dog.logit == 2
    assert dog.probability == pytest.approx(1 / (1 + math.exp(-2)))
    assert found.value_range == (0, 1)
    assert dog.scores is not None
    assert dataclasses.astuple(dog.scores) == pytest.approx((3 / 4, 1, 3 / 4, 1, 1 / 2))
    assert found.mean == dog.scores


def test_a_class_that_is_not_there_does_not_enter_the_mean(sample: Sample, trace: Trace) -> None:
    found = view_scores(trace, sample, CLASSES, ("dog", "sofa"), ViewState(threshold=0.4))
    assert found.mask.tolist() == [[2, 2, 0, 0], [2, 0, 0, 3]]
    sofa = found.classes[1].scores
    assert sofa is not None
    assert (sofa.iou, sofa.precision) == (0, 0)
    assert math.isnan(sofa.recall)
    assert found.mean == found.classes[0].scores


def test_no_shown_class_in_the_image_means_no_mean_and_no_sentence(sample: Sample, trace: Trace) -> None:
    found = view_scores(trace, sample, CLASSES, ("sofa",), ViewState())
    assert found.mean is None
    assert sentence(found, 0.3) == ""


def test_raw_maps_keep_their_sign_and_state_their_range_and_the_mask_stays_that_of_relu_max(
    sample: Sample, trace: Trace
) -> None:
    raw = view_scores(trace, sample, CLASSES, ("dog",), ViewState(threshold=0.4, normalisation="raw"))
    assert raw.value_range == (-8, 4)
    assert raw.classes[0].values.min() == -8
    assert raw.mask.tolist() == view_scores(trace, sample, CLASSES, ("dog",), ViewState(threshold=0.4)).mask.tolist()


def test_a_shared_maximum_keeps_maps_comparable(sample: Sample, trace: Trace) -> None:
    found = view_scores(trace, sample, CLASSES, ("dog", "sofa"), ViewState(normalisation="shared"))
    assert found.classes[0].values.max() == pytest.approx(0.5, abs=1e-5)
    assert found.classes[1].values.max() == pytest.approx(1, abs=1e-5)


def test_maps_are_enlarged_to_the_image(sample: Sample) -> None:
    small = trace_of(np.arange(3.0)[:, None, None] * np.ones((3, 1, 2)), [0, 1, 2])
    found = view_scores(small, sample, CLASSES, ("dog",), ViewState())
    assert found.classes[0].values.shape == (2, 4)


def test_without_masks_nothing_is_scored(trace: Trace) -> None:
    own = Sample(np.zeros((2, 4, 3), np.uint8), CLASSES, None, "own")
    found = view_scores(trace, own, CLASSES, ("dog",), ViewState())
    assert found.classes[0].scores is None
    assert found.mean is None


def test_what_is_shown_asked_for_labelled_or_most_likely(sample: Sample, trace: Trace) -> None:
    own = Sample(np.zeros((2, 4, 3), np.uint8), CLASSES, None, "own")
    assert visible_classes(ViewState(classes=("cat",)), sample, trace, CLASSES) == ("cat",)
    assert visible_classes(ViewState(), sample, trace, CLASSES) == ("dog",)
    assert visible_classes(ViewState(), own, trace, CLASSES) == ("dog",)
    assert visible_classes(ViewState(classes=("bird",)), sample, trace, CLASSES) == ("dog",)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [([3, 2, 1], ("cat", "dog")), ([-1, 2, 3], ("dog", "sofa")), ([-3, -2, -1], ("sofa",)), ([-1, -2, 4], ("sofa",))],
)
def test_the_top_classes_are_those_over_one_half_or_the_first(scores: list[float], expected: tuple[str, ...]) -> None:
    assert top_classes(trace_of(np.zeros((3, 1, 1)), scores), CLASSES) == expected


def test_the_sentence_states_the_measured_shares(sample: Sample, trace: Trace) -> None:
    space = "\N{NO-BREAK SPACE}"
    found = view_scores(trace, sample, CLASSES, ("dog",), ViewState(threshold=0.4))
    assert sentence(found, 0.4) == (
        f"Above a threshold of 0.40, the map of dog covers 100{space}% of the discriminative part, but only "
        f"50{space}% of the non-discriminative part."
    )
    low = view_scores(trace, sample, CLASSES, ("dog", "sofa"), ViewState(threshold=0.8))
    assert sentence(low, 0.8) == (
        f"Above a threshold of 0.80, the map of dog covers 50{space}% of the discriminative part, but only "
        f"0{space}% of the non-discriminative part."
    )


def test_probability_is_the_sigmoid_far_out_too() -> None:
    assert probability(0) == 0.5
    assert probability(800) == 1
    assert probability(-800) == 0
    assert probability(-3) == pytest.approx(1 - probability(3))


def test_names_are_listed_in_words() -> None:
    assert listed(["cow"]) == "cow"
    assert listed(["cow", "dog", "sofa"]) == "cow, dog and sofa"
