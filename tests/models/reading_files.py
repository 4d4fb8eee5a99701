"""Files that mean harm, or are broken, and a quick way to have the child read them."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import pickle
import struct
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from wsss_viz.models.reading import child


def safetensors_bytes(header: Any, data: bytes = b"") -> bytes:
    """A file with any header: an object is dumped, text and bytes are taken as they are."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


class Runs:
    """Unpickled, it would make a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return os.mkdir, (str(self.path),)


def saved(content: Any, legacy: bool = False) -> bytes:
    """`torch.save` to bytes."""
    buffer = io.BytesIO()
    torch.save(content, buffer, _use_new_zipfile_serialization=not legacy)
    return buffer.getvalue()


def deflated(content: bytes) -> bytes:
    """The same zip with its members compressed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            target.writestr(member.filename, source.read(member))
    return buffer.getvalue()


def stride_zero(side: int = 10**6, legacy: bool = False) -> bytes:
    """One number that claims to be side x side of them."""
    return saved(OrderedDict(weight=torch.zeros(1).expand(side, side)), legacy)


def claims_storage(count: int) -> bytes:
    """A legacy pickle whose storage claims `count` numbers and has none."""
    good = saved(OrderedDict(weight=torch.arange(1234567, 1234567 + 77, dtype=torch.float32)), legacy=True)
    small, large = pickle.dumps(77, 2)[2:-1], pickle.dumps(count, 2)[2:-1]
    return good.replace(small + b"N", large + b"N").replace(struct.pack("<q", 77), struct.pack("<q", count))


def _answer(path: str, target: str, name: str, send: Any) -> None:
    torch.set_num_threads(1)
    sys.stdout = io.StringIO()
    child._main([path, target, name])
    send.send(json.loads(sys.stdout.getvalue().strip().rsplit("\n", 1)[-1]))


def read_in_fork(path: Path, target: Path | None = None) -> dict[str, Any] | int:
    """What the child says to a file, without the seconds its own start takes; its exit code where it says nothing."""
    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(str(path), str(target or "-"), path.name, send))
    process.start()
    send.close()
    try:
        found: dict[str, Any] | int = receive.recv() if receive.poll(120) else -1
    except EOFError:
        found = -2
    process.join(10)
    if process.exitcode:
        return process.exitcode
    return found
