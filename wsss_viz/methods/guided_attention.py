"""GAIN: guided attention inference, without extra supervision.

Li, Wu, Peng, Ernst and Fu, "Tell Me Where to Look: Guided Attention Inference Network", CVPR 2018, sections 3 and 4
(`docs/sources.md#gain`, `docs/sources.md#grad-cam`).

    A^c    = ReLU( sum_k w_k^c f_k ),  w_k^c = GAP(d s^c / d f_k)     eqs. 1, 2 (Grad-CAM)
    I*^c   = I - T(A^c) (.) I                                         eq. 3, one image for each label c
    T(A^c) = 1 / (1 + exp(-omega (A^c - sigma)))                      eq. 4
    L_am   = (1/n) sum_c s^c(I*^c)                                    eq. 5, n labels
    L_self = L_cl + alpha L_am,   alpha = 1                           eq. 6

Both streams share all their weights: the network that finds is the network that must not find in what is left. (CS-AE
asks a frozen classifier instead, because this one can lower L_am by growing weak on partial objects.)

Ours, where the paper leaves it open:
- With a bias-free head after global average pooling w^c = W_c / (h w) exactly, so A^c is the class's CAM up to that
  factor, which the normalisation removes; using the CAM lets the gradient through w^c too.
- A^c is divided by its range, each map by itself, before T, and (sigma, omega) = (0.5, 10), as in ilyak93/GAIN-pytorch;
  the paper gives neither. `over="batch"` is the range of the whole batch, as in ngxbac/GAIN and
  AustinDoolittle/Pytorch-Gain.
- s^c in eq. 5 is the probability (as in AustinDoolittle/Pytorch-Gain), or the logit; the paper does not say. The logit
  has no lower bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from wsss_viz.data.sample import Sample
from wsss_viz.methods.core import as_array, check_finite, check_pair, resolve, target_indices, top_class
from wsss_viz.methods.masking import enlarge, erase, min_max, soft_mask
from wsss_viz.methods.ordinary import OrdinaryPrediction
from wsss_viz.methods.settings import SCORES, GainSettings
from wsss_viz.methods.view_centres import with_centres
from wsss_viz.methods.views import SINGLE, Views, map_grids, predict
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.step import Step

__all__ = ["ErasedPairs", "erase_each", "gain", "mining_loss"]


class ErasedPairs(NamedTuple):
    """One erased image per label of each image: P pairs (image, class), in the order of the images.

    Attributes:
        rows, classes: (P,) int64.
        mask: (P, 1, H, W) T(A^c).
        x: (P, 3, H, W) I*^c.
    """

    rows: Tensor
    classes: Tensor
    mask: Tensor
    x: Tensor


def erase_each(
    x: Tensor,
    maps: Tensor,
    labels: Tensor,
    *,
    sigma: float = GainSettings.sigma,
    omega: float = GainSettings.omega,
    over: str = "map",
) -> ErasedPairs:
    """I*^c for every label c (eqs. 2 to 4). The soft mask is nowhere quite 0: T(0) = 1 / (1 + exp(omega sigma)).

    Args:
        x: (N, 3, H, W), normalised, so that 0 is the mean colour.
        maps: (N, C, h, w), raw and signed.
        labels: (N, C) in {0, 1}; an image without labels has no pair.
        sigma, omega: threshold and steepness of T.
        over: "map" or "batch", the range A^c is divided by.

    Examples:
        >>> x = torch.ones(1, 3, 1, 2)
        >>> maps = torch.tensor([[[[1.0, 0.0]], [[0.0, 7.0]]]])
        >>> pairs = erase_each(x, maps, torch.ones(1, 2), sigma=0.5, omega=20)
        >>> pairs.rows.tolist(), pairs.classes.tolist(), pairs.mask.round(decimals=2).flatten(1).tolist()
        ([0, 0], [0, 1], [[1.0, 0.0], [0.0, 1.0]])
    """
    rows, classes = labels.nonzero(as_tuple=True)
    attention = enlarge(maps[rows, classes][:, None], (x.shape[2], x.shape[3])).relu()
    mask = soft_mask(min_max(attention, over), sigma, omega) if len(rows) else attention
    return ErasedPairs(rows, classes, mask, erase(x[rows], mask))


def mining_loss(logits: Tensor, pairs: ErasedPairs, score: str = "probability") -> Tensor:
    """L_am: for each image the mean over its labels c of s^c(I*^c), then the mean over the images that have labels.

    Args:
        logits: (P, C) of `pairs.x`.
        score: "probability" or "logit"; no pair at all gives 0.

    Raises:
        ValueError: `score` is neither.

    Examples:
        >>> pairs = erase_each(torch.ones(2, 3, 1, 2), torch.ones(2, 2, 1, 2), torch.tensor([[1.0, 1.0], [0.0, 1.0]]))
        >>> logits = torch.tensor([[1.0, 0.0], [0.0, 5.0], [0.0, 2.0]])  # the first image twice, then the second
        >>> mining_loss(logits, pairs, "logit").item()  # ((1 + 5) / 2 + 2) / 2
        2.5
    """
    if score not in SCORES:
        raise ValueError(f"`score` is one of {', '.join(SCORES)}, got {score!r}")
    erased = logits.gather(1, pairs.classes[:, None])[:, 0]
    scores = erased.sigmoid() if score == "probability" else erased
    if not len(scores):
        return logits.sum()
    _, image, count = torch.unique(pairs.rows, return_inverse=True, return_counts=True)
    return (scores / count[image]).sum() / len(count)


@with_centres
def gain(
    classifier: Classifier,
    sample: Sample,
    classes: Sequence[str] | None = None,
    views: Views = SINGLE,
    settings: GainSettings | None = None,
    *,
    network: Classifier,
    **changes: Any,
) -> Iterator[Step]:
    """GAIN on one image: a Step for each target class c with A^c, T(A^c) and I*^c. Nothing is trained here.

    Args:
        classifier: the ordinary classifier, for comparison: what it still sees in I*^c tells whether the object is gone
            or the trained network has grown weak.
        sample: its labels; where it has none, the class that the network finds most likely.
        classes: the targets; default the sample's labels.
        views: of the maps. The masks are made from the image as it is, as in training.
        settings: as the network was trained; None: the classifier's own for "gain", else the defaults.
        network: trained with L_self; of the classifier's classes and preprocessing.
        changes: of single settings.

    Yields:
        Step k: the k-th target in `sampled`; `maps` fused, `scores` the network's logits of the image; `mask` T(A^c),
        `image` I*^c; `arrays["after"]` (C,), the network's logits of I*^c, `arrays["ordinary_before"]` and
        `arrays["ordinary_after"]` the classifier's of I and I*^c; `terms`: `l_cl`, `l_am` (of all targets), `s_am` (of
        this one), `alpha`, `area`, `leakage/NAME` and `object/NAME` as in `cse.cs_ae`; `loss` L_self.

    Raises:
        InputError: a class the classifier lacks, a network of other classes or preprocessing, or maps that
            are not finite.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> for step in gain(colour_network(), flag(), network=colour_network(), omega=20):
        ...     print(step.sampled, step.mask.round().tolist(), round(step.terms["s_am"], 2))  # the logit is 0 then
        0 [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]] 0.5
        2 [[0.0, 1.0, 1.0], [0.0, 1.0, 1.0]] 0.5
    """
    settings = resolve(GainSettings, "gain", classifier, settings, changes)
    check_pair(classifier, network, "GAIN network")
    targets = target_indices(classifier, sample, classes)
    x = classifier.preprocess(sample.image)
    fused, logits, view_grids = predict(network, sample.image, views)
    check_finite("GAIN network", fused)
    targets = targets or top_class(logits)
    ordinary = OrdinaryPrediction.of(classifier, sample, x, targets)
    erased_labels = torch.zeros_like(ordinary.labels)
    erased_labels[0, list(targets)] = 1
    with torch.no_grad():
        maps = network.maps(x)
        pairs = erase_each(x, maps, erased_labels, sigma=settings.sigma, omega=settings.omega)
        after, ordinary_after = network.logits(pairs.x), classifier.logits(pairs.x)
        l_am = mining_loss(after, pairs, settings.score).item()
        l_cl = binary_cross_entropy_with_logits(logits[None], ordinary.labels).item()
    grids = map_grids(network, sample.size, views, [view_grids])
    for index, target in enumerate(targets):
        pair = pairs.classes.tolist().index(target)
        s_am = after[pair, target].sigmoid() if settings.score == "probability" else after[pair, target]
        terms = {"l_cl": l_cl, "l_am": l_am, "s_am": s_am.item(), "alpha": settings.weight}
        yield Step(
            index,
            as_array(fused),
            as_array(logits),
            targets,
            image=classifier.preprocessing.restore(pairs.x[pair]),
            mask=as_array(pairs.mask[pair, 0]),
            loss=l_cl + settings.weight * l_am,
            terms={**terms, **ordinary.mask_terms(pairs.mask[[pair]], maps, target)},
            arrays={
                "after": as_array(after[pair]),
                "ordinary_before": as_array(ordinary.logits),
                "ordinary_after": as_array(ordinary_after[pair]),
            },
            sampled=target,
            settings=settings.as_dict(),
            grids=grids,
        )
