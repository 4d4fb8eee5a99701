"""Normalisations by hand, enlargement against torch, storage that survives nothing but itself."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from wsss_viz.errors import InputError
from wsss_viz.traces import Step, Trace, normalise, upsample
from wsss_viz.traces.storage import StoredMaps, maps_bytes, read_maps, write_maps

MAPS = np.array([[[-1.0, 0.0, 2.0]], [[4.0, 8.0, -4.0]]])


def test_normalisations_by_hand():
    np.testing.assert_array_equal(normalise(MAPS, "raw"), MAPS.astype(np.float32))
    np.testing.assert_allclose(normalise(MAPS, "relu_max"), [[[0, 0, 1]], [[0.5, 1, 0]]], atol=1e-5)
    np.testing.assert_allclose(normalise(MAPS, "shared"), [[[0, 0, 0.25]], [[0.5, 1, 0]]], atol=1e-5)
    np.testing.assert_allclose(normalise(MAPS, "minmax"), [[[0, 1 / 3, 1]], [[2 / 3, 1, 0]]], atol=1e-5)
    with pytest.raises(ValueError, match="'max'"):
        normalise(MAPS, "max")


def test_an_all_negative_map_claims_nothing():
    negative = -np.ones((1, 2, 3))
    assert normalise(negative, "relu_max").max() == 0
    assert normalise(np.zeros((1, 2, 3)), "minmax").max() == 0


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 5), st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_enlarging_is_torchs_bilinear(height, width, times_height, times_width, seed):
    maps = np.random.default_rng(seed).normal(size=(2, height, width)).astype(np.float32)
    size = (height * times_height + times_height // 2, width * times_width + times_width // 3)
    expected = torch.nn.functional.interpolate(torch.from_numpy(maps)[None], size, mode="bilinear", align_corners=False)
    np.testing.assert_allclose(upsample(maps, size), expected[0].numpy(), atol=2e-6)


def test_a_trace_is_its_steps():
    steps = [Step(k, np.full((1, 2, 3), k, np.float32), np.array([k], np.float32)) for k in range(3)]
    trace = Trace.collect(iter(steps), "cam", ("cat",))
    assert len(trace) == 3
    assert [step.index for step in trace] == [0, 1, 2]
    assert trace.maps[0, 1, 2] == 2
    assert trace.scores.tolist() == [2]
    with pytest.raises(ValueError, match="at least one"):
        Trace.collect([])


@pytest.fixture
def stored():
    maps = np.arange(12, dtype=np.float32).reshape(2, 2, 3) - 5
    return StoredMaps(maps, np.array([1.5, -2], np.float32), ("cat", "sofa"), (16, 24))


def test_stored_maps_come_back(stored, tmp_path):
    write_maps(tmp_path / "a.npz", stored)
    back = read_maps(tmp_path / "a.npz")
    np.testing.assert_array_equal(back.maps, stored.maps)
    np.testing.assert_array_equal(back.scores, stored.scores)
    assert (back.keys, back.size) == (("cat", "sofa"), (16, 24))
    assert maps_bytes(stored) == (tmp_path / "a.npz").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_files_that_are_no_maps_are_refused(stored, tmp_path):
    content = maps_bytes(stored)
    broken = {"truncated": content[: len(content) // 2], "empty": b"", "text": b"hello", "other": None}
    for name, data in broken.items():
        path = tmp_path / name
        if data is None:
            np.savez(path.with_suffix(".npz"), maps=stored.maps[0], scores=stored.scores, keys=["a"], size=[1, 2])
            path = path.with_suffix(".npz")
        else:
            path.write_bytes(data)
        with pytest.raises(InputError, match="not a file of class maps"):
            read_maps(path)
    with pytest.raises(InputError, match="no maps at"):
        read_maps(tmp_path / "missing.npz")
