"""What can be made again, kept on disk by a digest of all that it depends on, the oldest given up where it is too much.

A disk that takes nothing, or that others clear, is no error: what is not there is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from wsss_viz.data.files import write_whole
from wsss_viz.errors import InputError
from wsss_viz.resources import cache_folder

__all__ = ["DiskCache"]


@dataclass(frozen=True)
class DiskCache:
    """Files of one kind in the person's cache folder.

    Attributes:
        name: of their folder.
        suffix: of the files.
        limit: bytes of all together.
        every: after how many new ones it is looked whether they are too many.

    >>> cache = DiskCache("examples", ".txt", 1000)
    >>> cache.write("all that it depends on", b"made")
    >>> cache.read("all that it depends on"), cache.read("anything else")
    (b'made', None)
    """

    name: str
    suffix: str
    limit: int
    every: int = 64
    _written: Iterator[int] = field(default_factory=itertools.count, compare=False, repr=False)

    @property
    def folder(self) -> Path:
        """Where they are."""
        return cache_folder() / self.name

    def path(self, key: str) -> Path:
        """The file of a key, which need not be there."""
        name = hashlib.sha256(key.encode()).hexdigest()
        return self.folder / name[:2] / f"{name[2:]}{self.suffix}"

    def file(self, key: str) -> Path | None:
        """The file of a key, which is the youngest then; None where there is none."""
        path = self.path(key)
        try:
            os.utime(path)
        except OSError:
            return None
        return path

    def read(self, key: str) -> bytes | None:
        """What is there of a key; None where nothing is."""
        path = self.file(key)
        try:
            return None if path is None else path.read_bytes()
        except OSError:
            return None

    def write(self, key: str, content: bytes) -> None:
        """Keeps it, whole or not at all."""
        path = self.path(key)
        with contextlib.suppress(OSError, InputError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
            if next(self._written) % self.every == 0:
                self.prune()

    def prune(self, limit: int | None = None) -> int:
        """Removes those that were not read for longest, until the rest has three quarters of the limit; how many."""
        most, files = self.limit if limit is None else limit, []
        for path in self.folder.glob(f"*/*{self.suffix}"):
            with contextlib.suppress(OSError):
                status = path.stat()
                files.append((status.st_mtime_ns, status.st_size, path))
        total, removed = sum(size for _, size, _ in files), 0
        if total <= most:
            return 0
        for _, size, path in sorted(files):
            if total <= 0.75 * most:
                break
            path.unlink(missing_ok=True)
            total, removed = total - size, removed + 1
        return removed
