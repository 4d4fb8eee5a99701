"""Seeds, counts and scores against values counted by hand and against a confusion matrix a threshold."""

import dataclasses
import json
import math

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from wsss_viz.data import Sample
from wsss_viz.data.findings import Noticed
from wsss_viz.evaluation import THRESHOLDS, count, pseudo_mask, score_image, summarise
from wsss_viz.evaluation.classification import classification_scores
from wsss_viz.evaluation.report_text import report_bytes
from wsss_viz.evaluation.runner import Counted, count_shared, image_rows
from wsss_viz.evaluation.scores import image_ious

CLASSES = ("cat", "dog", "sofa")


def make_sample(mask, parts=None, labels=("cat", "sofa"), classes=CLASSES):
    mask = np.array(mask, np.uint8)
    parts = None if parts is None else np.array(parts, np.uint8)
    return Sample(np.zeros((*mask.shape, 3), np.uint8), classes, labels, "s", mask, parts)


def random_case(seed):
    rng = np.random.default_rng(seed)
    mask = rng.choice([0, 0, 1, 3, 255], size=(24, 40)).astype(np.uint8)
    parts = np.where((mask > 0) & (mask < 255), rng.integers(1, 3, mask.shape), 0)
    return rng.normal(size=(3, 3, 5)), make_sample(mask, parts)


def test_pseudo_mask_by_hand():
    maps = np.array([[[1.0, 0.2]], [[9.0, 9.0]], [[0.0, 5.0]]])
    assert pseudo_mask(maps, [0, 2], (1, 2), 0.5).tolist() == [[1, 3]]
    assert pseudo_mask(maps, [0], (1, 2), 0.5).tolist() == [[1, 0]]
    assert pseudo_mask(maps, [], (1, 2), 0.5).tolist() == [[0, 0]]
    assert pseudo_mask(maps, [0], (1, 2), 0.1).tolist() == [[1, 1]]
    assert pseudo_mask(np.zeros((300, 1, 2)) + 1, [299], (1, 2), 0.5).tolist() == [[300, 300]]


def test_a_value_equal_to_the_threshold_is_background():
    maps = np.array([[[0.25, 0.5]]])
    assert pseudo_mask(maps, [0], (1, 2), 0.25, "raw").tolist() == [[0, 1]]


@pytest.mark.parametrize("seed", range(4))
def test_counts_are_the_confusion_matrix_of_the_pseudo_mask_at_every_threshold(seed):
    maps, sample = random_case(seed)
    counts = count(maps, sample, CLASSES)
    counted = sample.mask != 255
    for t in (0, 1, 13, 50, 99):
        guess = pseudo_mask(maps, [0, 2], sample.size, THRESHOLDS[t])
        table = confusion_matrix(sample.mask[counted], guess[counted], labels=range(4))
        np.testing.assert_array_equal(counts.intersection[t], np.diag(table))
        np.testing.assert_array_equal(counts.predicted[t], table.sum(axis=0))
        np.testing.assert_array_equal(counts.target, table.sum(axis=1))
        right = (guess == sample.mask) & counted
        assert counts.part_intersection[t].tolist() == [(right & (sample.parts == part)).sum() for part in (1, 2)]
    assert counts.part_target.tolist() == [(sample.parts == part).sum() for part in (1, 2)]


def test_classes_of_another_order_and_unknown_labels():
    maps, sample = random_case(7)
    counts = count(maps, sample, CLASSES)
    order = [2, 0]
    other = count(maps[order], sample, ("sofa", "cat"))
    np.testing.assert_array_equal(counts.intersection, other.intersection)
    np.testing.assert_array_equal(counts.predicted, other.predicted)
    without_sofa = count(maps[:1], sample, ("cat",))
    assert without_sofa.predicted[:, 3].max() == 0
    assert without_sofa.target[3] == counts.target[3] > 0
    assert count(maps[:1], make_sample(sample.mask, labels=("sofa",)), ("cat",)).predicted[:, 1:].max() == 0


