"""The high gradient ratio over a data set: layer by layer, and through RIB's steps.

The unit is the image: where it has several labels, each gives a ratio of its own, and their mean is the image's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.gradients.layers import LOGIT, classifier_reader, network_reader
from wsss_viz.gradients.maps import SUM, GradientMaps, gradient_maps
from wsss_viz.gradients.ratio import TAUS, Curve, ratio_curve, summarise
from wsss_viz.gradients.regions import CAM_SHARE, REGIONS, map_regions, part_regions
from wsss_viz.methods import cam, rib, rib_bce
from wsss_viz.methods.rib_loss import RIB
from wsss_viz.models.classifier import Classifier

__all__ = [
    "MAP",
    "PARTS",
    "Counting",
    "Measured",
    "ThroughRib",
    "known_labels",
    "mean_interval",
    "measure_rib",
    "measure_scenes",
    "over_labels",
    "rib_steps",
    "scene_maps",
    "scene_regions",
    "tuned_layers",
]

PARTS, MAP = "parts", "map"


def scene_maps(
    classifier: Classifier, sample: Sample, names: Sequence[str], measure: str = SUM, layers: Sequence[str] = ()
) -> GradientMaps:
    """The gradient maps of one image, a row per class of `names`: the layers' are alike, the logit is the class's own.

    Args:
        layers: modules of the classifier by name (`named_modules`), read in this order before the logit; none: its
            stages.

    Raises:
        InputError: no module of a name.

    >>> from wsss_viz import data, load
    >>> from wsss_viz.gradients import scenes
    >>> classifier = load("scenes-classifier", "cpu")
    >>> sample = data.open("scenes:test:129")[0]
    >>> names = scenes.known_labels(classifier, sample)
    >>> scenes.scene_maps(classifier, sample, names).maps.shape
    (2, 6, 128, 128)
    """
    x = classifier.preprocess(sample.image)
    targets = [classifier.classes.index(name) for name in names]
    read = network_reader(classifier, layers, targets) if layers else classifier_reader(classifier, targets)
    return gradient_maps(read, x.expand(len(names), -1, -1, -1), measure)


def scene_regions(
    classifier: Classifier, sample: Sample, names: Sequence[str], kind: str = PARTS, share: float = CAM_SHARE
) -> NDArray[np.bool_]:
    """(len(names), 3, H, W) at the size of the network's input.

    Args:
        kind: "parts", from the part masks, or "map", from ground truth and class map.
        share: of the map's maximum, for "map".

    >>> from wsss_viz import data, load
    >>> from wsss_viz.gradients import scenes
    >>> classifier = load("scenes-classifier", "cpu")
    >>> sample = data.open("scenes:test:129")[0]
    >>> names = scenes.known_labels(classifier, sample)
    >>> scenes.scene_regions(classifier, sample, names).shape
    (2, 3, 128, 128)
    """
    size = classifier.preprocessing.size(*sample.size)
    if kind == PARTS:
        return np.stack([part_regions(sample, name, size) for name in names])
    (step,) = cam(classifier, sample)
    maps = step.image_maps(sample.size, [classifier.classes.index(name) for name in names])
    return np.stack([map_regions(sample, name, values, share, size) for name, values in zip(names, maps, strict=True)])


@dataclass(frozen=True)
class Counting:
    """How high gradients are counted.

    Attributes:
        kind, share: of the regions, see `scene_regions`.
        percentile: of the map that it is divided by, see `ratio.normalise`.
    """

    kind: str = PARTS
    share: float = CAM_SHARE
    percentile: float = 100.0


@dataclass(frozen=True, eq=False)
class Measured:
    """A measurement over images.

    Attributes:
        curves: HGR by layer and region, one for each counting.
        slope: (3,) mean s(1 - s) with its interval over images: the sigmoid's own factor, that no ratio shows.
        logit: mean y^c.
        images, labels: how many of each.
    """

    curves: tuple[Curve, ...]
    slope: tuple[float, float, float]
    logit: float
    images: int
    labels: int


def measure_scenes(
    classifier: Classifier,
    samples: Iterable[Sample],
    measure: str = SUM,
    countings: Sequence[Counting] = (Counting(),),
    taus: tuple[float, ...] = TAUS,
    layers: Sequence[str] = (),
) -> Measured:
    """HGR by layer of a classifier over labelled images; `layers` as `scene_maps` has them.

    Raises:
        InputError: no image has a label the classifier knows, or masks are missing.

    >>> from wsss_viz import data, load
    >>> from wsss_viz.gradients import scenes
    >>> classifier = load("scenes-classifier", "cpu")
    >>> sample = data.open("scenes:test:129")[0]
    >>> measured = scenes.measure_scenes(classifier, [sample])
    >>> measured.images, measured.labels, measured.curves[0].regions
    (1, 2, ('discriminative', 'non_discriminative', 'irrelevant'))
    """
    ratios: list[list[NDArray[np.float64]]] = [[] for _ in countings]
    slopes, logits, labels = [], [], 0
    read: tuple[str, ...] = ()
    for sample in samples:
        names = known_labels(classifier, sample)
        if not names:
            continue
        result = scene_maps(classifier, sample, names, measure, layers)
        for series, counting in zip(ratios, countings, strict=True):
            regions = scene_regions(classifier, sample, names, counting.kind, counting.share)
            series.append(over_labels(ratio_curve(result.maps, regions, taus, counting.percentile)))
        slopes.append(float(result.sigmoid_slope.mean()))
        logits.append(float(result.logits.mean()))
        read, labels = result.layers, labels + len(names)
    if not slopes:
        raise InputError("no image has a label that the classifier knows: nothing to measure")
    curves = tuple(summarise(np.stack(series), read, REGIONS, taus) for series in ratios)
    return Measured(curves, mean_interval(slopes), float(np.mean(logits)), len(slopes), labels)


def known_labels(classifier: Classifier, sample: Sample) -> tuple[str, ...]:
    """The image's labels that the classifier has.

    >>> from wsss_viz import data, load
    >>> from wsss_viz.gradients import scenes
    >>> classifier = load("scenes-classifier", "cpu")
    >>> sample = data.open("scenes:test:129")[0]
    >>> names = scenes.known_labels(classifier, sample)
    >>> names
    ('cat', 'cow')
    """
    return tuple(name for name in sample.labels or () if name in classifier.classes)


def over_labels(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, ...) to (...), the mean over an image's labels, those without the region left out; NaN where none has it.

    >>> import numpy as np
    >>> from wsss_viz.gradients.scenes import over_labels
    >>> over_labels(np.array([[0.2, np.nan], [0.4, 0.5]])).round(3).tolist()
    [0.3, 0.5]
    """
    counts = (~np.isnan(values)).sum(axis=0)
    sums = np.nan_to_num(values).sum(axis=0)
    return np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)


