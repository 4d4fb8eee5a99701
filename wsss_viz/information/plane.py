"""The information plane of a stored run: what each layer says of the input and of the label, over the epochs."""

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
    from wsss_viz.information.rulers import Outcome, Pair

Array = NDArray[np.float64]
INPUT, LABEL = 0, 1
"""The last axis of `Plane.bits`: what is said of the input, and of the label."""
INPUT_ENTROPY = float(icosahedron.BITS)
LABEL_ENTROPY = float(entropy_of(np.bincount(icosahedron.labels()) / 2**icosahedron.BITS))
"""The walls of the plane: H(X) and H(Y). The third is I(T;Y) <= I(X;T), from the data-processing inequality."""


@dataclass(frozen=True, eq=False)
class Plane:
    """A run measured with one ruler; E epochs, S seeds, 6 layers, and for each what it says of input and label.

    Attributes:
        ruler: the string that names it.
        activation: of the hidden layers.
        epochs: (E,) int; the measured ones of the run's.
        bits: (E, S, 6, 2), NaN where the ruler does not apply.
        intervals: (E, S, 6, 2, 2), lower and upper end, NaN where there is none.
        caps: (E, S, 6, 2), NaN where there is none.
        sources: for each layer and axis, "T1/0" to "output/1", what the value is (quantity, estimator, params, n;
            the notes are those of any epoch and seed), or the reason that there is none.
        version: of the package that measured.
    """

    ruler: str
    activation: str
    epochs: NDArray[np.int64]
    bits: Array
    intervals: Array
    caps: Array
    sources: dict[str, dict[str, Any]]
    version: str = field(default=__version__)

    def point(self, epoch: int, seed: int, layer: int, axis: int) -> MIResult:
        """The result at an epoch's index, a seed, a layer and an axis. Raises NotApplicable with the ruler's reason."""
        source = self.sources[f"{LAYERS[layer]}/{axis}"]
        value, cap = float(self.bits[epoch, seed, layer, axis]), float(self.caps[epoch, seed, layer, axis])
        if np.isnan(value):
            raise NotApplicable(source.get("reason", "the ruler gave no value here"))
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
        told = self.bits[..., INPUT]
        return np.asarray(told.max(axis=0) - told[-1])

    @property
    def onset(self) -> NDArray[np.float64]:
        """(S, 6) the epoch from which a layer compresses: that of the maximum; NaN where the ruler does not apply."""
        told = self.bits[..., INPUT]
        peak = np.where(np.isnan(told).any(axis=0), 0, np.nan_to_num(told, nan=-np.inf).argmax(axis=0))
        return np.where(np.isnan(told).any(axis=0), np.nan, self.epochs[peak])

    @property
    def fit(self) -> Array:
        """(S, 6) F_k = what a layer says of the label in the end, less what it said at the start; in bits."""
        told = self.bits[..., LABEL]
        return np.asarray(told[-1] - told[0])

    def order_breaks(self, tolerance: float = 0.01) -> NDArray[np.bool_]:
        """(E, 5, 2) where, in the mean over seeds, a layer says more than the one before by over `tolerance` bits.

        No network can do that (data-processing inequality): a break is the ruler's.
        """
        return np.asarray(np.diff(self.mean, axis=1) > tolerance)

    def save(self, path: Path | str) -> None:
        """Writes a .npz file, whole or not at all; values in 32 bits."""
        header = {name: getattr(self, name) for name in ("ruler", "activation", "sources", "version")}
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
    ruler: str = "default",
    *,
    snapshots: int | None = None,
    seeds: int | None = None,
    progress: Callable[[Iterable[int], str], Iterable[int]] = lambda items, _: items,
) -> Plane:
    """Measures a run with a ruler; nothing is trained.

    Args:
        run: the stored run.
        ruler: one of `ruler_names.RULERS`, with a number after a colon: `width:0.07`.
        snapshots: at most so many epochs, evenly over the run's with the first and the last; None for the ruler's own
            limit, which is all of them where it is quick.
        seeds: the first so many; None for all.
        progress: wraps the loop over epochs, with a title; may raise to stop.

    Raises:
        InputError: no such ruler.
    """
    every = measuring(run, ruler, snapshots=snapshots, seeds=seeds, progress=progress)
    return deque(every, maxlen=1).pop()


def measuring(
    run: Run,
    ruler: str = "default",
    *,
    snapshots: int | None = None,
    seeds: int | None = None,
    progress: Callable[[Iterable[int], str], Iterable[int]] = lambda items, _: items,
) -> Iterator[Plane]:
    """`measure`, epoch by epoch: after each the plane of the epochs so far, so that one may look, and stop."""
    from wsss_viz.information import rulers  # brings scikit-learn, which a stored plane does without

    laid = rulers.ruler(ruler, run)
    chosen = measured_epochs(run, snapshots or laid.snapshots)
    count = min(seeds or run.recipe.seeds, run.recipe.seeds)
    shape = (len(chosen), count, len(LAYERS), 2)
    bits, caps, intervals = np.full(shape, np.nan), np.full(shape, np.nan), np.full((*shape, 2), np.nan)
    sources: dict[str, dict[str, Any]] = {}
    for row, index in enumerate(progress(chosen.tolist(), laid.name)):
        layers = run.activations(index)
        for seed in range(count):
            pairs = laid.measure(rulers.network(run, index, seed, layers, laid.inputs))
            for place, outcome in _outcomes(pairs):
                _describe(sources.setdefault(f"{LAYERS[place[0]]}/{place[1]}", {}), outcome)
                if isinstance(outcome, MIResult):
                    at = (row, seed, *place)
                    bits[at] = outcome.value_bits
                    caps[at] = np.nan if outcome.cap_bits is None else outcome.cap_bits
                    intervals[at] = np.nan if outcome.ci is None else outcome.ci
        told = slice(row + 1)
        described = {place: dict(source) for place, source in sources.items()}
        epochs = run.epochs[chosen[told]]
        yield Plane(laid.name, run.recipe.activation, epochs, bits[told], intervals[told], caps[told], described)


def measured_epochs(run: Run, most: int | None) -> NDArray[np.int64]:
    """The indices of at most so many of a run's epochs, evenly with the first and the last; None: all."""
    return np.unique(np.linspace(0, len(run) - 1, min(most or len(run), len(run))).round().astype(np.int64))


def stored_plane(activation: str, ruler: str = "default") -> Plane:
    """A measurement of the stored run that ships with the package. Raises InputError where there is none."""
    return Plane.load(stored_file(plane_name(activation, ruler)))


def plane_name(run_name: str, ruler: str) -> str:
    """The file that a run's plane is stored in, beside the run."""
    return f"{run_name}.{ruler.replace(':', '-')}.npz"


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
