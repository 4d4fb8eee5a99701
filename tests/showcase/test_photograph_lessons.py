"""The lecture's own traces of the photographs: what they hold is what the network says of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import wsss_viz
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.evaluation.part_erasing import ERASED, part_erasing, part_masks
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.manifest import read_manifest
from wsss_viz.showcase.photograph_lessons import (
    ERASINGS,
    KINDS,
    guest_of,
    photograph_lessons_path,
    read_photograph_lessons,
    side_by_side,
)
from wsss_viz.showcase.photographs import CLASSIFIER

STORED = read_photograph_lessons()


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return wsss_viz.load(CLASSIFIER, "cpu")


@pytest.fixture(scope="module")
def koala() -> Sample:
    (sample,) = wsss_viz.data.open("photos:koala")
    return sample


def test_all_photographs_are_in_a_file_of_this_network_and_of_a_size_that_ships() -> None:
    for sample in wsss_viz.data.open("photos"):
        assert all(STORED.has(kind, sample.source) for kind in KINDS)
    assert photograph_lessons_path().stat().st_size < 5_000_000
    assert set(STORED.pairs) == {f"photos:{name}" for name in wsss_viz.data.photographs.Photographs().names}


def test_a_stored_class_sum_is_the_networks_own_map(classifier: Classifier, koala: Sample) -> None:
    (step,) = STORED.trace("class-sum", "photos:koala", koala)
    index = classifier.classes.index("koala")
    with torch.no_grad():
        expected = classifier.maps(classifier.preprocess(koala.image))[0, index].numpy()
    summed = np.tensordot(step.arrays["weights"][0].astype(float), step.arrays["features"].astype(float), axes=1)
    np.testing.assert_allclose(summed, expected, atol=5e-3 * expected.max())


def test_what_a_part_erased_says_is_what_the_network_says_of_that_picture(
    classifier: Classifier, koala: Sample
) -> None:
    index = classifier.classes.index("koala")
    x = classifier.preprocess(koala.image)
    masks = part_masks(koala, "koala", (x.shape[2], x.shape[3]))
    np.testing.assert_array_equal(masks[3], masks[1] | masks[2])
    assert masks[4].sum() == masks[1].sum()
    stored = STORED.trace("parts", "photos:koala", koala)
    assert len(stored) == len(ERASED)
    for k in (0, 2):
        with torch.no_grad():
            logits = classifier.logits(x * ~torch.from_numpy(masks[k]))[0].double()
        assert stored.steps[k].scores[0] == pytest.approx(float(logits[index]), abs=1e-3)
        assert stored.steps[k].terms["probability"] == pytest.approx(float(logits.softmax(0)[index]), abs=1e-4)
        assert stored.steps[k].terms["area"] == pytest.approx(float(masks[k].mean()))


def test_a_sample_without_parts_or_another_class_is_refused(classifier: Classifier, koala: Sample) -> None:
    with pytest.raises(InputError, match="outlines"):
        part_masks(replace(koala, parts=None), "koala", (4, 6))
    with pytest.raises(InputError, match="not a label"):
        next(part_erasing(classifier, koala, "hen"))


def test_erasings_add_up_and_their_first_score_is_the_photographs(classifier: Classifier, koala: Sample) -> None:
    trace = STORED.trace("erasing", "photos:koala", koala)
    assert len(trace) == ERASINGS + 1
    for before, after in zip(trace.steps, trace.steps[1:], strict=False):
        np.testing.assert_allclose(
            before.arrays["all_erased"] + after.arrays["all_masks"], after.arrays["all_erased"], atol=1e-6
        )
    with torch.no_grad():
        logit = classifier.logits(classifier.preprocess(koala.image))[0, classifier.classes.index("koala")]
    assert trace.scores[0] == pytest.approx(float(logit), abs=1e-3)


def test_two_photographs_side_by_side_keep_their_masks_and_labels() -> None:
    left = Sample(
        np.full((2, 3, 3), 9, np.uint8),
        ("a", "b"),
        ("b",),
        "l",
        np.full((2, 3), 2, np.uint8),
        np.ones((2, 3), np.uint8),
    )
    right = Sample(
        np.full((4, 4, 3), 5, np.uint8),
        ("c", "a"),
        ("a",),
        "r",
        np.full((4, 4), 2, np.uint8),
        np.ones((4, 4), np.uint8),
    )
    both = side_by_side(left, right)
    assert both.image[0, :, 0].tolist() == [9, 9, 9, 5, 5]
    assert (both.classes, both.labels) == (("a", "b", "c"), ("b", "a"))
    assert both.mask is not None
    assert both.mask[1].tolist() == [2, 2, 2, 1, 1]
    assert both.parts is not None
    assert both.parts.shape == (2, 5)
    assert guest_of("scarlet_macaw") != "scarlet_macaw"


def test_the_stored_pair_is_what_the_network_says_of_both(classifier: Classifier) -> None:
    dog, macaw = (wsss_viz.data.open(f"photos:{name}")[0] for name in ("dog", "scarlet_macaw"))
    both = side_by_side(dog, macaw)
    with torch.no_grad():
        logits = classifier.logits(classifier.preprocess(both.image))[0]
    expected = [float(logits[classifier.classes.index(name)]) for name in ("German shepherd", "macaw")]
    assert STORED.pairs["photos:dog"][0, 0].tolist() == pytest.approx(expected, abs=1e-3)
    assert STORED.pairs["photos:dog"].shape == (2, ERASINGS + 1, 2)


def test_a_file_of_another_network_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = read_manifest()
    other = {**entries, CLASSIFIER: replace(entries[CLASSIFIER], sha256="0" * 64)}
    monkeypatch.setattr("wsss_viz.showcase.reading.read_manifest", lambda: other)
    with pytest.raises(InputError, match="python -m wsss_viz showcase"):
        read_photograph_lessons()
