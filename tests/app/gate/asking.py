"""An application behind the gate, and what is asked of it, without a network."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from wsss_viz.app.gate import Gate
from wsss_viz.app.gate.limits import Limits
from wsss_viz.app.gate.uploads import Uploads

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class Behind:
    """The application: answers 200, takes sockets, and holds what it was sent."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.messages: list[Message] = []
        self.open = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope["path"])
        if scope["type"] == "http":
            while scope["method"] == "PUT":
                message = await receive()
                self.messages.append(message)
                if not message.get("more_body"):
                    break
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"ok"})
            return
        await send({"type": "websocket.accept"})
        while True:
            message = await receive()
            self.messages.append(message)
            if message["type"] == "websocket.disconnect":
                return


def gate(behind: Behind, uploads: Uploads | None = None, **limits: Any) -> Gate:
    """A gate of a server on this machine."""
    bounds = Limits(**limits)
    return Gate(behind, bounds, uploads or Uploads(bounds, held=dict), hosts=lambda: LOOPBACK)


async def asked(
    gate: Gate,
    path: str = "/",
    *,
    kind: str = "http",
    method: str = "GET",
    client: str = "127.0.0.1",
    messages: list[Message] | None = None,
    waits: asyncio.Event | None = None,
    **headers: str,
) -> list[Message]:
    """What is sent back; the client says `messages`, waits for `waits`, and goes."""
    named = {"host": "localhost:8501", **{key.replace("_", "-"): value for key, value in headers.items()}}
    scope: Scope = {"type": kind, "path": path, "method": method, "client": (client, 5), "query_string": b""}
    scope["headers"] = [(key.encode(), value.encode()) for key, value in named.items() if value]
    said, sent = list(messages or []), []

    async def receive() -> Message:
        if said:
            return said.pop(0)
        if waits is not None:
            await waits.wait()
        return {"type": "websocket.disconnect" if kind == "websocket" else "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await gate(scope, receive, send)
    return sent


def status(sent: list[Message]) -> int:
    """The status of an answer; 0 of a socket that was refused."""
    return int(sent[0].get("status", 0))
