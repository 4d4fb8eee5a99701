"""Makes docs/alignment.png and prints the table of docs/how-to/alignment.md: `python docs/make_alignment.py`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torchvision.models import resnet18

from wsss_viz import data, models
from wsss_viz.models import Classifier
from wsss_viz.models.receptive_field import cell_layout, impulse
from wsss_viz.traces import upsample
from wsss_viz.traces.centres import field_centres

NETWORKS = {"scenes-classifier": "scenes:test", "imagenet-efficientnet-lite0": "photos"}
IMAGES, LARGEST_SHIFT = 40, 48


def draw(path: Path) -> None:
    """What one cell sees, where it is centred, and where the field's rule puts it, for three paddings."""
    lite = models.load("imagenet-efficientnet-lite0", "cpu", stride=32)
    torch.manual_seed(0)
    resnet = models.adapt(resnet18())
    shown = (("ResNet-18", resnet, 224), ("EfficientNet-Lite0", lite, 224), ("EfficientNet-Lite0", lite, 225))
    figure = Figure(figsize=(7.0, 2.6), layout="constrained", dpi=110)
    for axes, (name, classifier, side) in zip(figure.subplots(1, len(shown)), shown, strict=True):
        centres, grid = cell_layout(classifier, side, side)
        row, column = grid[0] // 2, grid[1] // 2
        axes.imshow(impulse(list(classifier.stages), side, side, row, column), cmap="viridis")
        stretched = field_centres(grid, (side, side))
        marks = ((centres, "+", "#ffffff", "receptive field"), (stretched, "x", "#ff5a36", "stretched map"))
        for there, marker, colour, label in marks:
            y, x = there.at(row, column)
            axes.plot(x, y, marker, color=colour, markersize=9, markeredgewidth=2, label=label)
        axes.set_title(f"{name}, {side} x {side}", fontsize=8)
        axes.set_axis_off()
    axes.legend(fontsize=6, loc="lower right")
    figure.savefig(path, metadata={"Software": None})


def displacement(classifier: Classifier, source: str) -> tuple[tuple[int, int], list[tuple[float, float]]]:
    """(H, W), and along y and x how far below and right of what it saw a stretched map lies: mean, standard error.

    Half the shift at which the map and the mirrored map of the mirrored image agree best (correlation), which needs
    no truth and holds for the weights as they are trained.
    """
    samples = data.open(source)
    found: tuple[list[float], list[float]] = ([], [])
    for index in range(min(IMAGES, len(samples))):
        x = classifier.preprocess(samples[index].image)[..., : 8 * 40, : 8 * 40]
        x = x[..., : x.shape[2] // 32 * 32, : x.shape[3] // 32 * 32]
        with torch.no_grad():
            maps = classifier.maps(x)[0]
            best = int(maps.mean(dim=(1, 2)).argmax())
            for axis, values in enumerate(found):
                mirrored = classifier.maps(x.flip(axis + 2))[0, [best]].numpy()
                size = (x.shape[2], x.shape[3])
                pair = upsample(maps[[best]].numpy(), size)[0], np.flip(upsample(mirrored, size)[0], axis)
                values.append(agreement(*pair, axis) / 2)
    size = (x.shape[2], x.shape[3])
    return size, [(float(np.mean(v)), float(np.std(v) / len(v) ** 0.5)) for v in found]


def agreement(one: NDArray[np.float32], other: NDArray[np.float32], axis: int) -> int:
    """The shift in pixels along an axis at which two maps correlate best."""
    length = one.shape[axis]
    most = min(LARGEST_SHIFT, length // 4)

    def alike(shift: int) -> float:
        moved = np.take(one, range(most + shift, length - most + shift), axis)
        return float(np.corrcoef(moved.ravel(), np.take(other, range(most, length - most), axis).ravel())[0, 1])

    return max(range(-most, most + 1), key=alike)


def main() -> None:
    """Draws and prints."""
    draw(Path(__file__).with_name("alignment.png"))
    for name, source in NETWORKS.items():
        classifier = models.load(name, "cpu")
        size, measured = displacement(classifier, source)
        centres, grid = cell_layout(classifier, *size)
        geometry = centres.offset(grid, size)
        for axis in (1, 0):
            mean, error = measured[axis]
            known = f"| {name} | {size[0]} x {size[1]} | {'yx'[axis]} | {geometry[axis]:+.1f}"
            print(f"{known} | {mean:+.1f} ± {error:.1f} |")


if __name__ == "__main__":
    main()
