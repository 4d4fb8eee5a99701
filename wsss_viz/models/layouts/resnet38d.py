"""ResNet-38d's tensors by name, as PSA, SEAM, SC-CAM and OC-CSE save them, and as MXNet does. Needs no torch.

Ahn and Kwak, "Learning Pixel-level Semantic Affinity with Image-level Supervision", CVPR 2018, `network/resnet38d.py`;
after Wu, Shen and van den Hengel, "Wider or Deeper", 2016. 192 tensors with a classifier, 229 with BatchNorm's counters
(`docs/sources.md#resnet38d`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from wsss_viz.models.layouts.result import MXNET, RESNET38D, Recognised, hold, summarised
from wsss_viz.models.reading.bounds import TensorInfo

WIDTHS = (64, 128, 256, 512, 1024, 2048, 4096)
"""Channels after conv1a and the stages b2 to b7."""
BLOCKS = {2: 3, 3: 3, 4: 6, 5: 3}
"""Blocks of two 3x3 convolutions in the stages b2 to b5; b6 and b7 are one bottleneck each."""
LARGEST_WIDTH = 8192

_HEADS = ("fc8.weight", "fc8_20.weight")
_UNUSED = {
    "f8_3": "of the affinity branch (PSA) or the pixel correlation (SEAM)",
    "f8_4": "of the affinity branch (PSA) or the pixel correlation (SEAM)",
    "f8_5": "of the affinity branch (PSA)",
    "f9": "of the affinity branch (PSA) or the pixel correlation (SEAM)",
    "fc8_200": "SC-CAM's sub-category head",
}
_COUNTER = "num_batches_tracked"
_STATISTICS = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_var": "running_var"}


def block_names(stage: int) -> list[str]:
    """b2, b2_1, b2_2, ..."""
    return [f"b{stage}" if not i else f"b{stage}_{i}" for i in range(BLOCKS[stage])]


def resnet38d_shapes(widths: tuple[int, ...] = WIDTHS) -> dict[str, tuple[int, ...]]:
    """The tensors without head and counters: 43 convolutions and 37 BatchNorms of four.

    Args:
        widths: as `WIDTHS`; b5's two convolutions have the channels of b4 and b5, b6's and b7's a quarter, half and all
            of theirs.
    """
    shapes: dict[str, tuple[int, ...]] = {"conv1a.weight": (widths[0], 3, 3, 3)}
    width_in = widths[0]
    for stage in BLOCKS:
        width = widths[stage - 1]
        middle = widths[3] if stage == 5 else width
        for i, name in enumerate(block_names(stage)):
            shapes |= _norm(f"{name}.bn_branch2a", width_in)
            shapes[f"{name}.conv_branch2a.weight"] = (middle, width_in, 3, 3)
            shapes |= _norm(f"{name}.bn_branch2b1", middle)
            shapes[f"{name}.conv_branch2b1.weight"] = (width, middle, 3, 3)
            if i == 0:
                shapes[f"{name}.conv_branch1.weight"] = (width, width_in, 1, 1)
            width_in = width
    for stage in (6, 7):
        width, name = widths[stage - 1], f"b{stage}"
        shapes |= _norm(f"{name}.bn_branch2a", width_in)
        shapes[f"{name}.conv_branch2a.weight"] = (width // 4, width_in, 1, 1)
        shapes |= _norm(f"{name}.bn_branch2b1", width // 4)
        shapes[f"{name}.conv_branch2b1.weight"] = (width // 2, width // 4, 3, 3)
        shapes |= _norm(f"{name}.bn_branch2b2", width // 2)
        shapes[f"{name}.conv_branch2b2.weight"] = (width, width // 2, 1, 1)
        shapes[f"{name}.conv_branch1.weight"] = (width, width_in, 1, 1)
        width_in = width
    return {**shapes, **_norm("bn7", width_in)}


def _norm(at: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{at}.{part}": (width,) for part in ("weight", "bias", "running_mean", "running_var")}


def is_resnet38d(tensors: Mapping[str, TensorInfo]) -> bool:
    """Whether the names are those of PSA's class."""
    return "conv1a.weight" in tensors


def is_mxnet(tensors: Mapping[str, TensorInfo]) -> bool:
    """Whether the names are those of MXNet's symbol."""
    return any(key.removeprefix("arg:") == "conv1a_weight" for key in tensors)


