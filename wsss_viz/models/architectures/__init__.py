"""Network architectures, one file each: how their files are told apart, built, split and fed.

A new one is a file with an `Architecture` and a line in `_FILES`. `load`, `inspect`, the app and the readers know of
architectures only through here.
"""

from __future__ import annotations

import importlib
from functools import cache

from wsss_viz.models.architectures.architecture import Architecture, Recognised

__all__ = ["Architecture", "Recognised", "architecture", "architectures"]

_FILES = (
    "irn_resnet50",
    "resnet38d",
    "seam_resnet38d",
    "mxnet_resnet38d",
    "torchvision_resnet",
    "efficientnet_lite",
    "scene_network",
)
"""In the order in which they are asked for a file: where two explain it as well, the first does."""


@cache
def architectures() -> tuple[Architecture, ...]:
    """All of them, in the order in which they are asked.

    Examples:
        >>> [known.name for known in architectures()][:2]
        ['irn-resnet50', 'resnet38d']
    """
    return tuple(importlib.import_module(f"{__name__}.{file}").ARCHITECTURE for file in _FILES)


def architecture(name: str) -> Architecture | None:
    """The one of that name; None for none.

    Examples:
        >>> architecture("resnet38d").stride
        8
    """
    return next((known for known in architectures() if known.name == name), None)
