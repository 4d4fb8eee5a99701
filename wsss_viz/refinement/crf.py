"""Dense CRF: the mean field of a fully connected CRF over the pixels, with Gaussian kernels of place and colour.

    Q_i(l) ~ exp(-U_i(l) + sum_m w_m sum_j K_m(i, j) Q_j(l)),  K normalised symmetrically

The sums over j go through the permutohedral lattice and leave nothing out, the pixel itself included: both as in the
densecrf code, so that the results are the field's. Source: `docs/sources.md#dense-crf`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wsss_viz.errors import InputError
from wsss_viz.refinement.lattice import Kernels
from wsss_viz.refinement.memory import check_memory
from wsss_viz.refinement.settings import CrfSettings
from wsss_viz.traces.step import Step

__all__ = ["CLIP", "dense_crf", "label_logits", "mean_field", "pairwise", "score_logits"]

CLIP = 1e-5
"""The least probability of a score."""


def dense_crf(
    image: NDArray[np.uint8], scores: NDArray, settings: CrfSettings, device: str | torch.device = "cpu"
) -> Iterator[Step]:
    """The mean field's iterations, from Q ~ exp(-U) on.

    Args:
        image: (H, W, 3) uint8.
        scores: (L, H, W), of the background and of L - 1 classes; with one label alone it is everywhere.
        settings: of the unary and the kernels.

    Yields:
        Steps with `maps` (L - 1, H, W), Q of the classes, and `arrays["background"]` (H, W), Q of the background:
        together they are 1, and the mask is their argmax.

    Raises:
        InputError: sizes that differ, scores that are not finite, or more pixels and labels than memory holds.

    >>> image = np.zeros((4, 6, 3), np.uint8)
    >>> image[:, 3:] = 255
    >>> scores = np.zeros((2, 4, 6))
    >>> scores[0], scores[1, :, :2], scores[1, 0, 4] = 0.5, 1, 1  # two dark columns, a bright dot
    >>> from wsss_viz.refinement.settings import REFINERS
    >>> (*_, last) = dense_crf(image, scores, REFINERS["crf:irn"])
    >>> (last.maps[0, 0] > last.arrays["background"][0]).tolist()
    [True, True, True, False, False, False]
    """
    if scores.ndim != 3 or scores.shape[1:] != image.shape[:2]:
        raise InputError(f"scores {scores.shape} do not fit the image {image.shape}: give (L, H, W) of its size")
    if not np.isfinite(scores).all():
        raise InputError("the scores are not finite: the maps hold NaN or infinity; compute them again")
    labels, size = len(scores), image.shape[:2]
    check_memory(size, labels, device)
    plane = torch.as_tensor(np.asarray(scores, dtype=np.float32), device=device).reshape(labels, -1)
    logits = label_logits(plane, settings.certainty) if settings.unary == "labels" else score_logits(plane)
    for k, q in enumerate(mean_field(logits.T[:, None], image, settings)):
        values = q[:, 0].T.reshape(labels, *size).cpu().numpy()
        yield Step(
            k,
            values[1:],
            np.zeros(labels - 1, np.float32),
            tuple(range(labels - 1)),
            arrays={"background": values[0]},
            stop="the iterations are done" if k == settings.iterations else None,
        )


def mean_field(logits: Tensor, image: NDArray[np.uint8], settings: CrfSettings) -> Iterator[Tensor]:
    """Q (N, T, L) of T problems on one image after 0, 1, ... iterations, from their logits -U.

    >>> from wsss_viz.refinement.settings import REFINERS
    >>> image = np.zeros((1, 2, 3), np.uint8)
    >>> logits = score_logits(torch.tensor([[0.75, 0.75], [0.25, 0.25]])).T[:, None]
    >>> [round(float(q[0, 0, 0]), 2) for q in mean_field(logits, image, REFINERS["crf:psa"])][:3]
    [0.75, 1.0, 1.0]
    """
    q = _softmax(logits)
    yield q
    if logits.shape[2] == 1:
        return
    kernels = pairwise(image, settings, logits.device)
    for _ in range(settings.iterations):
        q = _softmax(logits + kernels(q.flatten(1)).view(q.shape))
        yield q


def pairwise(image: NDArray[np.uint8], settings: CrfSettings, device: str | torch.device = "cpu") -> Kernels:
    """The two kernels over an image's pixels in rows.

    >>> from wsss_viz.refinement.settings import REFINERS
    >>> kernels = pairwise(np.zeros((2, 3, 3), np.uint8), REFINERS["crf:irn"])
    >>> bool((kernels(torch.ones(6, 1)) - 13).abs().max() < 0.2)  # 3 + 10, were the sums exact
    True
    """
    height, width = image.shape[:2]
    pixels = torch.tensor(image, device=device).reshape(-1, 3).to(torch.float32)
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    positions = torch.stack([columns.flatten(), rows.flatten()], 1).to(device, torch.float32)
    near, near_weight = settings.gaussian
    far, colour, weight = settings.bilateral
    return Kernels([(positions / near, near_weight), (torch.cat([positions / far, pixels / colour], 1), weight)])


def label_logits(scores: Tensor, certainty: float) -> Tensor:
    """Log-probabilities (L, ...) of which the argmax has `certainty` and the L - 1 others share the rest.

    >>> label_logits(torch.tensor([[0.2], [0.9], [0.1]]), 0.7).exp().flatten().numpy().round(2)
    array([0.15, 0.7 , 0.15], dtype=float32)
    """
    others = len(scores) - 1
    if not others:
        return torch.zeros_like(scores)
    certain = torch.zeros_like(scores).scatter_(0, scores.argmax(dim=0, keepdim=True), 1)
    return torch.log(certain * certainty + (1 - certain) * ((1 - certainty) / others))


def score_logits(scores: Tensor) -> Tensor:
    """The logarithms of scores, which need not add up to 1, between 1e-5 and 1.

    >>> score_logits(torch.tensor([0.0, 1.0, 2.0])).tolist()
    [-11.51..., 0.0, 0.0]
    """
    return scores.clamp(CLIP, 1).log()


def _softmax(logits: Tensor) -> Tensor:
    """Over the last axis; torch's own takes eight times as long where it is short."""
    exponentials = (logits - logits.amax(dim=-1, keepdim=True)).exp_()
    return exponentials.div_(exponentials.sum(dim=-1, keepdim=True))
