"""ResNet's tensors by name: torchvision's own, and IRN's, which has each of them under three names. Needs no torch.

IRN (Ahn et al., CVPR 2019; `net/resnet50_cam.py`) keeps its ResNet-50 as `resnet50.*`, as `stage1` to `stage4` and as
`backbone.0` to `backbone.3`, and the classifier as `classifier` and `newly_added.0`: 956 names for 318 tensors and one.
RIB, AdvCAM, CLIMS and others have the same class (`docs/sources.md#irn`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from wsss_viz.models.layouts.result import IRN, TORCHVISION, Recognised, hold, summarised
from wsss_viz.models.reading.bounds import TensorInfo

BOTTLENECKS: dict[tuple[int, ...], str] = {
    (3, 4, 6, 3): "resnet50",
    (3, 4, 23, 3): "resnet101",
    (3, 8, 36, 3): "resnet152",
}
BASIC: dict[tuple[int, ...], str] = {(2, 2, 2, 2): "resnet18", (3, 4, 6, 3): "resnet34"}
"""torchvision's names by blocks a stage."""
_WIDTHS = (64, 128, 256, 512)
_COUNTER = "num_batches_tracked"
_IRN_STEM = {"0": "conv1", "1": "bn1", "4": "layer1"}
_IRNET = ("fc_edge", "fc_dp", "mean_shift", "path_indices", "disp_target")


def resnet_shapes(depth: tuple[int, ...], bottleneck: bool) -> dict[str, tuple[int, ...]]:
    """The tensors of a torchvision ResNet without its head and its counters (`docs/sources.md#resnet`).

    Args:
        depth: blocks in layer1 to layer4.
        bottleneck: blocks of 1x1, 3x3, 1x1 (ResNet-50 and deeper), not of two 3x3.
    """
    shapes: dict[str, tuple[int, ...]] = {"conv1.weight": (64, 3, 7, 7), **_norm("bn1", 64)}
    width_in = 64
    for stage, (blocks, width) in enumerate(zip(depth, _WIDTHS, strict=True), start=1):
        width_out = width * 4 if bottleneck else width
        for block in range(blocks):
            at = f"layer{stage}.{block}"
            kernels = [(3, width_in, width), (3, width, width)]
            if bottleneck:
                kernels = [(1, width_in, width), (3, width, width), (1, width, width_out)]
            for number, (side, inner, outer) in enumerate(kernels, start=1):
                shapes[f"{at}.conv{number}.weight"] = (outer, inner, side, side)
                shapes |= _norm(f"{at}.bn{number}", outer)
            if block == 0 and (stage > 1 or bottleneck):
                shapes[f"{at}.downsample.0.weight"] = (width_out, width_in, 1, 1)
                shapes |= _norm(f"{at}.downsample.1", width_out)
            width_in = width_out
    return shapes


