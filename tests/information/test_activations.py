"""Inverses, ranges and saturation of the nonlinearities."""

import numpy as np
import pytest

from wsss_viz.errors import InputError
from wsss_viz.information.activations import ACTIVATIONS, activation


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_inverse_takes_back_and_the_range_holds(name):
    a = activation(name)
    x = np.linspace(-4, 4, 81)
    t = a.function(x)
    assert np.diff(t).min() >= 0
    assert a.low <= t.min()
    assert t.max() <= a.high
    inside = t > a.low
    np.testing.assert_allclose(a.inverse(t[inside]), x[inside], atol=1e-9)
    assert a.inverse(np.array(a.low)) == -np.inf
    if a.bounded:
        assert a.inverse(np.array(a.high)) == np.inf


def test_saturation():
    values = np.array([-0.95, 0, 0.03, 0.95])
    assert activation("tanh").saturated(values).tolist() == [True, False, False, True]
    assert activation("relu").saturated(values).tolist() == [False, True, False, False]
    assert activation("sigmoid").saturated(values[1:]).tolist() == [True, True, False]
    assert activation("sigmoid").saturated(np.array([0.5, 0.951])).tolist() == [False, True]
    assert activation("elu").saturated(values).tolist() == [True, False, False, False]
    assert not activation("linear").saturated(values).any()


def test_an_unknown_name_is_refused():
    with pytest.raises(InputError, match="got 'gelu'"):
        activation("gelu")
