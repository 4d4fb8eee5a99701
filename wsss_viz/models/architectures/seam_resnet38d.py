"""SEAM's file, `resnet38_SEAM.pth`: PSA's ResNet-38d and the pixel correlation module's f8_3, f8_4 and f9.

Wang et al., CVPR 2020, `network/resnet38_SEAM.py` (`docs/sources.md#seam`). Its published maps are that module's
(`models.pixel_correlation`), not fc8's. Needs no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wsss_viz.models.architectures.architecture import Shapes, Tensors
from wsss_viz.models.architectures.resnet38d import LARGEST_WIDTH, Resnet38d

if TYPE_CHECKING:
    from torch import nn

    from wsss_viz.models.pixel_correlation import PixelCorrelation

__all__ = ["ARCHITECTURE", "SeamResnet38d"]


class SeamResnet38d(Resnet38d):
    """Recognised where all three convolutions are there and fit one another; else the file is the plain network's."""

    name = "seam-resnet38d"
    title = "ResNet-38d of SEAM"
    maps_are = (
        "cam_rv, the maps that SEAM publishes: fc8's, refined by the pixel correlation module (f8_3, f8_4, f9); RIB "
        "and CS-AE on a single image tune fc8's own"
    )

    def variant(self, tensors: Tensors) -> Any:
        """ResNet-38d's widths, and the channels that f8_3, f8_4 and f9 give; None in place of these for no SEAM's."""
        widths = super().variant(tensors)
        shapes = [tensors[f"{name}.weight"].shape for name in ("f8_3", "f8_4", "f9") if f"{name}.weight" in tensors]
        if len(shapes) != 3 or any(len(shape) != 4 or shape[0] > LARGEST_WIDTH for shape in shapes):
            return widths, None
        low, high, last = shapes
        return widths, (low[0], high[0], last[0]) if last[1] == 3 + low[0] + high[0] else None

    def shapes(self, variant: Any) -> Shapes:
        widths, correlation = variant
        shapes = super().shapes(widths)
        if correlation is not None:
            low, high, last = correlation
            shapes["f8_3.weight"] = (low, widths[3], 1, 1)
            shapes["f8_4.weight"] = (high, widths[4], 1, 1)
            shapes["f9.weight"] = (last, 3 + low + high, 1, 1)
        return shapes

    def width(self, variant: Any) -> int:
        return super().width(variant[0])

    def remarks(self, tensors: Tensors, variant: Any) -> tuple[list[str], list[str]]:
        return super().remarks(tensors, variant[0])

    def network(self, variant: Any) -> nn.Module:
        from torch.nn import Conv2d

        widths, correlation = variant
        network = super().network(widths)
        if correlation is not None:
            low, high, last = correlation
            network.add_module("f8_3", Conv2d(widths[3], low, 1, bias=False))
            network.add_module("f8_4", Conv2d(widths[4], high, 1, bias=False))
            network.add_module("f9", Conv2d(3 + low + high, last, 1, bias=False))
        return network

    def refinement(self, network: nn.Module, head: nn.Conv2d) -> PixelCorrelation | None:
        from torch.nn import Conv2d

        from wsss_viz.models.pixel_correlation import PixelCorrelation

        convolutions = [module for name, module in network.named_children() if name in ("f8_3", "f8_4", "f9")]
        f8_3, f8_4, f9 = (module for module in convolutions if isinstance(module, Conv2d))
        return PixelCorrelation(f8_3, f8_4, f9, head)


ARCHITECTURE = SeamResnet38d()
