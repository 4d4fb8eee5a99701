"""CAM: class activation maps (Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016).

    A_c(u) = W_c . f(u)            the map of class c, raw and signed
    s_c    = mean_u A_c(u)         its logit

All classes come from one forward. As used in weakly-supervised segmentation, the maps of several scales and of the
mirror image are fused (IRN, Ahn et al., CVPR 2019; `views.MULTI_SCALE`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods.views import SINGLE, Views, fuse, high_res, view_maps
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.step import Step


def target_indices(classifier: Classifier, sample: Sample, classes: Sequence[str] | None = None) -> tuple[int, ...]:
    """The indices of `classes`; by default of the sample's labels; where it has none, of the class with the top score.

    An empty tuple says that the sample has no labels and the scores must decide.

    Raises:
        InputError: the classifier does not know one of the classes that were asked for.
    """
    wanted = list(classes) if classes is not None else [c for c in sample.labels or () if c in classifier.classes]
    for name in wanted:
        if name not in classifier.classes:
            raise InputError(f"the classifier has no class {name!r}: it knows {', '.join(classifier.classes[:20])}")
    return tuple(classifier.classes.index(name) for name in wanted)


def check_finite(maps: Tensor, name: str) -> None:
    """Raises InputError where the maps hold NaN or infinity."""
    if not bool(torch.isfinite(maps).all()):
        raise InputError(f"the maps of the {name} are not finite: its checkpoint is damaged")


def cam(
    classifier: Classifier, sample: Sample, classes: Sequence[str] | None = None, views: Views = SINGLE
) -> Iterator[Step]:
    """The class activation maps of one image: a trace of one Step.

    Args:
        classifier: in evaluation mode.
        sample: its image, (H, W, 3) uint8, is preprocessed by the classifier.
        classes: the classes looked at; default the sample's labels. The maps are always those of all classes.
        views: scales and mirror image; default the image as it is, which keeps the maps raw and signed.

    Yields:
        Step 0: `maps` (C, h, w), `scores` (C,) the logits of the image as it is; where `views.high_res`,
        `arrays["high_res"]` (C, H, W), of the input's size.

    Raises:
        InputError: a class the classifier lacks, or weights that give no numbers.
    """
    targets = target_indices(classifier, sample, classes)
    x = classifier.preprocess(sample.image)
    size = (x.shape[2], x.shape[3])
    with torch.no_grad():
        maps, logits, grid = view_maps(classifier, x, views)
        fused = fuse(maps, views, size, grid)
        check_finite(fused, "classifier")
        arrays = {"high_res": high_res(maps, views, size).float().cpu().numpy()} if views.high_res else {}
    if not targets:
        targets = (int(logits.argmax()),)
    yield Step(0, fused.float().cpu().numpy(), logits.float().cpu().numpy(), targets, arrays=arrays)
