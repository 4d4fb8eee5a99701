"""The training loop: epochs from a seed, saved after each, resumed where they stopped."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from wsss_viz.data.files import write_whole
from wsss_viz.errors import InputError
from wsss_viz.models.classifier import Preprocessing
from wsss_viz.training.drawings import Drawings, Progress, augment, to_input

__all__ = ["Batch", "Batches", "Descent", "History", "Objective", "Schedule", "Stateful", "fit", "supervised"]


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: AdamW under one cycle of the learning rate (`docs/sources.md#training`).

    Attributes:
        epochs, batch, seed: the same seed and number of threads give the same weights.
        rate: the highest learning rate.
        decay: weight decay.
        crop: the smallest share of an image's area that is trained on, a random window of each image in each epoch
            (`drawings.crop_windows`); 1: all of it.
    """

    epochs: int
    rate: float = 3e-3
    batch: int = 32
    decay: float = 1e-3
    seed: int = 0
    crop: float = 1.0


@dataclass
class History:
    """What the training said, one entry per epoch, and the seconds it took over all its runs."""

    epochs: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0


class Batch(NamedTuple):
    """What a loss is computed from.

    Attributes:
        x: (N, 3, H, W) inputs, normalised and augmented; H and W change from batch to batch.
        targets: the rows of `Drawings.targets`.
        epoch: from 0.
        generator: of this epoch; whatever is drawn for the loss is drawn from it, after the augmentation.
    """

    x: Tensor
    targets: Tensor
    epoch: int
    generator: torch.Generator


Objective = Callable[[Batch], Tensor]
Batches = Callable[[Tensor, torch.Generator], tuple[Tensor, Tensor]]


class Stateful(Protocol):
    """What can be saved with the state of a training and resumed."""

    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state: dict[str, Any], /) -> Any: ...


def supervised(model: nn.Module, loss: Callable[[Tensor, Tensor], Tensor]) -> Objective:
    """The ordinary objective: `loss` of what the model says of the images, and their targets.

    Examples:
        >>> loss = supervised(nn.Identity(), nn.functional.mse_loss)
        >>> loss(Batch(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]), 0, torch.Generator())).item()
        2.0
    """
    return lambda batch: loss(model(batch.x), batch.targets)


class Descent:
    """AdamW under one cycle of the learning rate, one step per batch.

    Attributes:
        optimiser, cycle: torch's own, whose state is saved with a training's.
    """

    optimiser: torch.optim.Optimizer
    cycle: torch.optim.lr_scheduler.LRScheduler

    def __init__(self, model: nn.Module, steps: int, *, rate: float, decay: float) -> None:
        """`steps` of the parameters of `model` that require gradients; `rate` is the highest learning rate."""
        parameters = [p for p in model.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(parameters, lr=rate, weight_decay=decay)
        self.cycle = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, rate, total_steps=steps)

    def step(self, loss: Tensor, epoch: int) -> float:
        """Down the gradient of `loss`, a scalar; its value.

        Raises:
            FloatingPointError: it is not finite.
        """
        if not torch.isfinite(loss):
            raise FloatingPointError(f"the loss is {loss.item()} in epoch {epoch + 1}: lower the learning rate")
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.cycle.step()
        return loss.item()


