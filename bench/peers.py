"""Class activation maps beside torchcam, grad-cam and captum: `python -m bench.peers [SIDE]`.

One ResNet-50 with a 20-class head and random weights, evaluation mode, the same input for all. The peers give one class
a call; torchcam's CAM reads all of them off one forward, the gradient methods need a forward and a backward each.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.models import resnet50

from bench.tables import Table, ratio, show, side_by_side, spread
from wsss_viz.app.widgets.rendering import map_overlay
from wsss_viz.models import adapt
from wsss_viz.traces.normalisation import normalise

CLASSES, SIDE = 20, 448
OURS, PLAIN = "wsss_viz, all 20 classes", "plain forward"


def network() -> nn.Module:
    """ResNet-50, 20 classes, random weights from a seed."""
    torch.manual_seed(0)
    return resnet50(num_classes=CLASSES).eval()


class Peers:
    """The same maps by other libraries, each on a copy of the network that carries its hooks."""

    def __init__(self, x: Tensor) -> None:
        import captum.attr
        import pytorch_grad_cam
        import torchcam.methods

        self.x = x
        self.networks = [network() for _ in range(3)]
        self.torchcam = torchcam.methods.CAM(self.networks[0], "layer4", "fc")
        self.gradcam = pytorch_grad_cam.GradCAM(self.networks[1], [self.networks[1].layer4[-1]])
        self.captum = captum.attr.LayerGradCam(self.networks[2], self.networks[2].layer4[-1])

    @torch.no_grad()
    def by_torchcam(self, classes: range) -> Tensor:
        """(C, N, h, w), without torchcam's min-max normalisation."""
        self.networks[0](self.x)
        return torch.stack([self.torchcam([c] * len(self.x), normalized=False)[0] for c in classes])

    def by_gradcam(self, classes: range) -> np.ndarray:
        """(C, N, H, W), as it gives them: rectified, normalised, enlarged."""
        from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

        return np.stack([self.gradcam(self.x, [ClassifierOutputTarget(c)] * len(self.x)) for c in classes])

    def by_captum(self, classes: range) -> Tensor:
        """(C, N, h, w): H W times smaller than CAM, for it averages the gradient."""
        return torch.stack([self.captum.attribute(self.x, target=c)[:, 0].detach() for c in classes])


def maps_table(side: int = SIDE, batch: int = 1, rounds: int = 5) -> Table:
    """All-class maps beside a plain forward and the peers, and what they differ by."""
    x = torch.randn(batch, 3, side, side, generator=torch.Generator().manual_seed(1))
    plain, classifier, peers = network(), adapt(network(), [str(c) for c in range(CLASSES)]), Peers(x)

    @torch.no_grad()
    def ours() -> Tensor:
        return classifier.maps(x)

    @torch.no_grad()
    def forward() -> Tensor:
        return plain(x)

    one, every = range(1), range(CLASSES)
    work: dict[str, Callable[[], Any]] = {
        PLAIN: forward,
        OURS: ours,
        "torchcam CAM, 1 class": lambda: peers.by_torchcam(one),
        "torchcam CAM, 20 classes": lambda: peers.by_torchcam(every),
        "grad-cam GradCAM, 1 class": lambda: peers.by_gradcam(one),
        "captum LayerGradCam, 1 class": lambda: peers.by_captum(one),
    }
    seconds = side_by_side(work, rounds)
    slow = {
        "grad-cam GradCAM, 20 classes": lambda: peers.by_gradcam(every),
        "captum LayerGradCam, 20 classes": lambda: peers.by_captum(every),
    }
    if batch == 1:
        work |= slow
        extra = side_by_side({OURS: ours, **slow}, max(1, rounds // 2))
        seconds |= {name: values for name, values in extra.items() if name != OURS}
        ratios = {name: ratio(extra, name, OURS) for name in slow}
    else:
        ratios = {}
    rows = [
        (
            name,
            spread(seconds[name]),
            f"{ratios[name] if name in ratios else ratio(seconds, name, OURS):.2f}",
        )
        for name in work
    ]
    found, cams, grads = ours().transpose(0, 1), peers.by_torchcam(every), peers.by_captum(one)
    cells = found.shape[-2] * found.shape[-1]
    scale = float(found.abs().max())
    against = {
        "torchcam": float((cams - found).abs().max()) / scale,
        "captum x h w": float((grads * cells - found[:1].relu()).abs().max()) / scale,
    }
    notes = [
        f"Goal: at most 1.05 of a plain forward: {ratio(seconds, OURS, PLAIN):.3f}. Largest difference of the maps, "
        f"relative to their maximum: {', '.join(f'{name} {value:.1e}' for name, value in against.items())}."
    ]
    if batch > 1:
        notes.append("The gradient methods with 20 classes are not run at this size: 20 times their row for one.")
    title = f"Class maps, ResNet-50, {side} x {side}, N = {batch}"
    return Table(title, ("", "seconds, median (range)", "x ours"), rows, notes)


def overlay_table(side: int = 512, rounds: int = 31) -> Table:
    """From a raw 32 x 32 map to a coloured overlay on the image, as PNG-ready pixels."""
    from pytorch_grad_cam.utils.image import scale_cam_image, show_cam_on_image
    from torchcam.utils import overlay_mask

    generator = np.random.default_rng(0)
    image = generator.integers(0, 256, (side, side, 3), dtype=np.uint8)
    raw = generator.normal(size=(32, 32)).astype(np.float32)
    picture, floats = Image.fromarray(image), image.astype(np.float32) / 255

    def ours() -> np.ndarray:
        return map_overlay(image, normalise(raw[None], "relu_max")[0], (0.0, 1.0), "inferno", 0.5)

    def by_torchcam() -> Image.Image:
        positive = np.maximum(raw, 0)
        return overlay_mask(picture, Image.fromarray(positive / positive.max(), mode="F"), "inferno", 0.5)

    def by_gradcam() -> np.ndarray:
        import cv2

        mask = scale_cam_image(np.maximum(raw, 0)[None], (side, side))[0]
        return show_cam_on_image(floats, mask, use_rgb=True, colormap=cv2.COLORMAP_INFERNO)

    work = {
        "wsss_viz map_overlay": ours,
        "torchcam overlay_mask": by_torchcam,
        "grad-cam show_cam_on_image": by_gradcam,
    }
    seconds = side_by_side(work, rounds)
    first = next(iter(work))
    rows = [(name, spread(seconds[name], 1000, 1), f"{ratio(seconds, name, first):.2f}") for name in work]
    return Table(
        f"Upsample, normalise, colour, blend: 32 x 32 over {side} x {side}",
        ("", "ms, median (range)", "x ours"),
        rows,
        ["On the app's pages the browser's canvas does this; the server does it for pictures and downloads alone."],
    )


def main(side: int = SIDE) -> list[Table]:
    """All tables of this file."""
    return [maps_table(side), maps_table(side, 16, 3), overlay_table()]


if __name__ == "__main__":
    show(main(*(int(argument) for argument in sys.argv[1:2])))