def test_labels_unknown_come_from_the_mask():
    maps, sample = random_case(9)
    np.testing.assert_array_equal(
        count(maps, make_sample(sample.mask, labels=None), CLASSES).intersection,
        count(maps, sample, CLASSES).intersection,
    )


def test_scores_by_hand():
    # 8 pixels: cat map 1 .6 .3 0 on the first row; truth: cat on three of the first row, sofa nowhere predicted
    sample = make_sample([[1, 1, 0, 0], [3, 3, 0, 0]], [[1, 2, 0, 0], [2, 2, 0, 0]])
    maps = np.array([[[1.0, 0.6, 0.3, 0.0], [0.0] * 4], [[0.0] * 4] * 2, [[-1.0] * 4] * 2])
    scores = summarise([count(maps, sample, CLASSES)], CLASSES, threshold=0.2)
    # predicted cat: 3 pixels, 2 right; background: 5 predicted, 3 right of 4 there; sofa 0 of 2
    assert scores.per_class["cat"] == pytest.approx(100 * 2 / 3)
    assert scores.per_class["background"] == pytest.approx(100 * 3 / 6)
    assert scores.per_class["sofa"] == 0
    assert math.isnan(scores.per_class["dog"])
    assert scores.miou == pytest.approx(100 * (2 / 3 + 1 / 2 + 0) / 3)
    assert scores.precision == pytest.approx(100 * 2 / 3)
    assert scores.recall == pytest.approx(50)
    assert scores.fp == pytest.approx(100 * (1 / 3 + 2 / 6 + 0) / 3)
    assert scores.fn == pytest.approx(100 * (0 + 1 / 6 + 1) / 3)
    assert scores.part_recall == {"discriminative": 100, "non_discriminative": pytest.approx(100 / 3)}
    assert scores.best_threshold == pytest.approx(0.3)
    assert scores.best_miou == pytest.approx(100 * (1 + 4 / 6 + 0) / 3)
    assert json.loads(json.dumps(scores.as_dict()))["per_class"]["dog"] is None


def test_the_ious_of_each_image_are_those_of_the_classes_in_it():
    sample = make_sample([[1, 1, 0, 0], [3, 3, 0, 0]], [[1, 2, 0, 0], [2, 2, 0, 0]])
    maps = np.array([[[1.0, 0.6, 0.3, 0.0], [0.0] * 4], [[0.0] * 4] * 2, [[-1.0] * 4] * 2])
    counts = count(maps, sample, CLASSES)
    assert image_ious([counts, counts], 0.2) == [[66.7, 0.0]] * 2
    assert image_ious([counts], 0.3) == [[100.0, 0.0]]
    assert image_rows(Counted([counts], 0.1, ["scenes:val:0"], Noticed()), CLASSES) == [["scenes:val:0", "cat", "sofa"]]


def test_a_report_keeps_its_lists_on_one_line():
    report = {"images": [['a  "b', "cow"], ["d"]], "methods": {"cam": {"curve": [[0.0, None], [1e-3, 2]]}}, "none": []}
    text = report_bytes(report).decode()
    assert json.loads(text) == report
    assert text.splitlines()[:5] == ["{", '  "images": [', '    ["a  \\"b", "cow"],', '    ["d"]', "  ],"]


def test_iou_fp_and_fn_sum_to_one():
    images = []
    for seed in range(5):
        maps, sample = random_case(seed)
        images.append(count(maps, sample, CLASSES))
    scores = summarise(images, CLASSES)
    assert scores.miou + scores.fp + scores.fn == pytest.approx(100)
    assert scores.threshold == scores.best_threshold
    low, high = scores.interval["miou"]
    assert low < scores.miou < high
    assert summarise(images, CLASSES).interval == scores.interval


