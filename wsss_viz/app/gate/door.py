"""A door with one password for all: a signed cookie, tries that are counted, nothing that is kept."""

from __future__ import annotations

import hashlib
import hmac
import html
import os
import secrets
import time
from collections import deque
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import Receive, Scope

from wsss_viz.app.settings import PASSWORD_VARIABLE
from wsss_viz.data.files import read_bounded
from wsss_viz.errors import InputError

COOKIE = "wsss_viz_door"
PATH = "/_door"
HOURS = 12
LONGEST = 4096
TRIES, ALL_TRIES, MINUTE = 6, 120, 60.0
"""Wrong passwords a minute, of one address and in all."""
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>wsss_viz</title><body style="font:16px/1.5 system-ui;max-width:22em;margin:20vh auto;padding:0 1em">
<h1 style="font-size:1.4em">wsss_viz</h1><form method="post" action="{path}?to={to}">
<label>Password<br><input type="password" name="password" autocomplete="current-password" autofocus required
style="font:inherit;width:100%;padding:.4em;box-sizing:border-box"></label><p role="alert">{line}</p>
<button style="font:inherit;padding:.4em 1.2em">Enter</button></form>"""


class Door:
    """Who has said the password within `HOURS` is let in, until the server is started again."""

    def __init__(self, password: str, clock: Callable[[], float] = time.time) -> None:
        self._digest = hashlib.sha256(password.encode()).digest()
        self._key, self._clock = secrets.token_bytes(32), clock
        self._wrong: dict[str, deque[float]] = {}

    def is_open(self, headers: Headers) -> bool:
        """Whether a request carries a cookie of this door that is still good."""
        cookie = SimpleCookie()
        try:
            cookie.load(headers.get("cookie", ""))
        except CookieError:
            return False
        until, _, sign = cookie[COOKIE].value.partition(".") if COOKIE in cookie else ("", "", "")
        if not (until.isascii() and until.isdigit() and len(until) < 16 and int(until) > self._clock()):
            return False
        return hmac.compare_digest(sign.encode(), self._sign(until).encode())

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def page(self, to: str, line: str = "", status: int = 401) -> Response:
        """The page that asks for the password, and leads to `to`."""
        text = PAGE.format(path=PATH, to=html.escape(quote(_inside(to), safe="")), line=html.escape(line))
        return HTMLResponse(text, status, {"Cache-Control": "no-store"})

    async def enter(self, scope: Scope, receive: Receive, client: str) -> Response:
        """The answer to a password."""
        to = _inside(parse_qs(scope["query_string"].decode("latin-1")).get("to", ["/"])[0])
        if self._is_barred(client):
            return self.page(to, "Too many tries: wait a minute.", 429)
        body = b""
        while len(body) <= LONGEST:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if self._is_barred(client):  # many may have begun before the first of them was wrong
            return self.page(to, "Too many tries: wait a minute.", 429)
        said = parse_qs(body[:LONGEST].decode("utf-8", "replace")).get("password", [""])[0]
        if not hmac.compare_digest(hashlib.sha256(said.encode("utf-8", "replace")).digest(), self._digest):
            for who in (client, ""):
                self._wrong.setdefault(who, deque(maxlen=ALL_TRIES)).append(self._clock())
            return self.page(to, "That is not the password.")
        until = str(int(self._clock()) + HOURS * 3600)
        answer = RedirectResponse(to, 303, {"Cache-Control": "no-store"})
        headers = Headers(scope=scope)
        is_secure = scope.get("scheme") == "https" or headers.get("x-forwarded-proto") == "https"
        answer.set_cookie(COOKIE, f"{until}.{self._sign(until)}", HOURS * 3600, httponly=True, samesite="lax",
                          secure=is_secure)  # fmt: skip
        return answer

    def _is_barred(self, client: str) -> bool:
        oldest = self._clock() - MINUTE
        for who in list(self._wrong):
            times = self._wrong[who]
            while times and times[0] < oldest:
                times.popleft()
            if not times:
                del self._wrong[who]
        return len(self._wrong.get(client, ())) >= TRIES or len(self._wrong.get("", ())) >= ALL_TRIES

    def refusal(self, scope: Scope, headers: Headers) -> Response:
        """To who has not entered: the page, of a program a line."""
        if scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
            query = scope["query_string"].decode("latin-1")
            return self.page(scope["path"] + (f"?{query}" if query else ""))
        return PlainTextResponse("enter the password first\n", 401)


def _inside(to: str) -> str:
    """A path on this server, or its first page.

    >>> _inside("/learn?step=7"), _inside("//evil.example"), _inside("https://evil.example"), _inside("/\\\\evil")
    ('/learn?step=7', '/', '/', '/')
    """
    plain = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable() and len(to) < LONGEST
    return to if plain else "/"


def door_of_this_server() -> Door | None:
    """The door that `app --password-file` asked for, or None.

    Raises:
        InputError: the file cannot be read, or holds fewer than 8 letters.
    """
    named = os.environ.get(PASSWORD_VARIABLE)
    return Door(read_password(Path(named))) if named else None


def read_password(path: Path) -> str:
    """The first line of a file. Raises InputError where it cannot be read, or is shorter than 8 letters."""
    try:
        password = read_bounded(path, LONGEST).decode().partition("\n")[0].strip("\r")
    except UnicodeDecodeError:
        raise InputError(f"{path}: no text: write the password on its first line") from None
    if len(password) < 8:
        raise InputError(f"{path}: a password of fewer than 8 letters: write a longer one on its first line")
    return password
