"""What the page Information shows: its section, and the settings of each."""

from __future__ import annotations

import math
from dataclasses import dataclass

from wsss_viz.app.state.parameters import (
    FINAL,
    Notation,
    Parameter,
    choice,
    is_index,
    share,
    step,
    subset,
    whole,
    write_numbers,
)
from wsss_viz.errors import InputError
from wsss_viz.information.estimator_names import check_estimator

SECTIONS = ("plane", "bottleneck", "minimal", "table", "chain", "probe")
NETWORK_ACTIVATIONS = ("tanh", "relu", "sigmoid")
UNIT_ACTIVATIONS = (*NETWORK_ACTIVATIONS, "softsign", "elu", "linear")
NETWORK_LAYERS = ("T1", "T2", "T3", "T4", "T5", "output")
LARGEST_EPOCH, MOST_SEEDS, MOST_LINKS = 100_000, 8, 12
PROBED = ("class", "coat", "rib")
BIN_LAYOUTS = ("value", "short", "before")
UNIT_BINS = (5, 10, 20, 30, 50, 100, 300, 1000)
READERS = ("logistic", "mlp")
BETAS: tuple[float, ...] = (
    0.5,
    0.7,
    0.9,
    1.1,
    1.5,
    2.0,
    2.2,
    2.3,
    2.4,
    2.5,
    2.7,
    3.0,
    3.5,
    4.0,
    5.0,
    7.0,
    10.0,
    12.0,
    13.0,
    15.0,
    17.0,
)
BETAS += (20.0, 25.0, 30.0, 40.0, 60.0, 100.0)
JOINTS = ("noisy", "function")


@dataclass(frozen=True)
class InformationState:
    """
    Attributes:
        section: one of `SECTIONS`, a part of the page.
        activations: of `NETWORK_ACTIVATIONS`, the networks side by side in the information plane.
        estimator: what they are measured with, as `information.estimator_names` has it.
        drawn_layers: of `NETWORK_LAYERS`, those that are drawn.
        seeds: the first so many networks of each.
        epoch: where the slider stands at first, or `FINAL`.
        live: of `NETWORK_ACTIVATIONS`, trained now in place of the stored run; "": none.
        unit: one of `UNIT_ACTIVATIONS`, of the minimal model.
        laid: one of `BIN_LAYOUTS`, how its bins are laid, see `information.minimal.laid_bins`.
        unit_bins: one of `UNIT_BINS`.
        weight: its weight, where the slider stands at first.
        table: four weights of the joint table, row by row, from 0 to 100, not all 0.
        draws: samples that are drawn from it.
        flip: the probability that a link of the chain flips the bit.
        links: of the chain.
        probed: one of `PROBED`.
        reader: one of `READERS`, the family of the probes.
        beta: one of `BETAS`, what a bit of the label is worth in the information bottleneck.
        joint: one of `JOINTS`, the inputs and labels that are compressed.
    """

    section: str = "plane"
    activations: tuple[str, ...] = ("tanh", "relu")
    estimator: str = "default"
    drawn_layers: tuple[str, ...] = NETWORK_LAYERS
    seeds: int = MOST_SEEDS
    epoch: int = FINAL
    live: str = ""
    unit: str = "tanh"
    laid: str = "value"
    unit_bins: int = 30
    weight: float = 5.0
    table: tuple[int, ...] = (45, 5, 5, 45)
    draws: int = 100
    flip: float = 0.1
    links: int = 5
    probed: str = "class"
    reader: str = "logistic"
    beta: float = 3.0
    joint: str = "noisy"


def _read_estimator(text: str) -> str:
    try:
        kind, value = check_estimator(text[:40])
    except InputError:
        raise ValueError("an estimator such as width:0.07") from None
    return f"{kind}:{value}" if value else kind


def _read_table(text: str) -> tuple[int, ...]:
    weights = text.split("-")
    if len(weights) != 4 or not all(is_index(weight, 101) for weight in weights) or not any(map(int, weights)):
        raise ValueError("four weights from 0 to 100, such as 45-5-5-45")
    return tuple(int(weight) for weight in weights)


def _read_weight(text: str) -> float:
    try:
        weight = float(text) if len(text) <= 12 else math.nan
    except ValueError:
        weight = math.nan
    if not 0.01 <= weight <= 100:
        raise ValueError("a weight from 0.01 to 100")
    return weight


def _read_bins(text: str) -> int:
    if text not in map(str, UNIT_BINS):
        raise ValueError(f"one of {', '.join(map(str, UNIT_BINS))}")
    return int(text)


def _read_beta(text: str) -> float:
    values = {f"{beta:g}": beta for beta in BETAS}
    if text not in values:
        raise ValueError(f"one of {', '.join(values)}")
    return values[text]


PARAMETERS = (
    Parameter("section", choice(SECTIONS)),
    Parameter("activations", subset(NETWORK_ACTIVATIONS, least=1)),
    Parameter("ruler", Notation(_read_estimator), ("estimator",)),
    Parameter("layers", subset(NETWORK_LAYERS, least=1), ("drawn_layers",)),
    Parameter("seeds", whole(1, MOST_SEEDS)),
    Parameter("epoch", step(LARGEST_EPOCH)),
    Parameter("live", choice(("", *NETWORK_ACTIVATIONS))),
    Parameter("unit", choice(UNIT_ACTIVATIONS)),
    Parameter("laid", choice(BIN_LAYOUTS)),
    Parameter("unit-bins", Notation(_read_bins)),
    Parameter("weight", Notation(_read_weight)),
    Parameter("table", Notation(_read_table, write_numbers)),
    Parameter("draws", whole(10, 10_000)),
    Parameter("flip", share()),
    Parameter("links", whole(1, MOST_LINKS)),
    Parameter("probed", choice(PROBED)),
    Parameter("reader", choice(READERS)),
    Parameter("beta", Notation(_read_beta, lambda beta: f"{beta:g}")),
    Parameter("joint", choice(JOINTS)),
)
