"""Many drawings at once, on all cores. Needs no torch, so the workers start quickly."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Sized
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.scenes.dataset import Scenes, Singles

__all__ = ["KINDS", "Chunk", "draw_arrays"]

KINDS = ("scenes", "singles")
_CHUNK = 50
_WORTH_A_POOL = 200

Chunk = tuple[NDArray[np.uint8], NDArray]


class _Chunks(Iterable[Chunk], Sized):
    """The chunks as they are done, their number known."""

    def __init__(self, chunks: Iterable[Chunk], count: int) -> None:
        self._chunks, self._count = chunks, count

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._chunks)

    def __len__(self) -> int:
        return self._count


def draw_arrays(
    kind: str, split: str, count: int, progress: Callable[[Iterable[Chunk], str], Iterable[Chunk]]
) -> tuple[NDArray[np.uint8], NDArray]:
    """The first `count` drawings of a split, the same whatever the number of cores.

    Args:
        kind: "scenes" or "singles".
        progress: wraps the chunks while they are gone through.

    Returns:
        (N, 128, 128, 3) uint8 images, and the targets: (N, C) float32 labels of scenes, (N,) int64 fine-grained labels
        of singles.

    Examples:
        >>> images, targets = draw_arrays("singles", "test", 2, lambda items, title: items)
        >>> images.shape, targets.dtype.name
        ((2, 128, 128, 3), 'int64')
    """
    jobs = [(kind, split, range(start, min(start + _CHUNK, count))) for start in range(0, count, _CHUNK)]
    title = f"drawing {count} {split} {kind}"
    if count < _WORTH_A_POOL:
        chunks = list(progress(_Chunks(map(_draw, jobs), len(jobs)), title))
    else:
        # spawned, not forked: the parent may hold threads
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(os.cpu_count() or 1, len(jobs)), mp_context=context) as pool:
            chunks = list(progress(_Chunks(pool.map(_draw, jobs), len(jobs)), title))
    return np.concatenate([images for images, _ in chunks]), np.concatenate([targets for _, targets in chunks])


def _draw(job: tuple[str, str, range]) -> Chunk:
    kind, split, indices = job
    if kind == "singles":
        singles = Singles(split, indices.stop)
        selected = [singles[i] for i in indices]
        return np.stack([s.sample.image for s in selected]), np.array([s.fine_label for s in selected], dtype=np.int64)
    scenes = Scenes(split, indices.stop)
    samples = [scenes[i] for i in indices]
    return np.stack([s.image for s in samples]), np.stack([s.label_vector() for s in samples])
