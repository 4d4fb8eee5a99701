"""The erasing experiment against values counted by hand: the class maps are the image's channels."""

import json
import math
import threading

import numpy as np
import pytest
import torch

from tests.methods.test_erasing import GREEN, RED, channels, photograph, small_network
from wsss_viz.data import Sample
from wsss_viz.errors import InputError
from wsss_viz.evaluation.erasing_experiment import FIXED, MEASURES, SWEPT, erasures, experiment, observe
from wsss_viz.methods.views import MIRROR

MASK = [[1, 1, 1, 2], [0, 1, 2, 255]]
PARTS = [[1, 1, 2, 1], [0, 2, 1, 0]]


def scene(red=RED, green=GREEN, labels=("red", "green"), mask=MASK, name="s"):
    pixels = np.round(np.stack([red, green, np.zeros_like(red)], axis=2) * 255).astype(np.uint8)
    masks = [None if m is None else np.array(m, np.uint8) for m in (mask, PARTS)]
    return Sample(pixels, ("red", "green", "blue"), labels, name, *masks)


def observed(sample=None, name="red", **options):
    found = observe(channels(), scene() if sample is None else sample, name, **options)
    return {(one.kind, one.threshold): one for one in found}


def check(observation, **expected):
    for measure, value in expected.items():
        assert getattr(observation, measure) == pytest.approx(value, abs=1e-4), measure


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def test_nothing_is_erased_at_threshold_one():
    found = observed(thresholds=(1.0,))
    for kind in SWEPT:
        # above .3: 1, .6, .8 and .4, of which .8 is not the object's; the .2 at the ignored pixel does not count
        check(
            found[kind, 1.0],
            area=0,
            score=3.2 / 8,
            probability=sigmoid(3.2 / 8),
            other_probability=sigmoid(2.2 / 8),
            recall_of_remainder=3 / 4,
            precision=3 / 4,
            union_iou=3 / 5,
            outside=0.8 / 3.0,
            discriminative_normalised=0.8,
            non_discriminative_normalised=0.3,
            discriminative_absolute=0.8,
            non_discriminative_absolute=0.3,
        )


def test_the_most_discriminative_part_erased():
    # 1, .6 and .8 are gone: the second map is .2 and .4, in its own unit .5 and 1
    check(
        observed(thresholds=(0.5,))["class", 0.5],
        area=3 / 8,
        score=0.8 / 8,
        other_probability=sigmoid(2.0 / 8),
        recall_of_remainder=1,
        precision=1,
        union_iou=4 / 5,
        outside=0,
        discriminative_normalised=0,
        non_discriminative_normalised=0.75,
        discriminative_absolute=0,
        non_discriminative_absolute=0.3,
    )
    check(observed(thresholds=(0.5,), seed_threshold=0.6)["class", 0.5], recall_of_remainder=1 / 2, union_iou=2 / 5)


def test_the_controls():
    found = observed(thresholds=(0.5,))
    # all labels at once: the green of 1, .6 and of .2, where red is .6, goes too
    check(found["agnostic", 0.5], area=5 / 8, score=0.8 / 8, other_probability=sigmoid(0.4 / 8))
    # the red of the true head and of the whole true object, in the unit of what is left
    check(
        found["discriminative", None],
        area=2 / 8,
        score=1.6 / 8,
        discriminative_absolute=0,
        non_discriminative_absolute=0.3,
        non_discriminative_normalised=0.375,
        recall_of_remainder=1 / 2,
    )
    check(found["non_discriminative", None], area=2 / 8, score=2.6 / 8, recall_of_remainder=1)
    assert found["object", None].area == 4 / 8
    assert found["object", None].score == pytest.approx(1 / 8)
    assert math.isnan(found["object", None].recall_of_remainder)
    assert found["object", None].outside == pytest.approx(1)
    # x (1 - M): R (1 - R)
    check(found["graded", None], area=3.2 / 8, score=(RED * (1 - RED)).sum() / 8)


def test_random_places_have_the_same_area_and_a_seed():
    network, sample = channels(), scene()
    maps = network.maps(network.preprocess(sample.image))[0]

    def masks(kind, seed=0, of=sample):
        found = erasures(network, of, "red", maps, seed=seed)
        return np.stack([one.mask for one in found if one.kind == kind])

    own, moved = masks("class"), masks("random")
    np.testing.assert_array_equal(own.sum(axis=(1, 2)), moved.sum(axis=(1, 2)))
    assert (own != moved).any()
    np.testing.assert_array_equal(moved, masks("random"))
    assert any((moved != masks("random", seed)).any() for seed in (1, 2, 3))
    assert any((moved != masks("random", of=scene(name=name))).any() for name in "abc")
    # larger thresholds erase less, and never what a smaller one keeps
    assert np.all(np.diff(own, axis=0) >= 0)
    np.testing.assert_array_equal(own[-1], RED > 0.1)
    np.testing.assert_array_equal(masks("agnostic")[-1], np.maximum(RED, GREEN) > 0.1)


