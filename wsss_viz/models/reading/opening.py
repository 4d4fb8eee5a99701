"""`open_tensors`: a file's tensors by name, whatever its format, once it has passed every check of its container."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wsss_viz.data.files import explained
from wsss_viz.errors import InputError
from wsss_viz.models.reading.bounds import LEGACY, SAFETENSORS, TensorInfo, check_shape, check_size, sniff_file
from wsss_viz.models.reading.safetensors_header import read_header
from wsss_viz.resources import package_folder

if TYPE_CHECKING:
    from torch import Tensor

SECONDS = 420
_LARGEST_ANSWER = 16 * 1024**2
_PACKAGE_ROOT = package_folder().parent


@dataclass(frozen=True, eq=False)
class TensorFile:
    """A file of tensors that passed the checks of its container.

    Attributes:
        name: the file's.
        bytes: its size.
        format: one of `bounds.FORMATS`.
        wrapper: what the tensors were wrapped in, such as "state_dict"; "" for nothing.
        tensors: what is there by name; an alias has its own entry.
        aliases: names of one and the same storage, and the name it is read by.
        others: names beside the tensors that are none.
        metadata: of safetensors.
        path: the safetensors the numbers are read from; None where only the header was asked for.
    """

    name: str
    bytes: int
    format: str
    wrapper: str
    tensors: dict[str, TensorInfo]
    aliases: dict[str, str]
    others: tuple[str, ...]
    metadata: dict[str, str]
    path: Path | None

    def read(self, key: str) -> Tensor:
        """The numbers of a tensor, on the CPU, at its own type.

        Raises:
            InputError: the file has changed since it was opened, or the number is not finite.
        """
        import torch
        from safetensors import SafetensorError, safe_open

        if self.path is None:
            raise ValueError(f"{self.name} was opened for its header alone")
        try:
            with safe_open(self.path, framework="pt") as file:
                found: Tensor = file.get_tensor(self.aliases.get(key, key))
        except (SafetensorError, OSError) as error:
            raise InputError(f"{self.name} changed while it was read ({error}): try again") from None
        if tuple(found.shape) != self.tensors[key].shape:
            raise InputError(f"{self.name} changed while it was read: try again")
        if self.tensors[key].is_float and not bool(torch.isfinite(found).all()):
            raise InputError(f"{self.name}: {key} holds NaN or infinity: the training diverged, or the file is damaged")
        return found

    def save_as(self, target: Path) -> None:
        """Copies the numbers as safetensors, whole or not at all. Aliases stand there once."""
        from wsss_viz.data.files import whole_file

        if self.path is None:
            raise ValueError(f"{self.name} was opened for its header alone")
        with self.path.open("rb") as source, whole_file(target) as file:
            shutil.copyfileobj(source, file, 1024**2)


@contextlib.contextmanager
def open_tensors(path: Path, *, numbers: bool = True, legacy: bool = True) -> Iterator[TensorFile]:
    """The tensors of a file, for as long as the block lasts.

    Args:
        numbers: whether they are to be read; without, safetensors cost no torch and nothing is converted.
        legacy: whether pickles from before torch 1.6 are read.

    Raises:
        InputError: no such file, of no known format, damaged, beyond the bounds, or made to do harm.
    """
    name = "".join(character if character.isprintable() else "?" for character in path.name)[:128]
    with explained(path):
        if not path.is_file():
            raise InputError(f"no checkpoint at {path}: check the path")
        size = path.stat().st_size
        check_size(size, name)
        with path.open("rb") as file:
            kind = sniff_file(file, name)
            header = read_header(file, size, name) if kind == SAFETENSORS else None
    if header is not None:
        yield TensorFile(name, size, kind, "", header.tensors, {}, (), header.metadata, path)
        return
    if kind == LEGACY and not legacy:
        raise InputError(
            f"{name} is a pickle from before torch 1.6, which is read from the command line only: convert it with "
            f"`python -m wsss_viz inspect {name} --save-as FILE.safetensors`"
        )
    with tempfile.TemporaryDirectory(prefix="wsss_viz-") as folder:
        target = Path(folder) / "converted.safetensors"
        found = _in_child(path, target if numbers else None, name)
        yield _converted(found, name, size, target if numbers else None)


def _in_child(path: Path, target: Path | None, name: str) -> dict[str, Any]:
    """What the child process says about a file; it has converted it to `target`."""
    command = [sys.executable, "-m", "wsss_viz.models.reading.child", str(path.resolve()), str(target or "-"), name]
    kept = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "LANG")
    environment = {key: os.environ[key] for key in kept if key in os.environ}
    environment |= {"PYTHONPATH": str(_PACKAGE_ROOT), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryDirectory(prefix="wsss_viz-") as empty:
        try:
            done = subprocess.run(
                command,
                cwd=empty,
                env=environment,
                capture_output=True,
                check=False,
                stdin=subprocess.DEVNULL,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise InputError(f"{name}: reading it took more than {SECONDS} s and was stopped: it is not read") from None
    answer = done.stdout[-_LARGEST_ANSWER:].strip().rsplit(b"\n", 1)[-1]
    try:
        found: dict[str, Any] = json.loads(answer)
    except ValueError:
        raise InputError(_ended(done.returncode, name)) from None
    if "error" in found:
        raise InputError(str(found["error"]))
    return found


def _ended(code: int, name: str) -> str:
    """Why there is no answer: the child was ended, by the system or by one of its limits."""
    how = f"signal {-code}" if code < 0 else f"exit {code}"
    return f"{name}: the process that read it was stopped ({how}): the file is damaged, or needs more than its size may"


def _converted(found: dict[str, Any], name: str, size: int, target: Path | None) -> TensorFile:
    """What the child answered, checked as a file from a stranger would be."""
    tensors = {
        key: TensorInfo(dtype, check_shape(shape, key, name)) for key, (dtype, shape) in found["tensors"].items()
    }
    metadata: dict[str, str] = {}
    if target is not None:
        with target.open("rb") as file:
            header = read_header(file, target.stat().st_size, name)
        if header.tensors != tensors:
            raise InputError(f"{name} was not converted as it was read: try again")
    aliases = dict(found["aliases"])
    tensors |= {alias: tensors[key] for alias, key in aliases.items()}
    return TensorFile(
        name, size, found["format"], found["wrapper"], tensors, aliases, tuple(found["others"]), metadata, target
    )
