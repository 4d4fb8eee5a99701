"""Classifier: a network with one signed map per class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow
from torch import Tensor, nn

from wsss_viz.errors import InputError
from wsss_viz.interrupts import may_go_on
from wsss_viz.models.imagenet import IMAGENET_MEAN, IMAGENET_STD
from wsss_viz.models.looking_once import seen_before
from wsss_viz.traces.centres import CellCentres

__all__ = ["LARGEST_INPUT", "Classifier", "Preprocessing", "channels_last"]

LARGEST_INPUT = 4 * 2**20
"""Pixels of a network's input that was enlarged: more would be an image of an extreme shape, not a large one."""


@dataclass(frozen=True)
class Preprocessing:
    """From an RGB image to the network's input: (x / 255 - mean) / std, after an optional resize.

    Attributes:
        mean, std: of each channel, on the scale 0 to 1. The input value 0 is the mean colour: erasing is setting to 0.
        short_side: the side in pixels that the image's shorter side is brought to, the aspect kept; None: no resize.
    """

    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    short_side: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """For the register and the checkpoint's header."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Preprocessing:
        """Reads `as_dict` back. Raises ValueError or TypeError where a field is not what it must be."""
        mean, std, short_side = values["mean"], values["std"], values["short_side"]
        sane = all(abs(float(value)) <= 1e3 for value in mean) and all(1e-3 <= float(value) <= 1e3 for value in std)
        if len(mean) != 3 or len(std) != 3 or not sane:  # of smaller std no input is finite
            raise ValueError(f"mean {mean} and std {std} want three finite numbers each, std from 0.001")
        if short_side is not None and not 8 <= int(short_side) <= 8192:
            raise ValueError(f"short_side {short_side} is 8 to 8192")
        return cls(
            (float(mean[0]), float(mean[1]), float(mean[2])),
            (float(std[0]), float(std[1]), float(std[2])),
            None if short_side is None else int(short_side),
        )

    def size(self, height: int, width: int) -> tuple[int, int]:
        """(H, W) of the network's input for an image of `height` x `width`.

        Raises:
            InputError: the input would have more pixels than `LARGEST_INPUT` and than the image.

        Examples:
            >>> Preprocessing(short_side=128).size(256, 512)
            (128, 256)
        """
        if self.short_side is None:
            return height, width
        ratio = self.short_side / min(height, width)
        size = max(1, round(height * ratio)), max(1, round(width * ratio))
        if size[0] * size[1] > max(LARGEST_INPUT, height * width):
            raise InputError(
                f"an image of {width} x {height} pixels would be enlarged to {size[1]:,} x {size[0]:,} for the "
                "network, "
                f"which wants {self.short_side} pixels on the shorter side: crop it to a less extreme shape"
            )
        return size

    def __call__(self, image: NDArray[np.uint8], scaled_to: tuple[int, int] | None = None) -> Tensor:
        """(H, W, 3) uint8 RGB to (1, 3, H', W') float32 on the CPU.

        Args:
            scaled_to: (H', W') that the image is brought to first, in place of the resize: by Pillow's bicubic filter,
                clipped and rounded to 8 bits, as the official codes make their scales (IRN `misc/imutils.py`).

        Examples:
            >>> tuple(Preprocessing(short_side=8)(np.zeros((16, 24, 3), dtype=np.uint8)).shape)
            (1, 3, 8, 12)
        """
        size = self.size(*image.shape[:2])
        if scaled_to is not None and scaled_to != size:
            size, (height, width) = scaled_to, scaled_to
            image = np.asarray(
                Pillow.fromarray(np.ascontiguousarray(image)).resize((width, height), Pillow.Resampling.BICUBIC)
            )
        x = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
        if size != tuple(x.shape[-2:]):
            x = nn.functional.interpolate(x, size, mode="bilinear", align_corners=False, antialias=True)
        return (x - x.new_tensor(self.mean).view(1, 3, 1, 1)) / x.new_tensor(self.std).view(1, 3, 1, 1)

    def restore(self, x: Tensor) -> NDArray[np.uint8]:
        """(3, H, W), an input of the network, back to (H, W, 3) uint8 RGB: what the network saw."""
        std, mean = x.new_tensor(self.std).view(3, 1, 1), x.new_tensor(self.mean).view(3, 1, 1)
        return ((x * std + mean).clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()


def channels_last(x: Tensor) -> Tensor:
    """The input as convolutions like it in memory, and with it all features: a tenth of their time on a CPU.

    Examples:
        >>> channels_last(torch.zeros(1, 3, 4, 5)).stride()
        (60, 1, 15, 3)
    """
    return x.contiguous(memory_format=torch.channels_last)


class Classifier(nn.Module):
    """A sequence of stages, a bias-free 1x1 convolution to one map a class, global average pooling.

    A_c(u) = W_c . f(u) is the class map of class c and s_c = mean_u A_c(u) + b_c its logit, b = 0 in the networks of
    the field (`docs/sources.md#cam`). Nothing is hooked: the forward returns what
    is needed, so one instance in evaluation mode serves any number of threads.

    The first `split` stages are `early`: what is computed there never changes while a method tunes the rest, so it is
    computed once.

    Attributes:
        classes: C names.
        stages: modules applied in order, (N, 3, H, W) to (N, D, h, w).
        head: Conv2d(D, C, 1, bias=False).
        bias: (C,) or None: added to the logits, never to the maps.
        split: number of early stages, 0 to len(stages).
        stride: H / h, rounded.
        preprocessing: from an image to an input.
        input_from: where that is from: "given", "sidecar", "checkpoint", "weights", "published" or "assumed", as
            `models.report.Report` explains them.
        layout: of a published network its architecture's name in the registry; "" for others.
        recipe: of `traces.layout_maps.RECIPES`, how its maps become an image's.
        refinement: what makes the maps that are looked at of the head's, where its authors have such a module (SEAM's
            `models.pixel_correlation`); None: the head's are looked at. Called with the stages and an input.
        digest: SHA-256 of the file that the weights were read from; "" for none.
        rows: classes that the head was trained with; more than `classes` where the network was narrowed.
        settings: what methods are run with on this very network, by the method's name, where it is not their defaults;
            from its entry in the register of checkpoints.
    """

    bias: Tensor | None
    input_from: str = "assumed"
    digest: str = ""

    def __init__(
        self,
        stages: Sequence[nn.Module],
        head: nn.Conv2d,
        classes: Sequence[str],
        *,
        stride: int,
        split: int = 0,
        bias: Tensor | None = None,
        preprocessing: Preprocessing | None = None,
        layout: str = "",
        recipe: str = "irn",
        refinement: nn.Module | None = None,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        super().__init__()
        if head.bias is not None or head.kernel_size != (1, 1):
            raise ValueError("`head` wants a 1x1 convolution without bias; give the bias as `bias`")
        if head.out_channels != len(classes):
            raise ValueError(f"`head` has {head.out_channels} rows, `classes` has {len(classes)} names")
        if not 0 <= split <= len(stages):
            raise ValueError(f"`split` is 0 to {len(stages)}, the number of stages, got {split}")
        self.stages = nn.ModuleList(stages)
        self.head = head
        self.register_buffer("bias", bias, persistent=bias is not None)
        self.classes, self.rows = tuple(classes), len(classes)
        self.stride = stride
        self.split = split
        self.preprocessing = preprocessing or Preprocessing()
        self.input_from = "given" if preprocessing else "assumed"
        self.layout, self.recipe = layout, recipe
        self.refinement = refinement
        self.settings: dict[str, dict[str, Any]] = {name: dict(values) for name, values in (settings or {}).items()}

    def early(self, x: Tensor, split: int | None = None) -> Tensor:
        """(N, 3, H, W) to the features after `split` stages (default: the classifier's own)."""
        x = channels_last(x)
        for stage in self.stages[: self.split if split is None else split]:
            may_go_on()
            x = stage(x)
        return x

    def features(self, z: Tensor, split: int | None = None) -> Tensor:
        """The output of `early` to f, (N, D, h, w), with the same `split`."""
        for stage in self.stages[self.split if split is None else split :]:
            may_go_on()
            z = stage(z)
        return z

    def late(self, z: Tensor, split: int | None = None) -> Tensor:
        """The output of `early` to the class maps (N, C, h, w), raw and signed, with the same `split`."""
        return self.head(self.features(z, split)).contiguous()

    def maps(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to the class maps (N, C, h, w), raw and signed."""
        if torch.is_grad_enabled() or self.training:
            return self.late(self.early(x))
        features = seen_before(tuple(self.stages), x, lambda: self.features(self.early(x)), torch.equal)
        return self.head(features).contiguous()

    def localise(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 3, H, W) to the maps that are looked at (N, C, h, w), raw, and the logits (N, C).

        These maps are the head's, whose means the logits are, or what the `refinement` makes of them.

        Examples:
            >>> from wsss_viz.models.colour_network import colour_network
            >>> maps, logits = colour_network().localise(torch.ones(1, 3, 2, 5))
            >>> tuple(maps.shape), logits.tolist()
            ((1, 3, 2, 5), [[1.0, 1.0, 1.0]])
        """
        if self.refinement is None:
            maps = self.maps(x)
            return maps, self.pool(maps)
        refined, maps = self.refinement(self.stages, channels_last(x))
        return refined, self.pool(maps)

    def pool(self, maps: Tensor) -> Tensor:
        """Class maps (N, C, h, w) to logits (N, C): the spatial mean, plus the bias where there is one."""
        logits = maps.mean(dim=(2, 3))
        return logits if self.bias is None else logits + self.bias

    def logits(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to the logits (N, C)."""
        return self.pool(self.maps(x))

    forward = logits

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.head.weight.device

    def preprocess(self, image: NDArray[np.uint8], scaled_to: tuple[int, int] | None = None) -> Tensor:
        """(H, W, 3) uint8 RGB to (1, 3, H', W'), on the classifier's device and in its dtype; see `Preprocessing`."""
        return self.preprocessing(image, scaled_to).to(self.device, self.head.weight.dtype)

    def cell_centres(self, height: int, width: int) -> CellCentres:
        """Where the receptive fields of the maps' cells are centred for an input of (height, width), in its pixels.

        From the geometry of the convolutions and poolings (`models.receptive_field`). The field's rule, bilinear over
        the whole image, takes them to lie half a stride further on.

        Raises:
            InputError: the network cannot run on such an input, or its cells see everything alike.

        Examples:
            >>> from wsss_viz.models.scene_network import scene_network
            >>> scene_network(["cat"], (8, 8, 8, 8, 8)).cell_centres(97, 131)
            CellCentres(origin=(0.0, 0.0), stride=(8.0, 8.0))
        """
        from wsss_viz.models.receptive_field import cell_layout

        return cell_layout(self, height, width)[0]
