"""Stored results: arrays with a JSON header in one .npz file, nothing of which is ever executed."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.files import read_bounded, readable_bytes, write_whole
from wsss_viz.errors import InputError

__all__ = ["FORMAT", "LARGEST_CONTENT", "LARGEST_FILE", "check_content", "read_archive", "write_archive"]

LARGEST_FILE = 64 * 2**20
LARGEST_CONTENT = 2**29
"""Bytes that a zip of arrays may have when it is unpacked: the maps of COCO's 80 classes on one image take 131 MB."""
FORMAT = 1


def write_archive(path: Path | str, header: dict[str, Any], arrays: Mapping[str, NDArray]) -> None:
    """A .npz file of arrays with a JSON header, whole or not at all.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "run.npz"
    >>> write_archive(path, {"seed": 3}, {"bits": np.arange(2)})
    >>> header, arrays = read_archive(path)
    >>> header["seed"], arrays["bits"].tolist(), read_archive(path, only=())
    (3, [0, 1], ({'format': 1, 'seed': 3}, {}))
    """
    buffer = io.BytesIO()
    text = json.dumps({"format": FORMAT, **header})
    np.savez_compressed(buffer, header=np.frombuffer(text.encode(), np.uint8), **arrays)  # type: ignore[arg-type]
    write_whole(path, buffer.getvalue())


def check_content(file: IO[bytes] | Path, limit: int = LARGEST_CONTENT) -> None:
    """Raises ValueError where a zip says that it unpacks to more; nobody unpacks more than it says.

    >>> buffer = io.BytesIO()
    >>> np.savez_compressed(buffer, zeros=np.zeros(2**10))
    >>> check_content(buffer, 2**10)
    Traceback (most recent call last):
    ValueError: unpacked it would have 8320 bytes
    """
    with zipfile.ZipFile(file) as archive:
        total = sum(member.file_size for member in archive.infolist())
    if total > limit:
        raise ValueError(f"unpacked it would have {readable_bytes(total)}")


def read_archive(path: Path | str, only: Collection[str] | None = None) -> tuple[dict[str, Any], dict[str, NDArray]]:
    """What `write_archive` wrote. Raises InputError where the file is missing, or not of this format.

    Args:
        only: the arrays that are wanted, of those that are there; None: all.

    >>> read_archive("none.npz")
    Traceback (most recent call last):
    wsss_viz.errors.InputError: none.npz: no such file; check the path
    """
    data = read_bounded(Path(path), LARGEST_FILE)
    try:
        check_content(io.BytesIO(data))
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            wanted = archive.files if only is None else [n for n in archive.files if n == "header" or n in only]
            arrays = {name: archive[name] for name in wanted}
        header = json.loads(arrays.pop("header").tobytes())
        if header["format"] != FORMAT:
            raise ValueError(f"format {header['format']}")
    except Exception as error:  # a broken archive raises nearly anything
        raise InputError(f"{path}: not a stored run of this version; train it again") from error
    return header, arrays
