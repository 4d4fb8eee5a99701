"""The door: nobody without the password reaches Streamlit, and nobody can try for long."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from starlette.datastructures import Headers

from tests.app.gate.asking import LOOPBACK, Behind, asked, status
from wsss_viz.app.gate import Gate, door
from wsss_viz.app.gate.door import FORGOTTEN, HOURS, TRIES, Door, read_password
from wsss_viz.app.gate.limits import Limits
from wsss_viz.app.gate.uploads import Uploads
from wsss_viz.errors import InputError

PASSWORD = "a long word & more"
RIGHT = "a+long+word+%26+more"


@pytest.fixture
def now() -> list[float]:
    return [1000.0]


@pytest.fixture
def front(now: list[float]) -> Gate:
    limits = Limits()
    held = Uploads(limits, held=dict)
    return Gate(Behind(), limits, held, hosts=lambda: LOOPBACK, door=Door(PASSWORD, clock=lambda: now[0]))


def enter(front: Gate, said: str, client: str = "a", **headers: str) -> tuple[int, dict[str, str]]:
    body = {"type": "http.request", "body": f"password={said}".encode(), "more_body": False}
    sent = asyncio.run(asked(front, "/_door", method="POST", client=client, messages=[body], **headers))
    return status(sent), {key.decode(): value.decode() for key, value in sent[0]["headers"]}


def test_without_the_password_nothing_is_reached(front: Gate) -> None:
    assert status(asyncio.run(asked(front, "/learn", accept="text/html"))) == 401
    assert status(asyncio.run(asked(front, "/static/js/x.js"))) == 401
    put = asked(front, "/_stcore/upload_file/a/b", method="PUT", content_length="1")
    assert status(asyncio.run(put)) == 401
    assert asyncio.run(asked(front, "/_stcore/stream", kind="websocket"))[0]["type"] == "websocket.close"
    assert front.app.asked == []
    assert status(asyncio.run(asked(front, "/_stcore/health"))) == 200


def test_the_password_opens_for_hours_and_no_other_cookie_does(front: Gate, now: list[float]) -> None:
    assert enter(front, "wrong")[0] == 401
    code, headers = enter(front, RIGHT, origin="http://localhost:8501")
    assert (code, headers["location"]) == (303, "/")
    assert "HttpOnly" in headers["set-cookie"]
    assert "SameSite=lax" in headers["set-cookie"]
    cookie = headers["set-cookie"].partition(";")[0]
    assert status(asyncio.run(asked(front, "/learn", cookie=cookie))) == 200
    name, _, value = cookie.partition("=")
    until, _, sign = value.partition(".")
    other = sign[:-1] + ("1" if sign[-1] == "0" else "0")
    for forged in (f"{int(until) + 9}.{sign}", f"{until}.{other}", until, f"{until}.", ".", "", "x.y"):
        assert status(asyncio.run(asked(front, "/learn", cookie=f"{name}={forged}"))) == 401
    again = Door(PASSWORD, clock=lambda: now[0])
    assert not again.is_open(Headers({"cookie": cookie}))
    now[0] += HOURS * 3600 + 1
    assert status(asyncio.run(asked(front, "/learn", cookie=cookie))) == 401


def test_behind_a_proxy_with_tls_the_cookie_is_for_tls_alone(front: Gate) -> None:
    assert "Secure" in enter(front, RIGHT, x_forwarded_proto="https")[1]["set-cookie"]
    assert "Secure" not in enter(front, RIGHT)[1]["set-cookie"]


def test_who_is_wrong_waits_ever_longer_and_nobody_else_waits(front: Gate, now: list[float]) -> None:
    assert [enter(front, "wrong")[0] for _ in range(TRIES + 1)] == [401] * TRIES + [429]
    code, headers = enter(front, RIGHT)
    assert (code, headers["retry-after"]) == (429, "10")
    for number in range(200):
        assert enter(front, "wrong", client=f"c{number}")[0] == 401
    assert enter(front, RIGHT, client="b")[0] == 303
    waits = []
    for _ in range(8):
        wait = int(enter(front, RIGHT)[1]["retry-after"])
        now[0] += wait - 1
        assert enter(front, RIGHT)[0] == 429
        now[0] += 1.01
        waits.append(wait)
        assert enter(front, "wrong")[0] == 401
    assert waits == [10, 20, 40, 80, 160, 320, 600, 600]
    now[0] += FORGOTTEN + 1
    assert [enter(front, "wrong")[0] for _ in range(TRIES)] == [401] * TRIES


def test_one_household_is_one_address_and_few_are_remembered(
    front: Gate, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "MOST_ADDRESSES", 3)
    tries = [enter(front, "wrong", client=f"2001:db8:0:7::{number:x}")[0] for number in range(TRIES + 1)]
    assert tries == [401] * TRIES + [429]
    for number in range(3):
        enter(front, "wrong", client=f"c{number}")
    assert enter(front, RIGHT, client="2001:db8:0:7::1")[0] == 303  # the one that was wrong longest ago


def test_tries_that_are_begun_at_once_are_counted_as_well(front: Gate) -> None:
    first = {"type": "http.request", "body": b"pass", "more_body": True}

    async def tries() -> list[int]:
        begun, sent = asyncio.Event(), [{"type": "http.request", "body": b"word=wrong", "more_body": False}]

        async def one() -> int:
            said: list[dict[str, object]] = [first, *sent]
            answers: list[dict[str, object]] = []

            async def receive() -> dict[str, object]:
                if len(said) == 1:
                    await begun.wait()
                return said.pop(0)

            async def send(message: dict[str, object]) -> None:
                answers.append(message)

            scope = {"type": "http", "path": "/_door", "method": "POST", "client": ("a", 5), "query_string": b""}
            await front({**scope, "headers": [(b"host", b"localhost")]}, receive, send)
            return status(answers)

        all_of_them = asyncio.gather(*(one() for _ in range(5 * TRIES)))
        await asyncio.sleep(0.01)
        begun.set()
        return list(await all_of_them)

    codes = asyncio.run(tries())
    assert (codes.count(401), codes.count(429)) == (TRIES, 4 * TRIES)


def test_a_password_from_another_page_is_refused(front: Gate) -> None:
    assert enter(front, RIGHT, origin="http://evil.example")[0] == 403


def test_the_page_repeats_nothing_as_html(front: Gate) -> None:
    sent = asyncio.run(asked(front, '/"><script>', accept="text/html"))
    assert b"<script>" not in sent[1]["body"]


@pytest.mark.parametrize("content", [b"short", b"", b"\xff" * 9, b"short\nlong enough"])
def test_a_file_without_a_password_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "password").write_bytes(content)
    with pytest.raises(InputError, match="password"):
        read_password(tmp_path / "password")
    (tmp_path / "password").write_bytes(PASSWORD.encode() + b"\r\nsecond line")
    assert read_password(tmp_path / "password") == PASSWORD


def test_health_is_asked_by_its_own_path_alone(front: Gate) -> None:
    for path, method in (("/_stcore/upload_file/a/_stcore/health", "PUT"), ("/_stcore/health", "PUT"),
                         ("/_stcore/upload_file/a/_stcore/health", "GET")):  # fmt: skip
        assert status(asyncio.run(asked(front, path, method=method, content_length="1"))) == 401
    assert status(asyncio.run(asked(front, "/base/_stcore/health"))) == 200
    assert front.app.asked == ["/base/_stcore/health"]


def test_cookies_of_others_do_not_hide_the_doors_and_cost_no_time(front: Gate) -> None:
    cookie = enter(front, RIGHT)[1]["set-cookie"].partition(";")[0]
    for others in ('theme={"dark":true}', "flag", "a[0]=1", 'x="a'):
        assert status(asyncio.run(asked(front, "/learn", cookie=f"{others}; {cookie}"))) == 200
    slow = 'a="' + 30_000 * '\\"' + '"'
    assert status(asyncio.run(asked(front, "/learn", cookie=f"{cookie}; {slow}"))) == 431


def test_a_password_file_of_notepad_has_no_mark_before_it(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(b"\xef\xbb\xbfa long word\r\n")
    assert read_password(file) == "a long word"
