"""Erasing by hand: against the stored experiments, and the fills against values counted by hand."""

import numpy as np
import pytest

import wsss_viz
from wsss_viz.data.sample import Sample
from wsss_viz.data.strokes import painted, read_strokes, strokes_of
from wsss_viz.errors import InputError
from wsss_viz.evaluation.erasing_experiment import observe
from wsss_viz.evaluation.hand_erasing import erased_by_hand
from wsss_viz.evaluation.part_erasing import part_masks
from wsss_viz.methods.settings import FILLS
from wsss_viz.models.colour_network import COLOURS, colour_network
from wsss_viz.models.narrowing import narrow
from wsss_viz.showcase.photograph_lessons import read_photograph_lessons


def drawn(mask):
    """The mask as somebody would send it: as a text of strokes."""
    return painted(read_strokes(".".join(map(str, strokes_of(mask)))), mask.shape)


def test_the_true_head_of_a_scene_erased_by_hand_gives_the_experiments_score():
    classifier = wsss_viz.load("scenes-classifier", device="cpu")
    sample = wsss_viz.data.open("scenes:test@120x152")[3]
    name = (sample.labels or ())[0]
    size = classifier.preprocessing.size(*sample.size)
    step = erased_by_hand(classifier, sample, drawn(part_masks(sample, name, size)[1]))
    measured = {one.kind: one for one in observe(classifier, sample, name, thresholds=())}
    expected = measured["discriminative"]
    index = classifier.classes.index(name)
    assert expected.area > 0
    assert step.terms["area"] == pytest.approx(expected.area)
    assert float(step.scores[index]) == pytest.approx(expected.score, rel=0.01)
    assert abs(expected.score - float(classifier.logits(classifier.preprocess(sample.image))[0, index])) > 0.1


@pytest.mark.parametrize("photograph", ["koala", "dog"])
def test_the_true_head_of_a_photograph_erased_by_hand_gives_the_stored_score(photograph):
    sample = wsss_viz.data.open(f"photos:{photograph}")[0]
    (name,) = sample.labels or ()
    classifier = narrow(wsss_viz.load("imagenet-efficientnet-lite0", device="cpu"), (name,))
    size = classifier.preprocessing.size(*sample.size)
    assert size[0] != size[1]
    head = part_masks(sample, name, size)[1]
    step = erased_by_hand(classifier, Sample(sample.image, (name,), (name,), sample.name), drawn(head))
    stored = read_photograph_lessons().trace("parts", f"photos:{photograph}", sample).steps[1]
    assert step.terms["area"] == pytest.approx(stored.terms["area"], rel=1e-4)
    assert float(step.scores[0]) == pytest.approx(float(stored.scores[stored.targets[0]]), rel=0.01)
    assert step.image is not None
    assert step.image.shape[:2] == size


def test_the_fills_are_the_mean_a_blur_and_mid_grey():
    image = np.zeros((20, 30, 3), np.uint8)
    image[:, 15:, 1] = 255
    sample = Sample(image, COLOURS, ("green",), "half")
    mask = np.zeros((20, 30), dtype=bool)
    mask[:, 10:] = True
    seen = {fill: erased_by_hand(colour_network(), sample, mask, fill).image for fill in FILLS}
    assert all((picture[:, :10] == image[:, :10]).all() for picture in seen.values())
    assert (seen["mean"][:, 10:] == 0).all()  # 0 of this network's input is black
    assert (seen["grey"][:, 10:] == 128).all()
    green = seen["blur"][10, :, 1].astype(int)
    assert (seen["blur"][:, 10:, [0, 2]] == 0).all()
    assert 100 < (green[14] + green[15]) / 2 < 155  # the edge is still where it was
    assert green[11] < 30
    assert green[18] > 225
    assert (np.diff(green[10:]) >= 0).all()


def test_what_cannot_be_erased_is_said():
    sample = Sample(np.zeros((4, 6, 3), np.uint8), COLOURS, ("green",), "black")
    with pytest.raises(InputError, match=r"size of the input, \(4, 6\), got \(6, 4\)"):
        erased_by_hand(colour_network(), sample, np.zeros((6, 4), dtype=bool))
    with pytest.raises(InputError, match="one of mean, blur, grey"):
        erased_by_hand(colour_network(), sample, np.zeros((4, 6), dtype=bool), "red")
