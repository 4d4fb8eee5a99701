"""The high gradient ratio (HGR): by layer, and by RIB's step. Drawn from the measurements that ship."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from wsss_viz.data.palette import part_palette
from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE
from wsss_viz.figures.charts import named, panels
from wsss_viz.figures.spec import FigureSpec
from wsss_viz.gradients.ratio import TAU, Curve
from wsss_viz.gradients.stored import Stored, shipped
from wsss_viz.models.manifest import read_manifest

LAYER_KEYS = {
    "toy-flatten": "flatten/bce/sum/max/all",
    "toy-gap": "gap/bce/sum/max/all",
    "scenes": "scenes-classifier/parts/sum/max",
}
"""The stored curves by layer, as `gradients.survey` names them, which needs torch; the tests hold the two together."""
STEP_KEY = "tuned-{}/max/{}"
TITLES = {
    "toy-flatten": "toy, flatten",
    "toy-gap": "toy, global pooling",
    "scenes": "scenes, by layer",
    "rib-steps": "scenes, by RIB's step",
}
COLOURS = {
    "discriminative": part_palette()[DISCRIMINATIVE] / 255,
    "non_discriminative": part_palette()[NON_DISCRIMINATIVE] / 255,
    "irrelevant": np.array((134, 142, 150)) / 255,
}
TOY_NAMES = {"discriminative": "digit", "non_discriminative": "shape", "irrelevant": "background"}
SCENE_NAMES = {"discriminative": "discriminative part", "non_discriminative": "rest", "irrelevant": "background"}


def ratios(spec: FigureSpec) -> Figure:
    """A panel a subject. Raises InputError where what is drawn was not measured on the checkpoints that are here."""
    across = 1 if spec.width == "single" else min(2, len(spec.columns))
    sheet, places = panels(spec, len(spec.columns), across, foot=0.0)
    for number, (subject, axes) in enumerate(zip(spec.columns, places, strict=True)):
        names = TOY_NAMES if subject.startswith("toy") else SCENE_NAMES
        if subject == "rib-steps":
            _by_step(measured(subject), axes, names)
            named(axes, spec, sheet, number, TITLES[subject], "RIB's step k", "HGR of the logit")
        else:
            _by_layer(layers_curve(subject), axes, names)
            named(axes, spec, sheet, number, TITLES[subject], "layer", "HGR")
            axes.set_ylim(0, 1.05)
        if spec.labels:
            axes.legend(fontsize=sheet.points - 1.5, framealpha=0.8, edgecolor="none")
    return sheet.figure


def measured(subject: str) -> Stored:
    """The stored measurements of a column's subject. Raises InputError where they are not of these checkpoints."""
    digests = {name: entry.sha256 for name, entry in read_manifest().items()}
    return shipped("toy" if subject.startswith("toy") else "scenes", digests)


def layers_curve(subject: str) -> Curve:
    """HGR by layer: of the toy's head over all seeds, or of the ordinary classifier on the scenes."""
    return measured(subject).entries[LAYER_KEYS[subject]].curve


def step_values(found: Stored, loss: str) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """The regions' names, and (K + 1, R, 3) the logit's HGR by RIB's step: mean, low, high."""
    keys = [STEP_KEY.format(loss, k) for k in range(len(found.entries))]
    curves = [found.entries[key].curve for key in keys if key in found.entries]
    return curves[0].regions, np.stack([curve.at(TAU)[-1] for curve in curves])


def _by_layer(curve: Curve, axes: Axes, names: dict[str, str]) -> None:
    """Means with their intervals over images, the band over thresholds shaded."""
    x = np.arange(1, len(curve.layers) + 1)
    chosen, band = curve.at(TAU), curve.band()
    for r, region in enumerate(curve.regions):
        axes.fill_between(x, band[0, :, r], band[1, :, r], color=COLOURS[region], alpha=0.15, linewidth=0)
        _line(axes, x, chosen[:, r], region, names[region])
    axes.set_xticks(x, [f"G{number}" for number in x])


def _by_step(found: Stored, axes: Axes, names: dict[str, str]) -> None:
    """RIB with its intervals, its control (the sigmoid kept) dashed."""
    for loss in ("rib", "bce"):
        regions, values = step_values(found, loss)
        x = np.arange(len(values))
        for r, region in enumerate(regions):
            if loss == "rib":
                _line(axes, x, values[:, r], region, names[region])
            else:
                axes.plot(x, values[:, r, 0], color=COLOURS[region], linewidth=0.8, linestyle="--")
    axes.set_ylim(bottom=0)


def _line(axes: Axes, x: NDArray, values: NDArray[np.float64], region: str, label: str) -> None:
    mean, low, high = np.round(values.T, 4)
    errors = np.stack([mean - low, high - mean]).clip(min=0)
    mark = {"discriminative": "o", "non_discriminative": "s", "irrelevant": "D"}[region]
    axes.errorbar(
        x, mean, errors, color=COLOURS[region], marker=mark, markersize=3, linewidth=1.2, elinewidth=0.7, label=label
    )
