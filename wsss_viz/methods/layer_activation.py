"""LayerCAM: every position weighted by its own positive gradient, at any stage of the network.

Jiang, Zhang, Hou, Cheng and Wei, "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization", IEEE
Transactions on Image Processing 30, 2021, section III (`docs/sources.md#layercam`).

    w_k^c(u) = ReLU(d s_c / d A_k(u))           A: the output of one stage, s_c: the logit
    M^c(u)   = ReLU(sum_k w_k^c(u) A_k(u))
    N^c      = M^c / max_u M^c of the last stage, tanh(gamma M^c / max_u M^c) of those before it, gamma = 2
    fused    = max over the stages of N^c, in the unit of the last stage's M^c (that factor is ours)

At the last stage, before global average pooling and a linear head, w_k^c = ReLU(W_ck) / (h w): CAM of the positive
weights alone. Earlier stages are finer and less sure of the class.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods.core import as_array, check_finite, resolve, target_indices, top_class
from wsss_viz.methods.settings import LayerCamSettings
from wsss_viz.methods.view_centres import fused_centres
from wsss_viz.methods.views import SINGLE, Views, fuse, map_grids, view_grids, view_inputs
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.step import Step

__all__ = ["combined", "layercam", "stage_maps"]


def layercam(
    classifier: Classifier,
    sample: Sample,
    classes: Sequence[str] | None = None,
    views: Views = SINGLE,
    settings: LayerCamSettings | None = None,
    **changes: Any,
) -> Iterator[Step]:
    """LayerCAM of one image: a Step per stage, the last stage first.

    Args:
        classifier: in evaluation mode.
        sample: its image is preprocessed by the classifier.
        classes: the targets; default the sample's labels. The maps are always those of all classes.
        views: the maps are fused over them.
        settings: None: the classifier's own for "layercam", else the paper's.
        changes: of single settings.

    Yields:
        Step j: `maps` (C, h, w), the last j + 1 stages fused, on the grid of the finest stage that is looked at;
        `scores` (C,); `arrays["current"]` (C, h, w), M^c of stage S - j; `terms["stage"]`, its number from 1.

    Raises:
        InputError: a class the classifier lacks, more layers than there are stages, or maps that are not finite.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> for step in layercam(colour_network(), flag(), layers=2):
        ...     print(step.terms["stage"], step.maps[2, 0].round(3))  # blue's first row, times 1 / 6
        2.0 [0.    0.167 0.167]
        1.0 [0.    0.167 0.167]
    """
    settings = resolve(LayerCamSettings, "layercam", classifier, settings, changes)
    stages = len(classifier.stages)
    if settings.layers > max(1, stages):
        raise InputError(f"layercam: `layers` is 1 to {max(1, stages)}, the network's stages, got {settings.layers}")
    targets = target_indices(classifier, sample, classes)
    x = classifier.preprocess(sample.image)
    size = (x.shape[2], x.shape[3])
    by_view = [stage_maps(classifier, view, settings.layers) for view in view_inputs(classifier, sample.image, views)]
    with torch.no_grad():
        logits = classifier.logits(x)[0]
    plain = by_view[views.scales.index(1.0)] if 1.0 in views.scales else stage_maps(classifier, x, settings.layers)
    grid = (plain[0].shape[2], plain[0].shape[3])
    depths = range(stages, stages - settings.layers, -1)
    for j in range(settings.layers):
        current = fuse([maps[j] for maps in by_view], views, size, grid)
        by_scale = [combined(maps[: j + 1], settings.gamma) for maps in by_view]
        fused = fuse(by_scale, views, size, grid)
        check_finite("classifier", fused)
        yield Step(
            j,
            as_array(fused),
            as_array(logits),
            targets or top_class(logits),
            terms={"stage": float(stages - j)},
            arrays={"current": as_array(current)},
            settings=settings.as_dict(),
            centres=fused_centres(classifier, sample.size, views, depths[: j + 1], depths[-1]),
            grids=map_grids(
                classifier, sample.size, views, [view_grids(by_scale, views, classifier.recipe)], depths[-1]
            ),
        )


def stage_maps(classifier: Classifier, x: Tensor, layers: int) -> list[Tensor]:
    """M^c of the last `layers` stages, the last one first, each (N, C, h, w) on the finest grid of them.

    Nothing is hooked and no parameter gets a gradient: the stages are run one by one and differentiated by their
    outputs. One backward per class.

    Args:
        x: (N, 3, H, W), preprocessed.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network
        >>> x = torch.arange(18.0).view(1, 3, 2, 3)
        >>> (last,) = stage_maps(colour_network(), x, 1)
        >>> last[0, 0].numpy().round(2)  # the gradient of the mean over 6 cells is 1 / 6 in each
        array([[0.  , 0.17, 0.33],
               [0.5 , 0.67, 0.83]], dtype=float32)
    """
    split = max(0, len(classifier.stages) - layers + 1)
    with torch.inference_mode(False), torch.enable_grad():
        with torch.no_grad():
            first = classifier.early(x, split).clone()
        outputs = [first.requires_grad_(True)]
        for stage in classifier.stages[split:]:
            outputs.append(stage(outputs[-1].clone()))  # a stage may begin with an operation in place
        logits = classifier.pool(classifier.head(outputs[-1].clone()))
        by_class = [
            torch.autograd.grad(score, outputs, retain_graph=True) for score in logits.sum(dim=0)
        ]  # C times one gradient per stage; rows of a batch do not meet
    with torch.no_grad():
        maps = [
            torch.stack([(gradients[i].relu() * output).sum(dim=1).relu() for gradients in by_class], dim=1)
            for i, output in enumerate(outputs)
        ]
        grid = maps[0].shape[2:]
        return [
            m if m.shape[2:] == grid else interpolate(m, grid, mode="bilinear", align_corners=False)
            for m in reversed(maps)
        ]


def combined(maps: Sequence[Tensor], gamma: float) -> Tensor:
    """(N, C, h, w): the maximum over the stages, each by its own maximum, in the unit of the first of `maps`.

    Args:
        maps: M^c, the last stage first; alone it stays as it is. A map that is 0 everywhere adds nothing.

    Examples:
        >>> last, shallow = torch.tensor([[[[2.0, 0.0]]]]), torch.tensor([[[[0.0, 5.0]]]])
        >>> combined([last, shallow], gamma=2)[0, 0].numpy().round(3)  # 2 tanh(2)
        array([[2.   , 1.928]], dtype=float32)
    """
    last, *shallow = maps
    if not shallow:
        return last
    unit = last.amax(dim=(2, 3), keepdim=True)
    tiny = torch.finfo(last.dtype).tiny
    scaled = [torch.tanh(gamma * m / m.amax(dim=(2, 3), keepdim=True).clamp_min(tiny)) for m in shallow]
    return torch.stack([last, *(unit * m for m in scaled)]).amax(dim=0)
