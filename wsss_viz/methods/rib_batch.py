"""The batch RIB tunes on: the image in its views, and its companions (`rib_companions`).

Early features never change while the late part is tuned: those of the image's views are computed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from wsss_viz.data.sample import Sample
from wsss_viz.methods.core import is_finite
from wsss_viz.methods.late_copy import LateCopy, early_features
from wsss_viz.methods.rib_companions import Companions
from wsss_viz.methods.rib_loss import Objective, pool
from wsss_viz.methods.views import Views, fuse, view_grids, view_inputs
from wsss_viz.models.classifier import Classifier

__all__ = ["Batch", "Prediction"]


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the copy makes of the batch at theta_k.

    Attributes:
        current: (C, h, w), the CAM, fused over the views.
        grids: its `view_grids`.
        plain: (1 or 2, C, h, w), the maps at scale 1, of the image and, where a view has it, of its mirror image.
        scores: (C,), the logits of the image as it is, by GAP.
        logits: (V, C), y^c, a row per gradient view.
        region: (C, h, w) bool, what y^c of the image as it is was pooled over.
        companions: how many there were.
        companion_logits: y^c of their labels, one after the other.
        loss: L, with its graph where the copy is to learn from it.
    """

    current: Tensor
    grids: list[Tensor]
    plain: Tensor
    scores: Tensor
    logits: Tensor
    region: Tensor
    companions: int
    companion_logits: Tensor
    loss: Tensor

    @property
    def finite(self) -> bool:
        """Whether every map and the loss are numbers."""
        return is_finite(self.current, self.plain, self.loss)

    def coverage(self, targets: Sequence[int], level: float) -> float:
        """The share of cells where a target's normalised map is above `level`.

        As the official code has it: scale 1, ReLU, the mirror image's turned back and added, by its own maximum.
        """
        maps = self.plain.relu()[:, list(targets)]
        total = maps[0] + maps[1].flip(2) if len(maps) > 1 else maps[0]
        normalised = total / (total.amax(dim=(1, 2), keepdim=True) + 1e-5)
        return float((normalised > level).any(dim=0).float().mean())


class Batch:
    """The image's rows: its early features in all views, computed once."""

    def __init__(self, classifier: Classifier, sample: Sample, views: Views, gradient_views: Views, split: int) -> None:
        """Args: `views`, whose CAMs are fused; `gradient_views`, whose logits are raised, each a row."""
        self.views, self.gradient_views = views, gradient_views
        self.rows: dict[float, Tensor] = {}
        self.recipe = classifier.recipe
        with torch.inference_mode(False), torch.no_grad():
            x = classifier.preprocess(sample.image)
            for scale in dict.fromkeys((1.0, *gradient_views.scales, *views.scales)):
                flip = any(v.flip and scale in v.scales for v in (views, gradient_views))
                (view,) = view_inputs(classifier, sample.image, Views((scale,), flip))
                self.rows[scale] = early_features(classifier, view, split)
        self.size = (x.shape[2], x.shape[3])

    def scores(self, late: LateCopy) -> Tensor:
        """(C,), the logits of the image as it is."""
        with torch.no_grad():
            return late.with_bias(late.maps(self.rows[1.0][:1]).mean(dim=(2, 3)))[0]

    def forward(
        self, late: LateCopy, targets: Sequence[int], companions: Companions, objective: Objective, *, learn: bool
    ) -> Prediction:
        """One forward of the copy over all rows.

        Args:
            learn: keep the graph, so that the copy can descend the loss.
        """
        with torch.inference_mode(False), torch.enable_grad() if learn else torch.no_grad():
            graphs = {scale: late.maps(self.rows[scale]) for scale in self.gradient_views.scales}
            rows = [maps[: 1 + self.gradient_views.flip] for maps in graphs.values()]
            labels = [_one_hot(targets, maps) for maps in rows]
            logits = [objective.logits(late, maps, t) for maps, t in zip(rows, labels, strict=True)]
            loss = torch.stack([objective(y, t) for y, t in zip(logits, labels, strict=True)]).sum()
            others = []
            for z, t in companions.batches():
                y = objective.logits(late, late.maps(z), t)
                loss = loss + objective(y, t)
                others.append(y.detach()[t > 0])
        with torch.inference_mode(False), torch.no_grad():
            maps = {s: graphs[s].detach() if s in graphs else late.maps(z) for s, z in self.rows.items()}
            plain = maps[1.0]
            fused = [maps[scale][: 1 + self.views.flip] for scale in self.views.scales]
            _, region = pool(plain[:1], objective.pooling, objective.tau)
            return Prediction(
                fuse(fused, self.views, self.size, (plain.shape[2], plain.shape[3])),
                view_grids(fused, self.views, self.recipe),
                plain,
                late.with_bias(plain[:1].mean(dim=(2, 3)))[0],
                torch.cat([y.detach() for y in logits]),
                region[0],
                len(companions),
                torch.cat(others) if others else plain.new_zeros(0),
                loss,
            )


def _one_hot(targets: Sequence[int], maps: Tensor) -> Tensor:
    labels = maps.new_zeros(maps.shape[:2])
    labels[:, list(targets)] = 1
    return labels
