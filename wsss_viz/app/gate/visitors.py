"""What a closed tab leaves: its work stops at once, and what it uploaded goes within the minute."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol

from wsss_viz.app.gate.log import LOG

INTERVAL = 2.0
"""Seconds between two looks at who is there."""
WORK = 5.0
"""Seconds without a connection after which a session's work is stopped: a page that lost it connects again before."""
SESSION = 40.0
"""Seconds after which the session is closed with all it holds; Streamlit keeps one for two minutes and longer."""


class Sessions(Protocol):
    """Who is connected, who was, and how one is closed."""

    def connected(self) -> set[str]:
        """The sessions whose page is open."""

    def waiting(self) -> set[str]:
        """Those whose page is gone, and which are kept."""

    def close(self, session: str) -> None:
        """Ends one with all it holds."""


class StreamlitSessions:
    """Those of the running server."""

    def _manager(self) -> Any:
        from streamlit.runtime import Runtime

        return getattr(Runtime.instance(), "_session_mgr", None) if Runtime.exists() else None

    def connected(self) -> set[str]:
        """The sessions whose page is open."""
        manager = self._manager()
        return {info.session.id for info in manager.list_active_sessions()} if manager else set()

    def waiting(self) -> set[str]:
        """Those whose page is gone, and which are kept."""
        manager = self._manager()
        return {info.session.id for info in manager.list_sessions()} - self.connected() if manager else set()

    def close(self, session: str) -> None:
        """Ends one with all it holds."""
        from streamlit.runtime import Runtime

        Runtime.instance().close_session(session)


class Visitors:
    """Looks who has gone. `leave` is told once for each, from the server's loop, and must not take long."""

    def __init__(
        self,
        leave: Callable[[str], None],
        sessions: Sessions | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._leave, self._clock = leave, clock
        self._sessions: Sessions = sessions or StreamlitSessions()
        self._known: set[str] = set()
        self._gone: dict[str, float] = {}
        self._left: set[str] = set()

    def check(self) -> None:
        """Stops and closes what is due."""
        now, connected, waiting = self._clock(), self._sessions.connected(), self._sessions.waiting()
        gone = (self._known - connected) | waiting
        self._known = connected
        self._gone = {who: since for who, since in self._gone.items() if who not in connected}
        for who in gone:
            self._gone.setdefault(who, now)
        self._left &= self._gone.keys()
        for who, since in list(self._gone.items()):
            if now - since >= WORK and who not in self._left:
                self._left.add(who)
                self._leave(who)
            if now - since >= SESSION:
                if who in waiting:
                    self._sessions.close(who)
                del self._gone[who]

    async def watch(self) -> None:
        """Looks for as long as the server runs."""
        while True:
            await asyncio.sleep(INTERVAL)
            try:
                self.check()
            except Exception:
                LOG.exception("the look at who has gone failed")
