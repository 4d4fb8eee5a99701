"""Files read within a bound, and written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from wsss_viz.errors import InputError

__all__ = [
    "expanded",
    "explained",
    "only_one",
    "read_bounded",
    "readable_bytes",
    "remove_partial",
    "stamp_of",
    "temporary_folder",
    "whole_file",
    "write_first",
    "write_whole",
]

_STREAMS = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/")
_PARTIAL = re.compile(r"\..{0,40}\.[0-9a-f]{12}\.part", re.DOTALL)


@contextlib.contextmanager
def whole_file(path: Path | str) -> Iterator[IO[bytes]]:
    """A binary file that appears under `path` when the block ends well, and not at all when it does not.

    What is written has no name while it is written (`O_TMPFILE` of Linux), so that nothing of it stays behind, not even
    of a killed process; or a hidden one in the same folder, where the system has no such files. When the block ends it
    is flushed to the disk and takes the name `path` in one step (`os.replace`). Whatever ends the block early, Ctrl-C
    included, removes it: what stood under `path` before is untouched. Missing parent folders are made. A link is
    followed, to its file. Into what is no regular file (a pipe, a device, `/dev/stdout`) everything is written at the
    end, and it stays what it is.

    Raises:
        InputError: the folder or the file cannot be written (rights, a full disk, a folder of that name).

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> with whole_file(path) as file:
    ...     file.write(b"all of it")
    9
    >>> path.read_bytes()
    b'all of it'
    """
    path = Path(path)
    with _writable(path):
        if _is_stream(path):
            with _written_through(path) as file:
                yield file
        else:
            with _settled(Path(os.path.realpath(path)), os.replace) as file:
                yield file


def _is_stream(path: Path) -> bool:
    """Whether there is something under `path` that takes bytes and has no name to be replaced."""
    if str(path).startswith(_STREAMS):
        return True
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


@contextlib.contextmanager
def _written_through(path: Path) -> Iterator[IO[bytes]]:
    """A file in memory or, where it is long, without a name, that goes into `path` when the block has ended well."""
    with tempfile.SpooledTemporaryFile(2**20) as file:
        yield file
        file.seek(0)
        # appended: what a shell has sent into the same file before stays
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND), "wb") as stream:
            shutil.copyfileobj(file, stream)


def write_first(path: Path, data: bytes) -> bool:
    """Writes `data` to `path` where nothing is there, whole or not at all; of several that try at once, one does.

    Returns:
        Whether it was written here.

    Raises:
        InputError: the folder or the file cannot be written.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> write_first(path, b"one"), write_first(path, b"two"), path.read_bytes()
    (True, False, b'one')
    """
    with _writable(path):
        try:
            # A hard link is the one step that fails where the name is taken already.
            with _settled(Path(os.path.realpath(path)), os.link) as file:
                file.write(data)
        except FileExistsError:
            return False
    return True


@contextlib.contextmanager
def _writable(path: Path) -> Iterator[None]:
    """The folder of `path` is there, and whatever the operating system says against the writing is an InputError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}; choose another place") from error


@contextlib.contextmanager
def _settled(path: Path, settle: Callable[[Path, Path], None]) -> Iterator[IO[bytes]]:
    """A file beside `path` that `settle(hidden name, path)` gives its name when the block has ended well."""
    # The name is cut so that the longest legal name still has a legal hidden one.
    hidden = path.with_name(f".{path.name[:40]}.{secrets.token_hex(6)}.part")
    try:
        nameless = _nameless(path.parent)
        # Opened by name rather than with tempfile, whose files are readable by their owner alone.
        with nameless or hidden.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if nameless:
                # `src_dir_fd` is not used for an absolute path, but without it Python links the link.
                os.link(_opened(file), hidden, src_dir_fd=file.fileno(), follow_symlinks=True)
        settle(hidden, path)
    finally:
        with contextlib.suppress(OSError):
            hidden.unlink()