def mean_interval(values: Sequence[float] | NDArray) -> tuple[float, float, float]:
    """The mean with its 95 % bootstrap interval.

    >>> from wsss_viz.gradients.scenes import mean_interval
    >>> mean, low, high = mean_interval([0.0, 1.0, 2.0])
    >>> mean, low <= mean <= high
    (1.0, True)
    """
    curve = summarise(np.asarray(values, dtype=np.float64)[:, None, None, None], ("",), ("",), (0.0,))
    mean, low, high = curve.values[0, 0, 0].tolist()
    return mean, low, high


def rib_steps(
    classifier: Classifier,
    sample: Sample,
    names: Sequence[str],
    loss: str = RIB,
    steps: int = 10,
    layers: tuple[str, ...] | None = None,
) -> Iterator[GradientMaps]:
    """The gradient maps by theta_0 to theta_K as RIB tunes on the image, of the layers it tunes; see `methods.rib`.

    Where it stops early (at the margin, say), fewer.

    Args:
        names: the classes whose logits are followed, all of them tuned on together.
        loss: "rib", or "bce" for the control that keeps the sigmoid.
        layers: None: the stages after the classifier's split, and the logit.

    >>> from wsss_viz import data, load
    >>> from wsss_viz.gradients import scenes
    >>> classifier = load("scenes-classifier", "cpu")
    >>> sample = data.open("scenes:test:129")[0]
    >>> names = scenes.known_labels(classifier, sample)
    >>> len(list(scenes.rib_steps(classifier, sample, names[:1], steps=2)))
    3
    """
    x = classifier.preprocess(sample.image).expand(len(names), -1, -1, -1)
    targets = [classifier.classes.index(name) for name in names]
    tuned = layers or tuned_layers(classifier)
    by_step: list[GradientMaps] = []

    def watch(k: int, late: nn.Module) -> None:
        by_step.append(gradient_maps(classifier_reader(classifier, targets, late), x, layers=tuned))

    method = rib if loss == RIB else rib_bce
    for _ in method(classifier, sample, names, steps=steps, callback=watch):
        yield from by_step
        by_step.clear()


