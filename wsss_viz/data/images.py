"""Reading a person's image files, which may be anything.

Only PNG, JPEG and WebP are opened, whatever the file is called. Sizes are checked from the header before anything is
decoded, nothing is written to disk, and no global setting of Pillow or of the warnings filter is touched: several
threads may read at the same time. Colour profiles are not applied, as nowhere in the field.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, UnidentifiedImageError
from PIL import Image as Pillow

from wsss_viz.data.files import read_bounded, readable_bytes
from wsss_viz.data.headers import Header, read_header
from wsss_viz.data.sample import Image, Mask
from wsss_viz.errors import InputError

SUFFIXES = (".jpeg", ".jpg", ".png", ".webp")
"""What files of the three formats are called, lower case: for listing folders, never for deciding what a file is."""

_UPRIGHT = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Limits:
    """What is read at all: `pixels` and `file_bytes` at most, `side` pixels at least in height and in width,
    one of these at most `aspect` times the other.

    24 megapixels are 24 * 2**20, so that a camera sold with that number (6016 x 4016) passes. At the limit, reading
    takes up to 0.35 GB for a moment, 0.55 GB for a transparent WebP.
    """

    pixels: int = 24 * 2**20
    file_bytes: int = 10 * 2**20
    side: int = 8
    aspect: int = 100


LIMITS = Limits()


def read_image(source: bytes | Path, name: str = "", limits: Limits = LIMITS) -> Image:
    """The first frame of a PNG, JPEG or WebP file, upright, as (H, W, 3) uint8 RGB.

    The EXIF orientation is applied, transparency is laid over white; grey, palette, CMYK and 16-bit images (their
    higher byte) become RGB.

    Args:
        source: the bytes of the file, or its path.
        name: what the person calls the file, for messages; the path by default. Never used as a path.
        limits: sizes that are refused before anything is decoded.

    Raises:
        InputError: one line with the name, the cause and the remedy, for whatever is no such image.
    """
    shown, data = _shown_and_data(source, name, limits)
    with _opened(data, shown, ("PNG", "JPEG", "WEBP"), limits) as image:
        try:
            return from_pillow(image)
        except Exception as error:  # broken bytes make Pillow raise nearly anything
            raise _broken(shown, error) from error


def from_pillow(image: Pillow.Image) -> Image:
    """An opened image as `read_image` gives it: upright, over white where it is transparent, (H, W, 3) uint8 RGB.

    >>> from_pillow(Pillow.new("L", (3, 2), 7)).tolist()[0]
    [[7, 7, 7], [7, 7, 7], [7, 7, 7]]
    """
    orientation = _orientation(image)
    upright = _as_rgb(image)
    if orientation in _UPRIGHT:
        upright = upright.transpose(_UPRIGHT[orientation])
    return np.array(upright)


def read_mask(source: bytes | Path, name: str = "", limits: Limits = LIMITS) -> Mask:
    """The indices of a palette or 8-bit grey PNG, (H, W) uint8, as they stand in the file.

    The palette's colours mean nothing here, and no EXIF orientation is applied: a mask belongs to the pixels.
    Takes and raises what `read_image` does.
    """
    shown, data = _shown_and_data(source, name, limits)
    with _opened(data, shown, ("PNG",), limits) as image:
        # Grey of 2 or 4 bits would come back scaled to 0..255; the depth is byte 24 of the file (IHDR).
        if image.mode not in ("P", "1") and (image.mode != "L" or data[24] != 8):
            raise InputError(f"{shown}: no index mask ({image.mode}); save it as PNG with a palette or in 8-bit grey")
        try:
            image.load()
            return np.array(image).astype(np.uint8)
        except Exception as error:
            raise _broken(shown, error) from error


def _shown_and_data(source: bytes | Path, name: str, limits: Limits) -> tuple[str, bytes]:
    """What to call the file in a message (one line, not too long), and its bytes."""
    if isinstance(source, bytes):
        shown, data = name or "the image", source
    else:
        shown, data = name or str(source), read_bounded(source, limits.file_bytes)
    shown = "".join(character if character.isprintable() else "?" for character in shown)
    shown = shown if len(shown) <= 120 else f"{shown[:58]}...{shown[-58:]}"
    if len(data) > limits.file_bytes:
        raise InputError(
            f"{shown}: {readable_bytes(len(data))}, more than the {readable_bytes(limits.file_bytes)} that are read; "
            "save it smaller"
        )
    if not data:
        raise InputError(f"{shown}: the file is empty (0 bytes); save or upload it again")
    return shown, data


def _opened(data: bytes, shown: str, formats: tuple[str, ...], limits: Limits) -> Pillow.Image:
    """The image with its header read and its size within the limits, not decoded yet."""
    wanted = "PNG, JPEG or WebP" if len(formats) > 1 else formats[0]
    try:
        header = read_header(data)
    except ValueError as error:
        raise _broken(shown, error) from error
    if header is None or header.format not in formats:
        raise InputError(f"{shown}: not a {wanted} file, whatever its name; save the image as {wanted}")
    _check_size(header, shown, limits)
    try:
        image = Pillow.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError as error:
        raise _broken(shown, ValueError("the header is broken")) from error
    except Exception as error:
        raise _broken(shown, error) from error
    # Pillow's idea of the size need not be the header's in a file made to deceive.
    _check_size(Header(header.format, image.height, image.width), shown, limits)
    return image


def _check_size(header: Header, shown: str, limits: Limits) -> None:
    size = f"{header.width} x {header.height} pixels"
    if header.width * header.height > limits.pixels:
        raise InputError(
            f"{shown}: {size}, more than the {limits.pixels // 2**20} megapixels that are read; make it smaller"
        )
    if min(header.width, header.height) < limits.side:
        raise InputError(f"{shown}: {size}, too small; {limits.side} x {limits.side} is the least")
    if max(header.width, header.height) > limits.aspect * min(header.width, header.height):
        raise InputError(f"{shown}: {size}, more than {limits.aspect} times as long as wide; crop it")


def _broken(shown: str, error: Exception) -> InputError:
    cause = " ".join(str(error).split())[:100] or type(error).__name__
    return InputError(f"{shown}: broken or cut off ({cause}); save or upload it again")


def _orientation(image: Pillow.Image) -> Any:
    """The EXIF orientation, 1 to 8; a broken EXIF block leaves a good image as it lies."""
    image.load()  # a PNG may carry its EXIF after the pixels
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:
        return 1


def _as_rgb(image: Pillow.Image) -> Pillow.Image:
    """The image in RGB, 8 bits a channel, over white where it is transparent."""
    if image.mode == "I;16":
        # Pillow would clip at 255 what it keeps of a 16-bit grey image; colours it cuts to the higher byte.
        values = np.asarray(image)
        grey = (values >> 8).astype(np.uint8)
        grey[values == image.info.get("transparency", -1)] = 255
        return Pillow.fromarray(grey).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    white = Pillow.new("RGB", layer.size, "white")
    white.paste(layer, mask=layer)  # less memory than alpha_composite
    return white
