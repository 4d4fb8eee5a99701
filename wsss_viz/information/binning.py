"""Binned layers: what is said about I(X;T) of a deterministic network, named for what it is, H(bin(T)).

Each unit's activation falls into an interval; a layer's state is the row of its units' intervals; the state is a
function of the input, so I(X;bin(T)) = H(bin(T)). The number depends on the bins as much as on the network
(A. Saxe et al., "On the information bottleneck theory of deep learning", ICLR 2018, section 2 and appendix C;
`docs/sources.md#saxe-2018`). Bins are fixed once for a run: bins that follow the epoch can turn growth into compression
and back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wsss_viz.errors import InputError
from wsss_viz.information.activations import activation as activation_named
from wsss_viz.information.discrete import entropy_of
from wsss_viz.information.inputs import features, same_length, symbols
from wsss_viz.information.result import MIResult, NotApplicable

__all__ = [
    "Bins",
    "LayerInformation",
    "assign",
    "default_bins",
    "fixed_width",
    "idnns",
    "intervals",
    "layer_information",
    "over_range",
    "preactivation",
    "quantiles",
    "row_codes",
]


@dataclass(frozen=True)
class Bins:
    """A binning scheme for activations: either edges or a width.

    Attributes:
        name: for people and for the result's parameters.
        edges: increasing; bin i is [edges[i], edges[i + 1]), the last one with its upper end.
        width: in place of edges: the bin of t is floor(t / width), without ends.
        activation: where set, the edges are before this nonlinearity and t is taken back through it first.
        clip: whether values beyond the outer edges fall into the outer bins, and the result is marked, or are refused.
    """

    name: str
    edges: tuple[float, ...] = ()
    width: float | None = None
    activation: str | None = None
    clip: bool = False

    def __post_init__(self) -> None:
        if self.width is not None:
            if not self.width > 0:
                raise InputError(f"a bin's width is above 0, got {self.width:g}")
        elif len(self.edges) < 2 or not (np.diff(self.edges) > 0).all():
            raise InputError("bins want at least two edges, increasing")

    @property
    def count(self) -> int | None:
        """How many bins; None where a width alone is given."""
        return len(self.edges) - 1 if self.edges else None


def intervals(count: int = 30, low: float = -1.0, high: float = 1.0, clip: bool = False) -> Bins:
    """`count` equal intervals of [low, high].

    >>> from wsss_viz.information import binning
    >>> binning.intervals(4).edges
    (-1.0, -0.5, 0.0, 0.5, 1.0)
    """
    if count < 1 or not low < high:
        raise InputError(f"bins want a count of at least 1 and low < high, got {count} on [{low:g}, {high:g}]")
    edges = np.linspace(low, high, count + 1)
    return Bins(f"{count} intervals on [{low:g}, {high:g}]", tuple(edges.tolist()), clip=clip)


def idnns(points: int = 30) -> Bins:
    """The bins of Shwartz-Ziv and Tishby's code (`docs/sources.md#information-plane`): 30 points on [-1, 1], so 29
    intervals of width 0.069, and 1 itself.

    That code puts a value below -1 into the top bin and all values above 1 into one, and so shows compression for any
    unbounded activation; here such values are refused.

    >>> from wsss_viz.information import binning
    >>> binning.idnns(30).count
    30
    """
    if points < 2:
        raise InputError(f"these bins want at least 2 points, got {points}")
    edges = [*np.linspace(-1, 1, points).tolist(), float(np.nextafter(1, 2))]
    return Bins(f"idnns, {points} points on [-1, 1]", tuple(edges))


def fixed_width(width: float = 0.07) -> Bins:
    """floor(t / width), for activations without bounds (0.07 for the 12-bit network, 0.5 for digits: Saxe et al.).

    >>> from wsss_viz.information import binning
    >>> binning.fixed_width(0.5).name
    'width 0.5'
    """
    return Bins(f"width {width:g}", width=width)


def over_range(values: Iterable[ArrayLike], count: int = 100) -> Bins:
    """`count` equal intervals from the least to the greatest value, of all units at all epochs (Saxe et al. 2018).

    >>> from wsss_viz.information import binning
    >>> binning.over_range([[0.0, 2.0], [1.0, 4.0]], 2).edges
    (0.0, 2.0, 4.0)
    """
    ends = [(float(np.min(array)), float(np.max(array))) for array in values]
    if not ends:
        raise InputError("`values` is empty; give the activations of the whole run")
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    if not (np.isfinite([low, high]).all() and low < high):
        raise NotApplicable(f"the activations span [{low:g}, {high:g}]; a range wants two different finite ends")
    return intervals(count, low, high)


def quantiles(values: Iterable[ArrayLike], count: int = 30) -> Bins:
    """At most `count` bins that the activations of the whole run fill equally; quantiles that coincide become one.

    The outer bins are open, so a sample of the activations is enough.

    >>> from wsss_viz.information import binning
    >>> binning.quantiles([[1, 2, 3, 4]], 2).edges
    (-inf, 2.0, inf)
    """
    everything = np.concatenate([np.ravel(np.asarray(array, dtype=np.float64)) for array in values])
    edges = np.unique(np.quantile(everything, np.linspace(0, 1, count + 1), method="inverted_cdf"))
    if len(edges) < 2:
        raise NotApplicable("the activations are all the same; quantiles want at least two values")
    name = f"{len(edges) - 1} quantiles of the run"
    return Bins(name, (-np.inf, *edges[1:-1].tolist(), np.inf))


def preactivation(activation: str = "tanh", points: int = 30, low: float = -50.0, high: float = 50.0) -> Bins:
    """Edges f(linspace(low, high, points)), equal before the nonlinearity f (Saxe et al., appendix C, figure 13).

    The outer bins are open. In floating point f saturates (tanh beyond 19), so measured units fall together there.

    >>> from wsss_viz.information import binning
    >>> binning.preactivation("tanh", 5, -2, 2).edges
    (-2.0, -1.0, 0.0, 1.0, 2.0)
    """
    activation_named(activation)
    edges = tuple(np.linspace(low, high, points).tolist())
    return Bins(f"{points} points on [{low:g}, {high:g}] before {activation}", edges, activation=activation, clip=True)


def default_bins(activation: str) -> Bins:
    """Width 1/15 on the range of a bounded activation (30 on [-1, 1], 15 on [0, 1]), width 0.07 otherwise.

    >>> from wsss_viz.information import binning
    >>> [binning.default_bins(name).name for name in ("tanh", "relu", "softmax")]
    ['30 intervals on [-1, 1]', 'width 0.07', '15 intervals on [0, 1]']
    """
    if activation == "softmax":
        return intervals(15, 0, 1)
    nonlinearity = activation_named(activation)
    if not nonlinearity.bounded:
        return fixed_width(0.07)
    low, high = nonlinearity.low, nonlinearity.high
    return intervals(round((high - low) * 15), low, high)


def assign(values: ArrayLike, bins: Bins) -> tuple[NDArray[np.int64], float]:
    """The bin of every activation, (n, d) int64, and the share that was clipped.

    Raises:
        InputError: values are NaN or infinite.
        NotApplicable: values lie outside the edges and `bins` does not clip.

    >>> from wsss_viz.information import binning
    >>> rows, clipped = binning.assign([[-0.9, 0.2], [0.6, 1.0]], binning.intervals(4))
    >>> rows.tolist(), clipped
    ([[0, 2], [3, 3]], 0.0)
    """
    T = features(values, "activations")
    if bins.width is not None:
        return np.floor(T / bins.width).astype(np.int64), 0.0
    if bins.activation is not None:
        T = np.asarray(activation_named(bins.activation).inverse(T), dtype=np.float64)
    low, high = bins.edges[0], bins.edges[-1]
    clipped = float(((low > T) | (high < T)).mean())
    if clipped and not bins.clip:
        raise NotApplicable(
            f"{clipped:.1%} of the activations lie outside [{low:g}, {high:g}], up to {np.abs(T).max():.3g}: bins that"
            " clip them show compression that is not there; use a width or the run's range"
        )
    return np.digitize(T, bins.edges[1:-1]).astype(np.int64), clipped


@dataclass(frozen=True)
class LayerInformation:
    """One layer's place in the information plane: what it says of the input, and of the label."""

    inputs: MIResult
    labels: MIResult


