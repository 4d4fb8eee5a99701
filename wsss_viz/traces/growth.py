"""How maps grow while a network is trained: a few images, all classes' maps after every epoch, in one small file."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.archives import check_content
from wsss_viz.data.files import write_whole
from wsss_viz.errors import InputError
from wsss_viz.traces.step import Step, Trace

__all__ = ["Growth", "read_growth", "write_growth"]


@dataclass(frozen=True, eq=False)
class Growth:
    """The maps of S images, from before the training (row 0) to after each of its epochs: E rows.

    Attributes:
        maps: (E, S, C, h, w) float16, raw and signed; half precision, for they are looked at, not measured.
        scores: (E, S, C) float32, logits.
        labels: (S, C) bool, the images' labels.
        sources: S data strings.
        classes: C names.
        method: whose maps these are ("cs-ae").
    """

    maps: NDArray[np.float16]
    scores: NDArray[np.float32]
    labels: NDArray[np.bool_]
    sources: tuple[str, ...]
    classes: tuple[str, ...]
    method: str = ""

    def trace(self, source: str) -> Trace:
        """The training as a trace on one image: step e holds its maps after e epochs.

        Raises:
            InputError: the image is not among those that were watched.
        """
        if source not in self.sources:
            raise InputError(f"the training was not watched on {source}: take one of {', '.join(self.sources)}")
        row = self.sources.index(source)
        targets = tuple(int(c) for c in np.flatnonzero(self.labels[row]))
        steps = (
            Step(epoch, maps[row].astype(np.float32), scores[row].copy(), targets)
            for epoch, (maps, scores) in enumerate(zip(self.maps, self.scores, strict=True))
        )
        return Trace.collect(steps, self.method, self.classes)


def write_growth(path: Path, growth: Growth) -> None:
    """Writes the file, whole or not at all; the same growth gives the same bytes.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "growth.npz"
    >>> maps, labels = np.zeros((3, 1, 2, 4, 6), np.float16), np.array([[False, True]])
    >>> write_growth(path, Growth(maps, maps.mean((3, 4)), labels, ("scenes:test:17",), ("cow", "dog"), "cs-ae"))
    >>> read_growth(path).trace("scenes:test:17")
    Trace(method='cs-ae', steps=3, maps=(2, 4, 6), targets=('dog',))
    """
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        maps=growth.maps.astype(np.float16),
        scores=growth.scores.astype(np.float32),
        labels=growth.labels.astype(np.bool_),
        sources=np.array(growth.sources, dtype=np.str_),
        classes=np.array(growth.classes, dtype=np.str_),
        method=np.array(growth.method, dtype=np.str_),
    )
    write_whole(path, buffer.getvalue())


def read_growth(path: Path) -> Growth:
    """Reads what `write_growth` wrote. Nothing in the file is executed.

    Raises:
        InputError: the file is missing, truncated, or not one of these.

    >>> read_growth(Path("none.npz"))
    Traceback (most recent call last):
    wsss_viz.errors.InputError: no growth at none.npz: it is written by `python -m wsss_viz train`
    """
    try:
        check_content(path)
        with np.load(path, allow_pickle=False) as file:
            maps, scores, labels = file["maps"], file["scores"], file["labels"]
            sources, classes = (tuple(str(value) for value in file[key]) for key in ("sources", "classes"))
            method = str(file["method"])
    except FileNotFoundError:
        raise InputError(f"no growth at {path}: it is written by `python -m wsss_viz train`") from None
    except Exception:  # a broken archive raises nearly anything
        raise InputError(f"{path} does not hold the growth of a training, or is truncated: write it again") from None
    if maps.ndim != 5 or scores.shape != maps.shape[:3] or labels.shape != maps.shape[1:3]:
        raise InputError(f"{path} does not hold the growth of a training: maps {maps.shape}, scores {scores.shape}")
    if labels.shape != (len(sources), len(classes)):
        raise InputError(f"{path} does not hold the growth of a training: labels {labels.shape}")
    return Growth(maps, scores, labels, sources, classes, method)