def fit(
    model: nn.Module,
    data: Drawings | Sequence[Any],
    objective: Objective,
    schedule: Schedule,
    *,
    preprocessing: Preprocessing,
    state_path: Path,
    settings: dict[str, Any],
    validate: Callable[[], dict[str, float]],
    progress: Progress,
    say: Callable[[str], None],
    extra: Mapping[str, Stateful] | None = None,
    batches: Batches | None = None,
    descent: Descent | None = None,
) -> History:
    """Trains the parameters of `model` that require gradients; resumes from `state_path` where that is there.

    The state (weights, optimiser, schedule, history) is written whole after each epoch, and each epoch draws its random
    numbers from (seed, epoch): a run that was stopped and taken up again ends with the weights of one that was not.

    Args:
        model: in the mode it is to be trained in.
        data: whatever has a length and `batches` knows; without `batches`, Drawings.
        objective: the loss of a batch, a scalar that depends on the model's parameters.
        settings: what the run depends on; a state of other settings is refused.
        validate: the scores after each epoch.
        extra: whatever else belongs to the state of this training, by name.
        batches: inputs and targets of the images of an index; None: the images augmented, the targets as they are.
        descent: how to go down; None: `Descent` by the schedule.

    Raises:
        InputError: the state belongs to a run with other settings, or cannot be read.
        FloatingPointError: the loss is not finite.

    Examples:
        >>> import tempfile
        >>> data = Drawings(torch.zeros(4, 3, 32, 48, dtype=torch.uint8), torch.ones(4, 1))
        >>> model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 1))
        >>> _ = nn.init.zeros_(model[2].weight), nn.init.zeros_(model[2].bias)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     history = fit(
        ...         model,
        ...         data,
        ...         supervised(model, nn.functional.mse_loss),
        ...         Schedule(epochs=2, batch=2),
        ...         preprocessing=Preprocessing((0, 0, 0), (1, 1, 1)),
        ...         state_path=Path(folder) / "state",
        ...         settings={},
        ...         validate=lambda: {"weights": 4},
        ...         progress=lambda items, title: items,
        ...         say=lambda line: None,
        ...     )
        >>> first, second = history.epochs
        >>> list(second), second["loss"] < first["loss"]
        (['epoch', 'loss', 'weights'], True)
    """

    def augmented(index: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        assert isinstance(data, Drawings)
        return augment(to_input(data.images[index], preprocessing), generator, schedule.crop), data.targets[index]

    per_epoch = len(data) // schedule.batch
    if descent is None:
        descent = Descent(model, schedule.epochs * per_epoch, rate=schedule.rate, decay=schedule.decay)
    parts = {"model": model, "optimiser": descent.optimiser, "cycle": descent.cycle, **(extra or {})}
    state = _State(state_path, settings, parts)
    history = state.resume()
    if history.epochs:
        say(f"taken up after epoch {len(history.epochs)} of {schedule.epochs}")
    for epoch in range(len(history.epochs), schedule.epochs):
        start = time.perf_counter()
        generator = torch.Generator().manual_seed(schedule.seed * 100_003 + epoch)
        torch.manual_seed(schedule.seed * 100_003 + epoch)  # of what draws from torch's own generator: dropout
        order = torch.randperm(len(data), generator=generator)[: per_epoch * schedule.batch].view(per_epoch, -1)
        total = 0.0
        indices: Iterable[Tensor] = progress(list(order), f"epoch {epoch + 1}/{schedule.epochs}")
        try:
            for index in indices:
                x, targets = (batches or augmented)(index, generator)
                total += descent.step(objective(Batch(x, targets, epoch, generator)), epoch)
        except KeyboardInterrupt:
            done = f"{epoch} of {schedule.epochs} epochs are in {state_path.name}; the same command goes on from there"
            raise KeyboardInterrupt(
                done if epoch else "nothing of the first epoch is done; the same command starts it again"
            ) from None
        entry = {"epoch": epoch + 1, "loss": round(total / per_epoch, 5), **validate()}
        history.epochs.append(entry)
        history.seconds += time.perf_counter() - start
        state.keep(history)
        say("  ".join(f"{key} {value:.4g}" for key, value in entry.items()))
    return history


@dataclass(frozen=True)
class _State:
    """The state of one training on the disk."""

    path: Path
    settings: dict[str, Any]
    parts: dict[str, Any]

    def keep(self, history: History) -> None:
        buffer = io.BytesIO()
        states = {name: part.state_dict() for name, part in self.parts.items()}
        torch.save({"settings": self.settings, "epochs": history.epochs, "seconds": history.seconds, **states}, buffer)
        write_whole(self.path, buffer.getvalue())

    def resume(self) -> History:
        if not self.path.exists():
            return History()
        try:
            state = torch.load(self.path, map_location="cpu", weights_only=True)
            stored = state["settings"]
        except Exception:
            raise InputError(f"{self.path} is no state of a training: remove it to start from the beginning") from None
        if stored != self.settings:
            raise InputError(
                f"{self.path} belongs to a training with other settings: give those, or remove it to start anew"
            )
        broken = InputError(f"{self.path} is damaged, or holds NaN or infinity: remove it to start from the beginning")
        epochs, seconds = state.get("epochs"), state.get("seconds")
        if not isinstance(epochs, list) or not all(isinstance(entry, dict) for entry in epochs):
            raise broken
        is_time = isinstance(seconds, int | float) and 0 <= seconds < math.inf
        if not is_time or not all(_is_finite(value) for name, value in state.items() if name != "epochs"):
            raise broken
        try:
            for name, part in self.parts.items():
                part.load_state_dict(state[name])
        except Exception:  # torch's and ours raise nearly anything for what is not theirs
            raise broken from None
        return History(epochs, float(seconds))


def _is_finite(value: Any) -> bool:
    """Whether every tensor in it is, and every number."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Tensor):
        return not value.is_floating_point() or bool(torch.isfinite(value).all())
    if isinstance(value, Mapping):
        return all(map(_is_finite, value.values()))
    return all(map(_is_finite, value)) if isinstance(value, list | tuple) else True
