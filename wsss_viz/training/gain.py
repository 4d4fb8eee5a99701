"""GAIN's training: one network that finds, and must not find in what is left (`docs/sources.md#gain`)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from wsss_viz.methods.guided_attention import erase_each, mining_loss
from wsss_viz.methods.settings import GainSettings
from wsss_viz.models.classifier import Classifier
from wsss_viz.training.continued import Run, Trained, read_ordinary, train_on
from wsss_viz.training.loop import Batch, Objective
from wsss_viz.training.watch import Means

__all__ = ["GainOptions", "gain_objective", "train_gain"]


@dataclass(frozen=True)
class GainOptions:
    """What the loss leaves open.

    Attributes:
        alpha: the weight of L_am; the paper's 1.
        sigma, omega: of the soft mask T; the paper gives none, these are ilyak93/GAIN-pytorch's.
        score: s^c in L_am, "probability" or "logit"; the paper does not say which.
        over: "map" or "batch", the range that the attention is divided by.
    """

    alpha: float = 1.0
    sigma: float = GainSettings.sigma
    omega: float = GainSettings.omega
    score: str = "probability"
    over: str = "map"


def gain_objective(network: Classifier, options: GainOptions, means: Means) -> Objective:
    """L_self = L_cl + alpha L_am of a batch; the erased images go through the same weights.

    Args:
        network: trained; its BatchNorm in evaluation mode, so that erased images leave the statistics alone.

    Examples:
        >>> import torch
        >>> from wsss_viz.models.colour_network import colour_network
        >>> x = torch.zeros(1, 3, 2, 4)
        >>> x[:, 0, :, :2] = 1  # red on the left
        >>> batch = Batch(x, torch.tensor([[1.0, 0.0, 0.0]]), 0, torch.Generator())
        >>> means = Means()
        >>> loss = gain_objective(colour_network(), GainOptions(), means)(batch)
        >>> {name: round(value, 2) for name, value in means.take().items()}
        {'l_cl': 0.62, 'l_am': 0.5}
    """

    def objective(batch: Batch) -> Tensor:
        maps = network.maps(batch.x)
        l_cl = binary_cross_entropy_with_logits(network.pool(maps), batch.targets)
        pairs = erase_each(batch.x, maps, batch.targets, sigma=options.sigma, omega=options.omega, over=options.over)
        l_am = mining_loss(network.logits(pairs.x), pairs, options.score)
        means.add(l_cl=l_cl, l_am=l_am)
        return l_cl + options.alpha * l_am

    return objective


def train_gain(out: Path, run: Run, options: GainOptions | None = None) -> Trained:
    """Trains a copy of the classifier with L_self, and writes it.

    Raises:
        InputError: the classifier's checkpoint is missing, damaged or of other classes.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.models.manifest import checkpoints_folder
        >>> from wsss_viz.training.loop import Schedule
        >>> classifier = checkpoints_folder() / "scenes-classifier.safetensors"
        >>> run = Run(classifier, lambda items, title: items, lambda line: None, Schedule(1, batch=2), 2, 2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     trained = train_gain(Path(folder) / "gain.safetensors", run)
        >>> list(trained.history.epochs[0])
        ['epoch', 'loss', 'l_cl', 'l_am', 'map', 'f1']
    """
    options = options or GainOptions()
    network, means = read_ordinary(run.classifier), Means()
    objective = gain_objective(network, options, means)
    settings = {f"gain_{key}": value for key, value in asdict(options).items()}
    return train_on("gain", out, network, objective, run, settings=settings, means=means)
