"""What an ordinary classifier can still see once the most discriminative part is erased.

The experiment that motivates CS-AE (Kweon et al., ICCV 2021) claims that a classifier trained on whole images alone
answers to the less discriminative parts of an object once the most discriminative one is erased to some extent. Its
thresholds and plots could not be read; this protocol is our own (`docs/sources.md#oc-cse`).

    M        = ReLU(A_c) / max ReLU(A_c)                  the class's map of the image as it is
    E_theta  = {u : M(u) > theta},  theta = 1.0 (nothing), 0.9, ..., 0.1
    A', s'   = CAM(x with E_theta at the mean colour),  M' = ReLU(A'_c) / max ReLU(A'_c)

M' is divided by its own maximum, as every map in the field is: it shows where the classifier looks, not how much it
sees. So the activation of the parts is measured both ways, and the controls say what the numbers are worth: the same
area erased elsewhere, all labels erased at once, the true part or the whole true object erased.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from wsss_viz.data.sample import DISCRIMINATIVE, IGNORE, NON_DISCRIMINATIVE, Sample
from wsss_viz.errors import InputError
from wsss_viz.evaluation.runner import Progress, quiet
from wsss_viz.methods.masking import enlarge, erase, hard_mask, relu_max
from wsss_viz.methods.views import SINGLE, Views, class_maps
from wsss_viz.models.classifier import Classifier

__all__ = ["FIXED", "MEASURES", "SWEPT", "THRESHOLDS", "Erasure", "Observation", "erasures", "experiment", "observe"]

THRESHOLDS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
SWEPT = ("class", "agnostic", "random")
FIXED = ("graded", "discriminative", "non_discriminative", "object")
MEASURES = (
    "area",
    "score",
    "probability",
    "other_probability",
    "recall_of_remainder",
    "precision",
    "union_iou",
    "outside",
    "discriminative_normalised",
    "non_discriminative_normalised",
    "discriminative_absolute",
    "non_discriminative_absolute",
)


@dataclass(frozen=True, eq=False)
class Erasure:
    """One way to erase.

    Attributes:
        kind: "class", E_theta; "agnostic", {u : max over the labels j of M_j(u) > theta}; "random", E_theta moved to a
            random place, around the borders; "graded", M itself, so that x (1 - M) is seen; "discriminative",
            "non_discriminative" and "object", the class's true pixels.
        threshold: theta, or None.
        mask: (H, W) float32 in [0, 1], of the classifier's input.
    """

    kind: str
    threshold: float | None
    mask: NDArray[np.float32]


@dataclass(frozen=True)
class Observation:
    """One look at one class of one image after one erasure; NaN where there is nothing to measure on.

    Attributes:
        image, name: the sample's name and the class.
        kind, threshold: of the erasure.
        area: the share of the image that is erased.
        score, probability: s'_c and sigma(s'_c).
        other_probability: the mean of sigma(s'_j) over the image's other labels.
        recall_of_remainder: |{M' > t} and G - E| / |G - E|, G the class's true pixels, t the seed threshold, E where
            the mask is 0.5 and above.
        precision: |{M' > t} and G| / |{M' > t}|.
        union_iou: IoU of {M > t} or {M' > t} with G.
        outside: the share of the mass of M' that is not on G.
        discriminative_normalised, non_discriminative_normalised: the mean of M' over the class's part.
        discriminative_absolute, non_discriminative_absolute: the mean of A'_c over it, in the unit of the logits.
    """

    image: str
    name: str
    kind: str
    threshold: float | None
    area: float
    score: float
    probability: float
    other_probability: float
    recall_of_remainder: float
    precision: float
    union_iou: float
    outside: float
    discriminative_normalised: float
    non_discriminative_normalised: float
    discriminative_absolute: float
    non_discriminative_absolute: float


@dataclass(frozen=True, eq=False)
class _Truth:
    """The class's true pixels at the size of the classifier's input: object, parts, and what counts at all."""

    object: NDArray[np.bool_]
    counted: NDArray[np.bool_]
    parts: dict[str, NDArray[np.bool_]]


def _truth(sample: Sample, name: str, size: tuple[int, int]) -> _Truth:
    if sample.mask is None or sample.parts is None or not sample.labels:
        raise InputError(
            f"{sample.name} has no labels, mask or parts: the erasing experiment wants scenes (scenes:val)"
        )

    def resized(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.asarray(Image.fromarray(mask).resize((size[1], size[0]), Image.Resampling.NEAREST))

    mask, parts = resized(sample.mask), resized(sample.parts)
    there = mask == sample.classes.index(name) + 1
    numbers = {"discriminative": DISCRIMINATIVE, "non_discriminative": NON_DISCRIMINATIVE}
    return _Truth(there, mask != IGNORE, {part: there & (parts == number) for part, number in numbers.items()})


def erasures(
    classifier: Classifier,
    sample: Sample,
    name: str,
    maps: Tensor,
    thresholds: Sequence[float] = THRESHOLDS,
    seed: int = 0,
) -> list[Erasure]:
    """All erasures of one class of one image.

    Args:
        maps: (C, h, w), the class maps of the image as it is.
        seed: of the random places, which depend on the sample's name and the class too.

    Raises:
        InputError: the sample has no labels, mask or parts.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> network = colour_network()
        >>> maps, _ = class_maps(network, network.preprocess(flag().image))
        >>> found = erasures(network, flag(), "blue", maps, thresholds=(0.5,))
        >>> masks = {one.kind: one.mask[0].tolist() for one in found}
        >>> masks["class"], masks["agnostic"], masks["non_discriminative"]
        ([0.0, 1.0, 1.0], [1.0, 1.0, 1.0], [0.0, 0.0, 1.0])
    """
    size = classifier.preprocessing.size(*sample.size)
    truth = _truth(sample, name, size)
    known = [classifier.classes.index(label) for label in sample.labels or () if label in classifier.classes]
    values = relu_max(enlarge(maps[None], size))[0]
    class_map, every = values[classifier.classes.index(name)], values[known].amax(dim=0)
    rng = np.random.default_rng([seed, zlib.crc32(sample.name.encode()), zlib.crc32(name.encode())])
    results = []
    for theta in thresholds:
        region = _numpy(hard_mask(class_map, theta))
        moved = np.roll(region, (int(rng.integers(size[0])), int(rng.integers(size[1]))), axis=(0, 1))
        masks = (region, _numpy(hard_mask(every, theta)), moved)
        results += [Erasure(kind, theta, mask) for kind, mask in zip(SWEPT, masks, strict=True)]
    regions = (_numpy(class_map), *truth.parts.values(), truth.object)
    return results + [Erasure(kind, None, r.astype(np.float32)) for kind, r in zip(FIXED, regions, strict=True)]


def observe(
    classifier: Classifier,
    sample: Sample,
    name: str,
    *,
    thresholds: Sequence[float] = THRESHOLDS,
    seed_threshold: float = 0.3,
    seed: int = 0,
    views: Views = SINGLE,
) -> list[Observation]:
    """Erases one class of one image in every way, and computes score and map each time.

    Args:
        classifier: in evaluation mode; left as it is.
        name: one of the sample's labels.
        thresholds: theta, 0 to 1.
        seed_threshold: t, above which a normalised map claims a pixel.
        seed: of the random places.
        views: of every look.

    Raises:
        InputError: the sample has no labels, mask or parts, or the classifier lacks the class.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> first, *_ = observe(colour_network(), flag(), "blue", thresholds=(0.5,))
        >>> first.kind, round(first.area, 2), first.probability, first.union_iou  # all of blue is erased
        ('class', 0.67, 0.5, 1.0)
    """
    if name not in classifier.classes or name not in (sample.labels or ()):
        raise InputError(f"{name!r} is not a label of {sample.name} that the classifier knows: give one of its labels")
    x = classifier.preprocess(sample.image)
    before, logits = class_maps(classifier, x, views)
    truth = _truth(sample, name, (x.shape[2], x.shape[3]))
    others = [classifier.classes.index(j) for j in sample.labels or () if j in classifier.classes and j != name]
    index = classifier.classes.index(name)
    first = _enlarged(before[index], x)
    observations = []
    for erasure in erasures(classifier, sample, name, before, thresholds, seed):
        maps, scores = before, logits
        if erasure.mask.any():
            mask = torch.from_numpy(erasure.mask).to(x)
            maps, scores = class_maps(classifier, erase(x, mask), views)
        numbers = _measure(first, _enlarged(maps[index], x), erasure.mask, truth, seed_threshold)
        probabilities = scores.double().sigmoid()
        numbers["score"], numbers["probability"] = float(scores[index]), float(probabilities[index])
        numbers["other_probability"] = float(probabilities[others].mean()) if others else math.nan
        observations.append(Observation(sample.name, name, erasure.kind, erasure.threshold, **numbers))
    return observations


def _measure(first: NDArray, second: NDArray, erased: NDArray, truth: _Truth, t: float) -> dict[str, float]:
    """The measures that need the ground truth, from A_c and A'_c, (H, W)."""
    seed, again = _relu_max(first) > t, _relu_max(second) > t
    there, counted = truth.object & truth.counted, truth.counted
    remainder = there & (erased < 0.5)
    union = (seed | again) & counted
    normalised = _relu_max(second)
    numbers = {
        "area": float(erased.mean()),
        "recall_of_remainder": _share(again & remainder, remainder),
        "precision": _share(again & there, again & counted),
        "union_iou": _share(union & there, union | there),
        "outside": _share(normalised * (counted & ~there), normalised * counted),
    }
    for part, region in truth.parts.items():
        inside = region & counted
        numbers[f"{part}_normalised"] = _share(normalised * inside, inside)
        numbers[f"{part}_absolute"] = _share(second * inside, inside)
    return numbers


def _share(part: NDArray, whole: NDArray) -> float:
    total = float(whole.sum(dtype=np.float64))
    return float(part.sum(dtype=np.float64)) / total if total else math.nan


def _relu_max(values: NDArray) -> NDArray:
    return _numpy(relu_max(torch.from_numpy(values)))


def _enlarged(class_map: Tensor, x: Tensor) -> NDArray[np.float32]:
    return _numpy(enlarge(class_map[None, None], (x.shape[2], x.shape[3]))[0, 0])


def _numpy(values: Tensor) -> NDArray[np.float32]:
    return values.float().cpu().numpy()


def experiment(
    classifier: Classifier,
    samples: Iterable[Sample],
    *,
    thresholds: Sequence[float] = THRESHOLDS,
    seed_threshold: float = 0.3,
    seed: int = 0,
    views: Views = SINGLE,
    progress: Progress = quiet,
) -> dict[str, Any]:
    """`observe` over every label of every sample, averaged.

    Returns:
        For JSON: `images`, `observations` (labels of images), `seed_threshold`, `seed`, and `rows`: for each kind and
        theta the mean of each of `MEASURES` over the observations where it is defined, `count` of these, and the 95 %
        bootstrap `interval` over images; None where there is no observation.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> found = experiment(colour_network(), [flag()], thresholds=(0.5,))
        >>> found["images"], found["observations"], found["rows"][0]["kind"], found["rows"][0]["score"]
        (1, 2, 'class', 0.0)
    """
    images = []
    for sample in progress(samples, "erasing and looking again"):
        names = [name for name in sample.labels or () if name in classifier.classes]
        of_image = [
            one
            for name in names
            for one in observe(
                classifier,
                sample,
                name,
                thresholds=thresholds,
                seed_threshold=seed_threshold,
                seed=seed,
                views=views,
            )
        ]
        if of_image:
            images.append(of_image)
    if not images:
        raise InputError("no sample has a label that the classifier knows: nothing to erase")
    keys = list(dict.fromkeys((one.kind, one.threshold) for one in images[0]))
    return {
        "images": len(images),
        "observations": sum(len(of_image) for of_image in images) // len(keys),
        "seed_threshold": seed_threshold,
        "seed": seed,
        "rows": [_row(images, kind, theta) for kind, theta in keys],
    }


def _row(images: Sequence[Sequence[Observation]], kind: str, theta: float | None) -> dict[str, Any]:
    """The means of one kind and theta, and their intervals."""
    sums, counts = np.zeros((2, len(images), len(MEASURES)))
    for i, of_image in enumerate(images):
        values = np.array(
            [[getattr(o, m) for m in MEASURES] for o in of_image if (o.kind, o.threshold) == (kind, theta)]
        )
        sums[i], counts[i] = np.nansum(values, axis=0), (~np.isnan(values)).sum(axis=0)
    weights = np.random.default_rng(0).multinomial(len(images), np.full(len(images), 1 / len(images)), size=1000)
    with np.errstate(invalid="ignore"):
        means, drawn = sums.sum(axis=0) / counts.sum(axis=0), (weights @ sums) / (weights @ counts)
    row: dict[str, Any] = {"kind": kind, "threshold": theta, "count": {}, "interval": {}}
    for m, measure in enumerate(MEASURES):
        total = int(counts[:, m].sum())
        row[measure] = float(means[m]) if total else None
        row["count"][measure] = total
        row["interval"][measure] = [float(v) for v in np.nanpercentile(drawn[:, m], [2.5, 97.5])] if total else None
    return row
