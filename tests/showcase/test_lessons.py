"""The lecture's own traces: what they hold is what the networks say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import wsss_viz
from wsss_viz.errors import InputError
from wsss_viz.methods.paired_networks import load_paired
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.manifest import read_manifest
from wsss_viz.models.segmenter import load_segmenter, segment
from wsss_viz.showcase import read_showcase
from wsss_viz.showcase.lessons import CARRIER, SEGMENTER, build_lessons, class_sum, spill

PLAIN, WITH_SOFA = "scenes:test:129", "scenes:test:21"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return wsss_viz.load("scenes-classifier", "cpu")


@pytest.fixture(scope="module")
def network() -> Classifier:
    found = load_paired(["cs-ae"], "scenes-classifier", "cpu").get("cgnet", ())
    if not found:
        pytest.skip("no network of CS-AE")
    return found[0]


def test_a_class_map_is_the_weighted_sum_of_its_features(classifier: Classifier) -> None:
    (sample,) = wsss_viz.data.open(PLAIN)
    (step,) = class_sum(classifier, sample)
    with torch.no_grad():
        expected = classifier.maps(classifier.preprocess(sample.image))[0].numpy()
    summed = np.einsum("cd,dhw->chw", step.arrays["weights"].astype(float), step.arrays["features"].astype(float))
    np.testing.assert_allclose(summed, expected, atol=1e-3)
    np.testing.assert_allclose(step.scores, expected.mean(axis=(1, 2)), atol=1e-4)


def test_a_mask_of_classes_is_read_back_as_it_was_written(
    classifier: Classifier, network: Classifier, tmp_path: Path
) -> None:
    if SEGMENTER not in read_manifest():
        pytest.skip("no segmentation network")
    segmenter = load_segmenter(SEGMENTER)
    (sample,) = wsss_viz.data.open(PLAIN)
    build_lessons(tmp_path / "lessons.zip", classifier, network, segmenter, (PLAIN,))
    (stored,) = read_showcase(tmp_path / "lessons.zip").trace("segmented", PLAIN)
    np.testing.assert_array_equal(stored.arrays["found"], segment(segmenter, sample.image))
    assert stored.arrays["found"].any()


def test_what_spills_over_another_object_is_judged_on_the_erased_image(
    classifier: Classifier, network: Classifier
) -> None:
    (sample,) = wsss_viz.data.open(WITH_SOFA)
    own, spilled, together = spill(classifier, network, sample, CARRIER)
    (other,) = (name for name in sample.labels or () if name != CARRIER)
    x = classifier.preprocess(sample.image)
    for step in (own, spilled, together):
        assert step.mask is not None
        with torch.no_grad():
            scores = classifier.logits(x * (1 - torch.from_numpy(step.mask)))[0].numpy()
        np.testing.assert_allclose(step.scores, scores, atol=1e-3)
        wanted = np.array([float(name == other) for name in sample.classes])
        loss = np.mean(np.logaddexp(0, step.scores.astype(float)) - wanted * step.scores)
        assert step.terms["l_cse"] == pytest.approx(loss, abs=1e-5)
    assert own.mask is not None
    assert spilled.mask is not None
    assert together.mask is not None
    there = sample.class_mask(other)
    assert (spilled.mask[there] == 1).all()
    np.testing.assert_array_equal(spilled.mask[~there], own.mask[~there])
    assert (together.mask >= own.mask - 1e-6).all()
    assert own.terms[f"object/{other}"] == pytest.approx(float(own.mask[there].mean()), abs=1e-6)


def test_a_scene_without_the_class_is_refused(classifier: Classifier, network: Classifier) -> None:
    (sample,) = wsss_viz.data.open(PLAIN)
    with pytest.raises(InputError, match="sofa"):
        spill(classifier, network, sample, CARRIER)


def test_they_are_written_with_the_digests_of_their_networks(
    classifier: Classifier, network: Classifier, tmp_path: Path
) -> None:
    path = tmp_path / "lessons.zip"
    build_lessons(path, classifier, network, None, (PLAIN, WITH_SOFA))
    stored = read_showcase(path)
    assert stored.methods == (f"spill-{CARRIER}",)
    assert not stored.has(f"spill-{CARRIER}", PLAIN)
