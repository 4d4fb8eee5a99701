"""A network with noise at every layer, T_k = f_k(T_(k-1)) + N_k: the one measurement of layers that keeps the order.

Since the noise is part of the network and goes on to the next layer, X -> T_1 -> T_2 -> ... is a Markov chain and
I(X;T_1) >= I(X;T_2) >= ... holds for what is measured, unlike with bins or with noise added to each layer on its own
(Z. Goldfeld et al., ICML 2019; `docs/sources.md#goldfeld`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

from wsss_viz.errors import InputError
from wsss_viz.information.binning import LayerInformation
from wsss_viz.information.discrete import entropy_of
from wsss_viz.information.inputs import Z_95, features, generator, same_length, symbols
from wsss_viz.information.result import MIResult

__all__ = ["OPEN_BRACKET", "QUERIES", "Array", "noisy_network_information"]

Array = NDArray[np.float64]
QUERIES = 256
OPEN_BRACKET = 0.5


def noisy_network_information(
    inputs: ArrayLike,
    labels: ArrayLike,
    layers: Sequence[Callable[[Array], Array]],
    variance: float,
    *,
    inner: int = 32,
    draws: int = 4,
    seed: int = 0,
) -> list[LayerInformation]:
    """I(X;T_k) and I(T_k;Y) of each layer, by nested Monte Carlo, for inputs of equal weight.

    p(t|x_i) of a deeper layer is itself a mixture, over the noise before; it is replaced by `inner` draws a of
    f_k(T_(k-1)). Of t = a + N, the mean log2 ratio with a left out of p(t|x_i) and kept in p(t) is in expectation at
    most I, the other way round at least (Jensen; Poole et al. 2019). The value is the middle of the two, which are cut
    at 0 and log2 N; the interval spans both and the noise of the draws. Noise that is small against the spread of a
    opens the bracket, and the result says so. For Y the mixtures are of N x inner terms, a left out of both.

    Args:
        inputs: (N, d_0).
        labels: (N,).
        layers: f_k, (m, d_(k-1)) to (m, d_k), in order.
        variance: s2 > 0 of every N_k.
        inner: draws of the noise before a layer, at least 2.
        draws: how many of those are followed by a draw of the layer's own noise and measured.
        seed: of the noise.

    Raises:
        InputError: a variance that is not above 0, too few draws, NaN, or another number of labels.

    >>> import numpy as np
    >>> from wsss_viz.information.noisy import noisy_network_information
    >>> x, y = np.array([[-1.0], [1.0]] * 8), [0, 1] * 8
    >>> layers = noisy_network_information(x, y, [np.tanh, np.tanh], 0.01)
    >>> [round(layer.labels.value_bits, 2) for layer in layers]
    [1.0, 1.0]
    """
    x, y = features(inputs, "inputs"), symbols(labels, "labels")[0]
    same_length(x, y, "inputs and labels")
    if not variance > 0 or inner < 2 or not 1 <= draws <= inner:
        got = f"{variance:g}, {inner}, {draws}"
        raise InputError(f"`variance` is above 0, `inner` at least 2 and `draws` from 1 to `inner`, got {got}")
    random = generator(seed, "noisy network")
    params = {"noise_variance": variance, "inner": inner, "draws": draws, "seed": seed}
    caps = float(np.log2(len(x))), float(entropy_of(np.bincount(y) / len(y)))
    state = np.repeat(x[:, None], inner, axis=1)  # (N, inner, d), independent runs of the noisy network on each input
    results = []
    for k, layer in enumerate(layers, start=1):
        means = np.asarray(layer(state.reshape(-1, state.shape[-1])), dtype=np.float64)
        means = means.reshape(len(x), inner, -1)
        state = means + np.sqrt(variance) * random.standard_normal(means.shape)
        if k == 1:  # before the first layer there is no noise: its inner draws coincide
            means = means[:, :1]
        low, high, label = _ratios(means, state[:, :draws], y, variance)
        of_input = _result(low, high, params, caps[0], f"I(X;T{k})")
        results.append(LayerInformation(of_input, _result(label, label, params, caps[1], f"I(T{k};Y)")))
    return results


def _result(low: Array, high: Array, params: dict[str, float | int], cap: float, quantity: str) -> MIResult:
    ends = [min(max(float(end.mean()), 0.0), cap) for end in (low, high)]
    spread = [float(end.std(axis=1, ddof=1).mean() if end.shape[1] > 1 else end.std()) for end in (low, high)]
    errors = Z_95 * np.array(spread) / np.sqrt(low.size)
    width = ends[1] - ends[0]
    notes: tuple[str, ...] = ()
    if width > OPEN_BRACKET:
        notes = (f"the interval is over {OPEN_BRACKET} bits wide: too little noise for {params['inner']} inner draws",)
    interval = (max(ends[0] - errors[0], 0.0), min(ends[1] + errors[1], cap))
    return MIResult(sum(ends) / 2, "noisy network, Monte Carlo", params, len(low), cap, interval, notes, quantity)


def _ratios(means: Array, t: Array, y: NDArray[np.int64], variance: float) -> tuple[Array, Array, Array]:
    """(N, draws) three times: log2 p(t|x) / p(t), from below and from above, and log2 p(t|y) / p(t).

    means: (N, K, d) the centres of p(t|x_i); t: (N, draws, d), of which t[i, m] was drawn around means[i, m]. With
    K = 1 p(t|x) is known and both ends agree.
    """
    N, K, _ = means.shape
    draws, tiny = t.shape[1], np.finfo(float).tiny
    centres, queries = means.reshape(N * K, -1), t.reshape(N * draws, -1)
    members, counts = np.eye(int(y.max()) + 1)[y], np.bincount(y)
    ratios = np.empty((3, N * draws))
    for start in range(0, len(queries), QUERIES):
        rows = np.arange(start, min(start + QUERIES, len(queries)))
        here, i, m = np.arange(len(rows)), rows // draws, rows % draws
        distances = cdist(queries[rows], centres, "sqeuclidean")
        noise_distance = distances[here, i * K + m % K]
        kernel = np.exp(-(distances - noise_distance[:, None]) / (2 * variance)).reshape(len(rows), N, K).sum(axis=2)
        total, conditional, same = kernel.sum(axis=1), kernel[here, i], (kernel @ members)[here, y[i]]
        of_label = counts[y[i]]
        if K == 1:  # every term is there that is; the own one belongs
            ratios[:, rows] = [-np.log2(total / N)] * 2 + [np.log2(same / of_label) - np.log2(total / N)]
            continue
        left_out = [np.maximum(terms - 1, tiny) for terms in (conditional, total, same)]
        ratios[0, rows] = np.log2(left_out[0] / (K - 1)) - np.log2(total / (N * K))
        others = np.log2(left_out[1] / (N * K - 1))
        ratios[1, rows] = np.log2(conditional / K) - others
        ratios[2, rows] = np.log2(left_out[2] / (of_label * K - 1)) - others
    low, high, label = ratios.reshape(3, N, draws)
    return low, high, label
