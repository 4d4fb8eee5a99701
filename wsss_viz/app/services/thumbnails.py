"""Thumbnails of images, made once and kept on disk, the oldest given up where they are too many. No Streamlit."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from wsss_viz.app.widgets.rendering import Picture
from wsss_viz.data.files import write_whole
from wsss_viz.errors import InputError
from wsss_viz.resources import cache_folder

SIDE = 176
LIMIT = 200 * 2**20
"""Bytes of all thumbnails together: about 30,000 of them."""
_CHECKED_EVERY = 256
_written = itertools.count()


def folder() -> Path:
    """Where they are."""
    return cache_folder() / "thumbnails"


def thumbnail(key: str, image: Callable[[], Picture]) -> bytes:
    """The JPEG of an image, from disk where it is there; a disk that takes nothing is no reason to show nothing.

    Args:
        key: all that the picture depends on.
        image: reads the image, (H, W, 3) uint8; called where there is no thumbnail yet.
    """
    name = hashlib.sha256(f"{SIDE}/{key}".encode()).hexdigest()
    path = folder() / name[:2] / f"{name[2:]}.jpg"
    try:
        stored = path.read_bytes()
        os.utime(path)
        return stored
    except OSError:
        pass
    content = small(image())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
        _sometimes_prune()
    except (OSError, InputError):
        pass
    return content


def small(image: Picture) -> bytes:
    """The image as a JPEG with no side longer than `SIDE`."""
    pillow = Image.fromarray(image)
    pillow.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    pillow.save(buffer, "JPEG", quality=82)
    return buffer.getvalue()


def _sometimes_prune() -> None:
    if next(_written) % _CHECKED_EVERY == 0:
        prune()


def prune(limit: int = LIMIT) -> int:
    """Removes those that were not looked at for longest, until the rest has three quarters of the limit; how many."""
    files = []
    for path in folder().glob("*/*.jpg"):
        try:
            status = path.stat()
            files.append((status.st_mtime_ns, status.st_size, path))
        except OSError:
            continue
    total, removed = sum(size for _, size, _ in files), 0
    if total <= limit:
        return 0
    for _, size, path in sorted(files):
        if total <= 0.75 * limit:
            break
        path.unlink(missing_ok=True)
        total, removed = total - size, removed + 1
    return removed
