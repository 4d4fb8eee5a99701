"""The gate: every request passes it before Streamlit sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from wsss_viz.app.gate.door import PATH, Door, network_of
from wsss_viz.app.gate.hosts import host_allowed, origin_allowed
from wsss_viz.app.gate.limits import Limits
from wsss_viz.app.gate.log import LOG
from wsss_viz.app.gate.messages import sifted
from wsss_viz.app.gate.uploads import Uploads, unhurried

CORE = "/_stcore/"
OPEN = ("health", "stream", "host-config", "upload_file/", "bidi-components/")
"""What is answered under `CORE`; not the metrics, nor what drives the app without a browser."""
FULL = """<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="20"><title>wsss_viz is full</title>
<body style="font:16px/1.5 system-ui;max-width:32em;margin:20vh auto;padding:0 1em"><h1>The server is full</h1>
<p>As many pages are open as it has room for. This one tries again every 20 seconds."""


MOST_ESCAPES = 64
"""Backslashes in cookies: older Pythons (3.11.7 is one) read them in the square of their number, 64 kB in 10 s."""


def allowed_hosts() -> list[str]:
    """Streamlit's `server.allowedHosts`."""
    from streamlit import config

    names: list[str] = config.get_option("server.allowedHosts")
    return names


class Gate:
    """ASGI middleware: Host and Origin, so many pages, so many bytes, no message or address that no page needs."""

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        uploads: Uploads | None = None,
        hosts: Callable[[], Collection[str]] = allowed_hosts,
        door: Door | None = None,
    ) -> None:
        self.app, self.limits, self._hosts, self._door = app, limits, hosts, door
        self.uploads = uploads or Uploads(limits)
        self.sockets: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or refuses it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal:
            LOG.warning(f"refused a request, {refusal}: from %s", client_of(scope))
            await _refuse(refusal, scope, receive, send)
        elif self._door and not _asks_for_health(scope) and not self._door.is_open(headers):
            await self._at_the_door(self._door, scope, headers, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["method"] == "PUT" and f"{CORE}upload_file/" in scope["path"]:
            await self._upload(scope, headers, receive, send)
        elif self._is_full(scope) and "text/html" in headers.get("accept", ""):
            await HTMLResponse(FULL, 503, {"Retry-After": "20"})(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> str:
        host, origin = headers.get("host"), headers.get("origin")
        if not host_allowed(host, self._hosts()):
            return "421 this server has another name: start it with --allow-host NAME"
        asks = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS")
        if asks and not origin_allowed(origin, host):
            return "403 a page of another origin"
        if sum(line.count("\\") for line in headers.getlist("cookie")) > MOST_ESCAPES:
            return "431 cookies that nobody sets here"
        _, core, rest = scope["path"].partition(CORE)
        if core and not rest.startswith(OPEN):
            return "404 nothing is here"
        return ""

    async def _at_the_door(self, door: Door, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await _refuse("401 enter the password first", scope, receive, send)
        elif scope["method"] == "POST" and scope["path"] == PATH:
            answer = await door.enter(scope, unhurried(receive, self.limits.upload_pause), client_of(scope))
            if answer.status_code != 303:
                LOG.warning("a wrong password from %s", client_of(scope))
            await answer(scope, receive, send)
        else:
            await door.refusal(scope, headers)(scope, receive, send)

    def _is_full(self, scope: Scope) -> bool:
        client = client_of(scope)
        return self.sockets.total() >= self.limits.sockets or self.sockets[client] >= self.limits.client_sockets

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = client_of(scope)
        if self._is_full(scope):
            LOG.warning("too many pages are open: one of %s was refused", client)
            await _refuse("503 too many pages are open", scope, receive, send)
            return
        self.sockets[client] += 1
        try:
            await self.app(scope, sifted(receive, self.limits), send)
        finally:
            self.sockets[client] -= 1
            if not self.sockets[client]:
                del self.sockets[client]

    async def _upload(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        session = scope["path"].partition(f"{CORE}upload_file/")[2].partition("/")[0]
        given = headers.get("content-length", "")
        # a body in chunks is as long as it comes, whatever else is said of it
        said = given.isascii() and given.isdigit() and "transfer-encoding" not in headers
        length = int(given) if said else None
        ticket, refusal = self.uploads.admit(session, length)
        receive = unhurried(receive, self.limits.upload_pause)
        if refusal:
            if length is not None and length <= self.limits.session_upload_bytes:
                await _drain(receive)  # a browser reads no answer before it has sent all
            LOG.warning(f"refused an upload, {refusal}: from %s", client_of(scope))
            await _refuse(refusal, scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        finally:
            self.uploads.end(ticket)


def client_of(scope: Scope) -> str:
    """The address that asks, of IPv6 the household's; behind a proxy on this machine the one that it names (uvicorn
    reads X-Forwarded-For)."""
    return network_of(scope["client"][0]) if scope.get("client") else ""


def _asks_for_health(scope: Scope) -> bool:
    """Whether only that is asked which says that the server runs."""
    plain = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
    return plain and scope["path"].partition(CORE)[2] == "health"


async def _drain(receive: Receive) -> None:
    """Lets a body pass by, keeping nothing of it."""
    while (message := await receive())["type"] == "http.request" and message.get("more_body"):
        pass


async def _refuse(refusal: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the status and the line of a refusal; a socket is closed before it was opened."""
    status, _, line = refusal.partition(" ")
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1013 if status == "503" else 1008, "reason": line})
        return
    await PlainTextResponse(f"{line}\n", int(status), {"Connection": "close"})(scope, receive, send)
