"""Reading a person's image files, which may be anything.

Only PNG, JPEG and WebP are opened, whatever the file is called. Sizes are checked from the header before anything is
decoded, nothing is written to disk, and no global setting of Pillow or of the warnings filter is touched: several
threads may read at the same time. Colour profiles are not applied, as nowhere in the field.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, UnidentifiedImageError
from PIL import Image as Pillow

from wsss_viz.data.files import read_bounded, readable_bytes
from wsss_viz.data.findings import Note
from wsss_viz.data.headers import Header, read_header
from wsss_viz.data.sample import IGNORE, Image, Mask
from wsss_viz.errors import InputError

__all__ = [
    "LIMITS",
    "MASK_SUFFIXES",
    "MOST_MISSING",
    "SUFFIXES",
    "Limits",
    "MaskFile",
    "Picture",
    "from_pillow",
    "read_image",
    "read_mask",
    "read_mask_file",
    "read_picture",
]

SUFFIXES = (".jpeg", ".jpg", ".jfif", ".jpe", ".png", ".webp")
"""What files of the three formats are called, in any case: for listing folders, never for deciding what a file is."""

OTHER_SUFFIXES = (".bmp", ".tif", ".tiff", ".gif", ".heic", ".avif", ".jp2", ".ppm", ".npy")
"""Of pictures and masks that are not read, so that it is said where they lie about."""

MASK_SUFFIXES = (".png",)
"""What index masks are called, in any case: formats that keep numbers exactly."""

MOST_MISSING = 0.1
"""Share of a JPEG's rows that may be missing at its end, or one row of blocks; they are filled, which is noted."""

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
    takes up to 0.35 GB for a moment, 0.55 GB for a transparent WebP, besides the file.
    """

    pixels: int = 24 * 2**20
    file_bytes: int = 50 * 2**20
    side: int = 8
    aspect: int = 100


LIMITS = Limits()


@dataclass(frozen=True, eq=False)
class Picture:
    """An image and what its file says.

    Attributes:
        image: (H, W, 3) uint8 RGB, upright.
        format: "JPEG", "PNG" or "WEBP".
        orientation: EXIF's, 1 to 8; what 2 to 8 say has been done to `image`.
        notes: what was noticed.
    """

    image: Image
    format: str
    orientation: int
    notes: tuple[Note, ...] = ()

    def turned(self, mask: Mask) -> Mask:
        """A mask of the file's pixels, turned as the image was."""
        upright: Mask = np.array(_turned(Pillow.fromarray(mask), self.orientation))
        return upright


