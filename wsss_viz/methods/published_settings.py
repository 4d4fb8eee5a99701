"""What a method is run with on a published network, where our defaults were chosen on the drawn scenes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wsss_viz.data.sample import Sample
from wsss_viz.methods.rib import OFFICIAL
from wsss_viz.models.classifier import Classifier

_RIB = {**OFFICIAL, "redraw": False}
"""RIB's official settings for VOC, save that its 20 companions are drawn once an image and not at each step [P]: their
early features are computed once, a tenth of the work."""

_CSE_SINGLE = {"rate": 0.01, "momentum": 0.0, "weight": 1.0}
"""OC-CSE's rate, momentum and last alpha (`methods.md`, 3.2). On one image alone they are unverified [P]."""


def settings_for(name: str, classifier: Classifier, samples: Sequence[Sample] = ()) -> dict[str, Any]:
    """Options of the method `name` for a network from elsewhere; none for the shipped ones.

    Args:
        samples: the data set at hand, which RIB's companions are drawn from where it has labels the classifier knows.

    RIB has settings for IRN's ResNet-50 on VOC; other published networks get the same, which their papers do not
    cover [P].
    """
    if not classifier.layout:
        return {}
    if name in ("rib", "rib-bce"):
        labelled = len(samples) and not set(samples[0].labels or ()).isdisjoint(classifier.classes)
        return {**_RIB, "companion_samples": samples if labelled else ()}
    return dict(_CSE_SINGLE) if name == "cs-ae-single" else {}
