"""AE, retrained: find, erase, train anew, and take the union (AE-PSL).

Wei, Feng, Liang, Cheng, Zhao and Yan, "Object Region Mining with Adversarial Erasing: A Simple Classification to
Semantic Segmentation Approach", CVPR 2017 (`docs/sources.md#ae`). In rounds t = 1 ... T:

    H_t     = CAM of the classifier of round t on I_t, one map for each label
    F_t     = hard threshold of H_t
    I_{t+1} = I_t with the F_t of every label replaced by the mean pixel; the next classifier is trained on these
    region  = union of F_1 ... F_T

The labels are erased together, so what one label's map takes from its neighbour is gone for the neighbour too. The
paper recognises the background by saliency and refines the regions (PSL); neither is done here. Its threshold ("top
20 %"), its T = 3 and its stop, when the classifier no longer converges, we recall and could not verify.

The union as a graded map, so that one threshold can be chosen for it as for every other method:

    U = max_t M_t max(H_1),   M_t = ReLU(H_t) / (max ReLU(H_t) + 1e-5),   {U / max(H_1) > tau} = union {M_t > tau}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from wsss_viz.data.sample import Sample
from wsss_viz.methods.core import as_array, check_finite, check_pair, resolve, target_indices, top_class
from wsss_viz.methods.masking import EPSILON, enlarge, erase, make_mask, relu_max
from wsss_viz.methods.settings import ErasingRoundsSettings
from wsss_viz.methods.view_centres import with_centres
from wsss_viz.methods.views import SINGLE, Prediction, Views, map_grids, predict
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.step import Step

__all__ = ["ae_rounds", "erased_regions"]


def erased_regions(
    maps: Tensor,
    labels: Tensor,
    size: tuple[int, int],
    *,
    mask: str = "hard",
    threshold: float = 0.5,
    share: float = 0.2,
) -> Tensor:
    """F_t of every label at once: (N, C, h, w) maps and (N, C) labels in {0, 1} to (N, 1, H, W) in {0, 1}.

    Args:
        mask: "hard", M_t > threshold, or "top", the `share` of the area with the largest values.

    Examples:
        >>> maps = torch.tensor([[[[4.0, 1.0, 3.0]], [[0.0, 9.0, 0.0]]]])
        >>> erased_regions(maps, torch.tensor([[1.0, 0.0]]), (1, 3)).tolist()
        [[[[1.0, 0.0, 1.0]]]]
    """
    each = make_mask(relu_max(enlarge(maps, size)), mask, threshold=threshold, share=share)
    return (each * labels[:, :, None, None]).amax(dim=1, keepdim=True)


@with_centres
def ae_rounds(
    classifier: Classifier,
    sample: Sample,
    classes: Sequence[str] | None = None,
    views: Views = SINGLE,
    settings: ErasingRoundsSettings | None = None,
    *,
    rounds: Sequence[Classifier],
    **changes: Any,
) -> Iterator[Step]:
    """The rounds of AE on one image, by the classifiers they trained.

    Args:
        classifier: of round 1, trained on images as they are.
        sample: the labels whose regions are erased; where it has none, the class with the top score.
        classes: the classes erased instead of the labels.
        views: every round's map is fused over them, and F_t is made from the fused map.
        settings: of F_t, as in training; None: the classifier's own for "ae-rounds", else the defaults.
        rounds: the classifiers of rounds 2 ... T, trained on what was erased before; none gives CAM.
        changes: of single settings.

    Yields:
        Step t - 1: `maps` (C, h, w), the union of rounds 1 to t as a graded map (of classes that are no targets: CAM);
        `scores`, the logits of I_t by round t's classifier; `image` I_t and `mask` F_t (H', W'); `terms`: `area` of all
        that is erased after this round and `new_area`; `arrays`: `current` (C, h, w), H_t raw and signed, `erased`
        (H', W'), F_1 to F_t together, `next` (C,), round t's logits of I_{t+1}, and `ordinary` (C,), the first
        classifier's of the same.

    Raises:
        InputError: a class the classifier lacks, a setting out of range, a round of another kind of network, or maps
            that are not finite.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> steps = list(ae_rounds(colour_network(), flag(), ["red"], rounds=[colour_network()]))
        >>> [(step.mask.tolist(), round(step.terms["area"], 2)) for step in steps]  # nothing red is left for round 2
        [([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]], 0.33), ([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], 0.33)]
    """
    settings = resolve(ErasingRoundsSettings, "ae-rounds", classifier, settings, changes)
    for network in rounds:
        check_pair(classifier, network, "classifier of a round")
    targets = target_indices(classifier, sample, classes)
    x = classifier.preprocess(sample.image)
    size = (x.shape[2], x.shape[3])
    erased = x.new_zeros(1, 1, *size)
    union: _Union | None = None
    for index, network in enumerate((classifier, *rounds)):
        erased_image = erase(x, erased)
        prediction = predict(network, erased_image if index else sample.image, views)
        current, logits, _ = prediction
        check_finite(f"classifier of round {index + 1}", current)
        if union is None:
            union = _Union(prediction, targets or top_class(logits))
        else:
            union.add(prediction)
        region = erased_regions(current[None], union.labels, size, **settings.as_dict())
        before, erased = erased, torch.maximum(erased, region)
        after = erase(x, erased)
        with torch.no_grad():
            following, ordinary = network.logits(after)[0], classifier.logits(after)[0]
        yield Step(
            index,
            as_array(union.maps),
            as_array(logits),
            union.targets,
            image=classifier.preprocessing.restore(erased_image[0]),
            mask=as_array(region[0, 0]),
            terms={"area": erased.mean().item(), "new_area": (erased - before).mean().item()},
            arrays={
                "current": as_array(current),
                "erased": as_array(erased[0, 0]),
                "next": as_array(following),
                "ordinary": as_array(ordinary),
            },
            settings=settings.as_dict(),
            grids=map_grids(classifier, sample.size, views, union.grids),
        )


class _Union:
    """The rounds so far as a graded map, U of the targets; of the other classes, round 1's map.

    Attributes:
        maps: (C, h, w).
        labels: (1, C), 1 for the targets.
        grids: each round's `view_grids`, in the unit of round 1's.
    """

    def __init__(self, prediction: Prediction, targets: tuple[int, ...]) -> None:
        """From H_1, (C, h, w)."""
        first = prediction.maps
        self.maps, self.targets, self.grids = first.clone(), targets, [prediction.grids]
        self.labels = first.new_zeros(1, len(first)).index_fill(1, torch.tensor(targets, device=first.device), 1)
        self._unit = first.relu().amax(dim=(1, 2), keepdim=True)

    def add(self, prediction: Prediction) -> None:
        """H_t of a later round."""
        current, rows = prediction.maps, list(self.targets)
        self.maps[rows] = torch.maximum(self.maps[rows], relu_max(current[rows]) * self._unit[rows])
        scale = (self._unit / (current.relu().amax(dim=(1, 2), keepdim=True) + EPSILON))[rows]
        self.grids.append([first.clone() for first in self.grids[0]])
        for grid, seen in zip(self.grids[-1], prediction.grids, strict=True):
            grid[rows] = seen[rows] * scale
