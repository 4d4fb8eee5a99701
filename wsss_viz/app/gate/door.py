"""A door with one password for all: a signed cookie, tries that are counted, nothing that is kept."""

from __future__ import annotations

import hashlib
import hmac
import html
import ipaddress
import math
import os
import secrets
import time
from collections.abc import Callable
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
TRIES, FIRST, LONGEST_WAIT, FORGOTTEN = 6, 10.0, 600.0, 3600.0
"""Wrong passwords of one address that cost nothing; the next costs so many seconds, each further one twice as many, up
to the longest wait; the seconds after which all is forgotten."""
MOST_ADDRESSES = 4096
"""Addresses whose wrong passwords are counted; of more the one that was wrong longest ago is forgotten."""
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
        self._wrong: dict[str, tuple[int, float]] = {}  # wrong ones, and when the last was

    def is_open(self, headers: Headers) -> bool:
        """Whether a request carries a cookie of this door that is still good."""
        until, _, sign = _cookie(headers).partition(".")
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
        who = network_of(client)
        if wait := self._wait(who):
            return self._barred(to, wait)
        body = b""
        while len(body) <= LONGEST:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if wait := self._wait(who):  # many may have begun before the first of them was wrong
            return self._barred(to, wait)
        said = parse_qs(body[:LONGEST].decode("utf-8", "replace")).get("password", [""])[0]
        if not hmac.compare_digest(hashlib.sha256(said.encode("utf-8", "replace")).digest(), self._digest):
            self._note(who)
            return self.page(to, "That is not the password.")
        until = str(int(self._clock()) + HOURS * 3600)
        answer = RedirectResponse(to, 303, {"Cache-Control": "no-store"})
        headers = Headers(scope=scope)
        is_secure = scope.get("scheme") == "https" or headers.get("x-forwarded-proto") == "https"
        answer.set_cookie(COOKIE, f"{until}.{self._sign(until)}", HOURS * 3600, httponly=True, samesite="lax",
                          secure=is_secure)  # fmt: skip
        return answer

    def _note(self, who: str) -> None:
        """One more wrong password."""
        count, _ = self._wrong.pop(who, (0, 0.0))
        self._wrong[who] = (count + 1, self._clock())
        while len(self._wrong) > MOST_ADDRESSES:
            del self._wrong[next(iter(self._wrong))]

    def _wait(self, who: str) -> float:
        """Seconds until this address may try again; nobody else waits for what it tries."""
        count, latest = self._wrong.get(who, (0, 0.0))
        since = self._clock() - latest
        if since > FORGOTTEN:
            self._wrong.pop(who, None)
            return 0.0
        wait = min(LONGEST_WAIT, FIRST * 2.0 ** min(count - TRIES, 16)) if count >= TRIES else 0.0
        return max(0.0, wait - since)

    def _barred(self, to: str, wait: float) -> Response:
        seconds = math.ceil(wait)
        answer = self.page(to, f"Too many tries: wait {seconds} s.", 429)
        answer.headers["Retry-After"] = str(seconds)
        return answer

    def refusal(self, scope: Scope, headers: Headers) -> Response:
        """To who has not entered: the page, of a program a line."""
        if scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
            query = scope["query_string"].decode("latin-1")
            return self.page(scope["path"] + (f"?{query}" if query else ""))
        return PlainTextResponse("enter the password first\n", 401)


def _cookie(headers: Headers) -> str:
    """This door's cookie among all, whatever those of others are like; "" without."""
    given = (one.strip() for line in headers.getlist("cookie") for one in line.split(";"))
    return next((one.removeprefix(f"{COOKIE}=") for one in given if one.startswith(f"{COOKIE}=")), "")


def network_of(client: str) -> str:
    """Whose tries count together: an address, of IPv6 the 64 bits that one household has.

    >>> network_of("192.0.2.7"), network_of("2001:db8:1:2:3::4"), network_of("")
    ('192.0.2.7', '2001:db8:1:2::/64', '')
    """
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return str(address)


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
        password = read_bounded(path, LONGEST).decode("utf-8-sig").partition("\n")[0].strip("\r")
    except UnicodeDecodeError:
        raise InputError(f"{path}: no text: write the password on its first line") from None
    if len(password) < 8:
        raise InputError(f"{path}: a password of fewer than 8 letters: write a longer one on its first line")
    return password
