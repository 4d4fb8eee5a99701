"""The estimators a stored run can be measured with, each under a string: `width:0.07`, `noise:0.001`, `probe:logistic`.

An estimator says where a layer lies in the information plane. For a deterministic network the place is
the estimator's as much as the layer's, so none of them is called I(X;T); see each result's `quantity`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ParamSpec

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data import icosahedron
from wsss_viz.information import binning, mixture
from wsss_viz.information.activations import activation as activation_named
from wsss_viz.information.binning import Bins, LayerInformation
from wsss_viz.information.estimator_names import check_estimator, number_of
from wsss_viz.information.neighbours import label_information
from wsss_viz.information.noisy import noisy_network_information
from wsss_viz.information.probe import probe_information
from wsss_viz.information.result import MIResult, NotApplicable
from wsss_viz.information.runs import Run, layer_functions

__all__ = ["DETERMINISTIC", "SOFTMAX", "Array", "Estimator", "Network", "Outcome", "Pair", "estimator", "network"]

P = ParamSpec("P")
Array = NDArray[np.float64]
Outcome = MIResult | NotApplicable
Pair = tuple[Outcome, Outcome]
"""What a layer says of the input and of the label, or why there is no number."""

SOFTMAX = "softmax"
DETERMINISTIC = NotApplicable(
    "without bins or noise I(X;T) of a deterministic network is constant or infinite; choose an estimator with either"
)


@dataclass(frozen=True, eq=False)
class Network:
    """One network at one epoch, on N inputs: what an estimator measures.

    Attributes:
        inputs: (N, 12) float64.
        labels: (N,).
        layers: six arrays (N, d), the last the softmax.
        functions: the six layers as functions of the one before.
        activation: of the hidden layers.
    """

    inputs: Array
    labels: NDArray[np.uint8]
    layers: list[Array]
    functions: list[Callable[[Array], Array]]
    activation: str


@dataclass(frozen=True)
class Estimator:
    """A way to measure all layers of a network.

    Attributes:
        name: the string that gives this estimator again.
        measure: one Pair per layer.
        inputs: it measures on so many inputs, each class in its share; None for all 4096. The cap is log2 of it.
        snapshots: at most so many epochs are measured unless one asks for more, since it is slow; None for all.
    """

    name: str
    measure: Callable[[Network], list[Pair]]
    inputs: int | None = None
    snapshots: int | None = None


def estimator(text: str, run: Run) -> Estimator:
    """The estimator that `text` names, laid out for a run; raises as `check_estimator` does.

    Bins that depend on the activations (`range`, `quantile`) are fixed here, once for all epochs.

    Examples:
        >>> from wsss_viz.information.runs import stored_run
        >>> estimator("bins:30", stored_run("tanh")).name
        'bins:30'
    """
    kind, value = check_estimator(text)
    name = f"{kind}:{value}" if value else kind
    if kind == "probe":
        return Estimator(name, partial(_probe, value), snapshots=8)
    if kind == "default":
        hidden, output = binning.default_bins(run.recipe.activation), binning.default_bins(SOFTMAX)
        return Estimator(name, partial(_binned, hidden, output))
    number = number_of(kind, value)
    if kind in ("mixture", "noise"):
        return Estimator(name, partial(_mixture if kind == "mixture" else _noise, number), inputs=1024, snapshots=15)
    if kind == "noisy":
        return Estimator(name, partial(_noisy, number), inputs=256, snapshots=8)
    if kind == "ross":
        return Estimator(name, partial(_ross, int(number)), snapshots=15)
    return Estimator(name, partial(_binned, *_bins(kind, number, run)))


def network(run: Run, index: int, seed: int, layers: list[Array], inputs: int | None = None) -> Network:
    """The network of a seed at a snapshot, from the activations (S, 4096, d) of that snapshot.

    Examples:
        >>> from wsss_viz.information.runs import stored_run
        >>> run = stored_run("tanh")
        >>> layers = [np.zeros((1, 4096, width)) for width in (10, 7, 5, 4, 3, 2)]
        >>> one = network(run, 0, 0, layers, inputs=64)
        >>> one.inputs.shape, one.layers[0].shape, len(one.functions)
        ((64, 12), (64, 10), 6)
    """
    labels, patterns = icosahedron.labels(), icosahedron.patterns().astype(np.float64)
    indices = np.arange(len(labels)) if inputs is None else mixture.stratified_subset(labels, inputs)
    activation = run.recipe.activation
    functions = layer_functions(run.weights[index, seed], activation)
    return Network(patterns[indices], labels[indices], [T[seed][indices] for T in layers], functions, activation)


def _bins(kind: str, number: float, run: Run) -> tuple[Bins | NotApplicable, Bins | NotApplicable]:
    """The bins of the hidden layers and of the output, or the reason that there are none."""
    nonlinearity, count = activation_named(run.recipe.activation), int(number)
    if kind in ("width", "idnns"):
        same = binning.fixed_width(number) if kind == "width" else binning.idnns(count)
        return same, same
    if kind == "bins":
        unit = binning.intervals(max(count // 2, 1), 0, 1)  # the width that `count` intervals have on [-1, 1]
        if not nonlinearity.bounded:
            why = f"{nonlinearity.name} has no bounds to lay bins between; use a width or the run's range"
            return NotApplicable(why), unit
        return binning.intervals(count, -1, 1) if nonlinearity.low < 0 else unit, unit
    if kind == "preactivation":
        reason = NotApplicable("the softmax mixes its units, so there is no value before it to bin")
        return binning.preactivation(nonlinearity.name, count), reason
    lay, stride = (binning.over_range, 1) if kind == "range" else (binning.quantiles, 16)
    return lay(_every(run, True, stride), count), lay(_every(run, False, stride), count)


def _every(run: Run, hidden: bool, stride: int = 1) -> Iterator[Array]:
    """The activations of the whole run, layer by layer, of the hidden layers or of the output; of every n-th input."""
    for index in range(len(run)):
        layers = run.activations(index)
        for T in layers[:-1] if hidden else layers[-1:]:
            yield T[:, ::stride]


def _binned(hidden: Bins | NotApplicable, output: Bins | NotApplicable, network: Network) -> list[Pair]:
    pairs: list[Pair] = []
    for number, T in enumerate(network.layers, start=1):
        bins = output if number == len(network.layers) else hidden
        if isinstance(bins, NotApplicable):
            pairs.append((bins, bins))
        else:
            pairs.append(_both(binning.layer_information, T, network.labels, bins))
    return pairs


def _noise(variance: float, network: Network) -> list[Pair]:
    return [_both(mixture.channel_information, T, network.labels, variance, draws=2) for T in network.layers]


def _noisy(variance: float, network: Network) -> list[Pair]:
    layers = noisy_network_information(network.inputs, network.labels, network.functions, variance)
    return [(layer.inputs, layer.labels) for layer in layers]


def _mixture(variance: float, network: Network) -> list[Pair]:
    """Upper bound and published line as papers draw them, each with the rigorous band as its interval."""
    pairs: list[Pair] = []
    for T in network.layers:
        band, labels = mixture.information_bounds(T, variance), mixture.label_bounds(T, network.labels, variance)
        note = "the upper bound; the interval is the band between the bounds, not one of confidence"
        ends = (band.lower.value_bits, band.upper.value_bits)
        inputs = replace(band.upper, ci=ends, notes=(note,), cap_bits=band.lower.cap_bits)
        ends = (labels.lower.value_bits, labels.upper.value_bits)
        pairs.append((inputs, replace(labels.published, ci=ends)))
    return pairs


def _ross(neighbours: int, network: Network) -> list[Pair]:
    pairs: list[Pair] = []
    for T in network.layers:
        outcome = _outcome(label_information, T, network.labels, neighbours)
        pairs.append((DETERMINISTIC, replace(outcome, quantity="I(T;Y)") if isinstance(outcome, MIResult) else outcome))
    return pairs


def _probe(family: str, network: Network) -> list[Pair]:
    """On a random half of all inputs: fitted on the network's training inputs alone, a probe trusts features too much
    that were themselves fitted to those inputs."""
    return [
        (DETERMINISTIC, _outcome(probe_information, T, network.labels, family, bootstraps=200)) for T in network.layers
    ]


def _outcome(measure: Callable[P, MIResult], *args: P.args, **settings: P.kwargs) -> Outcome:
    try:
        return measure(*args, **settings)
    except NotApplicable as reason:
        return reason


def _both(measure: Callable[P, LayerInformation], *args: P.args, **settings: P.kwargs) -> Pair:
    try:
        layer = measure(*args, **settings)
    except NotApplicable as reason:
        return reason, reason
    return layer.inputs, layer.labels
