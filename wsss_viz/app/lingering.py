"""Files that were made for a download stay a while: until whoever asked for one has come for it.

Streamlit makes a deferred file, answers with its address, and gives it up when the runs of two pages have ended,
whoever's: with thirty visitors that may be before the browser has asked for the address, and the download fails.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileKind
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

SECONDS = 30.0
"""That a file stays which nobody refers to any more."""


class Lingering:
    """Deletes of a storage a file for a download only once its time is over. Safe to call from any thread.

    Args:
        storage: of the server. Its routes and its manager hold it as well, so its methods are put in place there.
    """

    def __init__(self, storage: MemoryMediaFileStorage, clock: Callable[[], float] = time.monotonic) -> None:
        self._load, self._delete = storage.load_and_get_id, storage.delete_file
        self._clock, self._lock = clock, threading.Lock()
        self._until: dict[str, float] = {}
        self._given_up: set[str] = set()
        storage.load_and_get_id = self.load_and_get_id  # type: ignore[method-assign]
        storage.delete_file = self.delete_file  # type: ignore[method-assign]

    def load_and_get_id(
        self, path_or_data: str | bytes, mimetype: str, kind: MediaFileKind, filename: str | None = None
    ) -> str:
        """As the storage's; a file for a download is not deleted before its time from now."""
        with self._lock:
            file_id = self._load(path_or_data, mimetype, kind, filename)
            self._given_up.discard(file_id)
            if kind == MediaFileKind.DOWNLOADABLE:
                self._until[file_id] = self._clock() + SECONDS
        return file_id

    def delete_file(self, file_id: str) -> None:
        """Deletes it, a file for a download once its time is over."""
        with self._lock:
            self._given_up.add(file_id)
            left = self._until.get(file_id, 0.0) - self._clock()
        if left <= 0:
            self.sweep()
            return
        timer = threading.Timer(left + 0.1, self.sweep)
        timer.daemon = True
        timer.start()

    def sweep(self) -> None:
        """Deletes what was given up and whose time is over."""
        with self._lock:
            now = self._clock()
            for file_id in [one for one in self._given_up if self._until.get(one, 0.0) <= now]:
                self._given_up.discard(file_id)
                self._until.pop(file_id, None)
                self._delete(file_id)


def linger(manager: MediaFileManager) -> None:
    """Has the server's files for downloads stay; to be called before the first page is run.

    Raises:
        TypeError: Streamlit stores them in another kind of storage.
    """
    storage = manager._storage
    if not isinstance(storage, MemoryMediaFileStorage):
        raise TypeError(f"Streamlit stores files in a {type(storage).__name__}: see app/lingering.py")
    Lingering(storage)
