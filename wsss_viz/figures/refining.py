"""Maps of a figure refined into a mask, kept by the digest of what went in."""

from __future__ import annotations

import contextlib
import hashlib
import io

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.disk_cache import DiskCache
from wsss_viz.models.manifest import file_digest, registered_path
from wsss_viz.refinement.settings import SHIPPED_WALK, named

__all__ = ["CACHE", "refined_maps"]

CACHE = DiskCache("refined", ".npy", 500 * 2**20)


def refined_maps(
    image: NDArray[np.uint8], maps: NDArray[np.float32], text: str, cache: DiskCache | None = CACHE
) -> NDArray[np.float32]:
    """(1 + K, H, W): the background's score and the maps of a refiner's last step, on the CPU.

    Args:
        image: (H, W, 3).
        maps: (K, H, W), raw, of the classes that compete.
        text: the refiner, as --refine takes it. PAMR's background has its constant score.

    Raises:
        InputError: there is no such refiner, or the image is too large for it.

    Examples:
        >>> image = np.zeros((2, 3, 3), np.uint8)
        >>> refined_maps(image, np.ones((1, 2, 3), np.float32), "pamr@0.25", None)[:, 0, 0].round(2).tolist()
        [0.25, 1.0]
    """
    name = named(text)[0]
    weights = file_digest(registered_path(name.partition(":")[2])) if name == SHIPPED_WALK else ""
    said = repr((image.shape, maps.shape, text, weights)).encode()
    key = hashlib.sha256(said + image.tobytes() + maps.tobytes()).hexdigest()
    stored = None if cache is None else cache.read(key)
    if stored is not None:
        with contextlib.suppress(ValueError):
            values: NDArray[np.float32] = np.load(io.BytesIO(stored), allow_pickle=False)
            return values
    from wsss_viz.refinement import refiner
    from wsss_viz.traces.step import last_step

    by = refiner(text)
    step = last_step(by.steps(image, maps))
    ground = step.arrays.get("background", np.full(image.shape[:2], by.settings.background, np.float32))
    values = np.concatenate([ground[None], step.maps]).astype(np.float32)
    if cache is not None:
        buffer = io.BytesIO()
        np.save(buffer, values)
        cache.write(key, buffer.getvalue())
    return values
