"""Class maps in the forms that others write, read by one rule: what a key means is checked against the image's labels.

| form | keys | maps |
|---|---|---|
| IRN, RIB, ReCAM | `keys` from 0 | `high_res` (K, H, W), else `cam` at stride 4, 8 or 16 |
| AMN | `keys` from 0 | `high_res` (K + 1, H, W), the background first |
| SIPE | `keys` with 0 for the background, class + 1 | `IS_CAM` |
| CLIP-ES | `keys` from 0 | `attn_highres`, float16 |
| PSA `infer_cls.py` | a dictionary of class from 0 to (H, W) | |
| PSA's and SEAM's CRF files | a dictionary of 0 for the background and class + 1 to (H, W) | probabilities |
| a plain array | all classes, or these behind the background | (C, H, W) or (C + 1, H, W) |
| PNGs | `NAME/CLASS.png` or `NAME_CLASS.png`, a name or a number | 8 bits |

A key 12 is the 13th class where keys count from 0 and the 12th where 0 is the background. Both are tried: the reading
whose classes are the image's labels is the right one; one that has others contradicts them, and where none is left the
file is refused, never scored.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.archives import check_content
from wsss_viz.data.files import read_bounded
from wsss_viz.data.images import Limits, read_mask
from wsss_viz.data.numbering import ClassNumbering
from wsss_viz.data.pickled import read_pickled_dict
from wsss_viz.data.synonyms import renaming
from wsss_viz.errors import InputError
from wsss_viz.traces.storage import LARGEST, StoredMaps

__all__ = ["read_foreign_maps"]

_MAPS = ("high_res", "IS_CAM", "attn_highres", "cam")
_STRIDES = (4, 8, 16)
_ANY_SIDE = Limits(side=1)


@dataclass(frozen=True, eq=False)
class _Keyed:
    """Maps with a key each, before it is known what the keys mean.

    Attributes:
        keys: whole numbers, or names.
        maps: (K, h, w).
        background: one more map that has no key, which is the background's.
        with_background: whether the form says that key 0 is the background; None: unknown.
    """

    keys: Sequence[int | str]
    maps: NDArray
    background: NDArray | None = None
    with_background: bool | None = None


def read_foreign_maps(
    path: Path, numbering: ClassNumbering, size: tuple[int, int], labels: Sequence[str] | None = None
) -> StoredMaps:
    """The maps of one image in any of the forms above, as they were written.

    Args:
        path: a `.npy` or `.npz` file, or the folder or the first of the PNGs.
        numbering: of the data set. Classes of VOC that are not in it are left out.
        size: (H, W) of the image.
        labels: of the image; None: not known, then keys count from 0 unless the form says else.

    Raises:
        InputError: the file is missing or none of these, has a class beyond the list, maps of another size, or keys
            that contradict the labels, or that fit them by two readings.

    Examples:
        >>> from wsss_viz.data.numbering import default_numbering
        >>> stripes = np.array([[0.0, 0.5, 1.0], [0.0, 0.5, 1.0]], np.float32)
        >>> np.save("a.npy", {7: stripes, 11: 1 - stripes})  # VOC's classes, counted from 0
        >>> stored = read_foreign_maps(Path("a.npy"), default_numbering(("cat", "dog")), (2, 3), ("cat", "dog"))
        >>> stored.keys, stored.maps[0, 0].tolist()
        (('cat', 'dog'), [0.0, 0.5, 1.0])
    """
    keyed = _read(path, size, unlabelled=labels is not None and not labels)
    maps = keyed.maps
    strided = {(math.ceil(size[0] / stride), math.ceil(size[1] / stride)) for stride in _STRIDES}
    fits = maps.ndim == 3 and len(maps) == len(keyed.keys) and maps.shape[1:] in {size, *strided}
    if not len(keyed.keys):
        return _stored(np.zeros((0, *size), np.float32), (), size, None)
    if fits and maps.dtype.kind != "f":
        raise InputError(f"{path} has maps of {maps.dtype}, which are no scores: write them as float32 or float16")
    if not fits:
        raise InputError(
            f"{path} has {len(keyed.keys)} keys and maps {maps.shape} for an image of {size[0]} x {size[1]}"
        )
    if not np.isfinite(maps).all():
        raise InputError(f"{path} has maps that are not finite: write it again")
    names, background = _meaning(path, keyed, numbering, labels)
    used = [(position, name) for position, name in enumerate(names) if name is not None]
    ground = keyed.background if background is None else maps[background]
    return _stored(maps[[position for position, _ in used]], tuple(name for _, name in used), size, ground)


def _stored(maps: NDArray, keys: tuple[str, ...], size: tuple[int, int], background: NDArray | None) -> StoredMaps:
    return StoredMaps(
        np.ascontiguousarray(maps, dtype=np.float32),
        np.full(len(keys), np.nan, dtype=np.float32),
        keys,
        size,
        background=None if background is None else np.ascontiguousarray(background, dtype=np.float32),
    )


def _meaning(
    path: Path, keyed: _Keyed, numbering: ClassNumbering, labels: Sequence[str] | None
) -> tuple[list[str | None], int | None]:
    """The class of each key (None: the background, or of VOC and not in the set), and where the background's map is."""
    if any(isinstance(key, str) for key in keyed.keys):
        named = renaming([str(key) for key in keyed.keys], numbering.names)
        unknown = next((key for key in keyed.keys if key not in named and key != "background"), None)
        if unknown is not None:
            raise InputError(f"{path} has a map of {unknown!r:.60}, no class of the data set: rename it")
        names: list[str | None] = [named.get(str(key)) for key in keyed.keys]
        return names, list(keyed.keys).index("background") if "background" in keyed.keys else None
    keys = [int(key) for key in keyed.keys]
    readings = _readings(keys, keyed, numbering)
    if labels is None and keyed.with_background is None:
        readings = [reading for reading in readings if _from_zero(reading, keys, numbering)]
    if not readings:
        last = max([*numbering.numbers, *numbering.others])
        raise InputError(f"{path} has class {_beyond(keys, last)}, beyond the {last} of the data set: give the data "
                         "it was made of")  # fmt: skip
    if labels is None:
        return readings[0]
    whole = set(numbering.names)
    exact = [r for r in readings if _classes(r) in (set(labels), whole)]
    within = exact or [r for r in readings if _classes(r) <= set(labels) and _classes(r)]
    if len(within) == 1:
        return within[0]
    if not within:
        meant = " or ".join(", ".join(sorted(_classes(r))) or "background alone" for r in readings)
        raise InputError(
            f"{path} has keys {keys[:8]}, which are {meant}; the image's labels are {', '.join(labels) or 'none'}: "
            "give the data these maps were made of"
        )
    raise InputError(
        f"{path} has keys {keys[:8]}, which fit the image's labels both counted from 0 and with 0 for the background: "
        "write IRN's form (`keys`, `high_res`), whose keys count from 0"
    )