def test_a_single_label_has_no_others_and_a_part_may_be_missing():
    lone = observed(scene(labels=("red",)), thresholds=(0.5,))["class", 0.5]
    assert math.isnan(lone.other_probability)
    green = observed(name="green", thresholds=(0.5,))["class", 0.5]
    assert math.isnan(green.non_discriminative_normalised)
    # green above .5: 1 and .6 are gone, which is the whole object; .2 and .4 are left, .4 at the ignored pixel
    check(green, area=2 / 8, score=0.6 / 8, discriminative_absolute=0, outside=1)
    assert math.isnan(green.recall_of_remainder)


def test_an_all_negative_map_erases_nothing():
    network = channels(((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    found = {(one.kind, one.threshold): one for one in observe(network, scene(), "red")}
    for theta in (0.9, 0.1):
        assert found["class", theta].area == found["random", theta].area == 0
        assert found["class", theta].recall_of_remainder == 0
        assert math.isnan(found["class", theta].precision)
    assert found["graded", None].area == 0
    check(found["class", 0.1], score=-3.2 / 8, discriminative_absolute=-0.8)


def test_the_rows_are_means_over_labels_and_images():
    samples = [scene(), scene(red=RED * 0.5, labels=("red",), name="t")]
    result = experiment(channels(), samples, thresholds=(1.0, 0.5), seed_threshold=0.3, seed=4)
    assert (result["images"], result["observations"], result["seed"]) == (2, 3, 4)
    rows = {(row["kind"], row["threshold"]): row for row in result["rows"]}
    assert set(rows) == {(kind, theta) for kind in SWEPT for theta in (1.0, 0.5)} | {(kind, None) for kind in FIXED}
    row = rows["class", 0.5]
    assert row["score"] == pytest.approx((0.8 + 0.6 + 0.4) / 8 / 3, abs=1e-3)
    assert row["count"]["score"] == 3
    # green is the other of red and red of green; the second image has no other
    assert row["count"]["other_probability"] == 2
    assert row["other_probability"] == pytest.approx((sigmoid(2.0 / 8) + sigmoid(3.2 / 8)) / 2, abs=1e-4)
    # the class green has no non-discriminative part
    assert row["count"]["non_discriminative_absolute"] == 2
    assert row["non_discriminative_absolute"] == pytest.approx((0.3 + 0.15) / 2, abs=1e-3)
    low, high = row["interval"]["score"]
    assert low == pytest.approx(0.4 / 8, abs=1e-3)
    assert high == pytest.approx((0.8 + 0.6) / 8 / 2, abs=1e-4)
    assert rows["object", None]["recall_of_remainder"] is None
    assert set(MEASURES) < row.keys()
    json.dumps(result, allow_nan=False)


def test_the_classifier_is_left_as_it_came_and_threads_agree():
    network = small_network().requires_grad_(True)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    mask = np.zeros((40, 64), np.uint8)
    mask[8:24, 8:40] = 1
    samples = [
        Sample(photograph(seed=i).image, ("a", "b", "c"), ("a",), f"p{i}", mask, (mask + (mask > 0)).astype(np.uint8))
        for i in range(8)
    ]
    options = {"thresholds": (1.0, 0.5), "views": MIRROR}
    alone = [observe(network, sample, "a", **options) for sample in samples]
    together = [None] * 8

    def work(i):
        together[i] = observe(network, samples[i], "a", **options)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [list(map(repr, found)) for found in alone] == [list(map(repr, found)) for found in together]
    assert len({one.probability for found in alone for one in found}) > 8
    assert not network.training
    assert all(p.grad is None and p.requires_grad for p in network.parameters())
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(InputError, match="scenes:val"):
        observed(scene(mask=None))
    with pytest.raises(InputError, match="'blue' is not a label of s"):
        observed(name="blue")
    with pytest.raises(InputError, match="'horse'"):
        observed(name="horse")
    with pytest.raises(InputError, match="nothing to erase"):
        experiment(channels(), [scene(labels=())])