def _nameless(folder: Path) -> IO[bytes] | None:
    """A new file of the folder's file system that has no name yet; None where there are no such files."""
    if not hasattr(os, "O_TMPFILE"):
        return None
    try:
        file = os.fdopen(os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o666), "wb")
    except OSError:
        return None
    if os.path.exists(_opened(file)):
        return file
    file.close()  # without /proc it could not be given a name
    return None


def _opened(file: IO[bytes]) -> str:
    """The path under which Linux has a file that this process has open."""
    return f"/proc/self/fd/{file.fileno()}"


def remove_partial(folder: Path) -> int:
    """Removes what killed processes left of `whole_file` in a folder and those inside it; returns how many files.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / ".a.txt.0123456789ab.part").touch()
    >>> remove_partial(folder), list(folder.iterdir())
    (1, [])
    """
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

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "lock"
    >>> path.touch()
    >>> with only_one(path):
    ...     print("alone")
    alone
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
    """Writes `data` to `path`, whole or not at all. Raises as `whole_file` does.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "folder" / "a.txt"
    >>> write_whole(path, b"all of it")
    >>> path.read_bytes()
    b'all of it'
    """
    with whole_file(path) as file:
        file.write(data)


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder of this process that goes with the block.

    Raises:
        InputError: none can be made: the disk is full, or the place is not there.

    >>> with temporary_folder() as folder:
    ...     folder.is_dir()
    True
    >>> folder.exists()
    False
    """
    try:
        made = tempfile.TemporaryDirectory(prefix="wsss_viz-")
    except OSError as error:
        why = error.strerror or error
        raise InputError(f"no temporary folder can be made: {why}; make room, or set TMPDIR to another place") from None
    with made as name:
        yield Path(name)


@contextlib.contextmanager
def explained(what: Path | str) -> Iterator[None]:
    """Turns what the operating system says against a path (rights, lengths, devices) into an InputError.

    >>> with explained("a.png"):
    ...     raise PermissionError(13, "Permission denied")
    Traceback (most recent call last):
    wsss_viz.errors.InputError: a.png: cannot be used: permission denied; check the path
    """
    try:
        yield
    except OSError as error:
        cause = error.strerror or str(error)
        raise InputError(f"{what}: cannot be used: {cause[:1].lower()}{cause[1:]}; check the path") from error


def read_bounded(path: Path, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes.

    Raises:
        InputError: there is no such file, it is no regular file, it is larger, or it cannot be read.

    >>> read_bounded(Path("none.png"), 100)
    Traceback (most recent call last):
    wsss_viz.errors.InputError: none.png: no such file; check the path
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


def expanded(text: str) -> Path:
    """A path, a person's folder in place of `~`.

    Raises:
        InputError: there is no such person here.

    >>> expanded("maps/ours")
    PosixPath('maps/ours')
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise InputError(f"{text[:60]}: nobody of that name has a folder here; write the whole path") from None


def stamp_of(path: Path) -> tuple[int, ...]:
    """What tells a file from the one that was there before: also one of its size and date. () where there is none.

    Its inode, the times of its last change of any kind (which no copying sets back) and of its content, its size.

    >>> stamp_of(Path("none.png")), len(stamp_of(Path(__file__)))
    ((), 4)
    """
    if not path.is_file():
        return ()
    status = path.stat()
    return status.st_ino, status.st_ctime_ns, status.st_mtime_ns, status.st_size


def readable_bytes(count: int) -> str:
    """`count` bytes in the unit a person would use: "512 bytes", "10 MB" (2**20 bytes each), "2 GB" (2**30).

    >>> readable_bytes(512), readable_bytes(10 * 2**20), readable_bytes(2**31)
    ('512 bytes', '10 MB', '2 GB')
    """
    if count >= 2**30:
        return f"{count / 2**30:.3g} GB"
    return f"{count / 2**20:.3g} MB" if count >= 2**20 else f"{count} bytes"
