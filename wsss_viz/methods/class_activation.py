"""CAM: class activation maps (Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016).

    A_c(u) = W_c . f(u)            the map of class c, raw and signed
    s_c    = mean_u A_c(u)         its logit

All classes come from one forward. As used in weakly-supervised segmentation, the maps of several scales and of the
mirror image are fused (IRN, `docs/sources.md#irn`; `views.MULTI_SCALE`). CAM: `docs/sources.md#cam`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from wsss_viz.data.sample import Sample
from wsss_viz.methods.core import as_array, check_finite, resolve, target_indices, top_class
from wsss_viz.methods.settings import CamSettings
from wsss_viz.methods.view_centres import with_centres
from wsss_viz.methods.views import SINGLE, Views, map_grids, predict
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.step import Step

__all__ = ["cam"]


@with_centres
def cam(
    classifier: Classifier,
    sample: Sample,
    classes: Sequence[str] | None = None,
    views: Views = SINGLE,
    settings: CamSettings | None = None,
    **changes: Any,
) -> Iterator[Step]:
    """The class activation maps of one image: a trace of one Step.

    Args:
        classifier: in evaluation mode.
        sample: its image, (H, W, 3) uint8, is preprocessed by the classifier.
        classes: the classes looked at; default the sample's labels. The maps are always those of all classes.
        views: scales and mirror image; default the image as it is, which keeps the maps raw and signed.
        settings, changes: CAM has none; here as every method has them.

    Yields:
        Step 0: `maps` (C, h, w), `scores` (C,) the logits of the image as it is.

    Raises:
        InputError: a class the classifier lacks, or weights that give no numbers.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> (step,) = cam(colour_network(), flag())
        >>> step.maps[0].tolist(), step.targets  # red's map; red and blue are targets
        ([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]], (0, 2))
    """
    settings = resolve(CamSettings, "cam", classifier, settings, changes)
    targets = target_indices(classifier, sample, classes)
    maps, logits, grids = predict(classifier, sample.image, views)
    check_finite("classifier", maps)
    yield Step(
        0,
        as_array(maps),
        as_array(logits),
        targets or top_class(logits),
        settings=settings.as_dict(),
        grids=map_grids(classifier, sample.size, views, [grids]),
    )
