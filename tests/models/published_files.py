"""Files with random weights and exactly the names and shapes that published ones have, and the same networks computed
from those tensors with nothing but torch's functions."""

from __future__ import annotations

import struct
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import batch_norm, conv2d, max_pool2d, relu

NARROW = (4, 8, 8, 12, 16, 24, 32)
BLOCKS = {"b2": 3, "b3": 3, "b4": 6, "b5": 3}


class Draw:
    """Weights from a seed, of a size that keeps a signal going through many layers."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def conv(self, outer: int, inner: int, side: int) -> Tensor:
        scale = (2 / (inner * side * side)) ** 0.5
        return torch.randn(outer, inner, side, side, generator=self.generator) * scale

    def norm(self, state: dict[str, Tensor], at: str, width: int, counters: bool) -> None:
        state[f"{at}.weight"] = torch.rand(width, generator=self.generator) + 0.5
        state[f"{at}.bias"] = torch.randn(width, generator=self.generator) * 0.1
        state[f"{at}.running_mean"] = torch.randn(width, generator=self.generator) * 0.1
        state[f"{at}.running_var"] = torch.rand(width, generator=self.generator) + 0.5
        if counters:
            state[f"{at}.num_batches_tracked"] = torch.tensor(1000)


def resnet50_backbone(seed: int = 0, counters: bool = True) -> OrderedDict[str, Tensor]:
    """53 convolutions, 53 BatchNorms, by torchvision's names."""
    draw, state = Draw(seed), OrderedDict()
    state["conv1.weight"] = draw.conv(64, 3, 7)
    draw.norm(state, "bn1", 64, counters)
    inner = 64
    for stage, (blocks, width) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512)), start=1):
        for block in range(blocks):
            at = f"layer{stage}.{block}"
            for number, (outer, into, side) in enumerate(
                ((width, inner, 1), (width, width, 3), (4 * width, width, 1)), start=1
            ):
                state[f"{at}.conv{number}.weight"] = draw.conv(outer, into, side)
                draw.norm(state, f"{at}.bn{number}", outer, counters)
            if block == 0:
                state[f"{at}.downsample.0.weight"] = draw.conv(4 * width, inner, 1)
                draw.norm(state, f"{at}.downsample.1", 4 * width, counters)
            inner = 4 * width
    return state


def irn_state(rows: int = 20, seed: int = 0, counters: bool = True) -> OrderedDict[str, Tensor]:
    """IRN's `res50_cam.pth`: each tensor under three names, the classifier under two."""
    backbone = resnet50_backbone(seed, counters)
    state: OrderedDict[str, Tensor] = OrderedDict()
    for key, tensor in backbone.items():
        state[f"resnet50.{key}"] = tensor
    for family in ("stage{}", "backbone.{}"):
        for key, tensor in backbone.items():
            first, _, rest = key.partition(".")
            stage = int(first[-1]) if first.startswith("layer") else 1
            inside = {"conv1": "0", "bn1": "1", "layer1": "4"}.get(first, "0")
            number = stage if family.startswith("stage") else stage - 1
            state[f"{family.format(number)}.{inside}.{rest}"] = tensor
    head = torch.randn(rows, 2048, 1, 1, generator=torch.Generator().manual_seed(seed + 1)) * 1e-3
    state["classifier.weight"] = state["newly_added.0.weight"] = head
    return state


