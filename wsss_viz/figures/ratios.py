"""The high gradient ratio (HGR): by layer, and by RIB's step, of the measurements that ship."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.palette import part_palette
from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE
from wsss_viz.figures.chart import POINTS_PER_PIXEL, Axis, Band, Colour, Line, Mark, Plot, Rule
from wsss_viz.gradients.published import HGR, NOTE
from wsss_viz.gradients.ratio import TAU, Curve
from wsss_viz.gradients.stored import Stored, shipped
from wsss_viz.models.manifest import read_manifest

__all__ = [
    "COLOURS",
    "LAYER_KEYS",
    "SCENE_NAMES",
    "STEP_KEY",
    "SYMBOLS",
    "TOY_NAMES",
    "layers_curve",
    "layers_panel",
    "measured",
    "steps_of",
    "steps_panel",
]

LAYER_KEYS = {
    "toy-flatten": "flatten/bce/sum/max/all",
    "toy-gap": "gap/bce/sum/max/all",
    "scenes": "scenes-classifier/parts/sum/max",
}
"""The stored curves by layer, as `gradients.survey` names them, which needs torch; the tests hold the two together."""
STEP_KEY = "tuned-{}/max/{}"
COLOURS: dict[str, Colour] = {
    "discriminative": tuple((part_palette()[DISCRIMINATIVE] / 255).tolist()),
    "non_discriminative": tuple((part_palette()[NON_DISCRIMINATIVE] / 255).tolist()),
    "irrelevant": tuple((np.array((134, 142, 150)) / 255).tolist()),
    "own": tuple((np.array((46, 160, 110)) / 255).tolist()),
    "whole": tuple((np.array((134, 142, 150)) / 255).tolist()),
}
"""Of the regions; "own" is one that a person drew, "whole" the picture that has no mask."""
SYMBOLS = {
    "discriminative": "circle",
    "non_discriminative": "square",
    "irrelevant": "diamond",
    "own": "triangle-up",
    "whole": "diamond",
}
TOY_NAMES = {"discriminative": "digit", "non_discriminative": "shape", "irrelevant": "background"}
SCENE_NAMES = {
    "discriminative": "discriminative part",
    "non_discriminative": "non-discriminative part",
    "irrelevant": "background",
}


def measured(subject: str) -> Stored:
    """The stored measurements of a column's subject. Raises InputError where they are not of these checkpoints.

    Examples:
        >>> sorted(measured("toy-flatten").about)
        ['data', 'pictures', 'recipe', 'seeds', 'shape_share', 'version']
    """
    digests = {name: entry.sha256 for name, entry in read_manifest().items()}
    return shipped("toy" if subject.startswith("toy") else "scenes", digests)


def layers_curve(subject: str) -> Curve:
    """HGR by layer: of the toy's head over all seeds, or of the ordinary classifier on the scenes.

    Examples:
        >>> curve = layers_curve("toy-flatten")
        >>> curve.layers
        ('conv 1', 'conv 2', 'conv 3', 'conv 4', 'conv 5', 'logit')
    """
    return measured(subject).entries[LAYER_KEYS[subject]].curve


def _step_values(stored: Stored, loss: str) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """The regions' names, and (K + 1, R, 3) the logit's HGR by RIB's step: mean, low, high."""
    keys = [STEP_KEY.format(loss, k) for k in range(len(stored.entries))]
    curves = [stored.entries[key].curve for key in keys if key in stored.entries]
    return curves[0].regions, np.stack([curve.at(TAU)[-1] for curve in curves])


