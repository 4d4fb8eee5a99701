"""What every network that began on ImageNet has in common. Needs no torch until its class names are asked for."""

from __future__ import annotations

__all__ = ["IMAGENET_COUNT", "IMAGENET_MEAN", "IMAGENET_STD", "imagenet_classes"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
"""Of the channels, RGB, on the scale 0 to 1 (`docs/sources.md#torchvision`)."""
IMAGENET_COUNT = 1000


def imagenet_classes() -> tuple[str, ...]:
    """ImageNet's 1000 names, as the metadata of torchvision's weights have them.

    Examples:
        >>> imagenet_classes()[235]
        'German shepherd'
    """
    from torchvision.models import ResNet50_Weights

    return tuple(ResNet50_Weights.IMAGENET1K_V1.meta["categories"])
