"""The pipeline as the field runs it: image labels, maps, refined pseudo masks, and a segmentation network from these.

Each stage has its folder or file and goes on where it was: `maps/`, `masks/`, `segmenter.safetensors`. Pixel masks are
read for scores alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image as Pillow

from wsss_viz.data.files import write_whole
from wsss_viz.data.sample import Mask, Sample
from wsss_viz.errors import InputError
from wsss_viz.evaluation.counts import Counts, count_mask
from wsss_viz.evaluation.scores import summarise
from wsss_viz.methods.binding import Runner
from wsss_viz.methods.views import Views
from wsss_viz.models.manifest import file_digest
from wsss_viz.models.segmenter import Segmenter, read_segmenter, segment
from wsss_viz.traces.map_folder import MapFolder
from wsss_viz.traces.step import Step
from wsss_viz.training.drawings import Drawings, Progress
from wsss_viz.training.loop import Schedule
from wsss_viz.training.segmenter import SEGMENTER_SCHEDULE, PseudoMasks, train_segmenter

__all__ = ["SCHEDULE", "SIDE", "mask_scores", "network_scores", "stored_run", "trained", "training_set"]

SCHEDULE = SEGMENTER_SCHEDULE

SIDE = 128
"""The side in pixels that images are brought to for the segmentation network, which is a small one: our own choice."""


def stored_run(folder: MapFolder, classes: Sequence[str]) -> Runner:
    """A method that reads the maps it once wrote: what a refiner goes on from.

    Args:
        folder: of maps of every sample that it is asked for.
        classes: of its Steps' rows.

    >>> from wsss_viz.models.colour_network import COLOURS, flag
    >>> class Stored:
    ...     def read(self, name, size, labels=None):
    ...         from wsss_viz.traces.storage import StoredMaps
    ...
    ...         return StoredMaps(np.ones((1, 2, 3), np.float32), np.zeros(1, np.float32), ("blue",), size)
    >>> (step,) = stored_run(Stored(), COLOURS)(flag(), Views())
    >>> step.targets, step.maps.sum(axis=(1, 2)).tolist()
    ((2,), [0.0, 0.0, 6.0])
    """

    def run(sample: Sample, views: Views) -> Iterator[Step]:
        stored = folder.read(sample.name, sample.size)
        rows = [list(classes).index(key) for key in stored.keys]
        maps = np.zeros((len(classes), *stored.maps.shape[1:]), np.float32)
        maps[rows] = stored.maps
        yield Step(0, maps, np.zeros(len(classes), np.float32), tuple(rows), centres=stored.centres)

    return run


def training_set(masks: MapFolder, samples: Sequence[Sample], side: int = SIDE) -> Drawings:
    """Images (N, 3, side, side) and pseudo masks (N, side, side), of those samples that have a label.

    Raises:
        InputError: none has one, or a mask is missing.

    >>> from types import SimpleNamespace
    >>> from wsss_viz.models.colour_network import COLOURS, flag
    >>> stored = SimpleNamespace(read_mask=lambda name, size: flag().mask, classes=COLOURS)
    >>> drawn = training_set(stored, [flag()], 6)
    >>> drawn.images.shape, drawn.targets.unique().tolist()
    (torch.Size([1, 3, 6, 6]), [1, 3])
    """
    pairs = [
        (_resized(sample.image, side, Pillow.Resampling.BILINEAR), _nearest(mask, (side, side)))
        for sample in samples
        if sample.labels
        for mask in [masks.read_mask(sample.name, sample.size)]
    ]
    if not pairs:
        raise InputError("no image has a label: there is nothing to train a segmentation network on")
    images, targets = (torch.from_numpy(np.stack(arrays)) for arrays in zip(*pairs, strict=True))
    return Drawings(images.permute(0, 3, 1, 2).contiguous(), targets)


def trained(
    path: Path,
    backbone: Path,
    data: Drawings,
    classes: Sequence[str],
    settings: Mapping[str, Any],
    schedule: Schedule,
    progress: Progress,
) -> tuple[Segmenter, float | None]:
    """The segmentation network at `path` and the seconds it took, trained where it is not there yet; then None.

    Every tenth image is not trained on: its loss is said after each epoch.

    Args:
        settings: what its masks were made with; beside the network, as PATH.json, to tell it from another's.

    Raises:
        InputError: the network there was trained with other settings, or there are fewer than two images.

    >>> trained(Path("s.safetensors"), Path("b"), Drawings(torch.zeros(1, 3, 8, 8), torch.zeros(1, 8, 8)), (), {},
    ...         SCHEDULE, lambda items, title: items)
    Traceback (most recent call last):
    wsss_viz.errors.InputError: one labelled image is too few to train a segmentation network: give more
    """
    if len(data) < 2:
        raise InputError("one labelled image is too few to train a segmentation network: give more")
    note = path.with_suffix(".json")
    content = {**settings, "schedule": asdict(schedule), "classes": list(classes)}
    wanted = (json.dumps(content | ({"backbone": file_digest(backbone)} if backbone.is_file() else {})) + "\n").encode()
    if path.exists() and note.exists():
        if note.read_bytes() != wanted:
            raise InputError(f"{path} was trained with other settings (see {note.name}): give another --out")
        return read_segmenter(path), None
    held = torch.arange(len(data)) % 10 == 1
    parts = [Drawings(data.images[rows], data.targets[rows]) for rows in (~held, held)]
    masks = PseudoMasks(str(settings.get("method", "")), float(settings.get("threshold", 0)), 0.0)
    schedule = replace(schedule, batch=min(schedule.batch, len(parts[0])))
    network, history = train_segmenter(
        path, backbone, parts[0], masks, schedule, val=parts[1], progress=progress, say=lambda line: None,
        classes=tuple(classes),
    )  # fmt: skip
    write_whole(note, wanted)
    return network, round(history.seconds, 1)


def mask_scores(masks: MapFolder, samples: Sequence[Sample]) -> dict[str, Any]:
    """mIoU of the pseudo masks of those samples that have a pixel mask; None where none has.

    >>> from types import SimpleNamespace
    >>> from wsss_viz.models.colour_network import COLOURS, flag
    >>> stored = SimpleNamespace(read_mask=lambda name, size: flag().mask, classes=COLOURS)
    >>> mask_scores(stored, [flag()])
    {'count': 1, 'miou': 100.0}
    """
    return _scores(samples, lambda sample: masks.read_mask(sample.name, sample.size), masks.classes)


def network_scores(network: Segmenter, samples: Sequence[Sample], side: int = SIDE) -> dict[str, Any]:
    """The same of the network's masks: it sees no label, and the image at `side`.

    >>> from wsss_viz.data.sources import open as open_data
    >>> from wsss_viz.models.segmenter import load_segmenter
    >>> scores = network_scores(load_segmenter(), open_data("scenes:test")[:2])
    >>> scores["count"], scores["miou"] > 10
    (2, True)
    """

    def mask(sample: Sample) -> Mask:
        return _nearest(segment(network, _resized(sample.image, side, Pillow.Resampling.BILINEAR)), sample.size)

    return _scores(samples, mask, network.classes)


def _scores(samples: Sequence[Sample], mask_of: Callable[[Sample], Mask], classes: Sequence[str]) -> dict[str, Any]:
    counts: list[Counts] = []
    names: Sequence[str] = ()
    for sample in samples:
        if sample.mask is not None:
            counts.append(count_mask(mask_of(sample), sample, classes))
            names = sample.classes
    if not counts:
        return {"count": 0, "miou": None}
    return {"count": len(counts), "miou": round(summarise(counts, names, None, np.array([0.0])).miou, 2)}


def _resized(image: Any, side: int, by: Pillow.Resampling) -> Any:
    return np.asarray(Pillow.fromarray(image).resize((side, side), by))


def _nearest(mask: Mask, size: tuple[int, int]) -> Mask:
    return np.array(Pillow.fromarray(mask).resize((size[1], size[0]), Pillow.Resampling.NEAREST))
