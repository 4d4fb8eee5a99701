"""The ImageNet weights that PSA, SEAM and OC-CSE start from, `resnet_38d.params`: a backbone. Needs no torch."""

from __future__ import annotations

import re

from wsss_viz.models.architectures.architecture import Tensors
from wsss_viz.models.architectures.resnet38d import Resnet38d

__all__ = ["ARCHITECTURE", "MxnetResnet38d", "mxnet_name"]

_STATISTICS = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_var": "running_var"}


def mxnet_name(key: str) -> str:
    """PSA's name of one of MXNet's; "" for none.

    Examples:
        >>> mxnet_name("arg:res2b1_branch2a_weight"), mxnet_name("arg:linear1000_weight")
        ('b2_1.conv_branch2a.weight', '')
    """
    bare = key.removeprefix("arg:").removeprefix("aux:")
    if bare == "conv1a_weight":
        return "conv1a.weight"
    match = re.fullmatch(r"bn7_(gamma|beta|moving_mean|moving_var)", bare)
    if match:
        return f"bn7.{_STATISTICS[match[1]]}"
    match = re.fullmatch(r"(res|bn)([2-7])(a|b\d)_(branch\w+?)_(weight|gamma|beta|moving_mean|moving_var)", bare)
    if not match:
        return ""
    kind, stage, block, branch, part = match.groups()
    at = f"b{stage}" if block == "a" else f"b{stage}_{block[1:]}"
    if kind == "res":
        return f"{at}.conv_{branch}.weight" if part == "weight" else ""
    return f"{at}.bn_{branch}.{_STATISTICS[part]}" if part in _STATISTICS else ""


class MxnetResnet38d(Resnet38d):
    """A backbone, which has features and no class maps."""

    name = "mxnet-resnet38d"
    title = "ResNet-38d of MXNet"
    anchors = (r"(?:arg:)?conv1a_weight",)
    heads: tuple[str, ...] = ()

    def network_name(self, key: str) -> str:
        return mxnet_name(key)

    def unused(self, key: str) -> str:
        return "the 1000-class head of the network with strides" if "linear1000" in key else ""

    def without_head(self, tensors: Tensors) -> str:
        return (
            "it is the backbone that PSA, SEAM and OC-CSE start their training from: its features can be read "
            "(wsss_viz.models.published.load_backbone), but without a classifier there are no class maps: give "
            "res38_cls.pth"
        )


ARCHITECTURE = MxnetResnet38d()