def test_the_interval_of_images_with_a_class_each_has_the_spread_of_the_classes():
    # Three images, a class each: seven of nine draws lack a class, which then leaves the draw's mean.
    images = []
    for place, wrong in enumerate((0, 3, 3)):
        mask = np.zeros((1, 8), dtype=np.uint8)
        mask[0, :4] = place + 1
        maps = np.zeros((3, 1, 8))
        maps[place, 0, wrong : wrong + 4] = 1
        images.append(count(maps, make_sample(mask, labels=(CLASSES[place],)), CLASSES))
    scores = summarise(images, CLASSES)
    by_hand = (100 + 100 / 7 + 100 / 7 + 100 * 6 / 18) / 4  # cat, dog, sofa, and the background's 6 of 18 pixels
    assert scores.miou == pytest.approx(by_hand)
    low, high = scores.interval["miou"]
    assert low < scores.miou < high
    # One draw in 27 is the cat's image alone, of which all is right; 8 are without it, where class and background have
    # an IoU of 1 of 7: more than the 2.5 % of draws beyond each bound.
    assert (low, high) == (pytest.approx(100 / 7), pytest.approx(100))


def test_a_threshold_that_was_not_counted_and_no_images():
    maps, sample = random_case(0)
    counts = [count(maps, sample, CLASSES)]
    with pytest.raises(ValueError, match=r"0\.333"):
        summarise(counts, CLASSES, threshold=0.333)
    with pytest.raises(ValueError, match="empty"):
        summarise([], CLASSES)


def test_one_image_by_hand():
    sample = make_sample([[1, 1, 1, 0, 255]], [[1, 2, 2, 0, 0]])
    scores = score_image(np.array([[True, True, False, True, True]]), sample, "cat")
    assert (scores.iou, scores.precision, scores.recall) == (2 / 4, 2 / 3, 2 / 3)
    assert (scores.discriminative, scores.non_discriminative) == (1, 0.5)
    nothing = score_image(np.zeros((1, 5), bool), sample, "dog")
    assert math.isnan(nothing.recall)
    assert math.isnan(nothing.iou)


def test_classification_scores_by_hand():
    labels = np.array([[1, 0, 1], [0, 1, 1], [1, 1, 1]])
    logits = np.array([[2.0, -1.0, 1.0], [1.0, 3.0, 1.0], [-1.0, 0.5, 1.0]])
    scores = classification_scores(logits, labels)
    # class 0: ranks +, -, + : (1 + 2/3) / 2; class 1: 1; class 2 is in all images and does not count
    assert scores.map == pytest.approx(((1 + 2 / 3) / 2 + 1) / 2)
    # class 0 at 0: TP 1, FP 1, FN 1: 1/2; class 1: 1
    assert scores.f1 == pytest.approx(0.75)
    with pytest.raises(ValueError, match="nothing to rank"):
        classification_scores(logits[:, 2:], labels[:, 2:])
    with pytest.raises(ValueError, match="NaN"):
        classification_scores(logits * np.nan, labels)
    with pytest.raises(ValueError, match="one shape"):
        classification_scores(logits[:2], labels)


def test_every_sample_is_read_once_and_named_beside_its_counts():
    samples = [random_case(seed)[1] for seed in range(4)]
    samples = [dataclasses.replace(sample, source=f"folder:x:{i}") for i, sample in enumerate(samples)]
    read = []

    class Watched(list):
        def __getitem__(self, index):
            read.append(index)
            return super().__getitem__(index)

    counted = count_shared(lambda s: (count(random_case(0)[0], s, CLASSES), 2.0), Watched(samples), "")
    assert read == [0, 1, 2, 3]
    assert counted.seconds == 8.0
    assert counted.sources == [sample.source for sample in samples]
    assert image_rows(counted, CLASSES) == [
        [f"folder:x:{i}", *(CLASSES[c - 1] for c in np.unique(s.mask) if c not in (0, 255))]
        for i, s in enumerate(samples)
    ]