def tuned_layers(classifier: Classifier) -> tuple[str, ...]:
    """The stages that RIB tunes, and the logit.

    >>> from wsss_viz import data, load
    >>> from wsss_viz.gradients import scenes
    >>> classifier = load("scenes-classifier", "cpu")
    >>> scenes.tuned_layers(classifier)
    ('stage 4', 'stage 5', 'logit')
    """
    return (*(f"stage {n}" for n in range(classifier.split + 1, len(classifier.stages) + 1)), LOGIT)


@dataclass(frozen=True, eq=False)
class ThroughRib:
    """HGR through RIB's steps, over images.

    Attributes:
        steps: K + 1 curves, theta_0 to theta_K, each over the layers that RIB tunes. Where RIB stopped early on an
            image, its last step counts on.
        change: HGR of the logit by theta_K less that by theta_0, paired by image: a curve of that one layer.
        logits: (K + 1,) mean y^c.
        slopes: (K + 1,) mean s(1 - s).
        images: how many.
    """

    steps: tuple[Curve, ...]
    change: Curve
    logits: NDArray[np.float64]
    slopes: NDArray[np.float64]
    images: int


def measure_rib(
    classifier: Classifier,
    samples: Iterable[Sample],
    loss: str = RIB,
    steps: int = 10,
    taus: tuple[float, ...] = TAUS,
    percentiles: Sequence[float] = (100.0,),
) -> tuple[ThroughRib, ...]:
    """Does RIB bring the gradient back to the part that the classifier neglected? HGR at each of its steps.

    Returns:
        One for each of `percentiles`, see `ratio.normalise`.

    >>> from wsss_viz import data, load
    >>> from wsss_viz.gradients import scenes
    >>> classifier = load("scenes-classifier", "cpu")
    >>> sample = data.open("scenes:test:129")[0]
    >>> (through,) = scenes.measure_rib(classifier, [sample], steps=1)
    >>> len(through.steps), through.images
    (2, 1)
    """
    ratios: list[list[NDArray[np.float64]]] = [[] for _ in percentiles]
    logits, slopes = [], []
    layers: tuple[str, ...] = ()
    for sample in samples:
        names = known_labels(classifier, sample)
        if not names:
            continue
        regions = scene_regions(classifier, sample, names)
        by_step = list(rib_steps(classifier, sample, names, loss, steps))
        by_step += [by_step[-1]] * (steps + 1 - len(by_step))
        layers = by_step[0].layers
        for series, percentile in zip(ratios, percentiles, strict=True):
            series.append(
                np.stack([over_labels(ratio_curve(maps.maps, regions, taus, percentile)) for maps in by_step])
            )
        logits.append([float(maps.logits.mean()) for maps in by_step])
        slopes.append([float(maps.sigmoid_slope.mean()) for maps in by_step])
    if not logits:
        raise InputError("no image has a label that the classifier knows: nothing to measure")
    means = np.mean(logits, axis=0), np.mean(slopes, axis=0), len(logits)
    return tuple(_through(np.stack(series, axis=1), layers, taus, *means) for series in ratios)


def _through(
    ratios: NDArray[np.float64],
    layers: tuple[str, ...],
    taus: tuple[float, ...],
    logits: NDArray[np.float64],
    slopes: NDArray[np.float64],
    images: int,
) -> ThroughRib:
    """`ratios` (K + 1, N, T, L, R)."""
    curves = tuple(summarise(at_k, layers, REGIONS, taus) for at_k in ratios)
    change = summarise((ratios[-1] - ratios[0])[:, :, -1:], (LOGIT,), REGIONS, taus)
    return ThroughRib(curves, change, logits, slopes, images)
