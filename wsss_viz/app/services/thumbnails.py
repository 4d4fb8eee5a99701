"""Thumbnails of images, made once and kept on disk, the oldest given up where they are too many. No Streamlit."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image

from wsss_viz.app.widgets.rendering import Picture
from wsss_viz.data.disk_cache import DiskCache

SIDE = 176
THUMBNAILS = DiskCache("thumbnails", ".jpg", 200 * 2**20, every=256)
"""About 30,000 of them."""


def thumbnail(key: str, image: Callable[[], Picture]) -> bytes:
    """The JPEG of an image, from disk where it is there; a disk that takes nothing is no reason to show nothing.

    Args:
        key: all that the picture depends on.
        image: reads the image, (H, W, 3) uint8; called where there is no thumbnail yet.
    """
    content = THUMBNAILS.read(f"{SIDE}/{key}")
    if content is None:
        content = small(image())
        THUMBNAILS.write(f"{SIDE}/{key}", content)
    return content


def small(image: Picture, side: int = SIDE) -> bytes:
    """The image as a JPEG with no side longer than `side`."""
    pillow = Image.fromarray(image)
    pillow.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    pillow.save(buffer, "JPEG", quality=82)
    return buffer.getvalue()
