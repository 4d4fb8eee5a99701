"""Refiners by name: from an image and class maps, whoever made them, to Steps and masks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.refinement.affinity_network import BoundaryNet, read_affinity
from wsss_viz.refinement.akin import FeatureNet
from wsss_viz.refinement.crf import dense_crf, label_logits, mean_field, score_logits
from wsss_viz.refinement.memory import check_memory
from wsss_viz.refinement.pixel_adaptive import pamr
from wsss_viz.refinement.settings import CrfSettings, PamrSettings, WalkSettings, named
from wsss_viz.refinement.walks import walked
from wsss_viz.traces.centres import CellCentres
from wsss_viz.traces.normalisation import normalise
from wsss_viz.traces.resize import upsample
from wsss_viz.traces.step import Step, last_step

__all__ = ["Refiner", "refined", "refiner"]


@dataclass(frozen=True)
class Refiner:
    """A refiner with its settings.

    Attributes:
        name: in `REFINERS`.
        settings: its settings, with the background's score that masks are made with.
        backgrounds: what the background's score is to be chosen from on data; one where it was given.
        device: it computes on.
        network: of a walk.
    """

    name: str
    settings: CrfSettings | PamrSettings | WalkSettings
    backgrounds: tuple[float, ...]
    device: str | torch.device = "cpu"
    network: FeatureNet | BoundaryNet | None = None

    @property
    def finishes(self) -> bool:
        """Whether it gives the background a score of its own (CRF, walks): a mask is the argmax, with no threshold."""
        return not isinstance(self.settings, PamrSettings)

    def at(self, background: float) -> Refiner:
        """The same with one background's score."""
        settings = dataclasses.replace(self.settings, background=background)
        return dataclasses.replace(self, settings=settings, backgrounds=(background,))

    def steps(self, image: NDArray[np.uint8], maps: NDArray, centres: CellCentres | None = None) -> Iterator[Step]:
        """The refiner's iterations on the maps of an image's classes.

        The maps are enlarged to the image and normalised (ReLU, each by its maximum) first, as in IRN's `high_res`.

        Args:
            image: (H, W, 3) uint8.
            maps: (K, h, w), raw and signed, of the classes that are in the image; K may be 0.
            centres: of the maps' cells (`upsample`).

        Yields:
            Steps with `maps` (K, H, W); of a CRF with `arrays["background"]` (H, W), and the mask is the argmax over
            both; of PAMR the mask is where the best map is above `settings.background`.
        """
        if isinstance(self.settings, WalkSettings):
            return self._walk(image, maps, centres)
        values = self._enlarged(image, maps, centres)
        if isinstance(self.settings, PamrSettings):
            return pamr(image, values, self.settings, self.device)
        ground = _backgrounds(values, self.settings, (self.settings.background,))
        return dense_crf(image, np.concatenate([ground, values]), self.settings, self.device)

    def masks(
        self, image: NDArray[np.uint8], maps: NDArray, centres: CellCentres | None = None
    ) -> NDArray[np.uint8 | np.uint16]:
        """(T, H, W): the masks of a CRF at each of `backgrounds`, the row of `maps` + 1 or 0 for the background.

        The same as the last of `steps` at each, in one go: the lattice is built once.

        Raises:
            InputError: as `dense_crf`; ValueError for PAMR, whose maps are to be thresholded.
        """
        if isinstance(self.settings, WalkSettings):
            *_, (grounds, walked_maps) = self._walks(image, maps, self.backgrounds, centres)
            scores = [np.concatenate([ground[None], walked_maps]) for ground in grounds]
            return np.stack([each.argmax(axis=0) for each in scores]).astype(np.uint8 if len(maps) < 255 else np.uint16)
        if not isinstance(self.settings, CrfSettings):
            raise ValueError(f"{self.name} refines maps: count them at thresholds")
        values = self._enlarged(image, maps, centres)
        count, size = len(self.backgrounds), image.shape[:2]
        check_memory((size[0], size[1]), count * (len(values) + 1), self.device)
        logits = []
        for ground in _backgrounds(values, self.settings, self.backgrounds):
            plane = torch.as_tensor(np.concatenate([ground[None], values]), device=self.device).flatten(1)
            unary = label_logits(plane, self.settings.certainty) if self.settings.unary == "labels" else None
            logits.append(score_logits(plane) if unary is None else unary)
        *_, q = mean_field(torch.stack(logits).permute(2, 0, 1).contiguous(), image, self.settings)
        best = q.argmax(dim=2).T.reshape(count, *size).cpu().numpy()
        return best.astype(np.uint8 if len(values) < 255 else np.uint16)

    def _walks(
        self, image: NDArray[np.uint8], maps: NDArray, levels: Sequence[float], centres: CellCentres | None
    ) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        assert self.network is not None
        assert isinstance(self.settings, WalkSettings)
        if centres is not None and len(maps):
            maps = upsample(np.asarray(maps), (image.shape[0], image.shape[1]), centres)
        return walked(image, maps, self.network, self.settings, levels)

    def _walk(self, image: NDArray[np.uint8], maps: NDArray, centres: CellCentres | None) -> Iterator[Step]:
        assert isinstance(self.settings, WalkSettings)
        scores, rows = np.zeros(len(maps), np.float32), tuple(range(len(maps)))
        for k, (grounds, values) in enumerate(self._walks(image, maps, (self.settings.background,), centres)):
            stop = "the walk is done" if k == self.settings.iterations else None
            yield Step(k, values, scores, rows, arrays={"background": grounds[0]}, stop=stop)

    def _enlarged(self, image: NDArray[np.uint8], maps: NDArray, centres: CellCentres | None) -> NDArray[np.float32]:
        size = (image.shape[0], image.shape[1])
        if not len(maps):
            return np.zeros((0, *size), np.float32)
        if not np.isfinite(maps).all():
            raise InputError("the maps are not finite: they hold NaN or infinity; compute them again")
        check_memory(size, len(maps) + 1, self.device)
        return normalise(upsample(np.asarray(maps), size, centres), "relu_max")


