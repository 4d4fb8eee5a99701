"""A log that nobody can fill: one line of a kind a minute, and how many were left out."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

LOG = logging.getLogger("wsss_viz.app.gate")
NOISY = (
    "asyncio",
    "uvicorn.error",
    "streamlit.web.server.starlette.starlette_websocket",
    "streamlit.web.server.starlette.starlette_routes",
    "streamlit.runtime.websocket_session_manager",
    "streamlit.runtime.runtime",
    "streamlit.runtime.app_session",
    "streamlit.runtime.backend_operation_handler",
    "streamlit.runtime.state.session_state",
    "streamlit.runtime.media_file_manager",
    "wsss_viz.app",
    "py.warnings",
)
"""Loggers whose lines a visitor can cause."""
MOST_KINDS = 256


class Sparing(logging.Filter):
    """Lets one record of a kind through a minute; the next one says how many were left out.

    A kind is a place in the code, what is said there without its details, and the kind of error that it is said of.
    """

    def __init__(self, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._seconds, self._clock = seconds, clock
        self._kinds: dict[tuple[object, ...], tuple[float, int]] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        kind: tuple[object, ...] = (record.name, record.levelno, record.pathname, record.lineno, str(record.msg)[:80])
        kind += (record.exc_info[0],) if record.exc_info else ()
        now = self._clock()
        with self._lock:
            if kind not in self._kinds and len(self._kinds) >= MOST_KINDS:
                kind = (record.name, "others")
            since, left_out = self._kinds.get(kind, (-self._seconds, 0))
            if now - since < self._seconds:
                self._kinds[kind] = (since, left_out + 1)
                return False
            self._kinds[kind] = (now, 0)
        if left_out:
            record.msg = f"{record.getMessage()} (and {left_out} more of the kind before)"
            record.args = ()
        return True


def spare_the_log(seconds: float = 60.0) -> None:
    """Has the gate's lines and those of `NOISY` pass a `Sparing`, once; Python's warnings, as Pillow's of a size that a
    file claims, are lines of the log."""
    logging.captureWarnings(True)
    for name in (LOG.name, *NOISY):
        logger = logging.getLogger(name)
        if not any(isinstance(one, Sparing) for one in logger.filters):
            logger.addFilter(Sparing(seconds))
