"""Channels with known capacity, cascades, and the data-processing inequality on any chain."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsss_viz.errors import InputError
from wsss_viz.information import chains


@pytest.mark.parametrize(
    ("flip", "expected"),
    [
        (0.01, 0.919207), (0.05, 0.713603), (0.1, 0.531004), (0.11, 0.500084),
        (0.2, 0.278072), (0.25, 0.188722), (0.3, 0.118709), (0.5, 0),
    ],
)  # fmt: skip
def test_capacity_of_the_binary_symmetric_channel(flip, expected):
    assert chains.capacity(chains.binary_symmetric(flip)).value_bits == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("erase", [0, 0.1, 0.5, 0.9, 1])
def test_capacity_of_the_erasure_channel(erase):
    assert chains.capacity(chains.binary_erasure(erase)).value_bits == pytest.approx(1 - erase, abs=1e-9)


@pytest.mark.parametrize(("fall", "expected"), [(0.1, 0.762848), (0.25, 0.558239), (0.5, 0.321928)])
def test_capacity_of_the_z_channel(fall, expected):
    result = chains.capacity(chains.z_channel(fall))
    assert result.value_bits == pytest.approx(expected, abs=1e-6)
    assert result.ci[1] - result.ci[0] < 1e-9
    assert result.value_bits <= result.cap_bits == 1


def test_cascade_of_symmetric_channels():
    results = chains.cascade([0.5, 0.5], [chains.binary_symmetric(0.1)] * 5)
    values = [result.value_bits for result in results]
    assert values == pytest.approx([0.531004, 0.319923, 0.198371, 0.124656, 0.078903], abs=1e-6)
    assert [result.cap_bits for result in results] == [1, *values[:-1]]
    assert results[1].quantity == "I(X;T2)"
    overall = [0.1, 0.18, 0.244, 0.2952, 0.33616]
    alone = [chains.capacity(chains.binary_symmetric(flip)).value_bits for flip in overall]
    assert values == pytest.approx(alone, abs=1e-9)


def test_gaussian_chain():
    values = [result.value_bits for result in chains.gaussian_cascade(0.9, 4)]
    assert values == pytest.approx([1.197964, 0.769969, 0.546849, 0.406075], abs=1e-6)


@given(st.lists(st.integers(1, 6), min_size=3, max_size=6), st.floats(0.05, 3), st.integers(0, 2**32 - 1))
def test_data_processing_on_random_chains(sizes, concentration, seed):
    generator = np.random.default_rng(seed)
    source = generator.dirichlet(np.ones(sizes[0]))
    channels = [
        generator.dirichlet(np.full(after, concentration), size=before) for before, after in itertools.pairwise(sizes)
    ]
    results = chains.cascade(source, channels)
    values = [result.value_bits for result in results]
    assert chains.data_processing_breaks(values, tolerance=1e-12) == []
    assert all(-1e-12 <= result.value_bits <= result.cap_bits + 1e-12 for result in results)


@given(st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_a_permutation_loses_nothing(size, seed):
    generator = np.random.default_rng(seed)
    source, channel = generator.dirichlet(np.ones(size)), generator.dirichlet(np.ones(size), size=size)
    before, after = chains.cascade(source, [channel, np.eye(size)[generator.permutation(size)]])
    assert after.value_bits == pytest.approx(before.value_bits, abs=1e-12)


def test_breaks_are_found():
    assert chains.data_processing_breaks([1.0, 0.5, 0.7, 0.7, 0.8]) == [2, 4]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: chains.binary_symmetric(1.2), "`flip` is a probability"),
        (lambda: chains.check_channel([[0.5, 0.4], [0, 1]]), "channel row 0` sums to 0.9"),
        (lambda: chains.check_channel([0.5, 0.5]), "rows p"),
        (lambda: chains.joint([0.5, 0.5], np.eye(3)), "2 symbols but the channel takes 3"),
        (lambda: chains.cascade([0.5, 0.5], [np.eye(2), np.eye(3)]), "2 outputs cannot feed one with 3"),
        (lambda: chains.gaussian_cascade(1.0, 3), "infinite"),
        (lambda: chains.gaussian_cascade(0.5, 0), "at least 1"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
