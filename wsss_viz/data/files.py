"""Files read within a bound, and written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from wsss_viz.errors import InputError

_PARTIAL = re.compile(r"\..{0,40}\.[0-9a-f]{12}\.part", re.DOTALL)


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


def write_first(path: Path, data: bytes) -> bool:
    """Writes `data` to `path` where nothing is there, whole or not at all; of several that try at once, one does.

    Returns:
        Whether it was written here.

    Raises:
        InputError: the folder or the file cannot be written.
    """
    temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(6)}.part")
    try:
        write_whole(temporary, data)
        # A hard link is the one step that fails where the name is taken already.
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}; choose another place") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    return True


def remove_partial(folder: Path) -> int:
    """Removes what killed processes left of `whole_file` in a folder and those inside it; returns how many files."""
    removed = 0
    for file in folder.rglob(".*.part"):
        if _PARTIAL.fullmatch(file.name):
            with contextlib.suppress(OSError):
                file.unlink()
                removed += 1
    return removed


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Holds `path`, a file that is there, for this process alone, until the block or the process ends.

    Where the system has no such locks (Windows, some network folders), nothing is held.

    Raises:
        InputError: another process holds it.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"another run is writing to {path.parent}: wait for it, or give another folder") from None
        except OSError:
            pass
        yield


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
    """`count` bytes in the unit a person would use: "512 bytes", "10 MB" (2**20 bytes each), "2 GB" (2**30)."""
    if count >= 2**30:
        return f"{count / 2**30:.3g} GB"
    return f"{count / 2**20:.3g} MB" if count >= 2**20 else f"{count} bytes"
