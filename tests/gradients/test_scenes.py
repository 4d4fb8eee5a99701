"""Regions, and the ratios of scenes through the layers and through RIB's steps."""

import numpy as np
import pytest

import wsss_viz
from tests.models.test_classifier import seeded_network
from wsss_viz.data.scenes import CLASSES
from wsss_viz.errors import InputError
from wsss_viz.gradients import box_region, map_regions, part_regions
from wsss_viz.gradients.regions import at_size
from wsss_viz.gradients.scenes import Counting, measure_rib, measure_scenes, rib_steps, scene_maps


@pytest.fixture(scope="module")
def sample():
    return wsss_viz.data.open("scenes:test@64x96")[17]


def test_part_regions_are_the_classs_own_parts_and_the_background(sample):
    name = sample.labels[0]
    first, rest, background = part_regions(sample, name)
    assert np.array_equal(first | rest, sample.class_mask(name) & (sample.parts > 0))
    assert np.array_equal(background, sample.mask == 0)
    assert (sample.parts[first] == 1).all()
    assert part_regions(sample, name, (128, 192)).sum() == 4 * (first | rest | background).sum()


def test_regions_from_the_map_split_the_truth_where_the_map_is_high(sample):
    name = sample.labels[0]
    cam = np.linspace(0, 1, 8 * 12).reshape(8, 12)
    first, rest, background = map_regions(sample, name, cam, 0.5)
    own = sample.class_mask(name)
    assert np.array_equal(first | rest, own)
    assert not (first & rest).any()
    assert not map_regions(sample, name, -cam, 0.5)[0].any(), "nothing is high where the map is never above 0"
    assert np.array_equal(background, sample.mask == 0)


def test_a_box_is_whole_pixels_and_a_bad_one_is_refused():
    assert box_region((10, 20), (0.25, 0.1, 0.75, 0.5)).sum() == 4 * 10
    assert box_region((10, 20), (0, 0, 1, 1)).all()
    with pytest.raises(InputError, match="left < right"):
        box_region((10, 20), (0.5, 0, 0.5, 1))


def test_masks_keep_their_places_at_another_size():
    mask = np.zeros((1, 4, 6), dtype=bool)
    mask[0, 1, 2] = True
    large = at_size(mask, (8, 12))[0]
    assert np.argwhere(large).tolist() == [[2, 4], [2, 5], [3, 4], [3, 5]]
    assert np.array_equal(at_size(large[None], (4, 6)), mask)


def test_scenes_are_measured_image_by_image_and_rib_starts_where_the_classifier_is():
    classifier = seeded_network(CLASSES)
    classifier.settings = {"rib": {"companions": 2, "gradient_views": "mirror"}}
    samples = wsss_viz.data.open("scenes:test")[:2]
    found = measure_scenes(classifier, samples, countings=(Counting(), Counting("map", 0.5), Counting(percentile=99)))
    assert found.images == 2
    assert found.labels == sum(len(s.labels) for s in samples)
    plain, _, percentile = (curve.at(0.3)[..., 0] for curve in found.curves)
    assert (percentile >= plain - 1e-9).all()
    assert 0 < found.slope[0] <= 0.25
    names = samples[0].labels
    before = {name: value.clone() for name, value in classifier.state_dict().items()}
    steps = list(rib_steps(classifier, samples[0], names, steps=2))
    own = scene_maps(classifier, samples[0], names)
    assert steps[0].layers == ("stage 4", "stage 5", "logit")
    assert steps[0].maps == pytest.approx(own.maps[:, 3:], rel=1e-4, abs=1e-6)
    assert not np.allclose(steps[-1].maps, steps[0].maps, rtol=1e-3)
    assert all(value.equal(before[name]) for name, value in classifier.state_dict().items())
    (through,) = measure_rib(classifier, samples, steps=1)
    first, last = (curve.at(0.3)[-1, :, 0] for curve in (through.steps[0], through.steps[-1]))
    assert through.change.at(0.3)[0, :, 0] == pytest.approx(last - first)


def test_layers_by_name_are_those_of_the_stages_where_they_are_the_same(sample):
    classifier = seeded_network(CLASSES)
    names = sample.labels[:1]
    stages = scene_maps(classifier, sample, names)
    found = scene_maps(classifier, sample, names, layers=["stages.2", "stages.4"])
    assert found.layers == ("stages.2", "stages.4", "logit")
    assert found.maps == pytest.approx(stages.maps[:, [2, 4, 5]], rel=1e-5, abs=1e-9)
    assert found.logits == pytest.approx(stages.logits)
    with pytest.raises(InputError, match="no layer 'stage 2'"):
        scene_maps(classifier, sample, names, layers=["stage 2"])


def test_images_without_parts_or_labels_are_refused_in_one_line(sample):
    from dataclasses import replace

    with pytest.raises(InputError, match="no part masks"):
        part_regions(replace(sample, parts=None), sample.labels[0])
    with pytest.raises(InputError, match="nothing to measure"):
        measure_scenes(seeded_network(CLASSES), [replace(sample, labels=())])
