"""OC-CSE's own training of CGNet, on any data set with image labels (`docs/sources.md#oc-cse`, `docs/sources.md#poly`).

What `train cse` does on the scenes is our recipe: AdamW, no dropout, the affine part of BatchNorm trained. This one is
the official code's (`train.py`, `models/model_cse.py`, `networks/resnet38d.py`, `tools/`):

- ResNet-38d from ImageNet's weights with a new head (Xavier, uniform), dropout of whole channels within b6 (0.3) and
  b7 (0.5); conv1a, b2 and all of BatchNorm frozen;
- SGD in four groups, weights at 1 and biases at 2 times the rate, those of new layers at 10 and 20; weights alone
  decay; rate (1 - t / T)^0.9, and the momentum that the official optimiser really has, which is the weight decay's
  number. CGNet has no biases and its head is not among the new layers: its groups at 2, 10 and 20 are empty;
- long side 256 to 448, mirrored by half, brightness, contrast, saturation and hue varied, a window of 384 x 384, what
  is beyond the image 0, which is the mean colour; 15 epochs of batches of 8, an incomplete one left out;
- L = L_cls + (0.3 + 0.05 e) L_cse, masks divided by the maximum of the batch.

Different here: an image without labels counts in L_cls alone, where the official sampler stops; the ordinary
classifier's weights collect no gradients; random numbers are this project's; no epoch is chosen by masks, the last one
is written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn
from torchvision.transforms import ColorJitter

from wsss_viz.data.files import write_whole
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.manifest import file_digest
from wsss_viz.models.narrowing import narrow
from wsss_viz.models.preflight import preflight
from wsss_viz.models.published import load_backbone, load_published
from wsss_viz.models.random_window import RandomWindow
from wsss_viz.models.resnet38d import Bottleneck, ResNet38d
from wsss_viz.training.cse import CseOptions, cse_objective
from wsss_viz.training.drawings import Progress
from wsss_viz.training.loop import Descent, History, Schedule, fit
from wsss_viz.training.recipes import state_path
from wsss_viz.training.watch import Means
from wsss_viz.wording import quantity

__all__ = [
    "OFFICIAL",
    "OFFICIAL_SCHEDULE",
    "OFFICIAL_WINDOW",
    "PolyDescent",
    "in_training",
    "parameter_groups",
    "start_cgnet",
    "train_official",
]

OFFICIAL_SCHEDULE = Schedule(epochs=15, rate=0.01, batch=8, decay=5e-4, seed=4242)
OFFICIAL_WINDOW = RandomWindow(256, 448, 384)
OFFICIAL = CseOptions(alpha=0.3, growth=0.05, over="batch", detach=False)
DROPOUT = {"b6": 0.3, "b7": 0.5}
POWER = 0.9


def parameter_groups(
    modules: Sequence[nn.Module], rate: float, decay: float, new: Sequence[nn.Module] = ()
) -> list[dict[str, object]]:
    """SGD's four groups: weights, biases, and those of the modules in `new`; of convolutions that are trained.

    Examples:
        >>> body, head = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 2, 1, bias=False)
        >>> groups = parameter_groups([body, head], 0.01, 5e-4, new=[head])
        >>> [(len(group["params"]), group["lr"], group["weight_decay"]) for group in groups]
        [(1, 0.01, 0.0005), (1, 0.02, 0.0), (1, 0.1, 0.0005), (0, 0.2, 0.0)]
    """
    groups: list[list[Tensor]] = [[], [], [], []]
    for module in (inner for outer in modules for inner in outer.modules() if isinstance(inner, nn.Conv2d)):
        first = 2 if any(module is one for one in new) else 0
        for at, parameter in ((first, module.weight), (first + 1, module.bias)):
            if parameter is not None and parameter.requires_grad:
                groups[at].append(parameter)
    factors, decays = (1, 2, 10, 20), (decay, 0.0, decay, 0.0)
    return [
        {"params": group, "lr": factor * rate, "weight_decay": of}
        for group, factor, of in zip(groups, factors, decays, strict=True)
    ]


class PolyDescent(Descent):
    """SGD whose rates go with (1 - t / T)^0.9, one step per batch; its momentum is the weight decay's number."""

    def __init__(self, groups: list[dict[str, object]], steps: int, *, decay: float) -> None:
        self.optimiser = torch.optim.SGD(groups, momentum=decay)
        self.cycle = torch.optim.lr_scheduler.LambdaLR(
            self.optimiser, lambda t: (1 - t / steps) ** POWER if t < steps else 0.0
        )


