"""What a page may say to the server: reruns and what belongs to them, at a pace a hand can have."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from starlette.types import Message, Receive
from streamlit.proto.BackMsg_pb2 import BackMsg

from wsss_viz.app.gate.limits import Limits
from wsss_viz.app.gate.log import LOG

PASSED = frozenset(
    ("rerun_script", "stop_script", "file_urls_request", "app_heartbeat", "deferred_file", "dataframe_chunk")
)
"""Of Streamlit's messages those that a visitor's page needs. `clear_cache` clears everybody's."""
MOST_NAMES = 1000
"""Files that one message may ask addresses for: each name of two bytes is answered with 300."""


def kind_of(data: bytes) -> str | None:
    """The kind of a message, "" where it has none or asks for too much; None where it is no message.

    >>> kind_of(BackMsg(clear_cache=True).SerializeToString()), kind_of(b"nonsense")
    ('clear_cache', None)
    """
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except Exception:  # protobuf's own, of several kinds
        return None
    kind = message.WhichOneof("type") or ""
    if len(message.file_urls_request.file_names) > MOST_NAMES:
        return ""
    if kind == "backend_operation_request":
        return message.backend_operation_request.WhichOneof("payload") or kind
    return kind


def sifted(receive: Receive, limits: Limits, clock: Callable[[], float] = time.monotonic) -> Receive:
    """`receive` of a page's socket without what is not `PASSED`; what is no message ends it; a flood is slowed."""
    allowance, latest = float(limits.burst), clock()

    async def received() -> Message:
        nonlocal allowance, latest
        while True:
            message = await receive()
            if message["type"] != "websocket.receive":
                return message
            now = clock()
            allowance, latest = min(limits.burst, allowance + limits.messages * (now - latest)) - 1, now
            if allowance < 0:
                LOG.warning("a page sends more than %.0f messages a second and is slowed", limits.messages)
                await asyncio.sleep(1 / limits.messages)
            data = message.get("bytes")
            kind = kind_of(data) if data is not None and len(data) <= limits.message_bytes else None
            if kind is None:
                LOG.warning("a page sent what is no message, and was disconnected")
                return {"type": "websocket.disconnect", "code": 1003}
            if kind in PASSED:
                return message
            LOG.warning(f"a message {kind!r} was dropped")

    return received