def _norm(at: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{at}.{part}": (width,) for part in ("weight", "bias", "running_mean", "running_var")}


def is_irn(tensors: Mapping[str, TensorInfo]) -> bool:
    """Whether the names are those of IRN's class."""
    return any(key.startswith(("resnet50.", "stage1.", "backbone.0.")) for key in tensors)


def is_resnet(tensors: Mapping[str, TensorInfo]) -> bool:
    """Whether the names are those of torchvision's ResNet."""
    return "conv1.weight" in tensors and "layer1.0.conv1.weight" in tensors


def irn_name(key: str) -> str:
    """torchvision's name of one of IRN's; "" for what is none of the ResNet's."""
    if key.startswith("resnet50."):
        return key.removeprefix("resnet50.")
    found = re.fullmatch(r"(?:stage([1-4])|backbone\.([0-3]))\.(\d)\.(.+)", key)
    if not found:
        return ""
    stage = int(found[1]) if found[1] else int(found[2]) + 1
    if stage > 1:
        return f"layer{stage}.{found[4]}" if found[3] == "0" else ""
    return f"{_IRN_STEM[found[3]]}.{found[4]}" if found[3] in _IRN_STEM else ""


def recognise_irn(tensors: Mapping[str, TensorInfo]) -> Recognised:
    """IRN's classifier, its names brought together."""
    depth = (3, 4, 6, 3)
    shapes = resnet_shapes(depth, bottleneck=True)
    heads = [key for key in ("classifier.weight", "newly_added.0.weight") if key in tensors]
    rows = _rows(tensors, heads)
    shapes["classifier.weight"] = (rows, 2048, 1, 1)
    sources: dict[str, tuple[str, ...]] = {"classifier.weight": tuple(heads)} if heads else {}
    unexpected, unused = [], {}
    for key in tensors:
        own = irn_name(key)
        if key in heads:
            continue
        if own in shapes and own != "classifier.weight":
            sources[own] = (*sources.get(own, ()), key)
        elif own.endswith(_COUNTER):
            unused[key] = "counter of BatchNorm"
        elif own.startswith("fc."):
            unused[key] = "ImageNet's head"
        else:
            unexpected.append(key)
    ordered = {key: tuple(sorted(names, key=_family)) for key, names in sources.items()}
    problems = []
    if any(key.startswith(_IRNET) for key in tensors):
        problems.append("it is IRNet's edge and displacement network, which has no class maps: give res50_cam.pth")
        unexpected = [key for key in unexpected if not key.startswith(_IRNET)]
    elif not heads:
        problems.append("there is no classifier (classifier.weight): give res50_cam.pth and not a backbone")
    return _finish(IRN, ordered, shapes, tensors, unexpected, unused, problems, "classifier.weight", rows, depth)


def recognise_resnet(tensors: Mapping[str, TensorInfo]) -> Recognised:
    """A state_dict of torchvision's resnet18 to resnet152."""
    depth = tuple(
        len({key.split(".")[1] for key in tensors if key.startswith(f"layer{stage}.")}) for stage in range(1, 5)
    )
    bottleneck = "layer1.0.conv3.weight" in tensors
    known = BOTTLENECKS if bottleneck else BASIC
    problems = []
    if depth not in known:
        problems.append(f"its stages have {', '.join(map(str, depth))} blocks, as no ResNet of torchvision has")
        depth = (3, 4, 6, 3)
    shapes = resnet_shapes(depth, bottleneck)
    heads = ["fc.weight"] if "fc.weight" in tensors else []
    rows = _rows(tensors, heads)
    shapes["fc.weight"] = (rows, 2048 if bottleneck else 512)
    if not heads:
        problems.append("there is no linear head (fc.weight): a backbone has no class maps, give a classifier")
    if "fc.bias" in tensors:
        shapes["fc.bias"] = (rows,)
    sources: dict[str, tuple[str, ...]] = {key: (key,) for key in shapes if key in tensors}
    unused = {key: "counter of BatchNorm" for key in tensors if key.endswith(_COUNTER)}
    unexpected = [key for key in tensors if key not in shapes and key not in unused]
    return _finish(TORCHVISION, sources, shapes, tensors, unexpected, unused, problems, "fc.weight", rows, depth)


def _family(key: str) -> int:
    return 0 if key.startswith(("resnet50.", "classifier.")) else 1


def _rows(tensors: Mapping[str, TensorInfo], heads: list[str]) -> int:
    shape = tensors[heads[0]].shape if heads else ()
    return shape[0] if shape else 0


def _finish(
    layout: str,
    sources: dict[str, tuple[str, ...]],
    shapes: dict[str, tuple[int, ...]],
    tensors: Mapping[str, TensorInfo],
    unexpected: list[str],
    unused: dict[str, str],
    problems: list[str],
    head: str,
    rows: int,
    depth: tuple[int, ...],
) -> Recognised:
    """The parts put together, with what is wrong with the shapes."""
    wrong = summarised(hold(sources, shapes, tensors), "of the kind", "the file is of another network, or damaged")
    there = head if head in sources else ""
    missing = tuple(key for key in shapes if key not in sources)
    bias = "fc.bias" if "fc.bias" in sources else ""
    return Recognised(
        layout,
        sources,
        shapes,
        missing,
        tuple(unexpected),
        unused,
        there,
        rows,
        bias,
        depth,
        problems=(*problems, *wrong),
    )