def layer_information(values: ArrayLike, labels: ArrayLike, bins: Bins) -> LayerInformation:
    """H(bin(T)) and I(bin(T);Y) = H(bin(T)) + H(Y) - H(bin(T), Y) of a layer, over all inputs, each once.

    Args:
        values: (N, d), the activations of N different inputs.
        labels: (N,), one label per input.
        bins: the binning scheme.

    Raises:
        InputError: NaN, infinite values, or another number of labels.
        NotApplicable: values lie outside the bins.

    >>> from wsss_viz.information import binning
    >>> layer = binning.layer_information([[-1.0], [-0.9], [0.2], [1.0]], [0, 0, 1, 1], binning.intervals(4))
    >>> print(layer.inputs)
    H(bin(T)) = 1.500 bits (binned, bins 4 intervals on [-1, 1], n = 4, cap 2.000)
    >>> print(layer.labels)
    I(bin(T);Y) = 1.000 bits (binned, bins 4 intervals on [-1, 1], n = 4, cap 1.000)
    """
    rows, clipped = assign(values, bins)
    y, _ = symbols(labels, "labels")
    n = same_length(rows, y, "activations and labels")
    state = row_codes(rows)
    h_t, h_y = _sample_entropy(state), _sample_entropy(y)
    information = h_t + h_y - _sample_entropy(state * (int(y.max()) + 1) + y)
    cap = float(np.log2(n))
    if bins.count is not None:
        cap = min(cap, rows.shape[1] * float(np.log2(bins.count)))
    notes = [f"{clipped:.1%} of the activations clipped into the outer bins"] if clipped and not bins.activation else []
    if h_t > 0.99 * np.log2(n):
        notes.append("at the cap: nearly every input has a state of its own")
    params: dict[str, Any] = {"bins": bins.name}
    return LayerInformation(
        MIResult(h_t, "binned", params, n, cap, None, tuple(notes), "H(bin(T))"),
        MIResult(max(information, 0.0), "binned", params, n, min(h_t, h_y), None, tuple(notes), "I(bin(T);Y)"),
    )


def row_codes(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) one integer per row of (n, d), equal where the rows are equal, from 0 and below n where packing overflows.

    >>> import numpy as np
    >>> from wsss_viz.information.binning import row_codes
    >>> row_codes(np.array([[0, 5], [1, 5], [0, 5]])).tolist()
    [0, 1, 0]
    """
    shifted = rows - rows.min(axis=0)
    sizes = shifted.max(axis=0) + 1
    if float(np.prod(sizes, dtype=np.float64)) < 2**52:
        packed: NDArray[np.int64] = shifted @ np.concatenate([[1], np.cumprod(sizes)[:-1]]).astype(np.int64)
        return packed
    return np.unique(shifted, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _sample_entropy(codes: NDArray[np.int64]) -> float:
    counts = np.unique(codes, return_counts=True)[1]
    return float(entropy_of(counts / len(codes)))
