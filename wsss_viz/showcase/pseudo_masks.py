"""The pseudo masks that the stored report counts, of every method on every image of it. Read without torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.archives import read_archive, write_archive
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods.view_set import PRESETS
from wsss_viz.models.manifest import checkpoints_folder
from wsss_viz.traces.pseudo_masks import mask_of_values
from wsss_viz.traces.step import last_step

if TYPE_CHECKING:
    from wsss_viz.methods.binding import Runner

__all__ = ["REBUILD", "PseudoMasks", "pseudo_masks_path", "read_pseudo_masks", "report_mask", "write_pseudo_masks"]

REBUILD = "python -m wsss_viz showcase --report scenes-test"
Progress = Callable[[Iterable[Any], str], Iterable[Any]]


@dataclass(frozen=True, eq=False)
class PseudoMasks:
    """Pseudo masks of a report's images.

    Attributes:
        sources: the images' data strings.
        thresholds: of the background, by the report's rows.
        masks: by row (N, H, W) uint8, class index + 1, 0 background; of the rows that were asked for.
    """

    sources: tuple[str, ...]
    thresholds: Mapping[str, float]
    masks: Mapping[str, NDArray[np.uint8]]

    def mask(self, row: str, source: str, threshold: float) -> NDArray[np.uint8] | None:
        """(H, W) the mask of a row on an image at its report's threshold; None where there is none, or of another.

        >>> masks = PseudoMasks(("a", "b"), {"cam": 0.3}, {"cam": np.arange(12, dtype=np.uint8).reshape(2, 2, 3)})
        >>> masks.mask("cam", "b", 0.3).tolist(), masks.mask("cam", "b", 0.4), masks.mask("rib", "b", 0.3)
        ([[6, 7, 8], [9, 10, 11]], None, None)
        """
        if source not in self.sources or row not in self.masks or self.thresholds[row] != threshold:
            return None
        return self.masks[row][self.sources.index(source)]


def pseudo_masks_path(report: str, folder: Path | None = None) -> Path:
    """Where a stored report's are: in `showcase/` beside the checkpoints.

    Examples:
        >>> pseudo_masks_path("scenes-test", Path("mine")).as_posix()
        'mine/showcase/scenes-test.masks.npz'
    """
    return (folder or checkpoints_folder()) / "showcase" / f"{report}.masks.npz"


def report_mask(
    run: Runner, classes: Sequence[str], sample: Sample, report: Mapping[str, Any], row: str
) -> NDArray[np.uint8]:
    """(H, W) the pseudo mask whose IoU stands in the report for the image.

    Args:
        run: the row's bound method, whose maps are of `classes`, as the sample's mask is.
        report: of `evaluate --json`: its views, its alignment and the row's threshold are taken.

    Examples:
        >>> from wsss_viz.methods import bind
        >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
        >>> report = {"views": "single", "align": "field", "methods": {"cam": {"threshold": 0.3}}}
        >>> report_mask(bind("cam", colour_network()), COLOURS, flag(), report, "cam").tolist()
        [[1, 3, 3], [1, 3, 3]]
    """
    step = last_step(run(sample, PRESETS[report["views"]]))
    labels = [index for index, name in enumerate(classes) if name in (sample.labels or ())]
    values = step.image_values(sample.size, "relu_max", labels, report["align"])
    return mask_of_values(values, labels, report["methods"][row]["threshold"]).astype(np.uint8)


def write_pseudo_masks(
    path: Path,
    report: Mapping[str, Any],
    runs: Mapping[str, Runner],
    samples: Sequence[Sample],
    progress: Progress = lambda items, title: items,
) -> None:
    """Computes the masks of a report's rows, and writes them whole or not at all.

    Args:
        report: of `evaluate --json`, of `samples`.
        runs: bound methods by rows of the report; of a row without one no masks are written.

    Raises:
        InputError: a run of no row of the report.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.methods import bind
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> report = {"views": "single", "align": "field", "methods": {"cam": {"threshold": 0.3}}}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pseudo_masks_path("flags", Path(folder))
        ...     write_pseudo_masks(path, report, {"cam": bind("cam", colour_network())}, [flag()])
        ...     read_pseudo_masks("flags", folder=Path(folder)).masks["cam"].shape
        (1, 2, 3)
    """
    strange = [row for row in runs if row not in report["methods"]]
    if strange:
        raise InputError(f"the report has no row {strange[0]!r}: give one of {', '.join(report['methods'])}")
    classes = samples[0].classes
    masks = {
        row: np.stack([report_mask(runs[row], classes, sample, report, row) for sample in progress(samples, row)])
        for row in report["methods"]
        if row in runs
    }
    header = {
        "sources": [sample.source or sample.name for sample in samples],
        "thresholds": {row: report["methods"][row]["threshold"] for row in masks},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_archive(path, header, {str(at): array for at, array in enumerate(masks.values())})


def read_pseudo_masks(report: str, rows: Sequence[str] | None = None, folder: Path | None = None) -> PseudoMasks:
    """The masks of a stored report's images.

    Args:
        rows: of the report, those that are wanted; None: all. A row takes 5 MB.

    Raises:
        InputError: the file is missing, damaged or of another kind.

    Examples:
        >>> masks = read_pseudo_masks("scenes-test", ["rib"])
        >>> list(masks.masks), masks.masks["rib"].shape, masks.sources[17]
        (['rib'], (300, 128, 128), 'scenes:test:17')
    """
    path = pseudo_masks_path(report, folder)
    if not path.is_file():
        raise InputError(f"There are no pseudo masks of {report} yet. Compute them: `{REBUILD}`.")
    try:
        header, _ = read_archive(path, only=())
        sources, thresholds = tuple(header["sources"]), dict(header["thresholds"])
        wanted = {row: str(at) for at, row in enumerate(thresholds) if rows is None or row in rows}
        _, arrays = read_archive(path, only=wanted.values())
        masks = {row: arrays[name] for row, name in wanted.items()}
        fits = all(mask.shape[0] == len(sources) and mask.dtype == np.uint8 for mask in masks.values())
    except (KeyError, TypeError, IndexError):
        fits = False
    if not fits:
        raise InputError(f"{path.name} is of another version of this project. Compute it again: `{REBUILD}`.")
    return PseudoMasks(sources, thresholds, masks)
