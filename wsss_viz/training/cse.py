"""CS-AE's training: CGNet against the frozen ordinary classifier (`docs/sources.md#oc-cse`; `methods.cse`)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from wsss_viz.methods.cse import alpha, cse_loss, draw_labels, erase_all, erase_class
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.manifest import file_digest
from wsss_viz.training.continued import Run, Trained, read_ordinary, start_from, train_on
from wsss_viz.training.loop import Batch, Objective
from wsss_viz.training.watch import Means

__all__ = ["CseOptions", "cse_objective", "train_cse"]


@dataclass(frozen=True)
class CseOptions:
    """What the loss leaves open; the defaults are the paper's.

    Attributes:
        alpha, growth: alpha(e) = alpha + growth e, the weight of L_cse.
        over: "map", each mask by its own maximum; "batch", by the batch's, as the official code does.
        detach: no gradient through that maximum; the official code lets it pass.
        frozen: how many of CGNet's stages stay as they are; default those that the classifier's training left alone.
            (The official CGNet freezes its first two of seven, conv1a and b2.)
        agnostic: the control: one mask for all labels, all of which are to be gone (`methods.cse.erase_all`).
    """

    alpha: float = 0.3
    growth: float = 0.05
    over: str = "map"
    detach: bool = False
    agnostic: bool = False
    frozen: int | None = None
    fixed_head: bool = False


def cse_objective(cgnet: Classifier, ordinary: Classifier, options: CseOptions, means: Means) -> Objective:
    """L = L_cls + alpha(e) L_cse of a batch; images without labels count in L_cls alone.

    Args:
        cgnet: trained.
        ordinary: OC, frozen and in evaluation mode; its gradient goes through its input to CGNet's mask.

    Examples:
        >>> import torch
        >>> from wsss_viz.models.colour_network import colour_network
        >>> x = torch.zeros(1, 3, 2, 4)
        >>> x[:, 0], x[:, 2, :, :2] = 1, 1  # red, and blue on the left
        >>> batch = Batch(x, torch.tensor([[1.0, 0.0, 1.0]]), 0, torch.Generator().manual_seed(0))
        >>> means = Means()
        >>> loss = cse_objective(colour_network(), colour_network(), CseOptions(), means)(batch)
        >>> {name: round(value, 3) for name, value in means.take().items()}
        {'l_cls': 0.493, 'l_cse': 0.693, 'area': 1.0}
    """

    def objective(batch: Batch) -> Tensor:
        maps = cgnet.maps(batch.x)
        l_cls = binary_cross_entropy_with_logits(cgnet.pool(maps), batch.targets)
        drawn = draw_labels(batch.targets, batch.generator)
        labelled = drawn >= 0
        x, maps, labels, drawn = batch.x[labelled], maps[labelled], batch.targets[labelled], drawn[labelled]
        if options.agnostic:
            erased = erase_all(x, maps, labels, over=options.over, detach=options.detach)
        else:
            erased = erase_class(x, maps, labels, drawn, over=options.over, detach=options.detach)
        l_cse = cse_loss(ordinary.logits(erased.x), erased.remaining)
        means.add(l_cls=l_cls, l_cse=l_cse, area=erased.mask.mean())
        return l_cls + alpha(batch.epoch, options.alpha, options.growth) * l_cse

    return objective


def train_cse(out: Path, run: Run, options: CseOptions | None = None, start: Path | None = None) -> Trained:
    """Trains CGNet and writes it.

    Args:
        start: the checkpoint CGNet starts from, a classifier's or a backbone's; default the ordinary classifier's.
            (The official CGNet starts from ImageNet's weights, which here are the backbone's.)

    Raises:
        InputError: a checkpoint is missing, damaged or of other classes.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.models.manifest import checkpoints_folder
        >>> from wsss_viz.training.loop import Schedule
        >>> classifier = checkpoints_folder() / "scenes-classifier.safetensors"
        >>> run = Run(classifier, lambda items, title: items, lambda line: None, Schedule(1, batch=2), 2, 2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     trained = train_cse(Path(folder) / "cgnet.safetensors", run)
        >>> list(trained.history.epochs[0])
        ['epoch', 'loss', 'l_cls', 'l_cse', 'area', 'map', 'f1']
    """
    options, start = options or CseOptions(), start or run.classifier
    ordinary, cgnet = read_ordinary(run.classifier), start_from(start)
    means = Means()
    objective = cse_objective(cgnet, ordinary, options, means)
    settings = {"start": file_digest(start), **{f"cse_{key}": value for key, value in asdict(options).items()}}
    return train_on(
        "cs-ae",
        out,
        cgnet,
        objective,
        run,
        settings=settings,
        means=means,
        frozen=options.frozen,
        fixed_head=options.fixed_head,
    )
