"""Shares of a mask, by hand."""

import numpy as np
import pytest

from wsss_viz.data import Sample
from wsss_viz.methods.shares import map_shares, object_shares


def sample(mask):
    return Sample(np.zeros((*mask.shape, 3), dtype=np.uint8), ("cat", "dog"), ("cat", "dog"), "s", mask)


def test_object_shares_by_hand_without_ignored_pixels():
    truth = np.array([[1, 1, 0], [2, 255, 0]], dtype=np.uint8)
    mask = np.array([[0.5, 0.1, 0.2], [0.2, 9.0, 0.0]])
    assert object_shares(mask, sample(truth)) == pytest.approx({"cat": 0.6, "dog": 0.2, "background": 0.2})


def test_an_empty_mask_and_a_sample_without_masks():
    truth = np.array([[1, 0]], dtype=np.uint8)
    assert object_shares(np.zeros((1, 2)), sample(truth)) == {"background": 0, "cat": 0}
    assert object_shares(np.ones((1, 2)), Sample(np.zeros((1, 2, 3), dtype=np.uint8), ("cat",), ("cat",), "s")) == {}
    assert map_shares(np.zeros((1, 2)), np.ones((2, 1, 2)), [1]).tolist() == [0]


def test_a_mask_of_another_size_is_brought_to_the_samples():
    truth = np.repeat(np.array([[1, 0]], dtype=np.uint8), 4, axis=1)  # (1, 8): four of each
    assert object_shares(np.array([[1.0, 1.0]]), sample(truth)) == pytest.approx({"cat": 0.5, "background": 0.5})


def test_map_shares_by_hand():
    mask = np.array([[1.0, 0.5, 0.5]])
    maps = np.array([[[9.0, 9.0, 9.0]], [[4.0, 2.0, -8.0]], [[-1.0, -1.0, -1.0]]])
    expected = [(4 + 0.5 * 2) / (4 + 1e-5) / 2, 0]
    assert map_shares(mask, maps, [1, 2]).tolist() == pytest.approx(expected)
