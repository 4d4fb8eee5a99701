"""The end of the pipeline: a segmentation network that learns from pseudo masks, which were made from image labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy, interpolate

from wsss_viz.data.sample import IGNORE, Sample
from wsss_viz.data.scenes import CLASSES
from wsss_viz.errors import InputError
from wsss_viz.evaluation.counts import count_mask
from wsss_viz.evaluation.runner import count_run
from wsss_viz.evaluation.scores import Scores, summarise
from wsss_viz.evaluation.seeds import argmax_with_value
from wsss_viz.methods.binding import Runner
from wsss_viz.methods.views import MULTI_SCALE, Views
from wsss_viz.models.segmenter import LOW, Segmenter, segment, write_segmenter
from wsss_viz.traces.step import last_step
from wsss_viz.training.dense import DenseRecipe, train_dense
from wsss_viz.training.drawings import Drawings, Progress
from wsss_viz.training.loop import History, Schedule

__all__ = [
    "SEGMENTER_SCHEDULE",
    "PseudoMasks",
    "draw_training_set",
    "held_out_scores",
    "mask_loss",
    "pseudo_mask_with_ignore",
    "train_segmenter",
]

SEGMENTER_SCHEDULE = Schedule(epochs=8, batch=16)


@dataclass(frozen=True)
class PseudoMasks:
    """How pseudo masks are made.

    Attributes:
        method: by its name on the command line.
        threshold: of the background, chosen on validation scenes.
        band: a pixel whose best normalised map is within `band` of the threshold is left out of the loss, as IRN leaves
            out what lies between its two thresholds (.35 and .17 in RIB's code: `docs/sources.md#segmenter`); the
            width is our own.
    """

    method: str
    threshold: float
    band: float = 0.05


def pseudo_mask_with_ignore(
    maps: NDArray, labels: Iterable[int], size: tuple[int, int], masks: PseudoMasks
) -> NDArray[np.uint8]:
    """(H, W) uint8: class index + 1 above threshold + band, 0 below threshold - band, 255 between.

    Examples:
        >>> maps = np.array([[[0.1, 0.28, 1.0]], [[0.0, 0.0, 0.5]]])
        >>> pseudo_mask_with_ignore(maps, [0, 1], (1, 3), PseudoMasks("cam", threshold=0.3)).tolist()
        [[0, 255, 1]]
    """
    best, value = argmax_with_value(maps, list(labels), size)
    mask = np.where(value > masks.threshold, best, 0).astype(np.uint8)
    mask[np.abs(value - masks.threshold) < masks.band] = IGNORE
    return mask


def draw_training_set(
    run: Runner, samples: Iterable[Sample], masks: PseudoMasks, views: Views = MULTI_SCALE
) -> Drawings:
    """Images (N, 3, H, W) and pseudo masks (N, H, W), from image-level labels; the samples' own masks are unused.

    Examples:
        >>> from wsss_viz.data.sources import sample
        >>> from wsss_viz.methods import bind
        >>> from wsss_viz.methods.views import SINGLE
        >>> from wsss_viz.models import load
        >>> run = bind("cam", load("scenes-classifier", "cpu"), {})
        >>> data = draw_training_set(run, [sample("scenes:test:17")], PseudoMasks("cam", 0.3), SINGLE)
        >>> [CLASSES[i - 1] for i in data.targets.unique().tolist() if i not in (0, IGNORE)]
        ['dog']
    """
    images, targets = [], []
    for sample in samples:
        known = [CLASSES.index(name) for name in sample.labels or ()]
        if not known:
            continue  # nothing is in it: no label, no map
        images.append(sample.image)
        maps = last_step(run(sample, views)).image_maps(sample.size)
        targets.append(pseudo_mask_with_ignore(maps, known, sample.size, masks))
    if not images:
        raise InputError("no scene has a label: there is nothing to make pseudo masks of")
    pixels = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
    return Drawings(pixels, torch.from_numpy(np.stack(targets)))


def train_segmenter(
    out: Path,
    backbone: Path,
    data: Drawings,
    masks: PseudoMasks,
    schedule: Schedule = SEGMENTER_SCHEDULE,
    *,
    val: Drawings,
    progress: Progress,
    say: Callable[[str], None],
    classes: Sequence[str] = CLASSES,
) -> tuple[Segmenter, History]:
    """Trains by cross-entropy on pseudo masks, from the pretrained backbone with its early stages frozen; writes it.

    Args:
        val: images and pseudo masks that are not trained on; their loss is said after each epoch.
        classes: that the masks number from 1.

    Raises:
        InputError: the backbone is missing or of another architecture.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.models.manifest import checkpoints_folder
        >>> backbone = checkpoints_folder() / "scenes-backbone.safetensors"
        >>> data = Drawings(torch.zeros(2, 3, 32, 48, dtype=torch.uint8), torch.zeros(2, 32, 48, dtype=torch.uint8))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     network, history = train_segmenter(
        ...         Path(folder) / "net.safetensors",
        ...         backbone,
        ...         data,
        ...         PseudoMasks("cam", 0.3),
        ...         Schedule(1, batch=2),
        ...         val=data,
        ...         progress=lambda items, title: items,
        ...         say=lambda line: None,
        ...     )
        >>> list(history.epochs[0]), network.classes == CLASSES
        (['epoch', 'loss', 'val_loss'], True)
    """
    recipe = DenseRecipe(
        make=lambda: Segmenter(classes),
        learns=lambda net: [*net.stages[LOW:], net.low, net.high, net.mix, net.head],
        loss=mask_loss,
        write=write_segmenter,
        settings={
            "recipe": "segmenter",
            **({} if tuple(classes) == CLASSES else {"classes": list(classes)}),
            **asdict(masks),
        },
    )
    return train_dense(recipe, out, backbone, data, schedule, val=val, progress=progress, say=say)


def mask_loss(logits: Tensor, masks: Tensor) -> Tensor:
    """Cross-entropy of logits (N, C + 1, h, w), enlarged bilinearly to the masks (N, H, W), where these are not 255.

    Examples:
        >>> logits = torch.zeros(1, 4, 2, 3)  # undecided between background and three classes
        >>> masks = torch.tensor([[[0, 1, 255], [3, 255, 2]]])
        >>> round(mask_loss(logits, masks).item(), 4)  # log 4
        1.3863
    """
    enlarged = interpolate(logits, masks.shape[-2:], mode="bilinear", align_corners=False)
    return cross_entropy(enlarged, masks.long(), ignore_index=IGNORE)


def held_out_scores(
    segmenter: Segmenter, run: Runner, classes: tuple[str, ...], samples: Iterable[Sample], masks: PseudoMasks
) -> dict[str, Any]:
    """mIoU of the network on samples with masks, beside that of the pseudo masks of the same samples.

    The pseudo masks are made with the labels of each image; the network is scored without them, and with them for
    comparison.

    Examples:
        >>> from wsss_viz.data.sources import sample
        >>> from wsss_viz.methods import bind
        >>> from wsss_viz.models import load
        >>> from wsss_viz.models.segmenter import load_segmenter
        >>> run = bind("cam", load("scenes-classifier", "cpu"), {})
        >>> dog = [sample("scenes:test:17")]
        >>> scores = held_out_scores(load_segmenter(), run, CLASSES, dog, PseudoMasks("cam", 0.3))
        >>> scores["count"], scores["network"]["miou"] > scores["pseudo_masks"]["miou"]
        (1, True)
    """
    labelled, unlabelled, pseudo = [], [], []
    for sample in samples:
        unlabelled.append(count_mask(segment(segmenter, sample.image), sample))
        labelled.append(count_mask(segment(segmenter, sample.image, sample.labels), sample))
        pseudo += count_run(run, classes, [sample])[0]
    one = np.zeros(1)
    networks = {
        "network": summarise(unlabelled, CLASSES, thresholds=one),
        "network_told_the_labels": summarise(labelled, CLASSES, thresholds=one),
        "pseudo_masks": summarise(pseudo, CLASSES, masks.threshold),
    }
    return {"count": len(unlabelled), **{name: _row(scores) for name, scores in networks.items()}}


def _row(scores: Scores) -> dict[str, Any]:
    row = scores.as_dict()
    reported = ("miou", "precision", "recall", "part_recall", "interval", "per_class")
    return {key: row[key] for key in reported}
