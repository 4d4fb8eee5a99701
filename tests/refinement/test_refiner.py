"""Refiners by name, and methods that go on through one."""

from __future__ import annotations

import numpy as np
import pytest

from wsss_viz.data.sources import sample
from wsss_viz.errors import InputError
from wsss_viz.methods import bind
from wsss_viz.methods.views import SINGLE
from wsss_viz.models import load
from wsss_viz.refinement import REFINERS, memory, refined, refiner
from wsss_viz.traces.normalisation import normalise
from wsss_viz.traces.pseudo_masks import pseudo_mask
from wsss_viz.traces.resize import upsample
from wsss_viz.traces.step import Trace, last_step


def test_names_and_backgrounds():
    assert {name: refiner(name).settings for name in REFINERS} == REFINERS
    assert refiner("crf") == refiner("crf:irn")
    assert refiner("crf:psa@24").backgrounds == (24.0,)
    assert refiner("pamr@0.3").settings.background == 0.3
    assert [refiner(name).finishes for name in ("crf:psa", "pamr")] == [True, False]
    for wrong in ("", "crf:", "irn", "crf:irn@", "crf:irn@1", "crf:irn@x", "crf:psa@0", "crf:psa@nan", "pamr@-0.1"):
        with pytest.raises(InputError, match="give"):
            refiner(wrong)


def test_hard_labels_are_the_pseudo_mask_and_powers_are_of_the_rest():
    image = np.zeros((8, 12, 3), np.uint8)
    maps = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
    values = normalise(upsample(maps, (8, 12)), "relu_max")
    hard = next(iter(refiner("crf:irn@0.4").steps(image, maps)))
    outside = values.max(0) <= 0.4
    np.testing.assert_allclose(hard.arrays["background"], np.where(outside, 0.7, 0.15), atol=1e-6)
    soft = next(iter(refiner("crf:psa@4").steps(image, maps)))
    scores = np.clip(np.concatenate([(1 - values.max(0, keepdims=True)) ** 4, values]), 1e-5, 1)
    np.testing.assert_allclose(soft.maps, (scores / scores.sum(0))[1:], atol=1e-5)


def test_a_method_goes_on_through_a_refiner():
    classifier, dog = load("scenes-classifier", "cpu"), sample("scenes:test:17")
    run = bind("cam", classifier)
    before = last_step(run(dog, SINGLE))
    trace = Trace.collect(refined(run, refiner("crf:irn@0.3"))(dog, SINGLE), "cam", classifier.classes, dog)
    assert len(trace) == 11
    assert trace.maps.shape == (10, *dog.size)
    assert trace.target_names == dog.labels
    assert trace.settings == {**before.settings, "refine": "crf:irn@0.3"}
    np.testing.assert_array_equal(trace.scores, before.scores)
    others = [i for i in range(10) if i not in before.targets]
    assert not trace.maps[others].any()
    total = trace.maps.sum(0) + trace.steps[-1].arrays["background"]
    np.testing.assert_allclose(total, 1, atol=1e-5)


@pytest.mark.parametrize("name", list(REFINERS))
@pytest.mark.parametrize("count", [0, 1, 25])
def test_no_label_a_map_of_zeros_and_more_labels_than_voc_has_are_masks_too(name, count):
    image = np.zeros((9, 14, 3), np.uint8)
    image[:, 7:] = 200
    maps = np.zeros((count, 3, 4), np.float32)
    if count > 1:
        maps[-1, :, :2], maps[0, :, 2:] = 5, 3
    step = last_step(refiner(name).steps(image, maps))
    assert step.maps.shape == (count, 9, 14)
    assert np.isfinite(step.maps).all()
    if refiner(name).finishes:
        mask = np.concatenate([step.arrays["background"][None], step.maps]).argmax(0)
    else:
        mask = pseudo_mask(step.maps, range(count), (9, 14), refiner(name).settings.background)
    wanted = {0, 1, 25} if count > 1 else {0}
    assert set(np.unique(mask).tolist()) <= wanted
    if count > 1:
        assert (mask[4, 1], mask[4, 12]) == (25, 1)


@pytest.mark.parametrize("name", list(REFINERS))
def test_an_image_that_memory_has_no_room_for_is_refused_before_it_is_tried(name, monkeypatch):
    monkeypatch.setattr(memory, "_bytes", lambda device: 1000)
    with pytest.raises(InputError, match=r"refining 9 x 14 pixels .* make the image smaller"):
        last_step(refiner(name).steps(np.zeros((9, 14, 3), np.uint8), np.ones((1, 3, 4), np.float32)))
