"""A page before its scripts are there: title, sentence and picture stand at once, and room is left for the sidebar.

Streamlit's page is empty until two megabytes of scripts have come, and its main area is drawn before the sidebar is.
The app's style comes with it, so that nothing is drawn without and then moves.
"""

from __future__ import annotations

import gzip
import re
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wsss_viz.app import catalogue
from wsss_viz.app.language import LANGUAGES, preferred, speaking, tr

TEMPLATE, STYLE = (Path(__file__).with_name(name) for name in ("shell.html", "style.css"))
ROOT = b'<div id="root"></div>'
"""What Streamlit draws in, and by which its page is known from any other answer."""
_STYLESHEET = re.compile(rb'\s*<link rel="stylesheet"[^>]*>')
_heroes: list[str] = []


class Shell:
    """ASGI middleware: writes the shell into Streamlit's page; every other answer passes untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, pages with their shell."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        packed = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        if "text/html" in Headers(scope=scope).get("accept", ""):  # Streamlit's page is to be read, so not packed yet
            scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]}
        accepted = Headers(scope=scope).get("accept-language", "")
        held: list[Message] = []
        body = b""

        async def with_shell(message: Message) -> None:
            nonlocal body
            if message["type"] == "http.response.start":
                kind = MutableHeaders(scope=message).get("content-type", "")
                if message["status"] == 200 and kind.startswith("text/html"):
                    held.append(message)
                    return
            elif held and message["type"] == "http.response.body":
                body += message.get("body", b"")
                if message.get("more_body"):
                    return
                start = held.pop()
                whole = furnished(body, scope["path"], scope.get("query_string", b"").decode("latin-1"), accepted)
                headers = MutableHeaders(scope=start)
                if packed and whole != body:
                    whole = gzip.compress(whole, 6)
                    headers["content-encoding"] = "gzip"
                    headers.add_vary_header("Accept-Encoding")
                if whole != body:
                    headers.add_vary_header("Accept-Language")
                headers["content-length"] = str(len(whole))
                for name in ("etag", "last-modified"):  # of the file, which this is no longer
                    if whole != body and name in headers:
                        del headers[name]
                await send(start)
                message = {**message, "body": whole}
            await send(message)

        await self.app(scope, receive, with_shell)


def furnished(page: bytes, path: str, query: str = "", accepted: str = "") -> bytes:
    """Streamlit's page with the shell of the page at `path`; any other page as it is.

    The stylesheet goes behind the shell, which is drawn without waiting for it.

    Args:
        query, accepted: of the request, which say the language: `lang`, else the header `Accept-Language`.

    >>> furnished(b"<p>Full</p>", "/")
    b'<p>Full</p>'
    """
    if ROOT not in page:
        return page
    entry = next((one for one in catalogue.CATALOGUE if path.rstrip("/").endswith(f"/{one.name}")), None)
    first = entry or catalogue.named(catalogue.START)
    asked = parse_qs(query)
    picture = _heroes[0] if _heroes and first.name == catalogue.START and not {"example", "source"} & set(asked) else ""
    shell = _template()
    asked_for = asked.get("lang", [""])[-1]
    language = asked_for if asked_for in LANGUAGES else preferred(accepted)
    with speaking(language):
        for name, value in {
            "title": escape(tr(first.headline or first.title)),
            "lead": escape(tr(first.summary)),
            "picture": picture,
            "loading": escape(tr("Loading …")),
        }.items():
            shell = shell.replace(f"{{{name}}}", value)
    page = page.replace(b'<html lang="en"', f'<html lang="{language}"'.encode(), 1)
    styles = b"".join(_STYLESHEET.findall(page))
    return _STYLESHEET.sub(b"", page).replace(ROOT, ROOT + shell.encode() + styles, 1)


@cache
def _template() -> str:
    return TEMPLATE.read_text(encoding="utf-8").replace("{style}", STYLE.read_text(encoding="utf-8"))


def show_on_start(picture: str) -> None:
    """The image, as HTML, that the shell of the page Start has from now on where an address names no other."""
    _heroes[:] = [picture]