_Reading = tuple[list[str | None], int | None]


def _classes(reading: _Reading) -> set[str]:
    return {name for name in reading[0] if name is not None}


def _from_zero(reading: _Reading, keys: list[int], numbering: ClassNumbering) -> bool:
    return reading[1] is None and reading[0] == [numbering.name_of(key + 1) for key in keys]


def _readings(keys: list[int], keyed: _Keyed, numbering: ClassNumbering) -> list[_Reading]:
    """What the keys may mean: counted from 0; or class + 1, 0 being the background."""
    names = dict(zip(numbering.numbers, numbering.names, strict=True))
    known = {*names, *numbering.others}
    readings: list[_Reading] = []
    if keyed.with_background is not True and all(key + 1 in known for key in keys):
        readings.append(([names.get(key + 1) for key in keys], None))
    if keyed.with_background is not False and all(key in known or key == 0 for key in keys):
        background = keys.index(0) if 0 in keys else None
        if not (background is not None and keyed.background is not None):
            readings.append(([None if key == 0 else names.get(key) for key in keys], background))
    return readings


def _beyond(keys: list[int], last: int) -> int:
    return next((key for key in keys if not 0 <= key < last), keys[0])


def _read(path: Path, size: tuple[int, int], unlabelled: bool) -> _Keyed:
    if path.suffix.lower() == ".png" or path.is_dir():
        return _of_pngs(path)
    if not path.is_file():
        raise InputError(f"no maps at {path}: write them with `python -m wsss_viz maps --format irn`")
    if path.suffix.lower() == ".npz":
        content = _of_npz(path)
    else:
        array = _plain_array(path)
        if array is not None:
            return _Keyed(list(range(len(array))), array)
        content = read_pickled_dict(path)
    if unlabelled and not content:  # PSA's
        return _Keyed([], np.zeros((0, *size), np.float32))
    return _of_dictionary(path, content, size)


