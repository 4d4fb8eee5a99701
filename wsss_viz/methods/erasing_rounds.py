"""AE by retraining: find, erase, train anew, and take the union (AE-PSL).

Wei, Feng, Liang, Cheng, Zhao and Yan, "Object Region Mining with Adversarial Erasing: A Simple Classification to
Semantic Segmentation Approach", CVPR 2017. In rounds t = 1 ... T:

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

import torch
from torch import Tensor

from wsss_viz.data.sample import Sample
from wsss_viz.methods.cam import check_finite, target_indices
from wsss_viz.methods.cse import as_array, check_pair
from wsss_viz.methods.masking import enlarge, erase, make_mask, relu_max
from wsss_viz.methods.views import SINGLE, Views, class_maps
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.step import Step


def found_regions(
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
    """
    each = make_mask(relu_max(enlarge(maps, size)), mask, threshold=threshold, share=share)
    return (each * labels[:, :, None, None]).amax(dim=1, keepdim=True)


def ae_rounds(
    classifier: Classifier,
    sample: Sample,
    classes: Sequence[str] | None = None,
    views: Views = SINGLE,
    *,
    rounds: Sequence[Classifier],
    mask: str = "hard",
    threshold: float = 0.5,
    share: float = 0.2,
) -> Iterator[Step]:
    """The rounds of AE on one image, by the classifiers they trained.

    Args:
        classifier: of round 1, trained on images as they are.
        sample: the labels whose regions are erased; where it has none, the class with the top score.
        classes: the classes erased instead of the labels.
        views: every look is fused over them, and F_t is made from the fused map.
        rounds: the classifiers of rounds 2 ... T, trained on what was erased before; none gives CAM.
        mask, threshold, share: of F_t, as in training.

    Yields:
        Step t - 1: `maps` (C, h, w), the union of rounds 1 to t as a graded map (of classes that are no targets: CAM);
        `scores`, the logits of I_t by round t's classifier; `image` I_t and `mask` F_t (H', W'); `terms`: `area` of all
        that is erased after this round and `new_area`; `arrays`: `current` (C, h, w), H_t raw and signed, `erased`
        (H', W'), F_1 to F_t together, `next` (C,), round t's logits of I_{t+1}, and `ordinary` (C,), the first
        classifier's of the same.

    Raises:
        InputError: a class the classifier lacks, a setting out of range, a round of another kind of network, or maps
            that are not finite.
    """
    for network in rounds:
        check_pair(classifier, network, "classifier of a round")
    targets = tuple(dict.fromkeys(target_indices(classifier, sample, classes)))
    x = classifier.preprocess(sample.image)
    erased = x.new_zeros(1, 1, x.shape[2], x.shape[3])
    union = unit = labels = None
    for index, network in enumerate((classifier, *rounds)):
        seen = erase(x, erased)
        current, logits = class_maps(network, seen, views)
        check_finite(current, f"classifier of round {index + 1}")
        if union is None or unit is None or labels is None:
            targets = targets or (int(logits.argmax()),)
            labels = torch.zeros_like(logits)[None].index_fill(1, torch.tensor(targets, device=x.device), 1)
            union, unit = current.clone(), current.relu().amax(dim=(1, 2), keepdim=True)
        else:
            chosen = list(targets)
            union[chosen] = torch.maximum(union[chosen], relu_max(current[chosen]) * unit[chosen])
        region = found_regions(
            current[None], labels, (x.shape[2], x.shape[3]), mask=mask, threshold=threshold, share=share
        )
        before, erased = erased, torch.maximum(erased, region)
        after = erase(x, erased)
        with torch.no_grad():
            following, ordinary = network.logits(after)[0], classifier.logits(after)[0]
        yield Step(
            index,
            as_array(union),
            as_array(logits),
            targets,
            image=classifier.preprocessing.restore(seen[0]),
            mask=as_array(region[0, 0]),
            terms={"area": erased.mean().item(), "new_area": (erased - before).mean().item()},
            arrays={
                "current": as_array(current),
                "erased": as_array(erased[0, 0]),
                "next": as_array(following),
                "ordinary": as_array(ordinary),
            },
        )
