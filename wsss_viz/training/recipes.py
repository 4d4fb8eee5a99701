"""The two stages of the scenes' classifier, as in the field: a rich pretraining, then image-level labels alone.

A measurement says why (`docs/sources.md#scenes`): without features that the labels do not need, there is nothing
for RIB to bring back. What ImageNet is to VOC, single-object drawings with fine-grained labels (class and coat) are to
the scenes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from wsss_viz.data.scenes import CLASSES, COATS, SPLITS
from wsss_viz.errors import InputError
from wsss_viz.evaluation.classification import classification_scores
from wsss_viz.models.checkpoint import read_checkpoint, write_checkpoint
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.manifest import file_digest
from wsss_viz.models.scene_network import NAME, SPLIT, WIDTHS, scene_network
from wsss_viz.training.drawings import Drawings, Progress, draw_all, to_input
from wsss_viz.training.loop import History, Schedule, fit, supervised

__all__ = [
    "ARCHITECTURE",
    "BACKBONE_SCHEDULE",
    "CLASSIFIER_SCHEDULE",
    "FINE_CLASSES",
    "evaluating",
    "finish",
    "held_out_classification",
    "predict",
    "read_backbone",
    "state_path",
    "train_backbone",
    "train_classifier",
]

ARCHITECTURE = {"name": NAME, "widths": list(WIDTHS)}
FINE_CLASSES = tuple(f"{name}/{coat}" for name in CLASSES for coat in COATS)
BACKBONE_SCHEDULE = Schedule(epochs=12)
CLASSIFIER_SCHEDULE = Schedule(epochs=12)


def state_path(out: Path) -> Path:
    """Where a training that writes `out` keeps its state until it is done.

    Examples:
        >>> state_path(Path("trained/net.safetensors")).as_posix()
        'trained/net.safetensors.state'
    """
    return out.with_name(out.name + ".state")


@torch.no_grad()
def predict(classifier: Classifier, data: Drawings, batch: int = 100) -> Tensor:
    """(N, C) logits of the images as they are. The classifier must be in evaluation mode.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network
        >>> images = torch.zeros(2, 3, 4, 6, dtype=torch.uint8)
        >>> images[1, 0] = 255  # the second picture is red
        >>> predict(colour_network(), Drawings(images, torch.zeros(2, 3))).tolist()
        [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    """
    pieces = data.images.split(batch)
    return torch.cat([classifier.logits(to_input(images, classifier.preprocessing)) for images in pieces])


def train_backbone(
    out: Path,
    schedule: Schedule = BACKBONE_SCHEDULE,
    *,
    train_count: int = SPLITS["train"],
    val_count: int = SPLITS["val"],
    progress: Progress,
    say: Callable[[str], None],
) -> tuple[Classifier, History]:
    """Pretrains the network by cross-entropy on single drawings labelled with class and coat; writes it.

    Examples:
        >>> import tempfile
        >>> sizes = {"train_count": 2, "val_count": 2}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "backbone.safetensors"
        ...     network, history = train_backbone(
        ...         path, Schedule(1, batch=2), **sizes, progress=lambda items, title: items, say=lambda line: None
        ...     )
        ...     read_backbone(path).classes == network.classes, list(history.epochs[0])
        (True, ['epoch', 'loss', 'class_accuracy', 'coat_accuracy'])
    """
    train = draw_all("singles", "train", train_count, progress)
    val = draw_all("singles", "val", val_count, progress)
    torch.manual_seed(schedule.seed)
    classifier = scene_network(FINE_CLASSES).to(memory_format=torch.channels_last).train()

    def validate() -> dict[str, float]:
        with evaluating(classifier):
            guess = predict(classifier, val).argmax(dim=1)
        coats = len(COATS)
        return {
            "class_accuracy": (guess // coats == val.targets // coats).float().mean().item(),
            "coat_accuracy": (guess % coats == val.targets % coats).float().mean().item(),
        }

    counts = {"train": train_count, "val": val_count}
    settings = {"recipe": "backbone", **counts, **asdict(schedule), **ARCHITECTURE}
    history = fit(
        classifier,
        train,
        supervised(classifier, cross_entropy),
        schedule,
        preprocessing=classifier.preprocessing,
        state_path=state_path(out),
        settings=settings,
        validate=validate,
        progress=progress,
        say=say,
    )
    return finish(out, classifier), history


def train_classifier(
    out: Path,
    backbone: Path,
    schedule: Schedule = CLASSIFIER_SCHEDULE,
    *,
    train_count: int = SPLITS["train"],
    val_count: int = SPLITS["val"],
    progress: Progress,
    say: Callable[[str], None],
) -> tuple[Classifier, History]:
    """Trains the later stages and the head by BCE on the scenes' image-level labels; writes the network.

    The stem and the first two stages keep the backbone's weights and BatchNorm statistics (`docs/sources.md#irn`).

    Raises:
        InputError: the backbone is missing or of another architecture.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.models.manifest import checkpoints_folder
        >>> backbone = checkpoints_folder() / "scenes-backbone.safetensors"
        >>> sizes = {"train_count": 2, "val_count": 2}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     network, history = train_classifier(
        ...         Path(folder) / "net.safetensors",
        ...         backbone,
        ...         Schedule(1, batch=2),
        ...         **sizes,
        ...         progress=lambda items, title: items,
        ...         say=lambda line: None,
        ...     )
        >>> round(history.epochs[0]["loss"], 3)  # log 2: the head starts at zero
        0.693
    """
    pretrained = read_backbone(backbone)
    train = draw_all("scenes", "train", train_count, progress)
    val = draw_all("scenes", "val", val_count, progress)
    torch.manual_seed(schedule.seed)
    classifier = scene_network(CLASSES)
    classifier.stages.load_state_dict(pretrained.stages.state_dict())
    classifier = classifier.to(memory_format=torch.channels_last)
    late = nn.ModuleList([*classifier.stages[SPLIT:], classifier.head])
    classifier.requires_grad_(False).eval()
    late.requires_grad_(True).train()

    def validate() -> dict[str, float]:
        with evaluating(late):
            scores = classification_scores(predict(classifier, val).numpy(), val.targets.numpy())
        return {"map": scores.map, "f1": scores.f1}

    counts = {"train": train_count, "val": val_count}
    start = {"backbone": file_digest(backbone)}
    settings = {"recipe": "classifier", **start, **counts, **asdict(schedule), **ARCHITECTURE}
    history = fit(
        classifier,
        train,
        supervised(classifier, binary_cross_entropy_with_logits),
        schedule,
        preprocessing=classifier.preprocessing,
        state_path=state_path(out),
        settings=settings,
        validate=validate,
        progress=progress,
        say=say,
    )
    return finish(out, classifier), history


def read_backbone(path: Path) -> Classifier:
    """The pretrained network that a training starts from.

    Raises:
        InputError: the checkpoint is missing, damaged, or no backbone of the scenes' network.

    Examples:
        >>> from wsss_viz.models.manifest import checkpoints_folder
        >>> network = read_backbone(checkpoints_folder() / "scenes-backbone.safetensors")
        >>> len(network.classes)  # ten classes in five coats
        50
    """
    pretrained = read_checkpoint(path)
    if pretrained.classes != FINE_CLASSES:
        raise InputError(f"{path.name} is not a pretrained backbone: make one with `train backbone`")
    return pretrained


def held_out_classification(
    classifier: Classifier, progress: Progress, count: int = SPLITS["test"]
) -> dict[str, float]:
    """mAP and F1 on the first `count` held-out scenes.

    Examples:
        >>> scores = held_out_classification(scene_network(CLASSES).eval(), lambda items, title: items, count=2)
        >>> scores["count"]
        2
    """
    test = draw_all("scenes", "test", count, progress)
    scores = classification_scores(predict(classifier, test).numpy(), test.targets.numpy())
    return {"count": len(test), "map": scores.map, "f1": scores.f1}


def finish(out: Path, classifier: Classifier, *, keep_state: bool = False) -> Classifier:
    """The finished network on the disk, the state of its training gone.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "net.safetensors"
        ...     state_path(path).touch()
        ...     network = finish(path, scene_network(CLASSES))
        ...     path.exists(), state_path(path).exists(), network.training
        (True, False, False)
    """
    classifier = classifier.eval().requires_grad_(False)
    write_checkpoint(out, classifier, ARCHITECTURE)
    if not keep_state:
        state_path(out).unlink(missing_ok=True)
    return classifier


class evaluating:  # noqa: N801 - used as a with-statement's word
    """A module in evaluation mode within the block, every part of it as it was after."""

    def __init__(self, module: nn.Module) -> None:
        self._modes: list[tuple[nn.Module, bool]] = [(part, part.training) for part in module.modules()]
        self._module = module

    def __enter__(self) -> None:
        self._module.eval()

    def __exit__(self, *_: Any) -> None:
        for part, mode in self._modes:
            part.training = mode
