"""Files read within a bound, and written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from wsss_viz.errors import InputError


@contextlib.contextmanager
def whole_file(path: Path | str) -> Iterator[IO[bytes]]:
    """A binary file that appears under `path` when the block ends well, and not at all when it does not.

    What is written goes to a hidden file in the same folder, which is flushed to the disk and then takes the name
    `path` in one step (`os.replace`). Whatever ends the block early, Ctrl-C included, removes it: what stood under
    `path` before is untouched. Missing parent folders are made.

    Raises:
        InputError: the folder or the file cannot be written (rights, a full disk, a folder of that name).
    """
    path = Path(path)
    # The name is cut so that the longest legal name still has a legal temporary one.
    temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(6)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Opened by name rather than with tempfile, whose files are readable by their owner alone.
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise InputError(f"{path}: cannot be written: {error.strerror or error}; choose another place") from error
        raise


def write_whole(path: Path | str, data: bytes) -> None:
    """Writes `data` to `path`, whole or not at all. Raises as `whole_file` does."""
    with whole_file(path) as file:
        file.write(data)


@contextlib.contextmanager
def explained(what: Path | str) -> Iterator[None]:
    """Turns what the operating system says against a path (rights, lengths, devices) into an InputError."""
    try:
        yield
    except OSError as error:
        cause = error.strerror or str(error)
        raise InputError(f"{what}: cannot be used: {cause[:1].lower()}{cause[1:]}; check the path") from error


def read_bounded(path: Path, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes.

    Raises:
        InputError: there is no such file, it is no regular file, it is larger, or it cannot be read.
    """
    with explained(path):
        if not path.exists():
            raise InputError(f"{path}: no such file; check the path")
        if not path.is_file():
            raise InputError(f"{path}: not a file; give the path of a file")
        with path.open("rb") as file:
            # Python allocates what it is asked for before it reads, however little there is.
            data = file.read(min(os.fstat(file.fileno()).st_size, limit) + 1)
    if len(data) > limit:
        raise InputError(f"{path}: more than the {readable_bytes(limit)} that are read; give a smaller file")
    return data


def readable_bytes(count: int) -> str:
    """`count` bytes in the unit a person would use: "512 bytes", "10 MB" (2**20 bytes each)."""
    return f"{count / 2**20:.3g} MB" if count >= 2**20 else f"{count} bytes"
