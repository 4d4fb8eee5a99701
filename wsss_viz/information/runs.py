"""A stored training run of the 12-bit networks: the weights at a log grid of epochs, from which all else is computed.

The weights of 12-10-7-5-4-3-2 are 294 numbers, so a run is small; the activations of all 4096 inputs are recomputed in
milliseconds. Whatever estimator the information is measured with, the run stays the same and nothing is trained again.
Needs no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from wsss_viz.data import icosahedron
from wsss_viz.data.archives import read_archive, write_archive
from wsss_viz.errors import InputError
from wsss_viz.information.activations import activation as activation_named
from wsss_viz.information.inputs import generator
from wsss_viz.version import __version__

__all__ = [
    "LAYERS",
    "PRESETS",
    "SIZES",
    "TRAIN_SHARE",
    "WEIGHT_COUNT",
    "Array",
    "Recipe",
    "Run",
    "Snapshot",
    "forward",
    "layer_functions",
    "recipe",
    "saturated_share",
    "stored_file",
    "stored_run",
]

Array = NDArray[np.float64]

SIZES = (12, 10, 7, 5, 4, 3, 2)
LAYERS = ("T1", "T2", "T3", "T4", "T5", "output")
WEIGHT_COUNT = sum((before + 1) * after for before, after in pairwise(SIZES))
TRAIN_SHARE = 0.8


@dataclass(frozen=True)
class Recipe:
    """How a run is trained. Adam on the cross-entropy, inputs 0/1, a shuffled 80/20 split of its own for every seed.

    Attributes:
        activation: of the five hidden layers; the output is a softmax.
        preset: the preset's name, or "" for a recipe of one's own.
        epochs: passes over the training inputs.
        learning_rate: Adam's.
        batch: inputs per step.
        seeds: how many networks are trained side by side.
        snapshots: about how many epochs are kept, on a log grid.
        seed: the first network's; the others count on from it.
    """

    activation: str
    preset: str = ""
    epochs: int = 1500
    learning_rate: float = 2e-3
    batch: int = 256
    seeds: int = 8
    snapshots: int = 40
    seed: int = 0

    def __post_init__(self) -> None:
        activation_named(self.activation)
        for name in ("epochs", "batch", "seeds", "snapshots"):
            if getattr(self, name) < 1:
                raise InputError(f"`{name}` is at least 1, got {getattr(self, name)}")
        if not self.learning_rate > 0:
            raise InputError(f"`learning_rate` is above 0, got {self.learning_rate:g}")

    @property
    def snapshot_epochs(self) -> list[int]:
        """0, then about `snapshots` epochs in equal ratios up to the last, each once."""
        grid = np.geomspace(1, self.epochs, self.snapshots)
        return sorted({0, *np.rint(grid).astype(int).tolist(), self.epochs})

    def test_inputs(self) -> NDArray[np.bool_]:
        """(seeds, 4096) which inputs each network does not train on."""
        count = len(icosahedron.labels())
        held_out = np.ones((self.seeds, count), dtype=bool)
        for index in range(self.seeds):
            order = generator(self.seed + index, "split").permutation(count)
            held_out[index, order[: int(TRAIN_SHARE * count)]] = False
        return held_out


PRESETS = {
    "ci": {"epochs": 400, "learning_rate": 2e-3, "seeds": 4, "snapshots": 16},
    "fast": {"epochs": 1500, "learning_rate": 2e-3, "seeds": 8, "snapshots": 40},
    "paper": {"epochs": 10_000, "learning_rate": 4e-4, "seeds": 8, "snapshots": 60},
}
"""`paper` is Saxe et al.'s: Adam 4e-4, batch 256, 10 000 epochs; `fast` and `ci` reach the same shape sooner."""


