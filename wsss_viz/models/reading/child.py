"""The child process that reads what is not safetensors. `python -m wsss_viz.models.reading.child IN OUT NAME`.

It looks at the container before it imports torch, bounds its own memory, time and files, reads, checks, and writes
safetensors to OUT (or nothing, where OUT is "-"). Its last line on stdout is one JSON object: what it answer, or
`{"error": ...}`.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wsss_viz.errors import InputError
from wsss_viz.models.reading.bounds import MXNET, ZIP, check_size, sniff_file
from wsss_viz.models.reading.zip_check import check_zip

__all__ = ["BYTES_PER_SECOND", "COPIES", "CPU_SECONDS", "SPARE_MEMORY"]

CPU_SECONDS = 30
BYTES_PER_SECOND = 20 * 1024**2
"""A file of n bytes may take CPU_SECONDS + n / BYTES_PER_SECOND."""
SPARE_MEMORY = 768 * 1024**2
COPIES = 4
"""Memory beyond torch's own that a file of n bytes may take: COPIES n + SPARE_MEMORY."""


def _limit(size: int) -> None:
    """Bounds this process by the file's size; where the system has no such limits, the other checks stand alone."""
    try:
        import resource
    except ImportError:
        return
    seconds = CPU_SECONDS + size // BYTES_PER_SECOND
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    largest_output = size + 64 * 1024**2
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_output, largest_output))
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        return
    address_space = pages * resource.getpagesize() + COPIES * size + SPARE_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (address_space, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _convert(source: Path, target: Path | None, name: str) -> dict[str, Any]:
    """What is in `source`, written as safetensors to `target`.

    Raises:
        InputError: as the readers do.

    Examples:
        >>> _convert(Path("/dev/null"), None, "x.pth")
        Traceback (most recent call last):
        ...
        wsss_viz.errors.InputError: x.pth is empty: fetch it again
    """
    with source.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        check_size(size, name)
        kind = sniff_file(file, name)
        _limit(size)
        content = file.read(size)  # once: what is checked, what is read and the digest are of the same bytes
    digest = hashlib.sha256(content).hexdigest()
    if kind == ZIP:
        check_zip(io.BytesIO(content), len(content), name)
    if kind == MXNET:
        return {"digest": digest, **_mxnet(content, target, name)}
    # torch maps gigabytes of its own libraries, so the limit is set again once they are there
    _lift()
    import torch  # noqa: F401
    from safetensors.torch import save_file

    from wsss_viz.models.reading.pickled import DTYPES, read_pickle

    _limit(size)
    loaded = read_pickle(content, name)
    if target is not None:
        _saved(lambda path: save_file(loaded.tensors, path), target)
    return {
        "format": kind,
        "digest": digest,
        "mappings": loaded.mappings,
        "others": loaded.others,
        "objects": loaded.objects,
        "aliases": loaded.aliases,
        "order": loaded.order,
        "tensors": {key: [DTYPES[value.dtype], list(value.shape)] for key, value in loaded.tensors.items()},
    }


def _saved(save: Callable[[Path], object], target: Path) -> None:
    """Saves; what safetensors says of a full disk is an OSError as Python's."""
    from safetensors import SafetensorError

    try:
        save(target)
    except SafetensorError as error:
        raise OSError(f"the temporary folder is full or not writable: {' '.join(str(error).split())[:100]}") from None


def _lift() -> None:
    """Takes the limit on memory back to the hard one."""
    try:
        import resource
    except ImportError:
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _mxnet(content: bytes, target: Path | None, name: str) -> dict[str, Any]:
    import numpy as np
    from safetensors.numpy import save_file

    from wsss_viz.models.reading.mxnet_params import read_params

    arrays = read_params(io.BytesIO(content), len(content), name)
    for key, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise InputError(f"{name}: {key} holds NaN or infinity: the file is damaged, fetch it again")
    if target is not None:
        _saved(
            lambda path: save_file({key: np.ascontiguousarray(array) for key, array in arrays.items()}, path), target
        )
    kinds = {"f4": "F32", "f8": "F64", "f2": "F16", "u1": "U8", "i4": "I32", "i1": "I8", "i8": "I64"}
    return {
        "format": MXNET,
        "mappings": [""],
        "others": [],
        "objects": [],
        "aliases": {},
        "order": list(arrays),
        "tensors": {key: [kinds[array.dtype.str[1:]], list(array.shape)] for key, array in arrays.items()},
    }


def _end_with_parent() -> None:
    """On Linux this process ends when the one that started it does."""
    if sys.platform == "linux":
        import ctypes
        import signal

        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def _stand_back() -> None:
    """Lowest priority and, where the system lets a process do so, no network: it reads a file and nothing else."""
    if hasattr(os, "nice"):
        os.nice(10)
    if sys.platform == "linux":
        import ctypes

        new_user, new_network = 0x10000000, 0x40000000
        ctypes.CDLL(None).unshare(new_user | new_network)  # refused in many containers: then the other bounds stand


def _main(arguments: list[str]) -> int:
    """Runs the child; 0 where the file was read, 1 where it was refused."""
    source, target, name = arguments
    _end_with_parent()
    _stand_back()
    try:
        answer = _convert(Path(source), None if target == "-" else Path(target), name)
    except InputError as error:
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": f"{name} claims more memory than its size can need: it is damaged, not read"}
    except OSError as error:
        answer = {"error": f"{name} cannot be read or converted ({error.strerror or error}): make room, or check it"}
    sys.stdout.write("\n" + json.dumps(answer) + "\n")
    return 1 if "error" in answer else 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
