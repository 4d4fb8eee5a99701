"""The batch RIB tunes on, and what the tuned copy sees in it: class maps, pooled logits, the loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from wsss_viz.data.sample import Sample
from wsss_viz.methods.companions import Companions
from wsss_viz.methods.pooling import GAP, pool
from wsss_viz.methods.tuning import LateCopy, early_features
from wsss_viz.methods.views import Views, fuse, view_inputs
from wsss_viz.models.classifier import Classifier

RIB, BCE = "rib", "bce"
LOSSES = (RIB, BCE)


def rib_loss(logits: Tensor, labels: Tensor, margin: float | None) -> Tensor:
    """L = - sum over rows and classes of t_c min(m, y^c), a scalar.

    Args:
        logits: (N, C), y^c.
        labels: (N, C) in {0, 1}, t_c.
        margin: m; None: no minimum is taken (the official code).
    """
    held = logits if margin is None else logits.clamp(max=margin)
    return -(labels * held).sum()


@dataclass(frozen=True)
class Objective:
    """L, and the pooled logits it is a function of.

    Attributes:
        pooling, tau: of the labelled classes; the others are pooled by GAP (as in the official code).
        margin: m of `rib_loss`.
        loss: "rib", or "bce": L = sum over rows and classes of BCE(sigma(y^c), t_c).
    """

    pooling: str
    tau: float
    margin: float | None
    loss: str = RIB

    def logits(self, late: LateCopy, maps: Tensor, labels: Tensor) -> Tensor:
        """Maps (N, C, h, w) and labels (N, C) to y^c (N, C)."""
        pooled, _ = pool(maps, self.pooling, self.tau)
        plain, _ = pool(maps, GAP)
        return late.with_bias(torch.where(labels > 0, pooled, plain))

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """L, a scalar."""
        if self.loss == BCE:
            return binary_cross_entropy_with_logits(logits, labels, reduction="sum")
        return rib_loss(logits, labels, self.margin)


@dataclass(frozen=True, eq=False)
class Seen:
    """What the copy sees at theta_k.

    Attributes:
        current: (C, h, w), the CAM, fused over the views.
        plain: (1 or 2, C, h, w), the maps at scale 1, of the image and where it was seen of its mirror image.
        scores: (C,), the logits of the image as it is, by GAP.
        logits: (V, C), y^c, a row a gradient view.
        region: (C, h, w) bool, what y^c of the image as it is was pooled over.
        companions: how many there were.
        companion_logits: y^c of their labels, one after the other.
        loss: L, with its graph where the copy is to learn from it.
    """

    current: Tensor
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
        return all(bool(torch.isfinite(t).all()) for t in (self.current, self.plain, self.loss))

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
        with torch.inference_mode(False), torch.no_grad():
            x = classifier.preprocess(sample.image)
            for scale in dict.fromkeys((1.0, *gradient_views.scales, *views.scales)):
                flip = any(v.flip and scale in v.scales for v in (views, gradient_views))
                (view,) = view_inputs(x, Views((scale,), flip))
                self.rows[scale] = early_features(classifier, view, split)
        self.size = (x.shape[2], x.shape[3])

    def scores(self, late: LateCopy) -> Tensor:
        """(C,), the logits of the image as it is."""
        with torch.no_grad():
            return late.with_bias(late.maps(self.rows[1.0][:1]).mean(dim=(2, 3)))[0]

    def look(
        self, late: LateCopy, targets: Sequence[int], companions: Companions, objective: Objective, *, learn: bool
    ) -> Seen:
        """One forward of the copy over all rows.

        Args:
            learn: keep the graph, so that the copy can descend the loss.
        """
        with torch.inference_mode(False), torch.enable_grad() if learn else torch.no_grad():
            seen = {scale: late.maps(self.rows[scale]) for scale in self.gradient_views.scales}
            rows = [maps[: 1 + self.gradient_views.flip] for maps in seen.values()]
            labels = [_one_hot(targets, maps) for maps in rows]
            logits = [objective.logits(late, maps, t) for maps, t in zip(rows, labels, strict=True)]
            loss = torch.stack([objective(y, t) for y, t in zip(logits, labels, strict=True)]).sum()
            others = []
            for z, t in companions.batches():
                y = objective.logits(late, late.maps(z), t)
                loss = loss + objective(y, t)
                others.append(y.detach()[t > 0])
        with torch.inference_mode(False), torch.no_grad():
            maps = {s: seen[s].detach() if s in seen else late.maps(z) for s, z in self.rows.items()}
            plain = maps[1.0]
            fused = [maps[scale][: 1 + self.views.flip] for scale in self.views.scales]
            _, region = pool(plain[:1], objective.pooling, objective.tau)
            return Seen(
                fuse(fused, self.views, self.size, (plain.shape[2], plain.shape[3])),
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