def recipe(preset: str, activation: str, seed: int = 0, seeds: int | None = None) -> Recipe:
    """The recipe of a preset. Raises InputError where the preset or the activation is unknown.

    >>> from wsss_viz.information.runs import recipe
    >>> recipe("ci", "tanh").snapshot_epochs[:6]
    [0, 1, 2, 3, 5, 7]
    """
    if preset not in PRESETS:
        raise InputError(f"`preset` is one of {', '.join(PRESETS)}, got {preset!r}")
    settings: dict[str, Any] = dict(PRESETS[preset])
    return Recipe(activation, preset, **{**settings, "seed": seed, "seeds": seeds or settings["seeds"]})


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The networks after some epochs; S of them, one per seed.

    Attributes:
        epoch: how many were trained, 0 for the start.
        weights: (S, 294) float32: layer by layer the matrix (in, out), then the bias.
        accuracy: (S, 2), train and test, from 0 to 1.
        loss: (S, 2), train and test cross-entropy in bits.
        gradient_ratio: (S, 6), each layer's signal-to-noise of the weights' gradient: |mean| / |standard deviation|
            over the mini-batches of one pass at these weights, Frobenius norms (Saxe et al. 2018, appendix I;
            `docs/sources.md#saxe-2018`).
        saturation: (S, 5), the share of each hidden layer's activations that are saturated (ReLU: exactly off).
        seconds: since the training began.
    """

    epoch: int
    weights: NDArray[np.float32]
    accuracy: NDArray[np.float32]
    loss: NDArray[np.float32]
    gradient_ratio: NDArray[np.float32]
    saturation: NDArray[np.float32]
    seconds: float = 0.0


_STACKED = ("weights", "accuracy", "loss", "gradient_ratio", "saturation")


@dataclass(frozen=True, eq=False)
class Run:
    """The snapshots of one training, in order; E epochs, S seeds.

    Attributes:
        recipe: how it was trained.
        epochs: (E,) int.
        weights: (E, S, 294); float32, or float16 in a stored run.
        accuracy: (E, S, 2).
        loss: (E, S, 2).
        gradient_ratio: (E, S, 6).
        saturation: (E, S, 5).
        made: with what: the package's version, the seconds it took.
    """

    recipe: Recipe
    epochs: NDArray[np.int64]
    weights: NDArray[np.floating]
    accuracy: NDArray[np.floating]
    loss: NDArray[np.floating]
    gradient_ratio: NDArray[np.floating]
    saturation: NDArray[np.floating]
    made: dict[str, Any]

    @classmethod
    def collect(cls, recipe: Recipe, snapshots: Iterable[Snapshot]) -> Run:
        """Trains to the end, or as far as `snapshots` goes, and keeps every snapshot."""
        every = list(snapshots)
        if not every:
            raise InputError("a run has at least one snapshot; let the training start before it is stopped")
        stacked = {name: np.stack([getattr(snapshot, name) for snapshot in every]) for name in _STACKED}
        made = {"version": __version__, "seconds": round(every[-1].seconds, 1)}
        return cls(recipe, np.array([snapshot.epoch for snapshot in every]), made=made, **stacked)

    def __len__(self) -> int:
        return len(self.epochs)

    def activations(self, index: int) -> list[Array]:
        """The six layers' activations of all 4096 inputs at a snapshot, each (S, 4096, d); the last is the softmax."""
        return forward(self.weights[index], self.recipe.activation)

    def save(self, path: Path | str, half: bool = False) -> None:
        """Writes the run to a .npz file, whole or not at all; `half` rounds the weights to 16 bits."""
        arrays = {name: getattr(self, name).astype(np.float32) for name in _STACKED}
        if half:
            arrays["weights"] = arrays["weights"].astype(np.float16)
        header = {"recipe": asdict(self.recipe), "made": self.made}
        write_archive(path, header, {"epochs": self.epochs, **arrays})

    @classmethod
    def load(cls, path: Path | str) -> Run:
        """Reads what `save` wrote. Raises InputError where the file is missing, or no run of this version."""
        header, arrays = read_archive(path)
        try:
            stacked = {name: arrays[name] for name in _STACKED}
            run = cls(Recipe(**header["recipe"]), arrays["epochs"], made=header["made"], **stacked)
        except (KeyError, TypeError) as error:
            raise InputError(f"{path}: no stored run; give the file that a training wrote") from error
        if run.weights.shape != (len(run.epochs), run.recipe.seeds, WEIGHT_COUNT):
            raise InputError(f"{path}: weights {run.weights.shape} do not fit the recipe; train the run again")
        return run


