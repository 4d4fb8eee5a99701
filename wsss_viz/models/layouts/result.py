"""What was recognised in a file of tensors. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wsss_viz.models.reading.bounds import TensorInfo

Shapes = Mapping[str, tuple[int, ...]]
"""A network's tensors by name."""

IRN, RESNET38D, TORCHVISION, MXNET = "irn-resnet50", "resnet38d", "torchvision-resnet", "mxnet-resnet38d"
EFFICIENTNET_LITE = "efficientnet-lite"
TITLES = {
    IRN: "ResNet-50 of IRN (layer4 at stride 1)",
    RESNET38D: "ResNet-38d of PSA",
    TORCHVISION: "torchvision's ResNet",
    MXNET: "ResNet-38d of MXNet",
    EFFICIENTNET_LITE: "EfficientNet-Lite",
}
STRIDES = {IRN: 16, RESNET38D: 8, TORCHVISION: 32, MXNET: 8, EFFICIENTNET_LITE: 16}
INPUTS: dict[str, dict[str, Any]] = {
    EFFICIENTNET_LITE: {"mean": (127 / 255,) * 3, "std": (128 / 255,) * 3, "short_side": 320}
}
"""The fields of `Preprocessing` where they are not ImageNet's mean and std at the image's own size."""


@dataclass(frozen=True)
class Recognised:
    """A network found in a file.

    Attributes:
        layout: one of `TITLES`.
        sources: for each tensor of the network its names in the file: the first is read, the others must equal it.
        shapes: of the network's tensors; the head's as `head`.
        missing: of the network's tensors, those that are not in the file.
        unexpected: of the file's tensors, those that have no place in the network.
        unused: names of the file that are known and not needed, and what they are.
        head: the classifier's name in `shapes`; "" where there is none.
        rows: of the head, its classes with a background where it has one.
        depth: of a ResNet, blocks a stage. widths: of a ResNet-38d, channels a stage. variant: of an EfficientNet-Lite.
        problems: why no classifier can be made of it, one line each.
        notes: what is worth knowing, one line each.
    """

    layout: str
    sources: dict[str, tuple[str, ...]]
    shapes: dict[str, tuple[int, ...]]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    unused: dict[str, str] = field(default_factory=dict)
    head: str = ""
    rows: int = 0
    bias: str = ""
    depth: tuple[int, ...] = ()
    widths: tuple[int, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    variant: str = ""

    @property
    def matched(self) -> int:
        """How many of the network's tensors are there."""
        return len(self.shapes) - len(self.missing)

    @property
    def parameters(self) -> int:
        """Numbers in the network's tensors."""
        return sum(TensorInfo("F32", shape).count for shape in self.shapes.values())


def hold(sources: Mapping[str, tuple[str, ...]], shapes: Shapes, tensors: Mapping[str, TensorInfo]) -> list[str]:
    """Problems of the tensors that are there: another shape than the network's, or no floating point numbers."""
    found = []
    for key, names in sources.items():
        for name in names:
            info = tensors[name]
            if info.shape != shapes[key]:
                found.append(f"{name} is {_sides(info.shape)}, the network wants {_sides(shapes[key])}")
            elif not info.is_float:
                found.append(f"{name} is of whole numbers ({info.dtype}), weights are not: it is of another program")
    return found


def _sides(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "a single number"


def summarised(problems: list[str], what: str, remedy: str) -> tuple[str, ...]:
    """Many problems of one kind as one line."""
    if not problems:
        return ()
    more = f" (and {len(problems) - 1} more {what})" if len(problems) > 1 else ""
    return (f"{problems[0]}{more}: {remedy}",)
