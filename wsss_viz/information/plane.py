"""The information plane of a stored run: what each layer says of the input and of the label, over the epochs.

Source of the plane: `docs/sources.md#information-plane`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data import icosahedron
from wsss_viz.data.archives import read_archive, write_archive
from wsss_viz.errors import InputError
from wsss_viz.information.discrete import entropy_of
from wsss_viz.information.result import MIResult, NotApplicable
from wsss_viz.information.runs import LAYERS, Run, stored_file
from wsss_viz.version import __version__

if TYPE_CHECKING:
    from wsss_viz.information.estimators import Outcome, Pair

__all__ = [
    "INPUT",
    "INPUT_ENTROPY",
    "LABEL",
    "LABEL_ENTROPY",
    "Array",
    "Plane",
    "measure",
    "measured_epochs",
    "measuring",
    "plane_name",
    "stored_plane",
]

Array = NDArray[np.float64]
INPUT, LABEL = 0, 1
"""The last axis of `Plane.bits`: what is said of the input, and of the label."""
INPUT_ENTROPY = float(icosahedron.BITS)
LABEL_ENTROPY = float(entropy_of(np.bincount(icosahedron.labels()) / 2**icosahedron.BITS))
"""The walls of the plane: H(X) and H(Y). The third is I(T;Y) <= I(X;T), from the data-processing inequality."""


@dataclass(frozen=True, eq=False)
class Plane:
    """A run measured with one estimator; E epochs, S seeds, 6 layers, and for each what it says of input and label.

    Attributes:
        estimator: the string that names it.
        activation: of the hidden layers.
        epochs: (E,) int; the measured ones of the run's.
        bits: (E, S, 6, 2), NaN where the estimator does not apply.
        intervals: (E, S, 6, 2, 2), lower and upper end, NaN where there is none.
        caps: (E, S, 6, 2), NaN where there is none.
        sources: for each layer and axis, "T1/0" to "output/1", what the value is (quantity, estimator, params, n;
            the notes are those of any epoch and seed), or the reason that there is none.
        version: of the package that measured.
    """

    estimator: str
    activation: str
    epochs: NDArray[np.int64]
    bits: Array
    intervals: Array
    caps: Array
    sources: dict[str, dict[str, Any]]
    version: str = field(default=__version__)

    def point(self, epoch: int, seed: int, layer: int, axis: int) -> MIResult:
        """The result at an epoch's index, a seed, a layer and an axis. Raises NotApplicable with the reason."""
        source = self.sources[f"{LAYERS[layer]}/{axis}"]
        value, cap = float(self.bits[epoch, seed, layer, axis]), float(self.caps[epoch, seed, layer, axis])
        if np.isnan(value):
            raise NotApplicable(source.get("reason", "the estimator gave no value here"))
        low, high = self.intervals[epoch, seed, layer, axis].tolist()
        return MIResult(
            value,
            source["estimator"],
            source["params"],
            source["n"],
            cap_bits=None if np.isnan(cap) else cap,
            ci=None if np.isnan(low) else (low, high),
            notes=tuple(source["notes"]),
            quantity=source["quantity"],
        )

    @property
    def mean(self) -> Array:
        """(E, 6, 2) the mean over the seeds; NaN where a seed has no value."""
        return self.bits.mean(axis=1)

    @property
    def compression(self) -> Array:
        """(S, 6) C_k = max over epochs of what a layer says of the input, less what it says in the end; in bits."""
        of_input = self.bits[..., INPUT]
        return np.asarray(of_input.max(axis=0) - of_input[-1])

    @property
    def onset(self) -> NDArray[np.float64]:
        """(S, 6) the epoch from which a layer compresses: that of the maximum; NaN where there is no value."""
        of_input = self.bits[..., INPUT]
        peak = np.where(np.isnan(of_input).any(axis=0), 0, np.nan_to_num(of_input, nan=-np.inf).argmax(axis=0))
        return np.where(np.isnan(of_input).any(axis=0), np.nan, self.epochs[peak])

    @property
    def fit(self) -> Array:
        """(S, 6) F_k = what a layer says of the label in the end, less what it said at the start; in bits."""
        of_label = self.bits[..., LABEL]
        return np.asarray(of_label[-1] - of_label[0])

    def order_breaks(self, tolerance: float = 0.01) -> NDArray[np.bool_]:
        """(E, 5, 2) where, in the mean over seeds, a layer says more than the one before by over `tolerance` bits.

        No network can do that (data-processing inequality): a break is the estimator's.
        """
        return np.asarray(np.diff(self.mean, axis=1) > tolerance)

    def save(self, path: Path | str) -> None:
        """Writes a .npz file, whole or not at all; values in 32 bits."""
        # The files that ship call the estimator "ruler".
        header = {
            "ruler": self.estimator,
            **{name: getattr(self, name) for name in ("activation", "sources", "version")},
        }
        arrays = {name: getattr(self, name).astype(np.float32) for name in ("bits", "intervals", "caps")}
        write_archive(path, header, {"epochs": self.epochs, **arrays})

    @classmethod
    def load(cls, path: Path | str) -> Plane:
        """Reads what `save` wrote. Raises InputError where the file is missing, or no plane of this version."""
        header, arrays = read_archive(path)
        try:
            bits, intervals, caps = (arrays[name].astype(np.float64) for name in ("bits", "intervals", "caps"))
            described = (header[name] for name in ("sources", "version"))
            return cls(header["ruler"], header["activation"], arrays["epochs"], bits, intervals, caps, *described)
        except KeyError as error:
            raise InputError(f"{path}: no stored plane; give the file that a measurement wrote") from error