def mxnet_name(key: str) -> str:
    """PSA's name of one of MXNet's: `arg:res2b1_branch2a_weight` is `b2_1.conv_branch2a.weight`; "" for none."""
    bare = key.removeprefix("arg:").removeprefix("aux:")
    if bare == "conv1a_weight":
        return "conv1a.weight"
    found = re.fullmatch(r"bn7_(gamma|beta|moving_mean|moving_var)", bare)
    if found:
        return f"bn7.{_STATISTICS[found[1]]}"
    found = re.fullmatch(r"(res|bn)([2-7])(a|b\d)_(branch\w+?)_(weight|gamma|beta|moving_mean|moving_var)", bare)
    if not found:
        return ""
    kind, stage, block, branch, part = found.groups()
    at = f"b{stage}" if block == "a" else f"b{stage}_{block[1:]}"
    if kind == "res":
        return f"{at}.conv_{branch}.weight" if part == "weight" else ""
    return f"{at}.bn_{branch}.{_STATISTICS[part]}" if part in _STATISTICS else ""


def _widths(tensors: Mapping[str, TensorInfo], name_of: Mapping[str, str]) -> tuple[int, ...]:
    """The channels after each stage, from the convolution that ends it; those of `WIDTHS` where it is missing."""
    ends = ("conv1a", *(f"b{stage}.conv_branch2b1" for stage in BLOCKS), "b6.conv_branch2b2", "b7.conv_branch2b2")
    found = []
    for end, standard in zip(ends, WIDTHS, strict=True):
        shape = tensors[name_of[f"{end}.weight"]].shape if f"{end}.weight" in name_of else ()
        found.append(shape[0] if len(shape) == 4 and 4 <= shape[0] <= LARGEST_WIDTH else standard)
    return tuple(found)


def recognise_resnet38d(tensors: Mapping[str, TensorInfo]) -> Recognised:
    """A classifier of PSA's family: its ResNet-38d and the head that its family has."""
    heads = [key for key in _HEADS if key in tensors]
    head = heads[-1] if heads else ""
    backbone = {key: key for key in tensors}
    widths = _widths(tensors, backbone)
    shapes = resnet38d_shapes(widths)
    rows = tensors[head].shape[0] if head and tensors[head].shape else 0
    shapes[head or _HEADS[0]] = (rows, widths[-1], 1, 1)
    sources: dict[str, tuple[str, ...]] = {key: (key,) for key in shapes if key in tensors}
    unused = {}
    for key in tensors:
        if key in sources:
            continue
        what = "counter of BatchNorm" if key.endswith(_COUNTER) else _UNUSED.get(key.removesuffix(".weight"), "")
        what = what or ("another head" if key in heads else "")
        if what:
            unused[key] = what
    unexpected = tuple(key for key in tensors if key not in sources and key not in unused)
    problems = () if head else (_no_head(tensors),)
    wrong = summarised(hold(sources, shapes, tensors), "of the kind", "the file is of another network, or damaged")
    missing = tuple(key for key in shapes if key not in sources)
    notes = () if widths == WIDTHS else (f"its stages have {', '.join(map(str, widths))} channels, not PSA's",)
    return Recognised(
        RESNET38D,
        sources,
        shapes,
        missing,
        unexpected,
        unused,
        head,
        rows,
        widths=widths,
        problems=(*problems, *wrong),
        notes=notes,
    )


def _no_head(tensors: Mapping[str, TensorInfo]) -> str:
    if "fc8_200.weight" in tensors:
        return "it has SC-CAM's 200 sub-categories alone, which are no classes: give a file with fc8_20"
    if "f9.weight" in tensors:
        return "it is an affinity network without a classifier (fc8): give res38_cls.pth"
    return "it is a backbone without a classifier (fc8), which has no class maps: give res38_cls.pth or NNNnet_er.pth"


def recognise_mxnet(tensors: Mapping[str, TensorInfo]) -> Recognised:
    """The ImageNet weights that PSA, SEAM and OC-CSE start from: the backbone, no head for their classes."""
    name_of = {mxnet_name(key): key for key in tensors if mxnet_name(key)}
    widths = _widths(tensors, name_of)
    shapes = resnet38d_shapes(widths)
    sources: dict[str, tuple[str, ...]] = {key: (name_of[key],) for key in shapes if key in name_of}
    unused = {key: "the 1000-class head of the network with strides" for key in tensors if "linear1000" in key}
    taken = {names[0] for names in sources.values()}
    wrong = summarised(hold(sources, shapes, tensors), "of the kind", "the file is of another network, or damaged")
    return Recognised(
        MXNET,
        sources,
        shapes,
        tuple(key for key in shapes if key not in sources),
        tuple(key for key in tensors if key not in taken and key not in unused),
        unused,
        widths=widths,
        problems=(
            "it is the backbone that PSA, SEAM and OC-CSE start their training from: its features can be read "
            "(wsss_viz.models.published.load_backbone), but without a classifier there are no class maps: give "
            "res38_cls.pth",
            *wrong,
        ),
    )
