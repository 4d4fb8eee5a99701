"""What the server does besides running pages: answer headers, and warming up while the first page loads."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DEVICE_VARIABLE = "WSSS_VIZ_DEVICE"
MAIN = Path(__file__).with_name("main.py")

# Streamlit's page has an inline script and inline styles and loads components' scripts from blobs.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class SecurityHeaders:
    """ASGI middleware: adds `HEADERS` to every HTTP answer; websockets pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, with_headers)


def middleware() -> list[Middleware]:
    """For `st.App`."""
    return [Middleware(SecurityHeaders)]


def warm_up() -> None:
    """Draws and computes the default view, so that the first visitor waits for neither torch nor the checkpoint."""
    from wsss_viz.app import caches
    from wsss_viz.app.state import ViewState
    from wsss_viz.errors import InputError

    view = ViewState()
    try:
        caches.fine_scene(view.example)
        caches.trace(caches.scene(view.example), view.views)
        caches.classifier()
    except InputError as error:
        logging.getLogger(__name__).warning("%s", error)
    except Exception:
        logging.getLogger(__name__).exception("the warm-up failed; pages compute when they are opened")


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Warms up beside the server, which answers at once."""
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
    yield
