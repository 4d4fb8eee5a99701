"""A visitor without a browser: Streamlit's websocket protocol, spoken as its front end does.

It keeps what the last run of the page put on the screen, asks fragments to run again as often as the page wants, and
sends no widget states, so every page runs with what its address says.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

LARGEST_MESSAGE = 64 * 2**20


@dataclass
class Seen:
    """What one visit of a page gave.

    Attributes:
        seconds: from the request to the end of the run, and to the first content of the viewer (None: there was none).
        contents: the viewer's payloads in the order they came, as the SHA-256 of their canonical JSON.
        content: the last of them.
        bytes: received.
        trouble: exceptions and error boxes that the page showed.
    """

    seconds: float = 0.0
    first: float | None = None
    contents: list[str] = field(default_factory=list)
    content: Any = None
    bytes: int = 0
    trouble: list[str] = field(default_factory=list)


class Visitor:
    """One session. To be used as `async with Visitor(address) as visitor`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket: Any = None
        self._fragments: dict[str, float] = {}

    async def __aenter__(self) -> Visitor:
        parts = urlsplit(self.address)
        self._socket = await websockets.connect(
            f"ws://{parts.netloc}/_stcore/stream",
            origin=self.address,  # type: ignore[arg-type]
            subprotocols=["streamlit"],  # type: ignore[list-item]
            max_size=LARGEST_MESSAGE,
            open_timeout=120,
            ping_timeout=None,
        )
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self._socket.close()

    async def visit(self, page: str, query: str = "", patience: float = 300.0) -> Seen:
        """Opens `/page?query` in this session and waits for the end of the run."""
        return await self._run(Seen(), patience, page=page, query=query)

    async def settled(self, page: str, query: str, patience: float = 600.0) -> Seen:
        """The same, and lets the page's fragments run again until it asks for no more: until its jobs have ended."""
        start = time.perf_counter()
        seen = await self.visit(page, query, patience)
        while self._fragments and not seen.trouble and time.perf_counter() - start < patience:
            await asyncio.sleep(min(self._fragments.values()))
            waited = time.perf_counter() - start
            again = await self._run(Seen(), patience, page=page, query=query, fragment=next(iter(self._fragments)))
            if seen.first is None and again.first is not None:
                seen.first = waited + again.first
            seen.contents += again.contents
            seen.content = again.content if again.content is not None else seen.content
            seen.bytes += again.bytes
            seen.trouble += again.trouble
        seen.seconds = time.perf_counter() - start
        return seen

    async def _run(self, seen: Seen, patience: float, *, page: str, query: str, fragment: str = "") -> Seen:
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = page
        if fragment:
            message.rerun_script.fragment_id = fragment
            message.rerun_script.is_auto_rerun = True
        start = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        async with asyncio.timeout(patience):
            while True:
                data = await self._socket.recv()
                seen.bytes += len(data)
                answer = ForwardMsg()
                answer.ParseFromString(data)
                kind = answer.WhichOneof("type")
                if kind == "new_session" and not answer.metadata.run.fragment_ids:
                    self._fragments.clear()
                elif kind == "delta":
                    self._note(answer.delta, seen, start)
                elif kind == "auto_rerun":
                    self._fragments[answer.auto_rerun.fragment_id] = answer.auto_rerun.interval
                elif kind == "stop_auto_rerun":
                    self._fragments.pop(answer.stop_auto_rerun.fragment_id, None)
                elif kind == "script_finished" and answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    seen.seconds = time.perf_counter() - start
                    return seen

    @staticmethod
    def _note(delta: Any, seen: Seen, start: float) -> None:
        if delta.WhichOneof("type") != "new_element":
            return
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            seen.trouble.append(f"{element.exception.type}: {element.exception.message}"[:200])
        elif kind == "alert" and element.alert.format == element.alert.ERROR:
            seen.trouble.append(element.alert.body[:200])
        elif kind == "bidi_component" and element.bidi_component.json:
            content = json.loads(element.bidi_component.json).get("content")
            if content is not None:
                seen.first = seen.first or time.perf_counter() - start
                seen.content = content
                seen.contents.append(digest(content))


def digest(content: Any) -> str:
    """SHA-256 of the content's canonical JSON."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
