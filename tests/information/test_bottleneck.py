"""The information bottleneck against closed forms and a general minimiser."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import softmax
from scipy.stats import entropy

from wsss_viz.errors import InputError
from wsss_viz.information.bottleneck import JOINTS, bottleneck, bottleneck_curve, counts_joint

BETAS = np.geomspace(1, 300, 45).tolist()


def bits(joint: NDArray[np.float64]) -> float:
    product = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    return float(entropy(joint.ravel(), product.ravel(), base=2))


def h2(p: float) -> float:
    return float(entropy([p, 1 - p], base=2))


def test_the_curve_rises_is_concave_has_slope_one_over_beta_and_ends_at_what_x_tells_of_y() -> None:
    table = counts_joint()
    points = bottleneck_curve(table, BETAS)
    x, y = (np.array([getattr(p, name).value_bits for p in points]) for name in ("of_input", "of_label"))
    assert (np.diff(x) > -1e-7).all()
    assert (np.diff(y) > -1e-7).all()
    moved = np.flatnonzero(np.diff(x) > 1e-3)
    assert len(moved) > 20
    slopes = (np.diff(y) / np.maximum(np.diff(x), 1e-12))[moved]
    assert (np.diff(slopes) < 1e-4).all()
    beta = np.array(BETAS)
    assert (slopes <= 1 / beta[moved] + 1e-4).all()
    assert (slopes >= 1 / beta[moved + 1] - 1e-4).all()
    assert x[0] == pytest.approx(0, abs=1e-6)
    assert y[-1] == pytest.approx(bits(table), abs=1e-4)
    assert (y <= np.minimum(x, bits(table)) + 1e-9).all()
    for p in points:  # what is reported is what the encoder does, and inputs of one posterior are treated alike
        np.testing.assert_allclose(p.encoder.sum(1), 1, atol=1e-12)
        assert bits(p.encoder / 32) == pytest.approx(p.of_input.value_bits, abs=1e-9)
        assert bits(p.encoder.T @ table) == pytest.approx(p.of_label.value_bits, abs=1e-9)
        np.testing.assert_array_equal(p.encoder[1], p.encoder[16])


@pytest.mark.parametrize("flip", [0.05, 0.2])
def test_a_fair_bit_through_a_symmetric_channel_has_the_closed_form(flip: float) -> None:
    """The best T is X through another symmetric channel (Witsenhausen and Wyner; Mrs. Gerber's lemma)."""
    table = np.array([[1 - flip, flip], [flip, 1 - flip]]) / 2
    critical = 1 / (1 - 2 * flip) ** 2
    for beta in (0.97 * critical, 1.5 * critical, 6 * critical):
        point = bottleneck(table, beta)

        def lagrangian(a: float, beta: float = beta) -> float:
            return 1 - h2(a) - beta * (1 - h2(a * (1 - flip) + (1 - a) * flip))

        best = minimize_scalar(lagrangian, bounds=(0, 0.5), method="bounded", options={"xatol": 1e-10}).x
        wanted = 0.0 if beta < critical else 1 - h2(best)
        assert point.of_input.value_bits == pytest.approx(wanted, abs=1e-5)
        assert point.of_input.value_bits - beta * point.of_label.value_bits == pytest.approx(
            min(0.0, lagrangian(best)), abs=1e-8
        )


@pytest.mark.parametrize("beta", [1.5, 4.0, 25.0])
def test_no_encoder_that_a_general_minimiser_reaches_is_better(beta: float) -> None:
    random = np.random.default_rng(3)
    table = random.dirichlet(np.full(12, 0.4)).reshape(4, 3)
    source = table.sum(1)

    def lagrangian(logits: NDArray[np.float64]) -> float:
        encoder = softmax(logits.reshape(4, 4), axis=1)
        return bits(source[:, None] * encoder) - beta * bits(encoder.T @ table)

    point = bottleneck(table, beta)
    ours = point.of_input.value_bits - beta * point.of_label.value_bits
    theirs = min(minimize(lagrangian, random.normal(0, 3, 16)).fun for _ in range(3))
    assert ours <= theirs + 1e-6


def test_where_the_label_is_a_function_of_the_input_only_the_ends_of_the_curve_are_reached() -> None:
    points = bottleneck_curve(counts_joint("function"), [0.6, 0.95, 1.05, 3, 40])
    for point in points:
        corner = 1.0 if point.beta > 1 else 0.0
        assert point.of_input.value_bits == pytest.approx(corner, abs=1e-6)
        assert point.of_label.value_bits == pytest.approx(corner, abs=1e-6)


def test_bad_input_is_refused_in_one_line() -> None:
    table = counts_joint()
    for bad, betas in ((table, [0.0]), (table, []), (table, [np.inf]), (np.array([[1.0, 0], [0, 0]]), [2.0])):
        with pytest.raises(InputError):
            bottleneck_curve(bad, betas)
    with pytest.raises(InputError, match=", ".join(JOINTS)):
        counts_joint("other")
