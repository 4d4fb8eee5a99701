"""Training of networks with an output per place: from the scenes' backbone, on one target per pixel or cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from wsss_viz.models.manifest import file_digest
from wsss_viz.training.drawings import Drawings, Progress, to_input
from wsss_viz.training.loop import History, Schedule, fit
from wsss_viz.training.recipes import evaluating, read_backbone, state_path

__all__ = ["DenseRecipe", "augment_both", "train_dense"]

_PIECE = 50
"""Images that are validated on at a time."""


Network = TypeVar("Network", bound=Any)
"""A module with `stages`, those of `scene_network`, and `preprocessing`; no type says both."""


@dataclass(frozen=True)
class DenseRecipe(Generic[Network]):
    """What one kind of network differs by.

    Attributes:
        make: the network, its weights drawn from torch's generator.
        learns: of a network, the parts that are trained; the rest stays as the backbone has it.
        loss: of the network's outputs and the targets, a scalar.
        write: the trained network to a file.
        settings: what a run depends on, beside backbone, count and schedule: a state of other settings is refused.
    """

    make: Callable[[], Network]
    learns: Callable[[Network], list[nn.Module]]
    loss: Callable[[Tensor, Tensor], Tensor]
    write: Callable[[Path, Network], None]
    settings: dict[str, Any]


def train_dense(
    recipe: DenseRecipe[Network],
    out: Path,
    backbone: Path,
    data: Drawings,
    schedule: Schedule,
    *,
    val: Drawings,
    progress: Progress,
    say: Callable[[str], None],
) -> tuple[Network, History]:
    """Trains a network from the pretrained stages of the backbone, and writes it.

    Args:
        data: with targets (N, h, w).
        val: the same, not trained on; the mean loss is said after each epoch.

    Raises:
        InputError: the backbone is missing or of another architecture.

    `segmenter.train_segmenter` and `affinity.train_affinity` are made of it.

    Examples:
        >>> none = Path("none.safetensors")
        >>> train_dense(None, none, none, None, Schedule(1), val=None, progress=iter, say=print)
        Traceback (most recent call last):
        ...
        wsss_viz.errors.InputError: ...
    """
    pretrained = read_backbone(backbone)
    torch.manual_seed(schedule.seed)
    network = recipe.make()
    network.stages.load_state_dict(pretrained.stages.state_dict())
    network = network.to(memory_format=torch.channels_last)
    learning = nn.ModuleList(recipe.learns(network))
    network.requires_grad_(False).eval()
    learning.requires_grad_(True).train()

    def validate() -> dict[str, float]:
        pieces = zip(val.images.split(_PIECE), val.targets.split(_PIECE), strict=True)
        with evaluating(learning), torch.no_grad():
            losses = [recipe.loss(network(to_input(x, network.preprocessing)), y).item() for x, y in pieces]
        return {"val_loss": float(np.mean(losses))}

    def batches(index: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        return augment_both(to_input(data.images[index], network.preprocessing), data.targets[index], generator)

    history = fit(
        network,
        data,
        lambda batch: recipe.loss(network(batch.x), batch.targets),
        schedule,
        preprocessing=network.preprocessing,
        state_path=state_path(out),
        settings={"backbone": file_digest(backbone), "count": len(data), **recipe.settings, **asdict(schedule)},
        validate=validate,
        progress=progress,
        say=say,
        batches=batches,
    )
    network = network.eval().requires_grad_(False)
    recipe.write(out, network)
    state_path(out).unlink(missing_ok=True)
    return network, history


def augment_both(x: Tensor, masks: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mirrors half of the images with their masks and varies light and colour, as `drawings.augment` does.

    Args:
        x: (N, 3, H, W), normalised.
        masks: (N, H, W).

    Examples:
        >>> x = torch.zeros(2, 3, 2, 4)
        >>> masks = torch.tensor([[[0, 0, 0, 1]] * 2] * 2)
        >>> _, varied = augment_both(x, masks, torch.Generator().manual_seed(0))
        >>> varied[:, 0].tolist()
        [[1, 0, 0, 0], [0, 0, 0, 1]]
    """
    count = len(x)
    mirrored = torch.rand(count, generator=generator) < 0.5
    x = torch.where(mirrored.view(-1, 1, 1, 1), x.flip(3), x)
    masks = torch.where(mirrored.view(-1, 1, 1), masks.flip(2), masks)
    gain = 1 + 0.2 * (torch.rand(count, 3, 1, 1, generator=generator) - 0.5)
    offset = 0.4 * (torch.rand(count, 1, 1, 1, generator=generator) - 0.5)
    return (x * gain + offset).contiguous(memory_format=torch.channels_last), masks