@dataclass(frozen=True, eq=False)
class MaskFile:
    """A mask as it stands in its file.

    Attributes:
        values: (H, W) uint8 numbers; None where the file has colours.
        colours: (H, W, 3) uint8; None where the file has numbers.
        palette: (N, 3) uint8 of a palette's colours, else None.
        mode: how the file keeps it, in words.
        notes: what was noticed.
    """

    values: Mask | None
    colours: NDArray[np.uint8] | None
    palette: NDArray[np.uint8] | None
    mode: str
    notes: tuple[Note, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W)."""
        pixels = self.colours if self.values is None else self.values
        assert pixels is not None
        return pixels.shape[0], pixels.shape[1]

    def turned_with(self, picture: Picture) -> MaskFile:
        """The same mask, turned as the picture was."""
        values = None if self.values is None else picture.turned(self.values)
        colours = self.colours
        if colours is not None:
            colours = np.stack([picture.turned(colours[..., channel]) for channel in range(3)], axis=2)
        return replace(self, values=values, colours=colours, notes=(*self.notes, Note("mask-turned")))


def read_image(source: bytes | Path, name: str = "", limits: Limits = LIMITS) -> Image:
    """The first frame of a PNG, JPEG or WebP file, upright, as (H, W, 3) uint8 RGB: `read_picture` without its notes.

    Takes and raises what `read_picture` does.

    Examples:
        >>> import io
        >>> import PIL.Image
        >>> buffer = io.BytesIO()
        >>> PIL.Image.new("RGB", (12, 8), (255, 0, 7)).save(buffer, "PNG")
        >>> image = read_image(buffer.getvalue())
        >>> image.shape, image[0, 0].tolist()
        ((8, 12, 3), [255, 0, 7])
    """
    return read_picture(source, name, limits).image


def read_picture(source: bytes | Path, name: str = "", limits: Limits = LIMITS) -> Picture:
    """The first frame of a PNG, JPEG or WebP file, upright, with what was noticed.

    The EXIF orientation is applied, transparency is laid over white; grey, palette, CMYK and 16-bit images (their
    higher byte) become RGB. A JPEG that lacks its end alone is read, what is missing (`MOST_MISSING` of it at most)
    filled.

    Args:
        source: the bytes of the file, or its path.
        name: what the person calls the file, for messages; the path by default. Never used as a path.
        limits: sizes that are refused before anything is decoded.

    Raises:
        InputError: one line with the name, the cause and the remedy, for whatever is no such image.

    >>> Pillow.new("RGB", (9, 8), "red").save("red.png")
    >>> read_picture(Path("red.png")).format
    'PNG'
    """
    label, data = _label_and_data(source, name, limits)
    notes: tuple[Note, ...] = ()
    with _opened(data, label, ("PNG", "JPEG", "WEBP"), limits) as image:
        kind = str(image.format)
        try:
            orientation = _orientation(image)
            upright = _as_rgb(image)
        except Exception as error:  # broken bytes make Pillow raise nearly anything
            completed = _completed(data, limits) if kind == "JPEG" else None
            if completed is None:
                raise _broken(label, error) from error
            upright, orientation, rows = completed
            notes = (Note("image-cut-off", f"the last {rows} rows"),)
    if orientation in _UPRIGHT:
        notes = (*notes, Note("image-turned"))
    return Picture(np.array(_turned(upright, orientation)), kind, orientation, notes)


def from_pillow(image: Pillow.Image) -> Image:
    """An opened image as `read_image` gives it: upright, over white where it is transparent, (H, W, 3) uint8 RGB.

    >>> from_pillow(Pillow.new("L", (3, 2), 7)).tolist()[0]
    [[7, 7, 7], [7, 7, 7], [7, 7, 7]]
    """
    orientation = _orientation(image)
    return np.array(_turned(_as_rgb(image), orientation))


def read_mask(source: bytes | Path, name: str = "", limits: Limits = LIMITS) -> Mask:
    """The indices of a palette or grey PNG, (H, W) uint8, as they stand in the file.

    The palette's colours mean nothing here, and no EXIF orientation is applied: a mask belongs to the pixels.
    Takes and raises what `read_image` does; an RGB file is no index mask unless R = G = B everywhere.

    Examples:
        >>> import io
        >>> import PIL.Image
        >>> buffer = io.BytesIO()
        >>> PIL.Image.fromarray(np.array([[0, 1, 255] * 4] * 8, np.uint8)).save(buffer, "PNG")
        >>> mask = read_mask(buffer.getvalue())
        >>> mask.shape, mask[0, :3].tolist()
        ((8, 12), [0, 1, 255])
    """
    mask = read_mask_file(source, name, limits)
    if mask.values is None:
        label, _ = _label_and_data(source, name, limits)
        raise InputError(
            f"{label}: no index mask ({mask.mode}); write a PNG whose pixels are the classes' numbers, with a palette "
            "or in 8-bit grey"
        )
    return mask.values


def read_mask_file(source: bytes | Path, name: str = "", limits: Limits = LIMITS) -> MaskFile:
    """A PNG mask: numbers of a palette, of 8 or 16 bits of grey or of R = G = B, or colours. Raises as `read_image`.

    >>> Pillow.new("P", (9, 8), 3).save("three.png")
    >>> read_mask_file(Path("three.png")).mode
    'palette PNG'
    """
    label, data = _label_and_data(source, name, limits)
    with _opened(data, label, ("PNG",), limits) as image:
        # Grey of 2 or 4 bits would come back scaled to 0..255; the depth is byte 24 of the file (IHDR).
        if image.mode == "L" and data[24] != 8:
            raise InputError(f"{label}: no index mask (grey of {data[24]} bits); write 8-bit grey or a palette")
        try:
            image.load()
            pixels = np.array(image)
            palette = image.getpalette() if image.mode == "P" else None
        except Exception as error:
            raise _broken(label, error) from error
        mode = image.mode
    if mode in ("P", "1"):
        colours = None if palette is None else np.array(palette, dtype=np.uint8).reshape(-1, 3)
        return MaskFile(pixels.astype(np.uint8), None, colours, "palette PNG" if mode == "P" else "1-bit PNG")
    if mode == "L":
        return MaskFile(pixels, None, None, "8-bit grey PNG")
    if mode in ("I;16", "I"):
        if pixels.max(initial=0) > IGNORE:
            raise InputError(
                f"{label}: a 16-bit mask with the number {int(pixels.max())}; masks hold 0 to 255: write the classes' "
                "numbers in 8 bits"
            )
        return MaskFile(pixels.astype(np.uint8), None, None, "16-bit grey PNG", (Note("mask-16-bit"),))
    notes = (Note("mask-alpha"),) if mode in ("LA", "RGBA") and (pixels[..., -1] != 255).any() else ()
    if mode == "LA":
        return MaskFile(np.ascontiguousarray(pixels[..., 0]), None, None, "grey PNG with alpha", notes)
    if mode not in ("RGB", "RGBA"):
        raise InputError(f"{label}: no index mask ({mode}); write a PNG with a palette or in 8-bit grey")
    rgb = np.ascontiguousarray(pixels[..., :3])
    if (rgb == rgb[..., :1]).all():
        return MaskFile(rgb[..., 0].copy(), None, None, f"{mode} PNG, R = G = B", (*notes, Note("mask-rgb-grey")))
    return MaskFile(None, rgb, None, f"{mode} PNG of colours", notes)


def _completed(data: bytes, limits: Limits) -> tuple[Pillow.Image, int, int] | None:
    """A JPEG that is cut off, with an end: image, orientation and filled rows; None where too much is missing.

    Rows are decoded one after another (but in progressive files, which are not completed): where the image changes when
    a little more is cut off is where the file ends.
    """
    data = data.rstrip(b"\xff")
    if b"\xff\xc2" in data:
        return None
    whole = _ended(data, limits)
    if whole is None:
        return None
    image, orientation = whole
    for fewer in (16, 64, 256):
        shorter = _ended(data[:-fewer], limits)
        if shorter is None:
            return None
        differ = (np.asarray(image) != np.asarray(shorter[0])).any(axis=(1, 2))
        if differ.any():
            rows = int(differ.size - differ.argmax())
            few = max(MOST_MISSING * differ.size, min(18, differ.size / 7))  # a row of blocks, and one
            return (image, orientation, rows) if rows <= few else None
    return None


def _ended(data: bytes, limits: Limits) -> tuple[Pillow.Image, int] | None:
    try:
        with Pillow.open(io.BytesIO(data + b"\xff\xd9"), formats=("JPEG",)) as image:
            if image.width * image.height > limits.pixels:
                return None
            orientation = _orientation(image)
            return _as_rgb(image), orientation
    except Exception:
        return None


def _label_and_data(source: bytes | Path, name: str, limits: Limits) -> tuple[str, bytes]:
    """What to call the file in a message (one line, not too long), and its bytes."""
    if isinstance(source, bytes):
        label, data = name or "the image", source
    else:
        label, data = name or str(source), read_bounded(source, limits.file_bytes)
    label = "".join(character if character.isprintable() else "?" for character in label)
    label = label if len(label) <= 120 else f"{label[:58]}...{label[-58:]}"
    if len(data) > limits.file_bytes:
        raise InputError(
            f"{label}: {readable_bytes(len(data))}, more than the {readable_bytes(limits.file_bytes)} that are read; "
            "save it smaller"
        )
    if not data:
        raise InputError(f"{label}: the file is empty (0 bytes); save or upload it again")
    return label, data


def _opened(data: bytes, label: str, formats: tuple[str, ...], limits: Limits) -> Pillow.Image:
    """The image with its header read and its size within the limits, not decoded yet."""
    wanted = "PNG, JPEG or WebP" if len(formats) > 1 else formats[0]
    try:
        header = read_header(data)
    except ValueError as error:
        raise _broken(label, error) from error
    if header is None or header.format not in formats:
        raise InputError(f"{label}: not a {wanted} file, whatever its name; save the image as {wanted}")
    _check_size(header, label, limits)
    try:
        image = Pillow.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError as error:
        raise _broken(label, ValueError("the header is broken")) from error
    except Exception as error:
        raise _broken(label, error) from error
    # Pillow's idea of the size need not be the header's in a file made to deceive.
    _check_size(Header(header.format, image.height, image.width), label, limits)
    return image


def _check_size(header: Header, label: str, limits: Limits) -> None:
    size = f"{header.width} x {header.height} pixels"
    if header.width * header.height > limits.pixels:
        raise InputError(
            f"{label}: {size}, more than the {limits.pixels // 2**20} megapixels that are read; make it smaller"
        )
    if min(header.width, header.height) < limits.side:
        raise InputError(f"{label}: {size}, too small; {limits.side} x {limits.side} is the least")
    if max(header.width, header.height) > limits.aspect * min(header.width, header.height):
        raise InputError(f"{label}: {size}, more than {limits.aspect} times as long as wide; crop it")


def _broken(label: str, error: Exception) -> InputError:
    cause = " ".join(str(error).split())[:100] or type(error).__name__
    return InputError(f"{label}: broken or cut off ({cause}); save or upload it again")


def _turned(image: Pillow.Image, orientation: int) -> Pillow.Image:
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


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
