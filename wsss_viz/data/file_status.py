"""What the system says of files, asked for once in a while where the same files are asked about again and again.

Every such question lets go of Python's lock, and in a program of many threads it is a while until it comes back.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

__all__ = ["file_status", "files_as_they_are", "last_change"]

_known: ContextVar[dict[Path, os.stat_result | None] | None] = ContextVar("wsss_viz_file_status", default=None)


@contextmanager
def files_as_they_are() -> Iterator[None]:
    """Within the block, in this thread alone, `file_status` gives what it gave first.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> with files_as_they_are():
    ...     before = file_status(path)
    ...     _ = path.write_text("it is there")
    ...     before is file_status(path) is None
    True
    >>> file_status(path).st_size
    11
    """
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def file_status(path: Path) -> os.stat_result | None:
    """Size, times and identity of a regular file, links followed; None where there is none that can be reached.

    >>> file_status(Path("no such file")) is None, file_status(Path(__file__)).st_size > 0
    (True, True)
    """
    known = _known.get()
    if known is None:
        return _asked(path)
    if path not in known:
        known[path] = _asked(path)
    return known[path]


def last_change(path: Path) -> int:
    """When a regular file was changed last, in nanoseconds; 0 where there is none.

    >>> last_change(Path("no such file")), last_change(Path(__file__)) > 0
    (0, True)
    """
    status = file_status(path)
    return 0 if status is None else status.st_mtime_ns


def _asked(path: Path) -> os.stat_result | None:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status if stat.S_ISREG(status.st_mode) else None
