"""Pictures as PNG: bytes, a `data:` address that needs no file, and a row of them as a notebook shows it."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from html import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

__all__ = ["THUMBNAIL_SIDE", "data_address", "picture_row", "png", "thumbnail"]

THUMBNAIL_SIDE = 192


def png(image: NDArray[np.uint8], credit: str = "") -> bytes:
    """The PNG bytes of an image, compressed quickly rather than small.

    Args:
        image: (H, W, 3) uint8 RGB, or (H, W) uint8 grey.
        credit: whose picture it is, written into the file as its `Copyright`.

    >>> png(np.zeros((2, 3, 3), np.uint8))[:4]
    b'\\x89PNG'
    """
    buffer = io.BytesIO()
    about = PngInfo()
    if credit:
        about.add_itxt("Copyright", credit)
    Image.fromarray(image).save(buffer, "PNG", compress_level=1, pnginfo=about)
    return buffer.getvalue()


def data_address(image: NDArray[np.uint8]) -> str:
    """The image as a `data:` address of its PNG. Takes what `png` takes.

    >>> data_address(np.zeros((2, 3, 3), np.uint8))[:26]
    'data:image/png;base64,iVBO'
    """
    return f"data:image/png;base64,{base64.b64encode(png(image)).decode('ascii')}"


def thumbnail(image: NDArray[np.uint8], side: int = THUMBNAIL_SIDE) -> NDArray[np.uint8]:
    """The image with its longer side at most `side` pixels, its aspect kept; itself where it is no larger.

    >>> thumbnail(np.zeros((400, 200, 3), np.uint8), side=100).shape
    (100, 50, 3)
    """
    longest = max(image.shape[:2])
    if longest <= side:
        return image
    height, width = (max(1, round(length * side / longest)) for length in image.shape[:2])
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))


def picture_row(line: str, pictures: Iterable[tuple[NDArray[np.uint8], str]]) -> str:
    """HTML: a line of text, and below it thumbnails with captions. Texts are escaped.

    Args:
        line: above the pictures.
        pictures: images as `png` takes them, each with its caption.

    >>> picture_row("a < b", [(np.zeros((2, 3), np.uint8), "grey")])[:26]
    '<div><code>a &lt; b</code>'
    """
    figures = "".join(
        f'<figure style="display:inline-block;margin:4px"><img src="{data_address(thumbnail(image))}" '
        f'alt="{escape(caption)}"><figcaption>{escape(caption)}</figcaption></figure>'
        for image, caption in pictures
    )
    return f"<div><code>{escape(line)}</code><div>{figures}</div></div>"