def measure(
    run: Run,
    estimator: str = "default",
    *,
    snapshots: int | None = None,
    seeds: int | None = None,
    progress: Callable[[Iterable[int], str], Iterable[int]] = lambda items, _: items,
) -> Plane:
    """Measures a run with an estimator; nothing is trained.

    Args:
        run: the stored run.
        estimator: one of `estimator_names.ESTIMATORS`, with a number after a colon: `width:0.07`.
        snapshots: at most so many epochs, evenly over the run's with the first and the last; None for the
            estimator's own limit, which is all of them where it is quick.
        seeds: the first so many; None for all.
        progress: wraps the loop over epochs, with a title; may raise to stop.

    Raises:
        InputError: no such estimator.

    >>> from wsss_viz.information.runs import stored_run
    >>> run = stored_run("tanh")
    >>> from wsss_viz.information.plane import measure
    >>> plane = measure(run, "width:0.07", snapshots=2, seeds=1)
    >>> plane.epochs.tolist(), plane.bits.shape
    ([0, 1500], (2, 1, 6, 2))
    """
    every = measuring(run, estimator, snapshots=snapshots, seeds=seeds, progress=progress)
    return deque(every, maxlen=1).pop()


def measuring(
    run: Run,
    estimator: str = "default",
    *,
    snapshots: int | None = None,
    seeds: int | None = None,
    progress: Callable[[Iterable[int], str], Iterable[int]] = lambda items, _: items,
) -> Iterator[Plane]:
    """`measure`, epoch by epoch: after each the plane of the epochs so far, so that one may look, and stop.

    >>> from wsss_viz.information.runs import stored_run
    >>> run = stored_run("tanh")
    >>> from wsss_viz.information.plane import measuring
    >>> [len(plane.epochs) for plane in measuring(run, snapshots=3, seeds=1)]
    [1, 2, 3]
    """
    from wsss_viz.information import estimators  # brings scikit-learn, which a stored plane does without

    measured_with = estimators.estimator(estimator, run)
    indices = measured_epochs(run, snapshots or measured_with.snapshots)
    count = min(seeds or run.recipe.seeds, run.recipe.seeds)
    shape = (len(indices), count, len(LAYERS), 2)
    bits, caps, intervals = np.full(shape, np.nan), np.full(shape, np.nan), np.full((*shape, 2), np.nan)
    sources: dict[str, dict[str, Any]] = {}
    for row, index in enumerate(progress(indices.tolist(), measured_with.name)):
        layers = run.activations(index)
        for seed in range(count):
            pairs = measured_with.measure(estimators.network(run, index, seed, layers, measured_with.inputs))
            for axis, outcome in _outcomes(pairs):
                _describe(sources.setdefault(f"{LAYERS[axis[0]]}/{axis[1]}", {}), outcome)
                if isinstance(outcome, MIResult):
                    at = (row, seed, *axis)
                    bits[at] = outcome.value_bits
                    caps[at] = np.nan if outcome.cap_bits is None else outcome.cap_bits
                    intervals[at] = np.nan if outcome.ci is None else outcome.ci
        measured = slice(row + 1)
        described = {axis: dict(source) for axis, source in sources.items()}
        epochs = run.epochs[indices[measured]]
        arrays = bits[measured], intervals[measured], caps[measured]
        yield Plane(measured_with.name, run.recipe.activation, epochs, *arrays, described)


def measured_epochs(run: Run, most: int | None) -> NDArray[np.int64]:
    """The indices of at most so many of a run's epochs, evenly with the first and the last; None: all.

    >>> from wsss_viz.information.runs import stored_run
    >>> run = stored_run("tanh")
    >>> from wsss_viz.information.plane import measured_epochs
    >>> len(run), len(measured_epochs(run, 5))
    (36, 5)
    """
    return np.unique(np.linspace(0, len(run) - 1, min(most or len(run), len(run))).round().astype(np.int64))


def stored_plane(activation: str, estimator: str = "default") -> Plane:
    """A measurement of the stored run that ships with the package. Raises InputError where there is none.

    >>> from wsss_viz.information.plane import stored_plane
    >>> [round(float(bits), 1) for bits in stored_plane("tanh").compression.mean(axis=0)]
    [0.0, 0.0, 0.2, 2.2, 4.8, 2.3]
    """
    return Plane.load(stored_file(plane_name(activation, estimator)))


def plane_name(run_name: str, estimator: str) -> str:
    """The file that a run's plane is stored in, beside the run.

    >>> from wsss_viz.information.plane import plane_name
    >>> plane_name("tanh", "width:0.07")
    'tanh.width-0.07.npz'
    """
    return f"{run_name}.{estimator.replace(':', '-')}.npz"


def _outcomes(pairs: list[Pair]) -> Iterator[tuple[tuple[int, int], Outcome]]:
    for layer, pair in enumerate(pairs):
        for axis, outcome in enumerate(pair):
            yield (layer, axis), outcome


def _describe(source: dict[str, Any], outcome: Outcome) -> None:
    """Keeps what the values of a layer and an axis have in common, every note once, and the first reason for none.

    A note that comes again with other numbers takes the place of the one before, so it is that of the last epoch.
    """
    if isinstance(outcome, NotApplicable):
        source.setdefault("reason", str(outcome))
        return
    for name in ("quantity", "estimator", "n"):
        source.setdefault(name, getattr(outcome, name))
    params = source.setdefault("params", dict(outcome.params))
    source["params"] = {name: value for name, value in params.items() if outcome.params.get(name) == value}
    known = {re.sub(r"[\d.]+", "", note): note for note in [*source.get("notes", []), *outcome.notes]}
    source["notes"] = list(known.values())
