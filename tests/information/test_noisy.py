"""The noisy network against the exact channel of a linear one, and the order it keeps."""

import numpy as np
import pytest

from wsss_viz.errors import InputError
from wsss_viz.information import binning, mixture
from wsss_viz.information.noisy import noisy_network_information


@pytest.mark.parametrize("variance", [0.02, 0.2])
def test_linear_network_is_bracketed(variance):
    generator = np.random.default_rng(5)
    x, W, V = generator.normal(size=(128, 3)), generator.normal(size=(3, 3)), generator.normal(size=(3, 2))
    labels = x[:, 0] > 0
    first, second = noisy_network_information(x, labels, [lambda h: h @ W, lambda h: h @ V], variance)
    exact_first = mixture.channel_information(x @ W, labels, variance, draws=40)
    assert first.inputs.value_bits == pytest.approx(exact_first.inputs.value_bits, abs=0.12)
    assert first.labels.value_bits == pytest.approx(exact_first.labels.value_bits, abs=0.05)
    # T2 = x W V + N1 V + N2 has Gaussian noise of covariance s2 (V^T V + 1); whitened, it is a plain channel
    whiten = np.linalg.cholesky(np.linalg.inv(variance * (V.T @ V + np.eye(2))))
    exact_second = mixture.channel_information(x @ W @ V @ whiten, labels, 1, draws=40)
    assert second.inputs.ci[0] <= exact_second.inputs.value_bits <= second.inputs.ci[1]
    assert second.inputs.ci[1] - second.inputs.ci[0] < 0.8
    assert second.labels.value_bits == pytest.approx(exact_second.labels.value_bits, abs=0.05)


def test_order_is_kept_where_bins_break_it():
    """The second layer magnifies the first: bins of width 0.07 see 0 bits there, and then more than 1.5."""
    x = np.linspace(0, 0.06, 64)
    layers = [lambda h: h, lambda h: 3 * h, lambda h: np.tanh(h / 10)]
    results = noisy_network_information(x, x > 0.03, layers, 1e-4, inner=64, draws=32)
    values = [result.inputs.value_bits for result in results]
    assert 0.8 < values[1] == pytest.approx(values[0], abs=0.1)
    assert 0 < values[2] < 0.6 * values[1]
    binned = [
        binning.layer_information(h, np.arange(64) % 2, binning.fixed_width(0.07)).inputs.value_bits for h in (x, 3 * x)
    ]
    assert binned[0] == 0
    assert binned[1] > 1.5


def test_too_little_noise_is_marked():
    x = np.linspace(-1, 1, 32)
    first, second = (each.inputs for each in noisy_network_information(x, x > 0, [lambda h: h, lambda h: 40 * h], 1e-4))
    assert first.notes == ()
    assert "over 0.5 bits wide: too little noise for 32 inner draws" in second.notes[0]
    assert 0 <= second.value_bits <= 5


def test_bad_input_is_refused():
    for settings in ({"variance": 0}, {"variance": 1, "inner": 1}, {"variance": 1, "inner": 4, "draws": 5}):
        with pytest.raises(InputError, match="`inner` at least 2"):
            noisy_network_information([0.0, 1], [0, 1], [np.tanh], **settings)
