"""Samples from whatever a person has at hand: a path, a data string, a Pillow image, an array, a tensor, several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from wsss_viz.data.files import expanded, explained
from wsss_viz.data.images import from_pillow, read_image
from wsss_viz.data.sample import Image, Sample
from wsss_viz.data.sources import is_data_string
from wsss_viz.data.sources import open as open_data
from wsss_viz.errors import InputError

__all__ = ["WANTED", "samples_of"]

WANTED = "a path, a data string, a Sample, a Pillow image, an array (H, W, 3), a tensor (3, H, W), or a list of them"


def samples_of(given: Any) -> tuple[list[Sample], bool]:
    """The samples that `given` stands for, and whether it was a single one.

    | given | read as |
    |---|---|
    | `Sample` | itself |
    | path, as `str` or `Path` | a picture: PNG, JPEG or WebP |
    | data string | its sample, or all samples of the set |
    | `PIL.Image` | upright, in RGB, over white where it is transparent |
    | array (H, W, 3) or (H, W) | uint8, or floats from 0 to 1 |
    | tensor (3, H, W) | the same; not normalised by a mean |
    | array (N, H, W, 3), tensor (N, 3, H, W) | N of them |
    | list, tuple, DataLoader | each of its items, in order |
    | `(images, labels)` of a DataLoader | the images alone: its labels are numbers without names |

    Raises:
        InputError: it is none of these, in one line that says what it is.

    >>> samples_of(np.zeros((4, 6, 3), np.uint8))
    ([Sample('image', size=(4, 6), labels=None, mask=False, parts=False)], True)
    """
    several = list(_pictures(given))
    if not several:
        raise InputError(f"there is no picture in an empty {type(given).__name__}: give {WANTED}")
    single = isinstance(given, Sample | Path | Pillow.Image) or (isinstance(given, str) and len(several) == 1)
    single = single or (hasattr(given, "ndim") and given.ndim <= 3)
    return several, single


def _pictures(given: Any) -> Iterator[Sample]:
    if isinstance(given, Sample):
        yield given
    elif isinstance(given, str) and is_data_string(given):
        yield from open_data(given)
    elif isinstance(given, str | Path):
        path = expanded(str(given))
        if path.is_dir():
            raise InputError(f"{path} is a folder: give a picture, or all of them as folder:{path}")
        yield _sample(read_image(path), path.stem)
    elif isinstance(given, Pillow.Image):
        name = Path(getattr(given, "filename", "") or "image").stem
        with explained(name):
            yield _sample(from_pillow(given), name)
    elif hasattr(given, "ndim") and hasattr(given, "shape"):
        for image in _images(given):
            yield _sample(image, "image")
    elif isinstance(given, Iterable) and not isinstance(given, bytes | dict):
        items: Iterable[Any] = given
        if isinstance(given, list | tuple) and len(given) == 2 and _is_batch(given[0]) and not _is_batch(given[1]):
            items = given[:1]
        for item in items:
            yield from _pictures(item)
    else:
        raise InputError(f"no picture can be read from a {type(given).__name__}: give {WANTED}")


def _sample(image: Image, name: str) -> Sample:
    return Sample(image, (), None, name)


def _is_batch(value: Any) -> bool:
    return getattr(value, "ndim", 0) == 4


def _images(values: Any) -> Iterator[Image]:
    """The pictures in an array or a tensor, each (H, W, 3) uint8."""
    channels_first = type(values).__module__.partition(".")[0] == "torch"
    array = values.detach().cpu().numpy() if channels_first else np.asarray(values)
    shape = "(3, H, W) or (N, 3, H, W)" if channels_first else "(H, W, 3), (H, W) or (N, H, W, 3)"
    if channels_first and array.ndim >= 3:
        array = np.moveaxis(array, -3, -1)
    elif array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=-1)
    if array.ndim not in (3, 4) or array.shape[-1] != 3 or 0 in array.shape:
        kind = "a tensor" if channels_first else "an array"
        raise InputError(f"{kind} of shape {tuple(values.shape)} is no picture: give {shape}")
    yield from map(_bytes_of, array if array.ndim == 4 else array[None])


def _bytes_of(array: np.ndarray[Any, Any]) -> Image:
    """The picture in 8 bits: as it is, or from floats between 0 and 1."""
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype.kind != "f":
        raise InputError(f"a picture of {array.dtype}: give uint8 from 0 to 255, or floats from 0 to 1")
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 1):
        raise InputError(
            f"a picture of floats from {low:.3g} to {high:.3g}: give uint8 from 0 to 255, or floats from 0 to 1, "
            "before any mean is subtracted"
        )
    return np.rint(array * 255).astype(np.uint8)
