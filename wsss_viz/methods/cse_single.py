"""CS-AE on a single image: the loss of `cse`, a few steps of it on one picture. Our own, and so named.

    theta_0     = the classifier's own late part (the stages after `split` and the head), copied
    A, p        = maps and logits of x by theta_k
    m, x^, p^   = the mask of a class r_k drawn from the labels, the erased image, OC's logits of it (`cse`)
    L           = BCE(p, y) + alpha BCE(p^, y - y_r)
    theta_{k+1} = theta_k - rate v_k               SGD with momentum, on this image alone

OC-CSE (Kweon et al., ICCV 2021) trains one CGNet on a whole data set. Here a copy of the classifier is tuned on one
image against the classifier itself, so that a person can step through CS-AE on a picture and a checkpoint of their own.
What a data set teaches (the extent of a sofa, whatever its colour) one image cannot: read it as the loss at work, not
as a substitute for the trained network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods.cam import target_indices
from wsss_viz.methods.cse import Erased, Judged, cse_loss, draw_labels, erase_class
from wsss_viz.methods.tuning import LateCopy, early_features
from wsss_viz.methods.views import SINGLE, Views, fuse, view_inputs
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.step import Step

RATE = 3e-3
STEPS = 10
WEIGHT = 3.0


def cs_ae_single(
    classifier: Classifier,
    sample: Sample,
    classes: Sequence[str] | None = None,
    views: Views = SINGLE,
    *,
    steps: int = STEPS,
    rate: float = RATE,
    momentum: float = 0.9,
    weight: float = WEIGHT,
    split: int | None = None,
    seed: int = 0,
) -> Iterator[Step]:
    """Tunes a copy of the classifier's late part on one image with CS-AE's loss, `steps` times.

    Args:
        classifier: theta_0 and, unchanged, the ordinary classifier OC that judges.
        sample: its labels are y; where it has none, the class with the top score.
        classes: the classes r is drawn from; default the sample's labels. They count as labels too.
        views: of the maps that are shown; the loss sees the image as it is.
        steps: K; 0 is CAM, with the terms of one erasing.
        rate, momentum: of SGD. Our own, chosen on validation scenes for the shipped classifier; other networks want
            others.
        weight: alpha. Our own, that of the shipped CGNet; the paper's goes from 0.3 to 1.
        split: how many stages are frozen; default the classifier's own.
        seed: of the classes that are drawn.

    Yields:
        Step k = 0 ... K: theta_k's `maps` (C, h, w) over the views and `scores`, the class r_k in `sampled`, and
        `mask`, `image`, `loss`, `arrays` and `terms` as `cse.cs_ae` has them. Step 0's maps are CAM's.

    Raises:
        InputError: a class the classifier lacks, an option out of range, or maps that are not finite (a damaged
            network, or a rate too high).
    """
    if steps < 0 or not rate >= 0:
        raise InputError(f"`steps` and `rate` are 0 or more, got {steps} and {rate}")
    wanted = target_indices(classifier, sample, classes)
    tuned = _Tuned(classifier, sample, views, split, momentum)
    own, logits = tuned.look()
    targets = tuple(dict.fromkeys(wanted)) or (int(logits[0].argmax()),)
    judged = Judged.of(classifier, sample, tuned.x, targets)
    drawn_from = torch.zeros(1, len(classifier.classes))
    drawn_from[0, list(targets)] = 1
    generator = torch.Generator().manual_seed(seed)
    for k in range(steps + 1):
        if not bool(torch.isfinite(own).all()):
            cause = "the checkpoint is damaged" if k == 0 else f"they diverged after {k} steps: lower `rate`"
            raise InputError(f"the maps are not finite: {cause}")
        chosen = draw_labels(drawn_from, generator).to(own.device)
        erased, after, loss = _judge(judged, own, logits, chosen, weight)
        fused = tuned.fused(own)
        yield judged.step(k, int(chosen), erased, after, own=own, fused=fused, logits=logits[0].detach(), weight=weight)
        if k < steps:
            tuned.late.descend(loss, rate)
            own, logits = tuned.look()


def _judge(judged: Judged, own: Tensor, logits: Tensor, chosen: Tensor, weight: float) -> tuple[Erased, Tensor, Tensor]:
    """The erased image, what OC makes of it, and the loss, which the tuned parameters can be differentiated by."""
    with torch.inference_mode(False), torch.enable_grad():
        labels = judged.labels.clone()  # where the caller is in inference mode, what it made cannot be learned from
        erased = erase_class(judged.x, own, labels, chosen.clone())
        after = judged.classifier.logits(erased.x)
        l_cls = binary_cross_entropy_with_logits(logits, labels)
        return erased, after, l_cls + weight * cse_loss(after, erased.remaining)


class _Tuned:
    """The copy that is tuned, and the frozen features of every view, computed once."""

    def __init__(
        self, classifier: Classifier, sample: Sample, views: Views, split: int | None, momentum: float
    ) -> None:
        split = classifier.split if split is None else split
        with torch.inference_mode(False), torch.no_grad():
            self.x = classifier.preprocess(sample.image)
            self._z = early_features(classifier, self.x, split)
            self._views = [early_features(classifier, view, split) for view in view_inputs(self.x, views)]
        self.late = LateCopy(classifier, split, head_rate=1.0, momentum=momentum)
        self._options, self._pool = views, classifier.pool

    def look(self) -> tuple[Tensor, Tensor]:
        """Maps (1, C, h, w) and logits (1, C) of the image as it is, with their graph."""
        with torch.inference_mode(False), torch.enable_grad():
            own = self.late.maps(self._z)
            return own, self._pool(own)

    @torch.no_grad()
    def fused(self, own: Tensor) -> Tensor:
        """(C, h, w) over the views."""
        size, grid = (self.x.shape[2], self.x.shape[3]), (own.shape[2], own.shape[3])
        return fuse([self.late.maps(z) for z in self._views], self._options, size, grid)