def layers_panel(
    curve: Curve,
    names: Mapping[str, str],
    tau: float = TAU,
    *,
    at: int | None = None,
    seeds: Sequence[Curve] = (),
    published: bool = False,
    first: int = 1,
    layer_names: bool = False,
) -> Plot:
    """HGR by layer: means with their intervals over images, the band over thresholds shaded.

    Args:
        names: of the regions.
        at: the index of the layer whose points are larger, with an upright line; None: none.
        seeds: curves drawn thin.
        published: draw the values read off RIB's figure as well, dotted.
        first: the number of the curve's first layer, where its line begins on the x axis.
        layer_names: put the layers' own names under G1, G2, ...

    >>> panel = layers_panel(layers_curve("toy-gap"), TOY_NAMES)
    >>> panel.x.labels, [mark.name for mark in panel.marks if isinstance(mark, Line)]
    (['G1', 'G2', 'G3', 'G4', 'G5', 'G6'], ['digit', 'shape', 'background'])
    """
    x = np.arange(first, first + len(curve.layers))
    means, band = curve.at(tau), curve.band()
    marks: list[Mark] = []
    for r, region in enumerate(curve.regions):
        marks.append(Band(x, band[0, :, r], band[1, :, r], COLOURS[region], 0.15))
        for seed in seeds:
            y = seed.at(tau)[:, r, 0]
            marks.append(Line(x[: len(y)], y, colour=COLOURS[region], width=1.0, opacity=0.45))
        marks.append(_line(x, means[:, r], region, names[region], None if at is None else first + at))
        if published:
            marks.append(
                Line(
                    x, HGR[region], "RIB's figure, read off", COLOURS[region], width=1.4, dash="dot", last=True,
                    hover=f"{names[region]}: {{y:.2f}}, {NOTE}",
                )
            )  # fmt: skip
    if at is not None:
        marks.append(Rule(x=first + at, on_paper=False))
    ticks = [f"G{number}" + f"<br>{layer}" * layer_names for number, layer in zip(x, curve.layers, strict=True)]
    return Plot(tuple(marks), Axis(ticks=x, labels=ticks), Axis("share of high gradients", 0, 1.05))


def steps_panel(stored: Stored, names: Mapping[str, str]) -> Plot:
    """The logit's HGR by RIB's step: RIB with its intervals, its control (the sigmoid kept) dashed.

    Examples:
        >>> len(steps_panel(measured("rib-steps"), SCENE_NAMES).marks)  # two regions, RIB and its control
        6
    """
    values = {loss: _step_values(stored, loss) for loss in ("rib", "bce")}
    return steps_of({loss: each for loss, (_, each) in values.items()}, values["rib"][0], names)


def steps_of(
    values: Mapping[str, NDArray[np.float64]], regions: Sequence[str], names: Mapping[str, str], at: int | None = None
) -> Plot:
    """The same from values "rib" and "bce", (K + 1, R, 3); `at`: the marked step of a page.

    Examples:
        >>> share = np.array([[[0.4, 0.3, 0.5]], [[0.2, 0.1, 0.3]]])  # two steps of one region, with intervals
        >>> panel = steps_of({"rib": share, "bce": share}, ["discriminative"], {"discriminative": "the head"})
        >>> [mark.name for mark in panel.marks]
        ['the head', 'the head, control with the sigmoid']
    """
    marks: list[Mark] = []
    for loss, curves in values.items():
        x = np.arange(len(curves))
        for r, region in enumerate(regions):
            if loss == "rib":
                marks.append(_line(x, curves[:, r], region, names[region], at))
            else:
                marks.append(
                    Line(
                        x, curves[:, r, 0], f"{names[region]}, control with the sigmoid", COLOURS[region],
                        width=0.8 / POINTS_PER_PIXEL, dash="dash", hover="{name}, step {x}: {y:.3f}",
                        listed=at is not None,
                    )
                )  # fmt: skip
    if at is not None:
        marks.append(Rule(x=at, on_paper=False))
    return Plot(
        tuple(marks),
        Axis("RIB's step k", step=0 if at is None else 1),
        Axis("share of high gradients", from_zero=True),
    )


def _line(x: NDArray, values: NDArray[np.float64], region: str, name: str, at: int | None) -> Line:
    mean, low, high = np.round(values.T, 4)
    return Line(
        x, mean, name, COLOURS[region], width=2.0, symbol=SYMBOLS[region], low=low, high=high,
        size=7.5 if at is None else [12.5 if position == at else 7.5 for position in x],
        hover="{name}: {y:.3f} ({low:.3f} to {high:.3f})",
    )  # fmt: skip