def start_cgnet(start: Path, classes: Sequence[str], seed: int = 0) -> tuple[ResNet38d, Classifier]:
    """CGNet as its training begins, by the file's names and as a Classifier of the same modules.

    Args:
        start: ImageNet's weights of MXNet (`resnet_38d.params`), for a new head; or a classifier's file, whose head is
            kept where it knows the classes (the official `--er_init cam`).

    Raises:
        InputError: the file is damaged, or holds no ResNet-38d.

    Examples:
        >>> start_cgnet(Path("nothing.params"), ["cat"])
        Traceback (most recent call last):
        ...
        wsss_viz.errors.InputError: no checkpoint at nothing.params: check the path
    """
    backbone = load_backbone(start)
    if not isinstance(backbone, ResNet38d):
        raise InputError(f"{start.name} holds no ResNet-38d")
    torch.manual_seed(seed)
    head = nn.Conv2d(backbone.bn7.num_features, len(classes), 1, bias=False)
    nn.init.xavier_uniform_(head.weight)
    trained = preflight(start)
    if trained.ready and set(classes) <= set(trained.classes):
        head.weight.data = narrow(load_published(start), classes).head.weight.detach().clone()
    for name, share in DROPOUT.items():
        block = backbone.get_submodule(name)
        assert isinstance(block, Bottleneck)
        block.dropout = share
    return backbone, Classifier(backbone.stages(), head, classes, stride=8, split=1, layout="resnet38d")


def in_training(network: Classifier) -> None:
    """The official mode: dropout drops, BatchNorm keeps its statistics, the first stage and BatchNorm are frozen.

    Examples:
        >>> backbone = ResNet38d((4, 4, 4, 4, 8, 8, 8))
        >>> network = Classifier(backbone.stages(), nn.Conv2d(8, 2, 1, bias=False), ["cat", "dog"], stride=8, split=1)
        >>> in_training(network)
        >>> backbone.b6.training, backbone.bn7.training, backbone.conv1a.weight.requires_grad
        (True, False, False)
    """
    network.eval().requires_grad_(False)
    for module in network.modules():
        if isinstance(module, Bottleneck):
            module.training = True
    for stage in network.stages[network.split :]:
        for module in stage.modules():
            if isinstance(module, nn.Conv2d):
                module.requires_grad_(True)
    network.head.requires_grad_(True)


def train_official(
    out: Path,
    classifier: Path,
    start: Path,
    samples: Sequence[Sample],
    classes: Sequence[str],
    schedule: Schedule = OFFICIAL_SCHEDULE,
    *,
    data: str = "",
    window: RandomWindow = OFFICIAL_WINDOW,
    device: str = "cpu",
    progress: Progress,
    say: Callable[[str], None],
) -> tuple[Classifier, History]:
    """Trains CGNet and writes it as OC-CSE's `NNNnet_er.pth` is laid out, as safetensors; resumes where it stopped.

    Args:
        out: beside it, `NAME.classes.txt` where the classes are not VOC's 20.
        classifier: the file of the ordinary classifier, which knows all the classes.
        start: see `start_cgnet`.
        samples: with labels.
        data: what they are, in words, a part of the settings that a state is taken up under.

    Raises:
        InputError: a file is damaged or of another network, or there are fewer samples than a batch.

    Examples:
        >>> said = {"progress": lambda items, title: items, "say": lambda line: None}
        >>> train_official(Path("n.safetensors"), Path("c.pth"), Path("s.params"), [], ["cat"], **said)
        Traceback (most recent call last):
        ...
        wsss_viz.errors.InputError: 0 images cannot fill a batch of 8: give more, or smaller batches
    """
    if len(samples) < schedule.batch:
        raise InputError(
            f"{quantity(len(samples), 'image')} cannot fill a batch of {schedule.batch}: give more, or smaller batches"
        )
    ordinary = load_published(classifier)
    unknown = [name for name in classes if name not in ordinary.classes]
    if unknown:
        raise InputError(f"{classifier.name} does not know {unknown[0]!r}: give a classifier of the data's classes")
    ordinary = narrow(ordinary, classes).to(device).eval().requires_grad_(False)
    backbone, cgnet = start_cgnet(start, classes, schedule.seed)
    in_training(cgnet.to(device))
    means, colours = Means(), ColorJitter(0.3, 0.3, 0.3, 0.1)  # which varies by torch's own generator
    groups = parameter_groups([*cgnet.stages, cgnet.head], schedule.rate, schedule.decay)
    steps = schedule.epochs * (len(samples) // schedule.batch)

    def batches(index: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        batch = [samples[i] for i in index.tolist()]
        x = torch.stack([window(sample.image, cgnet.preprocessing, generator, colours) for sample in batch])
        labels = torch.from_numpy(np.stack([sample.label_vector(tuple(classes)) for sample in batch])).float()
        return x.to(device), labels.to(device)

    settings = {
        "recipe": "oc-cse official",
        "classifier": file_digest(classifier),
        "start": file_digest(start),
        "data": data,
        "count": len(samples),
        "classes": list(classes),
        **asdict(window),
        **asdict(schedule),
    }
    history = fit(
        cgnet,
        samples,
        cse_objective(cgnet, ordinary, OFFICIAL, means),
        schedule,
        preprocessing=cgnet.preprocessing,
        state_path=state_path(out),
        settings=settings,
        validate=means.take,
        progress=progress,
        say=say,
        batches=batches,
        descent=PolyDescent(groups, steps, decay=schedule.decay),
    )
    tensors = {**backbone.state_dict(), "fc8.weight": cgnet.head.weight.detach()}
    write_whole(out, save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}))
    if tuple(classes) != VOC_CLASSES:
        write_whole(out.with_suffix(".classes.txt"), "".join(f"{name}\n" for name in classes).encode())
    state_path(out).unlink(missing_ok=True)
    return cgnet.eval().requires_grad_(False), history
