"""Uploads: how much one page and all of them may hold on the server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from typing import Any

from starlette.types import Message, Receive

from wsss_viz.app.gate.limits import Limits

LEAST = 16 * 2**10
"""Bytes that a file counts at least, an empty one as well: so a page has at most some ten thousand."""
Held = Callable[[], Mapping[str, int]]
"""Gives the bytes that are held, by session."""


def held_by_streamlit() -> dict[str, int]:
    """The bytes of the uploads that Streamlit holds, by session."""
    from streamlit.runtime import Runtime

    if not Runtime.exists():
        return {}
    storage: Any = getattr(Runtime.instance().uploaded_file_mgr, "file_storage", {})
    held = {session: [len(file.data) for file in list(files.values())] for session, files in list(storage.items())}
    return {session: sum(max(size, LEAST) for size in sizes) for session, sizes in held.items()}


class Uploads:
    """What is held and what is on its way; every upload is admitted before a byte of it is read."""

    def __init__(self, limits: Limits, held: Held = held_by_streamlit) -> None:
        self._limits, self._held = limits, held
        self._coming: dict[int, tuple[str, int]] = {}
        self._lock = threading.Lock()
        self._next = 0

    def admit(self, session: str, length: int | None) -> tuple[int, str]:
        """A ticket to be given back with `end`, and ""; or why the upload is refused.

        Args:
            length: the request's bytes as it says itself.
        """
        if length is None or length < 0:
            return 0, "411 say how long the upload is"
        with self._lock:
            held = self._held()
            coming = sum(size for _, size in self._coming.values())
            already = held.get(session, 0) + sum(size for who, size in self._coming.values() if who == session)
            if already + length > self._limits.session_upload_bytes:
                return 0, "413 this page holds as much as one may: remove a file, or reload it"
            if len(self._coming) >= self._limits.uploads or sum(held.values()) + coming + length > (
                self._limits.upload_bytes
            ):
                return 0, "503 the server holds as much as it may: try again in a minute"
            self._next += 1
            self._coming[self._next] = (session, length)
            return self._next, ""

    def end(self, ticket: int) -> None:
        """The upload is over, and counted where it is held."""
        with self._lock:
            self._coming.pop(ticket, None)


def unhurried(receive: Receive, pause: float) -> Receive:
    """`receive` that gives an upload up where nothing comes for `pause` seconds."""

    async def received() -> Message:
        try:
            return await asyncio.wait_for(receive(), pause)
        except TimeoutError:
            return {"type": "http.disconnect"}

    return received
