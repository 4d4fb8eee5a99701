"""AffinityNet's training: which pixels are akin, learnt from what CAM and a CRF are sure of.

Ahn and Kwak, "Learning Pixel-level Semantic Affinity with Image-level Supervision for Weakly Supervised Semantic
Segmentation", CVPR 2018; official code jiwoon-ahn/psa, `infer_cls.py`, `voc12/data.py`, `train_aff.py`
(`docs/sources.md#psa`). No pixel mask is read:

    sure object      the class that a dense CRF finds with the background's score (1 - max_c M_c)^alpha, alpha = 4
    sure background  where a CRF with alpha = 32 still finds the background;   the rest is left out
    A_uv = exp(-mean |f_u - f_v|), u and v less than 5 cells apart, both sure:
    L = -1/4 mean log A (both background) - 1/4 mean log A (both of one class) - 1/2 mean log(1 - A) (of two)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import avg_pool2d, one_hot

from wsss_viz.data.sample import IGNORE, Sample
from wsss_viz.errors import InputError
from wsss_viz.methods.binding import Runner
from wsss_viz.methods.views import MULTI_SCALE, Views
from wsss_viz.models.network_file import write_network
from wsss_viz.refinement.affinity import RADIUS, likeness, pairs_of
from wsss_viz.refinement.refiners import Refiner, refiner
from wsss_viz.refinement.scene_affinity import FORMAT, FROZEN, SceneAffinityNet
from wsss_viz.traces.pseudo_masks import numbered
from wsss_viz.traces.step import last_step
from wsss_viz.training.dense import DenseRecipe, train_dense
from wsss_viz.training.drawings import Drawings, Progress
from wsss_viz.training.loop import History, Schedule

__all__ = [
    "AFFINITY_SCHEDULE",
    "AffinityLabels",
    "affinity_loss",
    "cell_labels",
    "draw_affinity_set",
    "sure_labels",
    "train_affinity",
]

AFFINITY_SCHEDULE = Schedule(epochs=8, rate=3e-3, batch=16)
_EPSILON = 1e-5


@dataclass(frozen=True)
class AffinityLabels:
    """How the labels are made.

    Attributes:
        method: whose maps, by its name on the command line.
        low: alpha of the CRF whose objects are believed (PSA: 4).
        high: alpha of the CRF whose background is believed (PSA: 32).
    """

    method: str = "cam"
    low: float = 4.0
    high: float = 32.0

    def __post_init__(self) -> None:
        if not 0 < self.low < self.high:
            raise InputError(f"the low alpha is above 0 and below the high one, got {self.low} and {self.high}")


def sure_labels(low: NDArray, high: NDArray) -> NDArray[np.uint8]:
    """(H, W) uint8: the class that `low` found, 0 where `high` found the background, 255 elsewhere.

    Where the two disagree the background wins, as in the official code.

    Args:
        low, high: (H, W) masks, class index + 1 and 0 the background.

    Examples:
        >>> sure_labels(np.array([[1, 0, 0, 2]]), np.array([[1, 1, 0, 0]])).tolist()
        [[1, 255, 0, 0]]
    """
    labels = np.where(low > 0, low, IGNORE)
    return np.where(high > 0, labels, 0).astype(np.uint8)


def cell_labels(mask: NDArray, stride: int, rows: int) -> NDArray[np.intp]:
    """(H, W) to (H / stride, W / stride): the label that most pixels of a cell have; cells that are cut off are not.

    Args:
        rows: the highest label.

    Examples:
        >>> cell_labels(np.array([[0, 0, 2, 1, 1], [0, 1, 2, 2, 1]]), 2, 2).tolist()
        [[0, 2]]
    """
    planes = one_hot(torch.from_numpy(mask.astype(np.int64)), rows + 1).permute(2, 0, 1).float()
    most: NDArray[np.intp] = avg_pool2d(planes, stride).argmax(dim=0).numpy()
    return most


def draw_affinity_set(
    run: Runner,
    samples: Iterable[Sample],
    classes: Sequence[str],
    labels: AffinityLabels,
    views: Views = MULTI_SCALE,
    stride: int = SceneAffinityNet.stride,
) -> Drawings:
    """Images (N, 3, H, W) and labels (N, h, w) of their cells, from image-level labels; an image without any is left
    out. All have the size of the first.

    Raises:
        InputError: no image has a label.

    Examples:
        >>> from wsss_viz.data.sources import sample
        >>> from wsss_viz.methods import bind
        >>> from wsss_viz.methods.views import SINGLE
        >>> from wsss_viz.models import load
        >>> classifier = load("scenes-classifier", "cpu")
        >>> dog = [sample("scenes:test:17")]
        >>> data = draw_affinity_set(bind("cam", classifier), dog, classifier.classes, AffinityLabels(), SINGLE)
        >>> tuple(data.images.shape), tuple(data.targets.shape)
        ((1, 3, 128, 128), (1, 32, 32))
        >>> [classifier.classes[i - 1] for i in data.targets.unique().tolist() if i not in (0, IGNORE)]
        ['dog']
    """
    by: Refiner = replace(refiner("crf:psa"), backgrounds=(labels.low, labels.high))
    images, targets = [], []
    for sample in samples:
        known = [list(classes).index(name) for name in sample.labels or () if name in classes]
        if not known:
            continue
        maps = last_step(run(sample, views)).image_maps(sample.size, known)
        masks = (numbered(mask, known) for mask in by.masks(sample.image, maps))
        low, high = (cell_labels(mask, stride, len(classes)) for mask in masks)
        images.append(sample.image)
        targets.append(sure_labels(low, high))
    if not images:
        raise InputError("no image has a label: there is nothing to learn from which pixels are akin")
    pixels = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
    return Drawings(pixels, torch.from_numpy(np.stack(targets)))


def affinity_loss(near: Tensor, labels: Tensor, radius: int = RADIUS) -> Tensor:
    """The three means of all pairs of a batch, weighed 1/4, 1/4 and 1/2; a kind without a pair adds nothing.

    Args:
        near: (N, P, S), A of the pairs that `affinity.likeness` gives.
        labels: (N, h, w), 0 the background, 255 not sure.

    Examples:
        >>> labels = torch.tensor([[[0, 0, 1], [255, 1, 0]]])  # radius 2: the upper pixel in the middle, 4 neighbours
        >>> near = torch.tensor([[[0.5], [0.9], [0.5], [0.9]]])  # to the right, lower left, below, lower right
        >>> round(affinity_loss(near, labels, 2).item(), 4)  # -ln .9 / 4 - ln .5 / 2
        0.3729
    """
    source, targets = pairs_of((labels.shape[1], labels.shape[2]), radius)
    flat = labels.flatten(1).long()
    one = flat[:, None, source]
    other = torch.stack([flat[:, target] for target in targets], dim=1)
    sure = (one != IGNORE) & (other != IGNORE)
    same = sure & (one == other)
    terms = (
        (same & (one == 0), -(near + _EPSILON).log(), 0.25),
        (same & (one > 0), -(near + _EPSILON).log(), 0.25),
        (sure & (one != other), -(1 + _EPSILON - near).log(), 0.5),
    )
    means = [weight * (cost * kind).sum() / (kind.sum() + _EPSILON) for kind, cost, weight in terms]
    return torch.stack(means).sum()


def train_affinity(
    out: Path,
    backbone: Path,
    data: Drawings,
    labels: AffinityLabels,
    schedule: Schedule = AFFINITY_SCHEDULE,
    *,
    val: Drawings,
    progress: Progress,
    say: Callable[[str], None],
) -> tuple[SceneAffinityNet, History]:
    """Trains from the pretrained backbone with its early stages frozen; writes the network.

    Args:
        data, val: of `draw_affinity_set`; of `val` the loss is said after each epoch.

    Raises:
        InputError: the backbone is missing or of another architecture.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.models.manifest import checkpoints_folder
        >>> backbone = checkpoints_folder() / "scenes-backbone.safetensors"
        >>> images, targets = torch.zeros(2, 3, 32, 48, dtype=torch.uint8), torch.zeros(2, 8, 12, dtype=torch.uint8)
        >>> targets[:, :, 6:] = 3
        >>> data = Drawings(images, targets)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     network, history = train_affinity(
        ...         Path(folder) / "net.safetensors",
        ...         backbone,
        ...         data,
        ...         AffinityLabels(),
        ...         Schedule(1, batch=2),
        ...         val=data,
        ...         progress=lambda items, title: items,
        ...         say=lambda line: None,
        ...     )
        >>> list(history.epochs[0])
        ['epoch', 'loss', 'val_loss']
    """
    recipe = DenseRecipe(
        make=SceneAffinityNet,
        learns=lambda net: [*net.stages[FROZEN:], net.read, net.mix],
        loss=lambda features, targets: affinity_loss(likeness(features), targets),
        write=lambda path, net: write_network(path, net, FORMAT, {"widths": list(net.widths)}),
        settings={"recipe": "affinity", **asdict(labels)},
    )
    return train_dense(recipe, out, backbone, data, schedule, val=val, progress=progress, say=say)
