"""The nonlinearities of the information-plane networks: value, inverse, range, and when a unit counts as saturated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from wsss_viz.errors import InputError

__all__ = ["ACTIVATIONS", "Activation", "Array", "activation"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Activation:
    """A nondecreasing function of a real number.

    Attributes:
        name: on the command line.
        function: element-wise.
        inverse: sup {x : f(x) < t}, so that f(x) < t where x < inverse(t); infinite at and beyond the range's ends.
        low: the infimum of its values.
        high: the supremum of its values.
        saturated: where a value counts as saturated: beyond 0.9 of the way to a bound, or exactly off (ReLU).
    """

    name: str
    function: Callable[[Array], Array]
    inverse: Callable[[Array], Array]
    low: float
    high: float
    saturated: Callable[[Array], NDArray[np.bool_]]

    @property
    def bounded(self) -> bool:
        return bool(np.isfinite([self.low, self.high]).all())


def activation(name: str) -> Activation:
    """The activation of that name. Raises InputError where there is none.

    >>> from wsss_viz.information.activations import activation
    >>> relu = activation("relu")
    >>> relu.function(relu.inverse(2.5)), relu.bounded
    (np.float64(2.5), False)
    """
    if name not in ACTIVATIONS:
        raise InputError(f"`activation` is one of {', '.join(ACTIVATIONS)}, got {name!r}")
    return ACTIVATIONS[name]


def _relu(x: Array) -> Array:
    return np.maximum(x, 0)


def _elu(x: Array) -> Array:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _softsign(x: Array) -> Array:
    return x / (1 + np.abs(x))


def _softsign_inverse(t: Array) -> Array:
    inside = np.clip(t, -1, 1)
    with np.errstate(divide="ignore"):
        return inside / (1 - np.abs(inside))


def _tanh_inverse(t: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.arctanh(np.clip(t, -1, 1))


def _elu_inverse(t: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.where(t < 0, np.log1p(np.clip(t, -1, 0)), t)


def _two_sided(t: Array) -> NDArray[np.bool_]:
    return np.abs(t) > 0.9


def _never(t: Array) -> NDArray[np.bool_]:
    return np.zeros(np.shape(t), dtype=bool)


ACTIVATIONS = {
    a.name: a
    for a in (
        Activation("tanh", np.tanh, _tanh_inverse, -1, 1, _two_sided),
        Activation("relu", _relu, lambda t: np.where(t > 0, t, -np.inf), 0, np.inf, lambda t: t == 0),
        Activation(
            "sigmoid", special.expit, lambda t: special.logit(np.clip(t, 0, 1)), 0, 1, lambda t: _two_sided(2 * t - 1)
        ),
        Activation("softsign", _softsign, _softsign_inverse, -1, 1, _two_sided),
        Activation("elu", _elu, _elu_inverse, -1, np.inf, lambda t: t < -0.9),
        Activation("linear", lambda x: x, lambda t: t, -np.inf, np.inf, _never),
    )
}
