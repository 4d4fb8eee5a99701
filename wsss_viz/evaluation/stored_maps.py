"""Maps and pseudo masks in a folder held against an image: read, and counted, by one rule for commands and pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from wsss_viz.data.matching import matching
from wsss_viz.data.sample import Mask, Sample
from wsss_viz.data.source_files import labels_of_mask
from wsss_viz.errors import InputError
from wsss_viz.evaluation.counts import THRESHOLDS, Counts, count, count_mask
from wsss_viz.evaluation.measures import measured
from wsss_viz.evaluation.protocols import Protocol, count_file, count_file_mask
from wsss_viz.evaluation.refined import count_refined
from wsss_viz.traces.centres import CENTRES, FIELD, CellCentres
from wsss_viz.traces.map_folder import MapFolder
from wsss_viz.traces.resize import upsample
from wsss_viz.traces.step import Step, Trace
from wsss_viz.traces.storage import StoredMaps

if TYPE_CHECKING:
    from wsss_viz.refinement.refiners import Refiner

__all__ = [
    "FINISHED",
    "NO_MASK",
    "SampleMaps",
    "count_stored_sample",
    "known_centres",
    "read_sample_maps",
    "stored_trace",
]

FINISHED = "finished masks"
NO_MASK = "has no mask: `evaluate` wants one that has (scenes:test, voc:...)"


def known_centres(centres: CellCentres | None, align: str, name: str) -> CellCentres | None:
    """What maps are laid over the image by. Raises InputError where it is to be the centres and they are not known.

    Examples:
        >>> centres = CellCentres((0.0, 0.0), (16.0, 16.0))
        >>> known_centres(centres, CENTRES, "a") == centres, known_centres(centres, FIELD, "a")
        (True, None)
    """
    if align == CENTRES and centres is None:
        raise InputError(
            f"where the cells of the maps of {name} lie is not known (files of others and older ones do not say): "
            "write the maps again with `maps`, or leave --align out"
        )
    return centres if align == CENTRES else None


@dataclass(frozen=True, eq=False)
class SampleMaps:
    """What a folder has of one image.

    Attributes:
        sample: the image in the words of the maps' class list.
        keys: names of the classes, of the maps or in `mask`.
        stored: the maps; None of finished pseudo masks.
        mask: (H, W) uint8, index into `keys` + 1, where the folder's word is final: of pseudo masks, and of maps with a
            background's score, the argmax over it and the maps; None where a threshold decides.
    """

    sample: Sample
    keys: tuple[str, ...]
    stored: StoredMaps | None
    mask: Mask | None = None


def read_sample_maps(maps: MapFolder, sample: Sample, align: str = FIELD) -> SampleMaps:
    """The maps or the pseudo mask of one image in a folder: ours, or of others.

    Raises:
        InputError: they are missing, broken, of another image or of other classes, or the centres are not known.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from wsss_viz.models.colour_network import COLOURS, flag
        >>> from wsss_viz.traces.map_folder import MapWriter
        >>> from wsss_viz.traces.storage import StoredMaps
        >>> stored = StoredMaps(np.ones((1, 2, 3), np.float32), np.zeros(1, np.float32), ("red",), (2, 3))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     MapWriter(Path(folder), COLOURS).write("flag", stored)
        ...     read = read_sample_maps(MapFolder(Path(folder), COLOURS), flag())
        >>> read.keys, read.stored.maps.shape, read.mask
        (('red',), (1, 2, 3), None)
    """
    sample = matching(sample.classes, maps.classes).of(sample)
    labels = sample.labels
    if labels is None and sample.mask is not None:
        labels = labels_of_mask(sample.mask, sample.classes)
    if maps.masks_of(sample.name):
        return SampleMaps(sample, maps.classes, None, maps.read_mask(sample.name, sample.size, labels))
    stored = maps.read(sample.name, sample.size, labels)
    centres = known_centres(stored.centres, align, sample.name)
    mask = None
    if stored.background is not None:
        scores = upsample(np.concatenate([stored.background[None], stored.maps]), sample.size, centres)
        mask = scores.argmax(axis=0).astype(np.uint8)
    return SampleMaps(sample, stored.keys, stored, mask)


def stored_trace(maps: MapFolder, sample: Sample, name: str) -> Trace:
    """The maps of an image in a folder as a trace of one Step, `name`, in the sample's classes.

    Finished masks, and maps with a background's score, are maps of 0 and 1, and the Step's `stop` is `FINISHED`.

    Raises:
        InputError: as `read_sample_maps`.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from wsss_viz.models.colour_network import COLOURS, flag
        >>> from wsss_viz.traces.map_folder import MapWriter
        >>> stored = StoredMaps(np.ones((1, 2, 3), np.float32), np.zeros(1, np.float32), ("red",), (2, 3))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     MapWriter(Path(folder), COLOURS).write("flag", stored)
        ...     trace = stored_trace(MapFolder(Path(folder), COLOURS), flag(), "Ours")
        >>> trace.target_names, trace.maps.shape
        (('red',), (3, 2, 3))
    """
    return Trace((_stored_step(read_sample_maps(maps, sample), sample),), name, sample.classes)


def _stored_step(stored: SampleMaps, sample: Sample) -> Step:
    words = matching(sample.classes, stored.keys).renamed
    maps = None if stored.stored is None else stored.stored.maps
    if stored.mask is not None:
        maps = np.stack([stored.mask == index for index in range(1, len(stored.keys) + 1)])
    size = sample.size if maps is None or not len(maps) else maps.shape[1:]
    planes = np.zeros((len(sample.classes), *size), np.float32)
    targets = []
    for index, name in enumerate(sample.classes):
        if name in words and maps is not None:
            planes[index] = maps[stored.keys.index(words[name])]
            targets.append(index)
    scores = np.full(len(sample.classes), np.nan, np.float32)
    note = FINISHED if stored.mask is not None else None
    if note or stored.stored is None:
        return Step(0, planes, scores, tuple(targets), stop=note)
    grids = stored.stored.grids
    if grids is not None and grids.unions:
        rows = [stored.keys.index(words[name]) if name in words else None for name in sample.classes]
        unions = [
            tuple(np.stack([np.zeros_like(g[0]) if i is None else g[i] for i in rows]) for g in union)
            for union in grids.unions
        ]
        grids = replace(grids, unions=tuple(unions))
    return Step(0, planes, scores, tuple(targets), centres=stored.stored.centres, grids=grids)


def count_stored_sample(
    maps: MapFolder,
    sample: Sample,
    align: str = FIELD,
    protocol: Protocol | None = None,
    refiner: Refiner | None = None,
    measures: Sequence[str] = (),
) -> Counts:
    """The Counts of one sample from the maps in a folder: ours, others', or finished pseudo masks.

    Args:
        protocol: a paper's way to count; None: ours, at `THRESHOLDS`.
        measures: beside mIoU, whose needs are counted too (`measures.measured`).

    Raises:
        InputError: as `read_sample_maps`, and for a sample without a mask.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from wsss_viz.models.colour_network import COLOURS, flag
        >>> from wsss_viz.traces.map_folder import MapWriter
        >>> from wsss_viz.traces.storage import StoredMaps
        >>> stored = StoredMaps(np.ones((1, 2, 3), np.float32), np.zeros(1, np.float32), ("red",), (2, 3))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     MapWriter(Path(folder), COLOURS).write("flag", stored)
        ...     counts = count_stored_sample(MapFolder(Path(folder), COLOURS), flag())
        >>> counts.intersection[30].tolist(), counts.target.tolist()
        ([0, 2, 0, 0], [0, 2, 0, 4])
    """
    if sample.mask is None:
        raise InputError(f"{sample.name} {NO_MASK}")
    read = read_sample_maps(maps, sample, align)
    if read.mask is not None and refiner is not None:
        what = "finished masks" if read.stored is None else "maps with a background's score of their own"
        raise InputError(f"{maps.folder} has {what}: leave --refine out, or give maps without")
    if read.mask is not None and protocol is not None:
        return count_file_mask(read.mask, read.sample, read.keys, protocol)
    if read.mask is not None:
        mask = read.mask
        return measured(lambda sample: count_mask(mask, sample, read.keys, len(THRESHOLDS)), read.sample, measures)
    assert read.stored is not None
    if protocol is not None:
        return count_file(read.stored, read.sample, protocol, normalised=maps.format not in ("ours", "fiftyone"))
    centres = known_centres(read.stored.centres, align, sample.name)
    if refiner is not None:
        raw = read.stored.image_values("raw", centres)
        return measured(lambda sample: count_refined(raw, sample, read.keys, refiner), read.sample, measures)
    values = read.stored.image_values("raw" if maps.normalised else "relu_max", centres)
    return measured(
        lambda sample: count(values, sample, read.keys, by="raw"), read.sample, measures, lambda: (values, read.keys)
    )