def _of_dictionary(path: Path, content: Mapping[str | int, NDArray], size: tuple[int, int]) -> _Keyed:
    if "keys" in content:
        keys = content["keys"].reshape(-1)
        if not keys.size:
            return _Keyed([], np.zeros((0, *size), np.float32))
        name = next((name for name in _MAPS if name in content and content[name].ndim == 3), None)
        if name is not None and keys.dtype.kind in "iuU":
            maps = content[name]
            listed: list[int | str] = keys.tolist()
            if len(maps) == len(keys) + 1:  # AMN: the background's map comes first and has no key
                return _Keyed(listed, maps[1:], maps[0])
            return _Keyed(listed, maps, with_background=True if name == "IS_CAM" else None)
        shape = "" if name is None else f" (keys of {keys.dtype})"
        raise InputError(f"{path} holds no class maps{shape}: there are {', '.join(map(str, content))[:80]}; {_WANTED}")
    numbered = {int(key): value for key, value in content.items() if str(key).isdecimal()}
    if content and len(numbered) == len(content):
        if len({array.shape for array in numbered.values()}) > 1:
            raise InputError(f"{path} has maps of several sizes: write it again")
        return _Keyed(list(numbered), np.stack(list(numbered.values())))
    raise InputError(f"{path} holds no class maps: {_WANTED}")


_WANTED = "IRN's have keys, cam and high_res, PSA's one map per class index"


def _plain_array(path: Path) -> NDArray | None:
    """The array in a `.npy` file that is no pickle; None for others."""
    data = read_bounded(path, LARGEST)
    try:
        array: NDArray = np.load(io.BytesIO(data), allow_pickle=False)
    except Exception:  # a pickle, or broken, of which the reader of pickles says how
        return None
    return array if array.ndim == 3 and len(array) <= array.size else None  # not 2**40 maps of no pixels


def _of_npz(path: Path) -> dict[str | int, NDArray]:
    data = read_bounded(path, LARGEST)
    try:
        check_content(io.BytesIO(data))
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            content = {name: file[name] for name in file.files}
        if not all(isinstance(array, np.ndarray) for array in content.values()):
            raise TypeError("a member is no array")
        return content
    except Exception:
        raise InputError(f"{path} is not a file of class maps, or truncated: write it again") from None


def _of_pngs(path: Path) -> _Keyed:
    """`NAME/CLASS.png`, or, for `path` = NAME.png, `NAME_CLASS.png` beside it."""
    if path.is_dir():
        files = {file.stem: file for file in sorted(path.glob("*.png"))}
    else:
        files = {f.stem[len(path.stem) + 1 :]: f for f in sorted(path.parent.glob("*.png"))
                 if f.stem.startswith(f"{path.stem}_")}  # fmt: skip
    if not files:
        raise InputError(f"no maps at {path}: write them with `python -m wsss_viz maps`")
    maps = [read_mask(file, limits=_ANY_SIDE).astype(np.float32) / 255 for file in files.values()]
    if len({array.shape for array in maps}) > 1:
        raise InputError(f"{path} has maps of several sizes: write it again")
    numbers = all(key.isdecimal() for key in files)
    return _Keyed([int(key) if numbers else key for key in files], np.stack(maps))
