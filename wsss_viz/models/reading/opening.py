"""`read_tensors`: a file's tensors by name, whatever its format, once it has passed every check of its container."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wsss_viz.data.files import explained, temporary_folder
from wsss_viz.errors import InputError
from wsss_viz.interrupts import may_go_on, within
from wsss_viz.models.reading.bounds import FORMATS, LEGACY, SAFETENSORS, TensorInfo, check_shape, check_size, sniff_file
from wsss_viz.models.reading.safetensors_header import Header, read_header
from wsss_viz.resources import package_folder

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["SECONDS", "TensorFile", "printable_name", "read_tensors"]

SECONDS = 420
_LARGEST_ANSWER = 16 * 1024**2
_PACKAGE_ROOT = package_folder().parent
_ONE = threading.Lock()
"""One child at a time."""


@dataclass(frozen=True, eq=False)
class TensorFile:
    """The tensors of a file that passed the checks of its container, in memory.

    Attributes:
        name: the file's.
        bytes: its size.
        format: one of `bounds.FORMATS`.
        digest: SHA-256 of the bytes that were read, hexadecimal; "" where only a header was.
        tensors: what is there by name, of a pickle with the keys that lead to it ("state_dict.fc.weight"); an alias has
            its own entry.
        aliases: names of one and the same storage, and the name it is read by.
        mappings: of a pickle the dictionaries that hold tensors, by the keys that lead to them; "" is the outermost.
        others: what stands beside the tensors and is none (epoch, an optimizer, ...).
        metadata: of safetensors.
        objects: Python objects that were left out unread, by the names of their classes.
    """

    name: str
    bytes: int
    format: str
    digest: str
    tensors: dict[str, TensorInfo]
    aliases: dict[str, str]
    mappings: tuple[str, ...]
    others: tuple[str, ...]
    metadata: dict[str, str]
    objects: tuple[str, ...] = ()
    _content: memoryview | None = None
    _ranges: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def read(self, key: str) -> Tensor:
        """The numbers of a tensor, on the CPU, at its own type: a copy that belongs to the caller.

        Raises:
            InputError: a number is not finite.
        """
        import torch

        if self._content is None:
            raise ValueError(f"{self.name} was opened for its header alone")
        start, end = self._ranges[self.aliases.get(key, key)]
        info = self.tensors[key]
        dtype = {
            "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
            "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8,
            "BOOL": torch.bool,
        }[info.dtype]  # fmt: skip
        if start == end:
            return torch.empty(info.shape, dtype=dtype)
        tensor = torch.frombuffer(bytearray(self._content[start:end]), dtype=dtype).reshape(info.shape)
        if info.is_float and not bool(torch.isfinite(tensor).all()):
            raise InputError(f"{self.name}: {key} holds NaN or infinity: the training diverged, or the file is damaged")
        return tensor

    def save_as(self, target: Path, names: Mapping[str, str] | Iterable[str] | None = None) -> None:
        """Writes tensors as safetensors, whole or not at all; a storage of several names once.

        Args:
            names: by the name that is written that in this file; default: all, as they are called here.
        """
        from safetensors.torch import save

        from wsss_viz.data.files import write_whole

        wanted = dict(names) if isinstance(names, Mapping) else {key: key for key in (names or self.tensors)}
        written: dict[str, str] = {}
        for short, key in wanted.items():
            written.setdefault(self.aliases.get(key, key), short)
        write_whole(target, save({short: self.read(key) for key, short in written.items()}))


def read_tensors(
    path: Path, *, numbers: bool = True, legacy: bool = True, pickles: bool = True, sha256: str | None = None
) -> TensorFile:
    """The tensors of a file, read once: its digest and its numbers are of the same bytes.

    Args:
        numbers: whether they are read; without, of safetensors only the header is, and nothing is converted.
        legacy: whether pickles from before torch 1.6 are read.
        pickles: whether anything but safetensors is.
        sha256: what the bytes of safetensors must digest to; None: anything.

    Raises:
        InputError: no such file, of no known format, changed, damaged, beyond the bounds, or made to do harm.

    Examples:
        >>> import tempfile, torch
        >>> from safetensors.torch import save_file
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = Path(folder.name) / "w.safetensors"
        >>> save_file({"fc.weight": torch.ones(2, 3)}, path)
        >>> file = read_tensors(path)
        >>> file.tensors, file.read("fc.weight").sum().item()
        ({'fc.weight': TensorInfo(dtype='F32', shape=(2, 3))}, 6.0)
        >>> folder.cleanup()
    """
    name = printable_name(path)
    with explained(path):
        if not path.is_file():
            raise InputError(f"no checkpoint at {path}: check the path")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            check_size(size, name)
            kind = sniff_file(file, name)
            if kind == SAFETENSORS:
                if not numbers:
                    return _of_header(read_header(file, size, name), name, size)
                content = file.read(size)
                digest = hashlib.sha256(content).hexdigest()
                if sha256 not in (None, digest):
                    raise InputError(f"{name} does not match its digest in the register: it is truncated or changed")
                header = read_header(io.BytesIO(content), len(content), name)
                return _of_header(header, name, size, memoryview(content), digest)
    if not pickles:
        raise InputError(
            f"{name} is a {FORMATS[kind]}, of which this server reads none by upload: convert it with `python -m "
            f"wsss_viz inspect {name} --save-as FILE.safetensors`"
        )
    if kind == LEGACY and not legacy:
        raise InputError(
            f"{name} is a pickle from before torch 1.6, which is read from the command line only: convert it with "
            f"`python -m wsss_viz inspect {name} --save-as FILE.safetensors`"
        )
    with temporary_folder() as folder:
        target = folder / "converted.safetensors" if numbers else None
        return _converted(_in_child(path, target, name), name, size, target)


def printable_name(path: Path) -> str:
    """A file's name as messages and pages have it: printable, 128 characters at most.

    Examples:
        >>> printable_name(Path("runs/best.pth"))
        'best.pth'
    """
    return "".join(character if character.isprintable() else "?" for character in path.name)[:128]


def _of_header(header: Header, name: str, size: int, content: memoryview | None = None, digest: str = "") -> TensorFile:
    return TensorFile(
        name, size, SAFETENSORS, digest, header.tensors, {}, ("",), (), header.metadata, (), content, header.ranges
    )


def _in_child(path: Path, target: Path | None, name: str) -> dict[str, Any]:
    """What the child process says about a file; it has converted it to `target`."""
    command = [sys.executable, "-m", "wsss_viz.models.reading.child", str(path.resolve()), str(target or "-"), name]
    passed = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "LANG")
    environment = {key: os.environ[key] for key in passed if key in os.environ}
    environment |= {"PYTHONPATH": str(_PACKAGE_ROOT), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    line = f"{name}: reading it took more than {SECONDS} s and was stopped: it is not read"
    with temporary_folder() as empty, within(SECONDS, line):
        done = _run(command, empty, environment)
    answer = done.stdout[-_LARGEST_ANSWER:].strip().rsplit(b"\n", 1)[-1]
    try:
        answered: dict[str, Any] = json.loads(answer)
    except ValueError:
        raise InputError(_ended(done.returncode, name)) from None
    if "error" in answered:
        raise InputError(str(answered["error"]))
    return answered


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    """The child to its end, or to that of whoever wants it (`may_go_on`); it is killed on every way out."""
    while not _ONE.acquire(timeout=0.2):
        may_go_on()
    try:
        return _run_alone(command, folder, environment)
    finally:
        _ONE.release()


def _run_alone(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            while True:
                try:
                    said, _ = process.communicate(timeout=0.2)
                    return subprocess.CompletedProcess(command, process.returncode, said)
                except subprocess.TimeoutExpired:
                    may_go_on()
        finally:
            process.kill()


def _ended(code: int, name: str) -> str:
    """Why there is no answer: the child was ended, by the system or by one of its limits."""
    how = f"signal {-code}" if code < 0 else f"exit {code}"
    return f"{name}: the process that read it was stopped ({how}): the file is damaged, or needs more than its size may"


def _converted(answered: dict[str, Any], name: str, size: int, target: Path | None) -> TensorFile:
    """What the child answered, checked as a file from a stranger would be."""
    tensors = {
        key: TensorInfo(dtype, check_shape(shape, key, name)) for key, (dtype, shape) in answered["tensors"].items()
    }
    content, ranges = None, {}
    if target is not None:
        read = target.read_bytes()
        header = read_header(io.BytesIO(read), len(read), name)
        content = memoryview(read)
        if header.tensors != tensors:
            raise InputError(f"{name} was not converted as it was read: try again")
        ranges = header.ranges
    aliases = dict(answered["aliases"])
    return TensorFile(
        name,
        size,
        answered["format"],
        answered["digest"],
        # in the file's own order, which decides between two networks of one size
        {key: tensors[aliases.get(key, key)] for key in answered["order"]},
        aliases,
        tuple(answered["mappings"]),
        tuple(answered["others"]),
        {},
        tuple(answered["objects"]),
        content,
        ranges,
    )
