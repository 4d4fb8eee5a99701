"""What the recipes share that go on from a trained classifier: CS-AE, GAIN, AE's rounds and their control.

The early part is frozen as it was when the classifier was trained. BatchNorm's statistics are frozen everywhere (as in
OC-CSE's and IRN's networks: `docs/sources.md#oc-cse`, `docs/sources.md#irn`), so no second pass over erased
images can change them, and the network is trained as it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from wsss_viz.data.scenes import CLASSES, SPLITS
from wsss_viz.data.sources import sample as read_sample
from wsss_viz.errors import InputError
from wsss_viz.evaluation.classification import classification_scores
from wsss_viz.models.checkpoint import read_checkpoint
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.manifest import file_digest
from wsss_viz.models.scene_network import scene_network
from wsss_viz.traces.growth import Growth
from wsss_viz.training.drawings import Drawings, Progress, draw_all
from wsss_viz.training.loop import History, Objective, Schedule, fit, supervised
from wsss_viz.training.recipes import ARCHITECTURE, FINE_CLASSES, finish, predict, state_path
from wsss_viz.training.watch import Means, Watcher

__all__ = ["CONTINUED_SCHEDULE", "Run", "Trained", "read_ordinary", "start_from", "train_control", "train_on"]

CONTINUED_SCHEDULE = Schedule(epochs=3, rate=1e-3)
"""Our own: a few epochs from a classifier that is trained already; the rate chosen on validation scenes."""


@dataclass(frozen=True)
class Run:
    """What every one of these trainings is given.

    Attributes:
        classifier: checkpoint of the ordinary classifier.
        schedule: of the training.
        train_count, val_count: how many scenes.
        watch: data strings of the scenes whose maps are recorded after every epoch.
        progress, say: how it is shown.
    """

    classifier: Path
    progress: Progress
    say: Callable[[str], None]
    schedule: Schedule = CONTINUED_SCHEDULE
    train_count: int = SPLITS["train"]
    val_count: int = SPLITS["val"]
    watch: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trained:
    """A trained network, in evaluation mode and frozen; its history; the maps of the watched scenes."""

    classifier: Classifier
    history: History
    growth: Growth | None


def read_ordinary(path: Path) -> Classifier:
    """The ordinary classifier: frozen, in evaluation mode.

    Raises:
        InputError: the checkpoint is missing, damaged, or does not know the scenes' classes.

    Examples:
        >>> from wsss_viz.models.manifest import checkpoints_folder
        >>> read_ordinary(checkpoints_folder() / "scenes-classifier.safetensors").classes == CLASSES
        True
    """
    ordinary = read_checkpoint(path)
    if ordinary.classes != CLASSES:
        raise InputError(f"{path.name} does not know the scenes' classes: make a classifier with `train classifier`")
    return ordinary.to(memory_format=torch.channels_last)


def start_from(path: Path) -> Classifier:
    """A network to be trained, from a classifier's checkpoint or, with a head of zeros, from the backbone's.

    Examples:
        >>> from wsss_viz.models.manifest import checkpoints_folder
        >>> network = start_from(checkpoints_folder() / "scenes-backbone.safetensors")
        >>> network.classes == CLASSES, network.head.weight.abs().max().item()
        (True, 0.0)
    """
    start = read_checkpoint(path)
    if start.classes == FINE_CLASSES:
        network = scene_network(CLASSES)
        network.stages.load_state_dict(start.stages.state_dict())
        return network
    return read_ordinary(path)


def train_on(
    recipe: str,
    out: Path,
    network: Classifier,
    objective: Objective,
    run: Run,
    *,
    settings: dict[str, Any],
    data: Drawings | None = None,
    means: Means | None = None,
    frozen: int | None = None,
    fixed_head: bool = False,
    keep_state: bool = False,
) -> Trained:
    """Trains the later stages of `network` under `objective`, and writes it to `out`.

    Args:
        recipe: its name, part of the settings.
        network: the one that `objective` trains.
        settings: what the run depends on beside the schedule, the counts and the classifier's digest.
        data: what is trained on; default the first `run.train_count` training scenes.
        means: the terms that `objective` adds up, shown after each epoch.
        frozen: how many stages stay as they are; default the network's `split`, those that the classifier's training
            left alone.
        fixed_head: whether the 1x1 classifier stays as it is.
        keep_state: leave the training's state, so that a run of several trainings can be taken up.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.models.manifest import checkpoints_folder
        >>> classifier = checkpoints_folder() / "scenes-classifier.safetensors"
        >>> run = Run(classifier, lambda items, title: items, lambda line: None, Schedule(1, batch=2), 2, 2)
        >>> network = read_ordinary(classifier)
        >>> head = network.head.weight.clone()
        >>> objective = supervised(network, binary_cross_entropy_with_logits)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "net.safetensors"
        ...     trained = train_on("control", path, network, objective, run, settings={}, fixed_head=True)
        >>> torch.equal(trained.classifier.head.weight, head)
        True
    """
    scenes = [read_sample(source) for source in run.watch]
    data = draw_all("scenes", "train", run.train_count, run.progress) if data is None else data
    val = draw_all("scenes", "val", run.val_count, run.progress)
    network.to(memory_format=torch.channels_last).eval().requires_grad_(False)
    frozen = network.split if frozen is None else frozen
    nn.ModuleList(network.stages[frozen:]).requires_grad_(True)
    network.head.requires_grad_(not fixed_head)
    watcher = Watcher(network, scenes)
    watcher.record()

    def validate() -> dict[str, float]:
        watcher.record()
        scores = classification_scores(predict(network, val).numpy(), val.targets.numpy())
        return {**(means.take() if means else {}), "map": scores.map, "f1": scores.f1}

    counts = {"train": run.train_count, "val": run.val_count, "watch": list(run.watch)}
    start = {"recipe": recipe, "classifier": file_digest(run.classifier)}
    history = fit(
        network,
        data,
        objective,
        run.schedule,
        preprocessing=network.preprocessing,
        state_path=state_path(out),
        settings={**start, **counts, "frozen": frozen, **settings, **asdict(run.schedule), **ARCHITECTURE},
        validate=validate,
        progress=run.progress,
        say=run.say,
        extra={"watcher": watcher},
    )
    return Trained(finish(out, network, keep_state=keep_state), history, watcher.growth(recipe))


def train_control(out: Path, run: Run) -> Trained:
    """The control of every such training: as many epochs more of the classification loss alone.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.models.manifest import checkpoints_folder
        >>> classifier = checkpoints_folder() / "scenes-classifier.safetensors"
        >>> run = Run(classifier, lambda items, title: items, lambda line: None, Schedule(1, batch=2), 2, 2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     trained = train_control(Path(folder) / "control.safetensors", run)
        >>> len(trained.history.epochs), trained.history.epochs[0]["loss"] < 0.1  # two scenes that it knows
        (1, True)
    """
    network = read_ordinary(run.classifier)
    objective = supervised(network, binary_cross_entropy_with_logits)
    return train_on("control", out, network, objective, run, settings={})