def _backgrounds(values: NDArray, settings: CrfSettings, levels: Sequence[float]) -> NDArray[np.float32]:
    """(T, H, W): the background's score at each level."""
    if settings.unary == "labels":
        return np.stack([np.full(values.shape[1:], level, np.float32) for level in levels])
    rest = 1 - values.max(axis=0, initial=0)
    return np.stack([np.power(rest, level, dtype=np.float32) for level in levels])


def refiner(text: str, device: str | torch.device = "cpu") -> Refiner:
    """The refiner of a text, NAME or NAME@BACKGROUND: `crf:irn`, `crf:psa@8`, `pamr`; `crf` alone is `crf:irn`.

    `psa:FILE` and `irn:FILE` are the random walks of AffinityNet and of IRN with the network in a file; AffinityNet's
    may be a name in the register of checkpoints, too.

    Raises:
        InputError: there is none of that name, the background's score makes no sense, or the file has no such network.

    >>> refiner("crf:psa@8").settings.background, refiner("crf").name, len(refiner("crf:irn").backgrounds)
    (8.0, 'crf:irn', 16)
    >>> refiner("crf:deeplab")
    Traceback (most recent call last):
    wsss_viz.errors.InputError: unknown refiner 'crf:deeplab': give crf:irn, crf:psa, crf:oc-cse, pamr, ...
    """
    name, settings = named(text)
    levels = () if isinstance(settings, PamrSettings) else settings.backgrounds
    network = _network(name, device) if isinstance(settings, WalkSettings) else None
    made = Refiner(name, settings, levels, device, network)
    return made.at(settings.background) if "@" in text else made


def _network(name: str, device: str | torch.device) -> FeatureNet | BoundaryNet:
    kind, _, file = name.partition(":")
    network = read_affinity(file)
    if isinstance(network, BoundaryNet) != (kind == "irn"):
        right = "psa" if kind == "irn" else "irn"
        raise InputError(f"{file} is {'AffinityNet' if right == 'psa' else 'IRN'}: give {right}:{file}")
    return network.to(device)


def refined(run: Callable[..., Iterator[Step]], by: Refiner) -> Callable[..., Iterator[Step]]:
    """A bound method whose last step goes on through a refiner.

    Its last Step's `maps` (C, H, W) are the refined ones of its targets, and 0 in the other rows; of a CRF,
    `background` is in its `arrays`; logits, targets and settings are the method's.

    >>> from wsss_viz.methods import bind
    >>> from wsss_viz.methods.views import SINGLE
    >>> from wsss_viz.models.colour_network import colour_network, flag
    >>> step = last_step(refined(bind("cam", colour_network()), refiner("crf:irn"))(flag(), SINGLE))
    >>> step.maps.shape, step.maps[:, 0].round(1).tolist()
    ((3, 2, 3), [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    """

    def runner(sample: Sample, *arguments: Any, **named: Any) -> Iterator[Step]:
        yield from _refined_steps(last_step(run(sample, *arguments, **named)), sample, by)

    return runner


def _refined_steps(step: Step, sample: Sample, by: Refiner) -> Iterator[Step]:
    """The refiner's Steps on a method's step, with a row for each of its classes."""
    targets = list(step.targets)
    for each in by.steps(sample.image, step.image_maps(sample.size, targets)):
        maps = np.zeros((len(step.maps), *sample.size), np.float32)
        maps[targets] = each.maps
        yield dataclasses.replace(
            step,
            index=each.index,
            maps=maps,
            arrays=dict(each.arrays),
            mask=None,
            loss=None,
            terms={},
            stop=each.stop,
            settings={**step.settings, "refine": f"{by.name}@{by.settings.background:g}"},
            centres=None,
            grids=None,
        )
