"""CS-AE: class-specific adversarial erasing against a frozen classifier (OC-CSE).

Kweon, Yoon, Kim, Park and Yoon, "Unlocking the Potential of Ordinary Classifier: Class-Specific Adversarial Erasing
Framework for Weakly Supervised Semantic Segmentation", ICCV 2021. Official code: KAIST-vilab/OC-CSE,
`models/model_cse.py` (`docs/sources.md#oc-cse`).

    A, p  = CGNet(x)                                      class maps and logits of the network that is trained
    m     = ReLU(up(A_r)) / (max_u ReLU(up(A_r)) + 1e-5)  the mask of one class r, drawn from the image's labels
    x^    = x (1 - m)                                     x is normalised: what is erased has the mean colour
    p^    = OC(x^)                                        the ordinary classifier: never trained, but its gradient with
                                                          respect to its input reaches CGNet through x^ and m
    L_cls = BCE(p, y)                                     mean over the batch and the classes
    L_cse = BCE(p^, y - y_r)                              r must be gone, every other label must stay
    L     = L_cls + alpha(e) L_cse,   alpha(e) = 0.3 + 0.05 e,   e = 0, 1, ...

The second half of L_cse is what makes the erasing class-specific: a mask of r that eats another label's object loses
that label in p^, and is pushed back. The class-agnostic control has one mask for all labels, m = max_c m_c, and asks
that every label be gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from wsss_viz.data.sample import Sample
from wsss_viz.methods.core import as_array, check_finite, check_pair, resolve, target_indices, top_class
from wsss_viz.methods.masking import enlarge, erase, relu_max
from wsss_viz.methods.ordinary import OrdinaryPrediction
from wsss_viz.methods.settings import CseSettings, CseSingleSettings
from wsss_viz.methods.view_centres import with_centres
from wsss_viz.methods.views import SINGLE, Views, map_grids, predict
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.layout_maps import MapGrids
from wsss_viz.traces.step import Step

__all__ = ["Erased", "alpha", "cs_ae", "cse_loss", "draw_labels", "erase_all", "erase_class", "erasing_step"]


def alpha(epoch: int, start: float = 0.3, growth: float = 0.05) -> float:
    """The weight of L_cse in epoch e = 0, 1, ...: start + growth e (OC-CSE `train.py`: 0.30 to 1.00 in 15 epochs).

    Examples:
        >>> [round(alpha(epoch), 2) for epoch in (0, 1, 14)]
        [0.3, 0.35, 1.0]
    """
    return start + growth * epoch


def draw_labels(labels: Tensor, generator: torch.Generator) -> Tensor:
    """One class per image, uniformly from its labels: (N, C) in {0, 1} to (N,) int64; -1 where an image has none.

    One number is drawn for each image, whatever its labels, so that the labels of one image never move another's draw.
    (The official sampler raises where an image has no label.)

    Examples:
        >>> labels = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
        >>> draw_labels(labels, torch.Generator().manual_seed(0)).tolist()
        [1, -1, 2]
    """
    counts = labels.sum(dim=1)
    uniform = torch.rand(len(labels), generator=generator).to(labels.device)
    wanted = (uniform * counts).floor() + 1  # the first, second, ... of the image's labels
    drawn = (labels.cumsum(dim=1) == wanted[:, None]) & (labels > 0)
    return torch.where(counts > 0, drawn.float().argmax(dim=1), -1)


class Erased(NamedTuple):
    """Images with a class erased, and the labels that the ordinary classifier must still see in them.

    Attributes:
        mask: (N, 1, H, W) m.
        x: (N, 3, H, W) the erased input x (1 - m).
        remaining: (N, C) the labels that must still be seen, y - y_r.
    """

    mask: Tensor
    x: Tensor
    remaining: Tensor


def erase_class(
    x: Tensor, maps: Tensor, labels: Tensor, sampled: Tensor, *, over: str = "map", detach: bool = False
) -> Erased:
    """Erases one class r of each image by its own map; a map that is nowhere positive erases nothing.

    Args:
        x: (N, 3, H, W), normalised.
        maps: (N, C, h, w), CGNet's, raw and signed.
        labels: (N, C) in {0, 1}, y.
        sampled: (N,) int64, r.
        over: "map", each mask by its own maximum, as the paper has it; "batch", by the largest of the whole batch, as
            the official code does.
        detach: whether the gradient stops at the normaliser; in the official code it does not.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> network = colour_network()
        >>> x = network.preprocess(flag().image)
        >>> erased = erase_class(x, network.maps(x), torch.tensor([[1.0, 0.0, 1.0]]), torch.tensor([2]))  # blue
        >>> erased.mask[0, 0].round().tolist(), erased.remaining.tolist()
        ([[0.0, 1.0, 1.0], [0.0, 1.0, 1.0]], [[1.0, 0.0, 0.0]])
    """
    rows = torch.arange(len(x), device=x.device)
    mask = relu_max(enlarge(maps[rows, sampled][:, None], (x.shape[2], x.shape[3])), over, detach=detach)
    remaining = labels.clone()
    remaining[rows, sampled] = 0
    return Erased(mask, erase(x, mask), remaining)


def erase_all(x: Tensor, maps: Tensor, labels: Tensor, *, over: str = "map", detach: bool = False) -> Erased:
    """The class-agnostic control, our own: m = max over an image's labels c of m_c, and no label is to remain.

    Arguments as for `erase_class`.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> network = colour_network()
        >>> x = network.preprocess(flag().image)
        >>> erased = erase_all(x, network.maps(x), torch.tensor([[1.0, 0.0, 1.0]]))
        >>> erased.mask.round().flatten().tolist(), erased.remaining.tolist()
        ([1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [[0.0, 0.0, 0.0]])
    """
    wanted = enlarge(maps, (x.shape[2], x.shape[3])) * labels[:, :, None, None]
    mask = relu_max(wanted, over, detach=detach).amax(dim=1, keepdim=True)
    return Erased(mask, erase(x, mask), torch.zeros_like(labels))


def cse_loss(logits: Tensor, remaining: Tensor) -> Tensor:
    """L_cse: the BCE of OC's logits of the erased images against the labels that must remain, the mean of all.

    Args:
        logits, remaining: (N, C); no image at all gives 0.

    Examples:
        >>> logits = torch.tensor([[0.0, 0.0, 20.0]])  # undecided of two, sure of the third
        >>> round(cse_loss(logits, torch.tensor([[0.0, 0.0, 1.0]])).item(), 4)  # 2 log 2 / 3
        0.4621
    """
    return binary_cross_entropy_with_logits(logits, remaining) if len(logits) else logits.sum()


@torch.no_grad()
def erasing_step(
    ordinary: OrdinaryPrediction,
    index: int,
    target: int,
    erased: Erased,
    after: Tensor,
    *,
    maps: Tensor,
    fused: Tensor,
    logits: Tensor,
    settings: CseSettings | CseSingleSettings,
    rows: Sequence[int] | None = None,
    grids: MapGrids | None = None,
) -> Step:
    """The Step of one erasing; the fields as `cs_ae` lists them.

    Args:
        target: r.
        after: (1, C) p^.
        maps: (1, C, h, w) of the image as it is, of the network whose mask this is.
        fused: (C, h, w) its maps over the views.
        logits: (C,) p.
        rows: the classes that the losses are a mean over; None: all.
        grids: what the maps of the image are made of.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> network = colour_network()
        >>> x = network.preprocess(flag().image)
        >>> maps, logits = network.maps(x), network.logits(x)
        >>> ordinary = OrdinaryPrediction.of(network, flag(), x, (2,))
        >>> erased = erase_class(x, maps, ordinary.labels, torch.tensor([2]))
        >>> after = network.logits(erased.x)
        >>> step = erasing_step(
        ...     ordinary, 0, 2, erased, after, maps=maps, fused=maps[0], logits=logits[0], settings=CseSettings()
        ... )
        >>> step.sampled, round(step.terms["area"], 2), round(step.terms["object/blue"], 2)
        (2, 0.67, 1.0)
    """
    counted = list(range(len(logits)) if rows is None else rows)
    l_cls = binary_cross_entropy_with_logits(logits[counted], ordinary.labels[0, counted]).item()
    each = binary_cross_entropy_with_logits(after, erased.remaining, reduction="none")[0] / len(counted)
    l_target, l_cse = each[target].item(), each[counted].sum().item()
    terms = {"l_cls": l_cls, "l_cse": l_cse, "l_cse_target": l_target, "l_cse_others": l_cse - l_target}
    return Step(
        index,
        as_array(fused),
        as_array(logits),
        ordinary.targets,
        image=ordinary.classifier.preprocessing.restore(erased.x[0]),
        mask=as_array(erased.mask[0, 0]),
        loss=l_cls + settings.weight * l_cse,
        terms={**terms, "alpha": settings.weight, **ordinary.mask_terms(erased.mask, maps, target)},
        arrays={"before": as_array(ordinary.logits), "after": as_array(after[0])},
        sampled=target,
        settings=settings.as_dict(),
        grids=grids,
    )


@with_centres
def cs_ae(
    classifier: Classifier,
    sample: Sample,
    classes: Sequence[str] | None = None,
    views: Views = SINGLE,
    settings: CseSettings | None = None,
    *,
    cgnet: Classifier,
    **changes: Any,
) -> Iterator[Step]:
    """CS-AE on one image: a Step for each target class, erased by its own mask. Nothing is trained here.

    At inference the method is CGNet alone (OC-CSE, `infer.py`): the maps are those of its CAM, the same in every Step.

    Args:
        classifier: the ordinary classifier OC, frozen.
        sample: its labels are y; where it has none, the class that CGNet finds most likely.
        classes: the classes erased, one after the other; default the sample's labels. They count as labels too.
        views: of the maps, which ResNet-38d's become an image's as OC-CSE makes them. The masks are made from the image
            as it is, as in training.
        settings: None: the classifier's own for "cs-ae", else the defaults.
        cgnet: the trained network; of the classifier's classes and preprocessing.
        changes: of single settings.

    Yields:
        Step k: the k-th target r in `sampled`; `maps` (C, h, w) fused; `scores` p; `mask` (H', W') m and `image` x^, as
        the network saw them; `arrays["before"]` and `arrays["after"]` (C,), OC's logits of x and x^; `terms`: `l_cls`,
        `l_cse` and its two parts `l_cse_target` (the class r) and `l_cse_others`, `alpha`, `area` (the mean of m),
        `leakage/NAME` for every other label (the share of m inside that class's map, `map_shares`), and with a pixel
        mask `object/NAME` (the share of m on that object or the background).

    Raises:
        InputError: a class the classifier lacks, a CGNet of other classes or preprocessing, or maps that are not
            finite.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> for step in cs_ae(colour_network(), flag(), cgnet=colour_network()):
        ...     print(step.sampled, step.mask.round().tolist(), step.arrays["after"].round(2))
        0 [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]] [0.   0.   0.67]
        2 [[0.0, 1.0, 1.0], [0.0, 1.0, 1.0]] [0.33 0.   0.  ]
    """
    settings = resolve(CseSettings, "cs-ae", classifier, settings, changes)
    check_pair(classifier, cgnet, "CGNet")
    targets = target_indices(classifier, sample, classes)
    x = classifier.preprocess(sample.image)
    recipe = "oc-cse" if cgnet.layout == "resnet38d" else cgnet.recipe
    fused, logits, view_grids = predict(cgnet, sample.image, views, recipe)
    check_finite("CGNet", fused)
    ordinary = OrdinaryPrediction.of(classifier, sample, x, targets or top_class(logits))
    with torch.no_grad():
        maps = cgnet.maps(x)
    grids = map_grids(cgnet, sample.size, views, [view_grids], recipe=recipe)
    for index, target in enumerate(ordinary.targets):
        with torch.no_grad():
            erased = erase_class(x, maps, ordinary.labels, torch.tensor([target], device=x.device))
            after = classifier.logits(erased.x)
        yield erasing_step(
            ordinary,
            index,
            target,
            erased,
            after,
            maps=maps,
            fused=fused,
            logits=logits,
            settings=settings,
            grids=grids,
        )
