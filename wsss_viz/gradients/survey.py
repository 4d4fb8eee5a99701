"""Everything the page Gradients draws, measured in one go: the toy's networks, and the classifiers on the scenes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.digits import Digits
from wsss_viz.data.sample import Sample
from wsss_viz.gradients.digits import digit_maps, measure_digits
from wsss_viz.gradients.maps import ENERGY, MEASURES, SUM
from wsss_viz.gradients.ratio import TAUS, normalise, summarise
from wsss_viz.gradients.regions import REGIONS
from wsss_viz.gradients.scenes import (
    MAP,
    PARTS,
    Counting,
    Measured,
    known_labels,
    measure_rib,
    measure_scenes,
    scene_maps,
)
from wsss_viz.gradients.stored import Entry, Stored
from wsss_viz.methods.rib_loss import BCE, RIB
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.digit_network import DigitNetwork

__all__ = [
    "ALL_SEEDS",
    "EXAMPLE",
    "EXAMPLES",
    "MAP_SHARES",
    "PERCENTILES",
    "RIB_STEPS",
    "Progress",
    "digits_key",
    "rib_key",
    "scenes_key",
    "survey_digits",
    "survey_photographs",
    "survey_scenes",
    "to_bytes",
]

PERCENTILES = {"max": 100.0, "p99": 99.0}
MAP_SHARES = (0.3, 0.5, 0.7)
ALL_SEEDS = "all"
EXAMPLES = 2
EXAMPLE = "scenes:test:129"
RIB_STEPS = 10

Progress = Callable[[Sequence[Sample], str], Iterable[Sample]]


def digits_key(head: str, loss: str, measure: str = SUM, norm: str = "max", seed: int | str = ALL_SEEDS) -> str:
    """The key of a curve of the toy; `seed` "all": the pictures of all seeds' networks together.

    >>> from wsss_viz.gradients.survey import digits_key
    >>> digits_key("gap", "bce")
    'gap/bce/sum/max/all'
    """
    return f"{head}/{loss}/{measure}/{norm}/{seed}"


def scenes_key(name: str, kind: str = PARTS, measure: str = SUM, norm: str = "max", share: float | None = None) -> str:
    """The key of a classifier's curve; `share` for regions from the map.

    >>> from wsss_viz.gradients.survey import scenes_key
    >>> scenes_key("scenes-classifier"), scenes_key("scenes-classifier", "map", share=0.5)
    ('scenes-classifier/parts/sum/max', 'scenes-classifier/map0.5/sum/max')
    """
    return f"{name}/{kind if share is None else f'{kind}{share}'}/{measure}/{norm}"


def rib_key(loss: str, norm: str, k: int | str) -> str:
    """The key of the curve by theta_k; k "change": the logit's, from theta_0 to theta_K.

    >>> from wsss_viz.gradients.survey import rib_key
    >>> rib_key("rib", "max", 3)
    'tuned-rib/max/3'
    """
    return f"tuned-{loss}/{norm}/{k}"


def survey_digits(
    networks: Iterable[tuple[str, str, int, DigitNetwork]],
    data: Digits,
    about: Mapping[str, Any],
    taus: tuple[float, ...] = TAUS,
) -> Stored:
    """Measures networks of the toy on pictures that all have a shape.

    Args:
        networks: head, loss, seed and the trained network.
        about: how they were trained.

    Examples:
        >>> from wsss_viz.data.digits import CANVAS, draw_digits
        >>> data = draw_digits("test", 8, shape_share=1.0)
        >>> stored = survey_digits([("gap", "bce", 0, DigitNetwork("gap", CANVAS, 0))], data, {"pictures": 8})
        >>> stored.entries[digits_key("gap", "bce", seed=0)].curve.layers
        ('conv 1', 'conv 2', 'conv 3', 'conv 4', 'conv 5', 'logit')
    """
    entries: dict[str, Entry] = {}
    indices = _of_each_class(data)
    examples: dict[str, NDArray] = {
        "images": np.round(data.images[indices] * 255).astype(np.uint8),
        "regions": data.regions[indices],
        "labels": data.labels[indices],
    }
    pooled: dict[tuple[str, ...], list[Any]] = {}
    for head, loss, seed, network in networks:
        for measure in MEASURES:
            for norm, percentile in PERCENTILES.items():
                measured = measure_digits(network, data, measure, taus, percentile)
                facts = {"accuracy": measured.accuracy, "sigmoid_slope": measured.slope, "logit": measured.logit}
                entries[digits_key(head, loss, measure, norm, seed)] = Entry(measured.curve(taus), facts)
                pooled.setdefault((head, loss, measure, norm), []).append(measured)
            maps = digit_maps(network, data.images[indices], data.labels[indices].tolist(), measure).maps
            examples.setdefault(f"{head}/{loss}/{measure}", to_bytes(maps))
    for (head, loss, measure, norm), every in pooled.items():
        ratios = np.concatenate([measured.ratios for measured in every])
        facts = {
            "accuracy": {name: float(np.mean([f.accuracy[name] for f in every])) for name in every[0].accuracy},
            "sigmoid_slope": float(np.mean([f.slope for f in every])),
            "logit": float(np.mean([f.logit for f in every])),
        }
        curve = summarise(ratios, every[0].layers, REGIONS, taus)
        entries[digits_key(head, loss, measure, norm)] = Entry(curve, facts)
    return Stored(entries, examples, dict(about))


def survey_scenes(
    classifiers: Mapping[str, Classifier],
    samples: Sequence[Sample],
    rib_samples: Sequence[Sample],
    example: Sample,
    about: Mapping[str, Any],
    progress: Progress = lambda items, title: items,
) -> Stored:
    """Measures classifiers on scenes, the first of them through RIB's steps as well.

    Args:
        classifiers: by name.
        rib_samples: those that RIB tunes on.
        example: whose maps by the first classifier are kept.
        about: the data, the checkpoints' digests.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> stored = survey_scenes({"colours": colour_network()}, [flag()], [flag()], flag(), {})
        >>> stored.about["labels"], stored.entries[scenes_key("colours")].curve.layers
        (['red', 'blue'], ('stage 1', 'stage 2', 'logit'))
    """
    entries: dict[str, Entry] = {}
    first_name, first = next(iter(classifiers.items()))
    countings = {scenes_key("", PARTS, SUM, norm): Counting(percentile=p) for norm, p in PERCENTILES.items()}
    countings |= {scenes_key("", MAP, share=share): Counting(MAP, share) for share in MAP_SHARES}
    for name, classifier in classifiers.items():
        measured = measure_scenes(classifier, progress(samples, name), SUM, tuple(countings.values()))
        entries |= {name + key: _entry(measured, i) for i, key in enumerate(countings)}
    measured = measure_scenes(first, progress(samples, f"{first_name}, energy"), ENERGY)
    entries[scenes_key(first_name, PARTS, ENERGY)] = _entry(measured, 0)
    for loss in (RIB, BCE):
        tuned = progress(rib_samples, f"tuning, {loss}")
        through = measure_rib(first, tuned, loss, RIB_STEPS, percentiles=tuple(PERCENTILES.values()))
        for norm, result in zip(PERCENTILES, through, strict=True):
            for k, curve in enumerate(result.steps):
                facts = {"logit": float(result.logits[k]), "sigmoid_slope": float(result.slopes[k])}
                entries[rib_key(loss, norm, k)] = Entry(curve, facts)
            entries[rib_key(loss, norm, "change")] = Entry(result.change, {"images": result.images})
    names = known_labels(first, example)
    examples = {}
    for measure in (SUM, ENERGY):
        maps = scene_maps(first, example, names, measure).maps
        examples[f"{measure}/stages"] = to_bytes(maps[0, :-1])
        examples[f"{measure}/logits"] = to_bytes(maps[:, -1])
    return Stored(entries, examples, {**about, "example": example.source, "labels": list(names)})


def survey_photographs(
    name: str,
    classifier: Classifier,
    samples: Sequence[Sample],
    example: Sample,
    about: Mapping[str, Any],
    progress: Progress = lambda items, title: items,
) -> Stored:
    """Measures one classifier on photographs with outlines of the head and the body, by the signed sum.

    Args:
        name: the classifier's.
        example: whose maps are kept.
        about: the data, the checkpoint's digest.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> stored = survey_photographs("colours", colour_network(), [flag()], flag(), {})
        >>> stored.entries[scenes_key("colours", PARTS, SUM)].curve.layers
        ('stage 1', 'stage 2', 'logit')
    """
    countings = {scenes_key(name, PARTS, SUM, norm): Counting(percentile=p) for norm, p in PERCENTILES.items()}
    measured = measure_scenes(classifier, progress(samples, name), SUM, tuple(countings.values()))
    names = known_labels(classifier, example)
    maps = scene_maps(classifier, example, names, SUM).maps
    examples = {"sum/stages": to_bytes(maps[0, :-1]), "sum/logits": to_bytes(maps[:, -1])}
    entries = {key: _entry(measured, i) for i, key in enumerate(countings)}
    return Stored(entries, examples, {**about, "example": example.source, "labels": list(names)})


def _entry(measured: Measured, counting: int) -> Entry:
    facts = {
        "sigmoid_slope": measured.slope[0],
        "sigmoid_slope_interval": list(measured.slope[1:]),
        "logit": measured.logit,
    }
    return Entry(measured.curves[counting], {**facts, "labels": measured.labels})


def _of_each_class(data: Digits) -> NDArray[np.int64]:
    """The first pictures of each class in turn."""
    each = [np.flatnonzero(data.labels == label)[: EXAMPLES // 2] for label in (0, 1)]
    return np.stack(each, axis=1).ravel()


def to_bytes(maps: NDArray) -> NDArray[np.uint8]:
    """Maps (..., H, W) by their own maxima as whole numbers to 255.

    >>> import numpy as np
    >>> from wsss_viz.gradients.survey import to_bytes
    >>> to_bytes(np.array([[0.0, 1, 2]])).tolist()
    [[0, 128, 255]]
    """
    return np.round(normalise(maps) * 255).astype(np.uint8)
