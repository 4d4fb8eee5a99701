"""The ordinary classifier, frozen: what it makes of an image before a trained network erases a class from it.

CS-AE's loss, and GAIN's comparison, ask it whether the class is gone and every other label still there.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from wsss_viz.data.sample import Sample
from wsss_viz.methods.core import as_array
from wsss_viz.methods.shares import map_shares, object_shares
from wsss_viz.models.classifier import Classifier

__all__ = ["OrdinaryPrediction"]


@dataclass(frozen=True, eq=False)
class OrdinaryPrediction:
    """One image before the ordinary classifier: what stays the same over the steps of a trace.

    Attributes:
        classifier: the ordinary classifier, OC.
        sample: the image.
        x: (1, 3, H, W), preprocessed.
        targets: indices of the classes the method works on.
        labels: (1, C) in {0, 1}, y: the sample's labels and the targets.
        logits: (C,) OC's logits of x.
    """

    classifier: Classifier
    sample: Sample
    x: Tensor
    targets: tuple[int, ...]
    labels: Tensor
    logits: Tensor

    @classmethod
    @torch.no_grad()
    def of(cls, classifier: Classifier, sample: Sample, x: Tensor, targets: tuple[int, ...]) -> OrdinaryPrediction:
        """One forward of the whole image."""
        labels = x.new_tensor(sample.label_vector(classifier.classes))[None]
        labels[0, list(targets)] = 1
        return cls(classifier, sample, x, targets, labels, classifier.logits(x)[0])

    def mask_terms(self, mask: Tensor, maps: Tensor, target: int) -> dict[str, float]:
        """Where the mask of one class lies: `area`, `leakage/NAME`, `object/NAME` (see `shares`).

        Args:
            mask: (1, 1, H, W).
            maps: (1, C, h, w), of the network whose mask this is.
        """
        array, names = as_array(mask[0, 0]), self.classifier.classes
        others = [c for c in self.labels[0].nonzero()[:, 0].tolist() if c != target]
        inside = map_shares(array, as_array(maps[0]), others)
        return {
            "area": float(array.mean()),
            **{f"leakage/{names[c]}": float(share) for c, share in zip(others, inside, strict=True)},
            **{f"object/{name}": share for name, share in object_shares(array, self.sample).items()},
        }
