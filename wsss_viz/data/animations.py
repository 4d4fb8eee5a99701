"""Frames of a person's animated image: GIF, WebP or animated PNG, whatever the file is called.

As of still images (`wsss_viz.data.images`), sizes are held against limits before anything is decoded. Frames are
decoded one after another and made small at once, so that a long animation takes no more memory than what is kept of it.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL.GifImagePlugin import GifImageFile

from wsss_viz.data.files import readable_bytes
from wsss_viz.data.headers import Header, read_header
from wsss_viz.data.images import from_pillow, read_picture
from wsss_viz.errors import InputError
from wsss_viz.interrupts import may_go_on

__all__ = ["LIMITS", "SUFFIXES", "AnimationLimits", "Frames", "read_animation", "read_frames"]

SUFFIXES = (".gif", ".webp", ".png", ".apng")


@dataclass(frozen=True)
class AnimationLimits:
    """What is read at all.

    Attributes:
        file_bytes: of the file.
        pixels: of one frame; `side` pixels at least in height and in width.
        frames: of the file, of which at most `stored` remain: of more every second, fourth, ...
        total: pixels of all frames of the file together.
        stored_side: pixels of the longer side of a frame that is stored.
    """

    file_bytes: int = 50 * 2**20
    pixels: int = 4 * 2**20
    side: int = 8
    frames: int = 480
    total: int = 480 * 2**20
    stored: int = 120
    stored_side: int = 256


LIMITS = AnimationLimits()


@dataclass(frozen=True, eq=False)
class Frames:
    """What is stored of a video.

    Attributes:
        frames: (T, H, W, 3) uint8 RGB.
        numbers: (T,) which frame of the file each is, from 0.
        count: frames that the file has.
    """

    frames: NDArray[np.uint8]
    numbers: NDArray[np.int64]
    count: int


def read_animation(data: bytes, name: str = "", limits: AnimationLimits = LIMITS) -> Frames:
    """The frames of an animated GIF, WebP or PNG, as they are seen, transparency over white.

    Raises:
        InputError: one line with the name, the cause and the remedy, for whatever is no such animation.

    >>> stills = [Pillow.new("RGB", (12, 8), colour) for colour in ("red", "blue", "lime")]
    >>> buffer = io.BytesIO()
    >>> stills[0].save(buffer, "GIF", save_all=True, append_images=stills[1:])
    >>> read = read_animation(buffer.getvalue())
    >>> read.frames.shape, read.frames[1, 0, 0].tolist()
    ((3, 8, 12, 3), [0, 0, 255])
    """
    label = _label(name)
    if len(data) > limits.file_bytes:
        raise InputError(
            f"{label}: {readable_bytes(len(data))}, more than the {readable_bytes(limits.file_bytes)} read"
        )
    try:
        header = _gif_header(data) if data[:4] == b"GIF8" else read_header(data)
    except (ValueError, struct.error) as error:
        raise InputError(f"{label}: broken or cut off ({error}); save it again") from None
    if header is None or header.format not in ("GIF", "PNG", "WEBP"):
        raise InputError(f"{label}: no GIF, WebP or PNG, whatever its name; save the animation as one of these")
    _check_size(header.height, header.width, label, limits)
    try:
        stream = io.BytesIO(data)
        image = _Gif(stream) if header.format == "GIF" else Pillow.open(stream, formats=(header.format,))
        _check_size(image.height, image.width, label, limits)
        small, numbers, count = _read(image, label, limits)
    except InputError:
        raise
    except Exception as error:  # broken bytes make Pillow raise nearly anything
        cause = " ".join(str(error).split())[:100] or type(error).__name__
        raise InputError(f"{label}: broken or cut off ({cause}); save it again") from None
    if count < 2:
        raise InputError(f"{label} has a single frame: an animation, or several frames as files, are wanted")
    return Frames(np.stack(small), np.array(numbers), count)


def _read(image: Pillow.Image, label: str, limits: AnimationLimits) -> tuple[list[NDArray[np.uint8]], list[int], int]:
    stored: list[NDArray[np.uint8]] = []
    numbers: list[int] = []
    stride = 1
    most = limits.total // (image.height * image.width)
    for number in range(limits.frames + 1):
        may_go_on()
        if number > most:
            raise InputError(
                f"{label} has more than {most} frames of {image.width} x {image.height} pixels, the most that are "
                "read: make them smaller, or take every second one"
            )
        try:
            image.seek(number)
        except EOFError:
            return stored, numbers, number
        if number == limits.frames:
            break
        if number % stride == 0:
            stored.append(_small(from_pillow(image), limits.stored_side))
            numbers.append(number)
        if len(stored) > limits.stored:
            stored, numbers, stride = stored[::2], numbers[::2], 2 * stride
    raise InputError(f"{label} has more than {limits.frames} frames: cut it, or take every second one")


def read_frames(files: Sequence[tuple[str, bytes]], limits: AnimationLimits = LIMITS) -> Frames:
    """Several pictures, PNG, JPEG or WebP, as the frames of one video, in the order of their names.

    Raises:
        InputError: one cannot be read, they are of several sizes, or fewer than two or more than are stored.

    >>> def picture(colour):
    ...     buffer = io.BytesIO()
    ...     Pillow.new("RGB", (12, 8), colour).save(buffer, "PNG")
    ...     return buffer.getvalue()
    >>> read_frames([("2.png", picture("blue")), ("1.png", picture("red"))]).frames[:, 0, 0].tolist()
    [[255, 0, 0], [0, 0, 255]]
    """
    if not 2 <= len(files) <= limits.stored:
        raise InputError(f"{len(files)} frames; from 2 to {limits.stored} make a video here")
    frames: list[NDArray[np.uint8]] = []
    size = (0, 0)
    for name, data in sorted(files):
        may_go_on()
        image = read_picture(data, name).image
        if frames and image.shape[:2] != size:
            raise InputError(
                f"{_label(name)} has {image.shape[1]} x {image.shape[0]} pixels and the frames before it {size[1]} x "
                f"{size[0]}: the frames of one video have one size"
            )
        size = (image.shape[0], image.shape[1])
        if len(files) * size[0] * size[1] > limits.total:
            raise InputError(
                f"{len(files)} frames of {size[1]} x {size[0]} pixels, together more than the "
                f"{limits.total // 10**6:,} megapixels that are read: make them smaller, or take every second one"
            )
        frames.append(_small(image, limits.stored_side))
    return Frames(np.stack(frames), np.arange(len(frames)), len(frames))


def _label(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name)[:120] or "the animation"


def _gif_header(data: bytes) -> Header:
    width, height = struct.unpack_from("<HH", data, 6)
    return Header("GIF", height, width)


class _Gif(GifImageFile):
    """A GIF whose frames stay within the size that its header says.

    Pillow enlarges the image to a frame that reaches beyond it: 70 bytes took 2.4 GB.
    """

    _said = (0, 0)

    @property
    def _size(self) -> tuple[int, int]:
        return self._said

    @_size.setter
    def _size(self, size: tuple[int, int]) -> None:
        if self._said not in ((0, 0), size):
            raise ValueError("a frame reaches beyond the image")
        self._said = size


def _check_size(height: int, width: int, label: str, limits: AnimationLimits) -> None:
    if height * width > limits.pixels or min(height, width) < limits.side:
        raise InputError(
            f"{label}: frames of {width} x {height} pixels; {limits.side} x {limits.side} is the least and "
            f"{limits.pixels // 2**20} megapixels are the most that is read"
        )


def _small(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    if max(height, width) <= side:
        return image
    ratio = side / max(height, width)
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    return np.asarray(Pillow.fromarray(image).resize(size, Pillow.Resampling.LANCZOS))
