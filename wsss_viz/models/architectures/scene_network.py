"""The project's own network for the drawn scenes: checkpoints that describe themselves, and no file of names alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wsss_viz.models.architectures.architecture import Architecture

if TYPE_CHECKING:
    from wsss_viz.models.classifier import Classifier

__all__ = ["ARCHITECTURE", "SceneNetworkArchitecture"]


class SceneNetworkArchitecture(Architecture):
    """See `models.scene_network`."""

    name = "scene-network"
    title = "this project's network for scenes"
    stride = 8
    strides = (8,)
    input_source = "checkpoint"

    def described(self, description: Mapping[str, Any], classes: Sequence[str]) -> Classifier:
        from wsss_viz.models.scene_network import STRIDES, scene_network

        widths = [int(width) for width in description["widths"]]
        if len(widths) != len(STRIDES) or not all(1 <= width <= 4096 for width in widths):
            raise ValueError(f"it declares widths {widths}, want {len(STRIDES)} of 1 to 4096")
        return scene_network(classes, widths)


ARCHITECTURE = SceneNetworkArchitecture()
