"""Networks that say which pixels are akin: AffinityNet's features, IRN's boundaries, from the published files.

Both are a classifier's backbone with 1x1 convolutions on several of its stages (`docs/sources.md#walks`). Of an image
they give A (n, n) over the cells of a grid, which `refinement.walks` walks on. AffinityNet on the scenes' own small
network, which `train affinity` trains, is in `scene_affinity`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from wsss_viz.errors import InputError
from wsss_viz.models.architectures import architecture
from wsss_viz.models.architectures.recognition import recognise
from wsss_viz.models.classifier import Preprocessing
from wsss_viz.models.loading import load_network
from wsss_viz.models.manifest import folder_of
from wsss_viz.models.network_file import KEY, read_network
from wsss_viz.models.reading import TensorFile, read_tensors
from wsss_viz.models.resnet38d import Block, Bottleneck
from wsss_viz.refinement.affinity import affinity_within
from wsss_viz.refinement.akin import Akin, FeatureNet
from wsss_viz.refinement.scene_affinity import FORMAT, build_scene_affinity
from wsss_viz.wording import quantity

__all__ = ["AffinityNet", "BoundaryNet", "read_affinity"]

_HEADS = ("f8_3", "f8_4", "f8_5", "f9")
_CROP = 512
"""The side that IRN pads images to, whatever their size."""


class AffinityNet(FeatureNet):
    """PSA's `network/resnet38_aff.py`: features of ResNet-38d whose likeness is the affinity, at stride 8.

        f = ELU(f9([ELU(f8_3(conv4)), ELU(f8_4(conv5)), ELU(f8_5(conv6))]))

    with conv4 and conv5 the rectified inputs of the stages b5 and b6, and conv6 the backbone's output.

    Attributes:
        stages: of `ResNet38d`, in order.
    """

    def __init__(self, stages: Sequence[nn.Module], widths: Sequence[int], mixed: Sequence[int]) -> None:
        """`widths` are the channels that f8_3, f8_4 and f8_5 read; `mixed` those that they and f9 give."""
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.preprocessing = Preprocessing()
        self.f8_3, self.f8_4, self.f8_5 = (
            nn.Conv2d(inner, outer, 1, bias=False) for inner, outer in zip(widths, mixed[:3], strict=True)
        )
        self.f9 = nn.Conv2d(sum(mixed[:3]), mixed[3], 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to the features (N, D, h, w)."""
        first, b3, b4, b5, b6, last = self.stages
        assert isinstance(b5, nn.Sequential)
        assert isinstance(b5[0], Block)
        assert isinstance(b6, Bottleneck)
        z = b4(b3(first(x)))
        conv4 = b5[0].bn_branch2a(z).relu()
        z = b5(z)
        conv5 = b6.bn_branch2a(z).relu()
        read = [self.f8_3(conv4), self.f8_4(conv5), self.f8_5(last(b6(z)))]
        return functional.elu(self.f9(torch.cat([functional.elu(each) for each in read], dim=1)))