def layer_functions(weights: NDArray[np.floating], activation: str) -> list[Callable[[Array], Array]]:
    """The six layers as functions of the one before, (..., m, d_in) to (..., m, d_out), from weights (..., 294).

    >>> import numpy as np
    >>> from wsss_viz.information.runs import layer_functions
    >>> first = layer_functions(np.zeros(294), "tanh")[0]
    >>> first(np.ones((5, 12))).shape
    (5, 10)
    """
    hidden, start = activation_named(activation).function, 0
    functions: list[Callable[[Array], Array]] = []
    flat = weights.astype(np.float64)
    for before, after in pairwise(SIZES):
        middle, end = start + before * after, start + (before + 1) * after
        matrix = flat[..., start:middle].reshape(*flat.shape[:-1], before, after)
        bias = flat[..., middle:end].reshape(*flat.shape[:-1], 1, after)
        functions.append(partial(_layer, matrix, bias, _softmax if after == SIZES[-1] else hidden))
        start = end
    return functions


def forward(weights: NDArray[np.floating], activation: str, every: int = 1) -> list[Array]:
    """The activations of all 4096 inputs, layer by layer (S, 4096, d), from flat weights (S, 294).

    Args:
        every: of the inputs only each `every`-th; an odd number leaves no bit of them constant.

    >>> import numpy as np
    >>> from wsss_viz.information.runs import forward
    >>> [T.shape for T in forward(np.zeros((2, 294)), "tanh")][-1]
    (2, 4096, 2)
    """
    inputs = icosahedron.patterns()[::every].astype(np.float64)
    T: Array = np.broadcast_to(inputs, (*weights.shape[:-1], *inputs.shape))
    layers = []
    for function in layer_functions(weights, activation):
        T = function(T)
        layers.append(T)
    return layers


def saturated_share(weights: NDArray[np.floating], activation: str) -> NDArray[np.float32]:
    """(S, 5) the share of each hidden layer's activations, over all inputs, that are saturated (ReLU: exactly off).

    >>> import numpy as np
    >>> from wsss_viz.information.runs import saturated_share
    >>> saturated_share(np.zeros((1, 294)), "relu").tolist()
    [[1.0, 1.0, 1.0, 1.0, 1.0]]
    """
    saturated = activation_named(activation).saturated
    shares = [saturated(T).mean(axis=(1, 2)) for T in forward(weights, activation)[:-1]]
    return np.stack(shares, axis=1).astype(np.float32)


def stored_run(activation: str) -> Run:
    """The run of the fast preset that ships with the package, with its planes (`plane.stored_plane`).

    Made by `python -m wsss_viz diagnose information-plane --preset fast --half --activation NAME
    --save wsss_viz/information/runs/NAME.npz`, once for each
    estimator that ships. Raises InputError where there is none.

    >>> from wsss_viz.information.runs import stored_run
    >>> stored_run("relu").recipe.epochs
    1500
    """
    return Run.load(stored_file(f"{activation}.npz"))


def stored_file(name: str) -> Path:
    """Where a shipped file lies. Raises InputError where the package ships none of that name.

    >>> from wsss_viz.information.runs import stored_file
    >>> stored_file("tanh.npz").name
    'tanh.npz'
    """
    folder = Path(__file__).parent / "runs"
    if not (folder / name).is_file():
        names = ", ".join(sorted(path.stem for path in folder.glob("*.npz")))
        raise InputError(f"no stored {name.removesuffix('.npz')}; there are {names or 'none'}, or train a run")
    return folder / name


def _layer(matrix: Array, bias: Array, function: Callable[[Array], Array], values: Array) -> Array:
    return function(values @ matrix + bias)


def _softmax(logits: Array) -> Array:
    probabilities: Array = softmax(logits, axis=-1)
    return probabilities
