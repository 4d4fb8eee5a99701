"""Cascades of known channels, and the data-processing inequality on any chain."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsss_viz.errors import InputError
from wsss_viz.information import chains
from wsss_viz.information.discrete import mutual_information


def test_cascade_of_symmetric_channels():
    results = chains.cascade([0.5, 0.5], [chains.binary_symmetric(0.1)] * 5)
    values = [result.value_bits for result in results]
    assert values == pytest.approx([0.531004, 0.319923, 0.198371, 0.124656, 0.078903], abs=1e-6)
    assert [result.cap_bits for result in results] == [1, *values[:-1]]
    assert results[1].quantity == "I(X;T2)"
    overall = [0.1, 0.18, 0.244, 0.2952, 0.33616]
    alone = [mutual_information(chains.joint([0.5, 0.5], chains.binary_symmetric(flip))).value_bits for flip in overall]
    assert values == pytest.approx(alone, abs=1e-9)


@given(st.lists(st.integers(1, 6), min_size=3, max_size=6), st.floats(0.05, 3), st.integers(0, 2**32 - 1))
def test_data_processing_on_random_chains(sizes, concentration, seed):
    generator = np.random.default_rng(seed)
    source = generator.dirichlet(np.ones(sizes[0]))
    channels = [
        generator.dirichlet(np.full(after, concentration), size=before) for before, after in itertools.pairwise(sizes)
    ]
    results = chains.cascade(source, channels)
    values = [result.value_bits for result in results]
    assert (np.diff(values) <= 1e-12).all()
    assert all(-1e-12 <= result.value_bits <= result.cap_bits + 1e-12 for result in results)


@given(st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_a_permutation_loses_nothing(size, seed):
    generator = np.random.default_rng(seed)
    source, channel = generator.dirichlet(np.ones(size)), generator.dirichlet(np.ones(size), size=size)
    before, after = chains.cascade(source, [channel, np.eye(size)[generator.permutation(size)]])
    assert after.value_bits == pytest.approx(before.value_bits, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: chains.binary_symmetric(1.2), "`flip` is a probability"),
        (lambda: chains.check_channel([[0.5, 0.4], [0, 1]]), "channel row 0` sums to 0.9"),
        (lambda: chains.check_channel([0.5, 0.5]), "rows p"),
        (lambda: chains.joint([0.5, 0.5], np.eye(3)), "2 symbols but the channel takes 3"),
        (lambda: chains.cascade([0.5, 0.5], [np.eye(2), np.eye(3)]), "2 outputs cannot feed one with 3"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