class BoundaryNet(nn.Module):
    """IRN's `net/resnet50_irn.py`: boundaries and displacements from the five stages of ResNet-50, at stride 4."""

    def __init__(self, stages: Sequence[nn.Module]) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.preprocessing = Preprocessing()
        widths = (64, 256, 512, 1024, 2048)
        for number, width in enumerate(widths, start=1):
            self.add_module(f"fc_edge{number}", _read(width, 32, 4, (1, 1, 2, 4, 4)[number - 1]))
            outer, groups = (64, 8) if number == 1 else (128, 16) if number == 2 else (256, 16)
            self.add_module(f"fc_dp{number}", _read(width, outer, groups, 2 if number > 3 else 1))
        self.fc_edge6 = nn.Conv2d(160, 1, 1)
        self.fc_dp6 = _read(768, 256, 16, 2)
        self.fc_dp7 = nn.Sequential(*_read(448, 256, 16, 1), nn.Conv2d(256, 2, 1, bias=False))
        self.register_buffer("mean_shift", torch.zeros(2))

    mean_shift: Tensor

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 3, H, W) to the boundaries' logits (N, 1, h, w) and the displacements (N, 2, h, w), (x, y) in cells."""
        seen = []
        for stage in self.stages:
            x = stage(x)
            seen.append(x)

        def read(kind: str, number: int, of: Tensor, like: Tensor) -> Tensor:
            values: Tensor = self.get_submodule(f"fc_{kind}{number}")(of)
            return values[..., : like.shape[2], : like.shape[3]]

        edges = [read("edge", i, of, seen[1]) for i, of in enumerate(seen, start=1)]
        first, second, third = (read("dp", i, seen[i - 1], seen[i - 1]) for i in (1, 2, 3))
        deep = [third, *(read("dp", i, seen[i - 1], third) for i in (4, 5))]
        above = read("dp", 6, torch.cat(deep, dim=1), second)
        moved = self.fc_dp7(torch.cat([first, second, above], dim=1)) - self.mean_shift.view(1, 2, 1, 1)
        return self.fc_edge6(torch.cat(edges, dim=1)), moved

    @torch.no_grad()
    def boundaries(self, image: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
        """(h, w) boundaries in [0, 1], over the image and its mirror image; (2, h, w) displacements of the image."""
        x = self.preprocessing(image).to(self.fc_edge6.weight.device)
        height, width = ((side - 1) // 4 + 1 for side in x.shape[2:])
        right, below = (max(_CROP, -(-side // 16) * 16) - side for side in (x.shape[3], x.shape[2]))
        edges, moved = self(functional.pad(torch.cat([x, x.flip(3)]), (0, right, 0, below)))
        edges = edges[..., :height, :width]
        return (edges[0] / 2 + edges[1].flip(-1) / 2).sigmoid()[0], moved[0, :, :height, :width]

    def akin(self, image: NDArray[np.uint8]) -> Akin:
        """The affinities of an image's cells."""
        boundary, _ = self.boundaries(image)
        return Akin(affinity_within(boundary), (boundary.shape[0], boundary.shape[1]), 4, boundary)


def read_affinity(path: Path | str) -> FeatureNet | BoundaryNet:
    """The network of `res38_aff.pth` (PSA) or `res50_irn.pth` (IRN), or one that `train affinity` made, by its file or
    its name in the register; on the CPU, in evaluation mode, frozen.

    Raises:
        InputError: the file is missing or damaged, or none of these.

    >>> read_affinity("nothing.pth")
    Traceback (most recent call last):
    wsss_viz.errors.InputError: no network at nothing.pth: check the path
    """
    name, path = str(path), Path(path)
    if not path.is_file() and folder_of(name) is not None:
        return load_network(name, FORMAT, build_scene_affinity)
    if not path.is_file():
        raise InputError(f"no network at {path}: check the path")
    file = read_tensors(path)
    if KEY in file.metadata:
        return read_network(path, FORMAT, build_scene_affinity)
    recognised = recognise(file.tensors, file.mappings)
    if recognised is None or recognised.architecture not in ("resnet38d", "seam-resnet38d", "irn-resnet50"):
        raise InputError(f"{path.name} is no AffinityNet (res38_aff.pth) and no IRN (res50_irn.pth)")
    known = architecture("resnet38d" if "38d" in recognised.architecture else recognised.architecture)
    assert known is not None
    variant = recognised.variant[0] if recognised.architecture.startswith("seam") else recognised.variant
    lacking = [name for name in recognised.missing if name in known.shapes(variant)]
    if lacking:
        raise InputError(f"{path.name} lacks {quantity(len(lacking), 'tensor')} of its backbone, {lacking[0]} first")
    backbone = known.network(variant)
    _fill(
        backbone,
        {name: file.read(names[0]) for name, names in recognised.sources.items() if name in recognised.shapes},
        path,
    )
    stages, prefix = known.stages(backbone), recognised.prefix
    if f"{prefix}f8_5.weight" in file.tensors:
        heads = _tensors(file, prefix, [f"{name}.weight" for name in _HEADS], path)
        mixed = [heads[f"{name}.weight"].shape[0] for name in _HEADS]
        widths = [heads[f"{name}.weight"].shape[1] for name in _HEADS[:3]]
        network: AffinityNet | BoundaryNet = AffinityNet(stages, widths, mixed)
        _fill(network, heads, path)
    elif f"{prefix}fc_edge6.weight" in file.tensors:
        network = BoundaryNet(stages)
        wanted = [name for name in network.state_dict() if name.startswith("fc_")]
        heads = _tensors(file, prefix, wanted, path)
        shift = f"{prefix}mean_shift.running_mean"
        _fill(network, heads | ({"mean_shift": file.read(shift)} if shift in file.tensors else {}), path)
    else:
        raise InputError(f"{path.name} is a classifier: give res38_aff.pth (PSA) or res50_irn.pth (IRN)")
    return network.eval().requires_grad_(False)


def _tensors(file: TensorFile, prefix: str, names: Sequence[str], path: Path) -> dict[str, Tensor]:
    missing = [name for name in names if f"{prefix}{name}" not in file.tensors]
    if missing:
        raise InputError(f"{path.name} lacks {quantity(len(missing), 'tensor')} of its heads, {missing[0]} first")
    return {name: file.read(f"{prefix}{name}") for name in names}


def _fill(network: nn.Module, state: dict[str, Tensor], path: Path) -> None:
    """Copies what is there; the rest, a backbone's counters or stages that have their numbers, stays."""
    known = network.state_dict()
    for name, tensor in state.items():
        if name in known and known[name].shape != tensor.shape:
            raise InputError(f"{path.name}: {name} is {tuple(tensor.shape)}, wanted is {tuple(known[name].shape)}")
    network.load_state_dict({**known, **{name: value for name, value in state.items() if name in known}})


def _read(inner: int, outer: int, groups: int, scale: int) -> nn.Sequential:
    """A 1x1 convolution, GroupNorm, enlarged by `scale`, ReLU; by IRN's numbers in a Sequential."""
    larger = [nn.Upsample(scale_factor=scale, mode="bilinear", align_corners=False)] if scale > 1 else []
    return nn.Sequential(nn.Conv2d(inner, outer, 1, bias=False), nn.GroupNorm(groups, outer), *larger, nn.ReLU())