def resnet38d_state(
    rows: int | None = 20,
    widths: tuple[int, ...] = NARROW,
    seed: int = 0,
    counters: bool = False,
    head: str = "fc8",
) -> OrderedDict[str, Tensor]:
    """PSA's `res38_cls.pth`: 192 tensors, 229 with counters."""
    draw, state = Draw(seed), OrderedDict()
    state["conv1a.weight"] = draw.conv(widths[0], 3, 3)
    inner = widths[0]
    for stage, (name, blocks) in enumerate(BLOCKS.items(), start=1):
        width = widths[stage]
        middle = widths[3] if name == "b5" else width
        for block in range(blocks):
            at = name if block == 0 else f"{name}_{block}"
            draw.norm(state, f"{at}.bn_branch2a", inner, counters)
            state[f"{at}.conv_branch2a.weight"] = draw.conv(middle, inner, 3)
            draw.norm(state, f"{at}.bn_branch2b1", middle, counters)
            state[f"{at}.conv_branch2b1.weight"] = draw.conv(width, middle, 3)
            if block == 0:
                state[f"{at}.conv_branch1.weight"] = draw.conv(width, inner, 1)
            inner = width
    for at, width in (("b6", widths[5]), ("b7", widths[6])):
        draw.norm(state, f"{at}.bn_branch2a", inner, counters)
        state[f"{at}.conv_branch2a.weight"] = draw.conv(width // 4, inner, 1)
        draw.norm(state, f"{at}.bn_branch2b1", width // 4, counters)
        state[f"{at}.conv_branch2b1.weight"] = draw.conv(width // 2, width // 4, 3)
        draw.norm(state, f"{at}.bn_branch2b2", width // 2, counters)
        state[f"{at}.conv_branch2b2.weight"] = draw.conv(width, width // 2, 1)
        state[f"{at}.conv_branch1.weight"] = draw.conv(width, inner, 1)
        inner = width
    draw.norm(state, "bn7", inner, counters)
    if rows is not None:
        state[f"{head}.weight"] = draw.conv(rows, inner, 1)
    return state


def seam_state(seed: int = 0) -> OrderedDict[str, Tensor]:
    """SEAM's: 21 rows, the first the background, and the pixel correlation module's convolutions."""
    state = resnet38d_state(21, seed=seed)
    for name, shape in (("f8_3", (64, NARROW[3], 1, 1)), ("f8_4", (128, NARROW[4], 1, 1)), ("f9", (192, 195, 1, 1))):
        state[f"{name}.weight"] = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    return state


def mxnet_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The backbone by MXNet's names, with the 1000-class head that its file has."""
    parts = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_var"}
    found = {"arg:linear1000_weight": torch.randn(10, 4), "arg:linear1000_bias": torch.randn(10)}
    for key, tensor in state.items():
        module, _, part = key.rpartition(".")
        if module == "conv1a":
            found["arg:conv1a_weight"] = tensor
            continue
        kind = "aux" if "running" in part else "arg"
        if module == "bn7":
            found[f"{kind}:bn7_{parts[part]}"] = tensor
            continue
        block, _, layer = module.partition(".")
        stage, _, number = block[1:].partition("_")
        place = f"{stage}{f'b{number}' if number else 'a'}"
        if layer.startswith("bn"):
            found[f"{kind}:bn{place}_{layer.removeprefix('bn_')}_{parts[part]}"] = tensor
        else:
            found[f"arg:res{place}_{layer.removeprefix('conv_')}_weight"] = tensor
    return found


def write_mxnet(path: Path, tensors: dict[str, Tensor], version: int = 0) -> Path:
    """MXNet's binary format: 0 as before 2017 (the magic is the number of dimensions), 1 and 2 as later."""
    content = struct.pack("<QQQ", 0x112, 0, len(tensors))
    for tensor in tensors.values():
        if version == 0:
            content += struct.pack(f"<I{tensor.ndim}I", tensor.ndim, *tensor.shape)
        else:
            content += struct.pack("<I", 0xF993FAC8 if version == 1 else 0xF993FAC9)
            content += struct.pack("<i", 0) if version == 2 else b""
            content += struct.pack(f"<I{tensor.ndim}q", tensor.ndim, *tensor.shape)
        content += struct.pack("<iii", 1, 0, 0) + tensor.numpy().astype("<f4").tobytes()
    content += struct.pack("<Q", len(tensors))
    for name in tensors:
        content += struct.pack("<Q", len(name)) + name.encode()
    path.write_bytes(content)
    return path


def _norm(x: Tensor, state: dict[str, Tensor], at: str) -> Tensor:
    return batch_norm(
        x, state[f"{at}.running_mean"], state[f"{at}.running_var"], state[f"{at}.weight"], state[f"{at}.bias"]
    )


def resnet_features(
    x: Tensor, state: dict[str, Tensor], strides: tuple[int, ...], blocks: tuple[int, ...] = (3, 4, 6, 3)
) -> Tensor:
    """ResNet's features from its tensors by torchvision's names; bottlenecks where they have a third convolution."""
    x = relu(_norm(conv2d(x, state["conv1.weight"], stride=2, padding=3), state, "bn1"))
    x = max_pool2d(x, 3, 2, 1)
    for stage, (count, stride_of_stage) in enumerate(zip(blocks, strides, strict=True), start=1):
        for block in range(count):
            at, stride = f"layer{stage}.{block}", stride_of_stage if block == 0 else 1
            bottleneck = f"{at}.conv3.weight" in state
            first, second = (1, stride) if bottleneck else (stride, 1)
            y = conv2d(x, state[f"{at}.conv1.weight"], stride=first, padding=0 if bottleneck else 1)
            y = relu(_norm(y, state, f"{at}.bn1"))
            y = _norm(conv2d(y, state[f"{at}.conv2.weight"], stride=second, padding=1), state, f"{at}.bn2")
            if bottleneck:
                y = _norm(conv2d(relu(y), state[f"{at}.conv3.weight"]), state, f"{at}.bn3")
            if f"{at}.downsample.0.weight" in state:
                x = conv2d(x, state[f"{at}.downsample.0.weight"], stride=stride)
                x = _norm(x, state, f"{at}.downsample.1")
            x = relu(x + y)
    return x


def resnet38d_features(x: Tensor, state: dict[str, Tensor]) -> Tensor:
    """ResNet-38d's features, f."""
    return relu(_norm(_resnet38d_blocks(x, state), state, "bn7"))


def rectified_input(x: Tensor, state: dict[str, Tensor], stage: str) -> Tensor:
    """ReLU(BN) of what enters a stage of ResNet-38d: PSA's `conv4` is b5's, `conv5` b6's."""
    return relu(_norm(_resnet38d_blocks(x, state, stage), state, f"{stage}.bn_branch2a"))


def _resnet38d_blocks(x: Tensor, state: dict[str, Tensor], until: str = "") -> Tensor:
    def conv(z: Tensor, at: str, stride: int = 1, dilation: int = 1) -> Tensor:
        weight = state[f"{at}.weight"]
        return conv2d(z, weight, None, stride, dilation * (weight.shape[2] // 2), dilation)

    x = conv(x, "conv1a")
    for name, blocks in BLOCKS.items():
        if name == until:
            return x
        for block in range(blocks):
            at = name if block == 0 else f"{name}_{block}"
            stride = 2 if block == 0 and name != "b5" else 1
            dilations = (1, 1) if name != "b5" else ((1, 2) if block == 0 else (2, 2))
            z = relu(_norm(x, state, f"{at}.bn_branch2a"))
            y = conv(z, f"{at}.conv_branch2a", stride, dilations[0])
            y = conv(relu(_norm(y, state, f"{at}.bn_branch2b1")), f"{at}.conv_branch2b1", 1, dilations[1])
            x = (conv(z, f"{at}.conv_branch1", stride) if block == 0 else x) + y
    for at in ("b6", "b7"):
        if at == until:
            return x
        z = relu(_norm(x, state, f"{at}.bn_branch2a"))
        y = relu(_norm(conv(z, f"{at}.conv_branch2a"), state, f"{at}.bn_branch2b1"))
        y = relu(_norm(conv(y, f"{at}.conv_branch2b1", 1, 4), state, f"{at}.bn_branch2b2"))
        x = conv(z, f"{at}.conv_branch1") + conv(y, f"{at}.conv_branch2b2")
    return x


def picture(height: int = 96, width: int = 136, seed: int = 3) -> np.ndarray:
    """A non-square RGB image of noise, (H, W, 3) uint8."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def normalised(image: np.ndarray) -> Tensor:
    """(x / 255 - mean) / std by hand, (1, 3, H, W)."""
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    values = ((image / 255.0 - mean) / std).transpose(2, 0, 1)[None]
    return torch.from_numpy(values).float()
