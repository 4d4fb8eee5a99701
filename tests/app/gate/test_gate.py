"""What the gate lets through: names, origins, addresses, sockets, messages, uploads."""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.app.gate.asking import Behind, asked, gate, status
from wsss_viz.app.gate import uploads
from wsss_viz.app.gate.hosts import host_allowed, machine_names, origin_allowed
from wsss_viz.app.gate.limits import Limits
from wsss_viz.app.gate.log import LOG, Sparing, spare_the_log
from wsss_viz.app.gate.messages import MOST_NAMES, sifted
from wsss_viz.app.gate.middleware import client_of
from wsss_viz.app.gate.uploads import Uploads
from wsss_viz.app.gate.visitors import Visitors

UPLOAD = "/_stcore/upload_file/tab/file"


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """The gate's lines in the log."""
    for one in list(LOG.filters):
        LOG.removeFilter(one)
    written: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: written.append(record.getMessage())  # type: ignore[method-assign]
    LOG.addHandler(handler)
    yield written
    LOG.removeHandler(handler)


@pytest.mark.parametrize(
    ("host", "allowed", "is_allowed"),
    [
        ("localhost:8501", ["localhost"], True),
        ("[::1]:8501", ["[::1]"], True),
        ("evil.example", ["localhost", "127.0.0.1"], False),
        ("evil.example:8501", ["*"], False),
        ("localhost.evil.example", ["*"], False),
        ("192.0.2.7", ["*"], True),
        ("[2001:db8::1]:80", ["*"], True),
        ("LAB.Example.", ["lab.example"], True),
        ("a.lab.example", ["*.lab.example"], True),
        ("lab.example", ["*.lab.example"], False),
        ("user@localhost", ["localhost"], False),
        ("localhost/x", ["localhost"], False),
        ("localhost:99999", ["localhost"], False),
        ("", ["*"], False),
        (None, ["*"], False),
    ],
)
def test_names_the_server_answers_to(host: str | None, allowed: list[str], is_allowed: bool) -> None:
    assert host_allowed(host, allowed) is is_allowed


def test_on_all_addresses_the_machines_own_name_is_allowed() -> None:
    assert all(host_allowed(f"{name}:8501", ["*"]) for name in machine_names())


@pytest.mark.parametrize(
    ("origin", "host", "is_allowed"),
    [
        ("http://lab:8501", "lab:8501", True),
        ("https://lab", "lab", True),
        ("https://lab", "lab:443", True),
        ("http://lab:8502", "lab:8501", False),
        ("http://evil.example", "lab:8501", False),
        ("null", "lab", False),
        ("file://", "lab", False),
        ("http://lab:x", "lab", False),
    ],
)
def test_origins_that_may_ask(origin: str, host: str, is_allowed: bool) -> None:
    assert origin_allowed(origin, host) is is_allowed


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", 200),
        ("/compare", 200),
        ("/_stcore/health", 200),
        ("/_stcore/metrics", 404),
        ("/lab/_stcore/metrics", 404),
        ("/_stcore/agent/interact", 404),
        ("/_stcore/script-health-check", 404),
    ],
)
def test_what_no_page_needs_is_not_there(path: str, expected: int) -> None:
    behind = Behind()
    assert status(asyncio.run(asked(gate(behind), path))) == expected
    assert behind.asked == ([path] if expected == 200 else [])


def test_another_name_or_origin_never_reaches_streamlit(lines: list[str]) -> None:
    behind = Behind()
    front = gate(behind)
    assert status(asyncio.run(asked(front, host="evil.example"))) == 421
    assert status(asyncio.run(asked(front, host=""))) == 421
    for origin in ("http://evil.example", "null", "http://localhost:9999"):
        (close,) = asyncio.run(asked(front, "/_stcore/stream", kind="websocket", origin=origin))
        assert close["type"] == "websocket.close"
        assert status(asyncio.run(asked(front, UPLOAD, method="PUT", origin=origin, content_length="3"))) == 403
    assert behind.asked == []
    assert len(lines) == 8


def test_sockets_are_so_many_of_one_address_and_in_all(lines: list[str]) -> None:
    async def room() -> None:
        behind, end = Behind(), asyncio.Event()
        front = gate(behind, sockets=3, client_sockets=2)

        def visitor(client: str) -> asyncio.Task:
            socket = asked(front, "/_stcore/stream", kind="websocket", client=client, waits=end)
            return asyncio.create_task(socket)

        visitors = [visitor(client) for client in ("a", "a", "a", "b", "c")]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert dict(front.sockets) == {"a": 2, "b": 1}
        full = await asked(front, "/", client="d", accept="text/html")
        assert status(full) == 503
        assert b"The server is full" in full[1]["body"]
        assert status(await asked(front, "/_stcore/health", client="d")) == 200
        end.set()
        answers = await asyncio.gather(*visitors)
        assert [answer[0]["type"].partition(".")[2] for answer in answers] == ["accept", "accept", "close", "accept",
                                                                               "close"]  # fmt: skip
        assert not front.sockets
        assert status(await asked(front, "/", client="d", accept="text/html")) == 200

    asyncio.run(room())
    assert len(lines) == 2


def said(**kind: object) -> dict[str, object]:
    return {"type": "websocket.receive", "bytes": BackMsg(**kind).SerializeToString()}


def test_messages_that_no_page_needs_are_dropped(lines: list[str]) -> None:
    behind = Behind()
    rerun = BackMsg()
    rerun.rerun_script.page_name = "compare"
    wanted = {"type": "websocket.receive", "bytes": rerun.SerializeToString()}
    messages = [said(clear_cache=True), said(set_run_on_save=True), said(load_git_info=True), said(), wanted]
    asyncio.run(asked(gate(behind), "/_stcore/stream", kind="websocket", messages=messages))
    assert behind.messages == [wanted, {"type": "websocket.disconnect"}]
    assert [line.split()[2] for line in lines] == ["'clear_cache'", "'set_run_on_save'", "'load_git_info'", "''"]


def test_addresses_for_many_files_at_once_are_not_made(lines: list[str]) -> None:
    behind = Behind()
    many, few = BackMsg(), BackMsg()
    many.file_urls_request.file_names.extend([""] * (MOST_NAMES + 1))
    few.file_urls_request.file_names.extend([""] * MOST_NAMES)
    messages = [{"type": "websocket.receive", "bytes": one.SerializeToString()} for one in (many, few)]
    asyncio.run(asked(gate(behind), "/_stcore/stream", kind="websocket", messages=messages))
    assert behind.messages == [messages[1], {"type": "websocket.disconnect"}]
    assert len(lines) == 1


@pytest.mark.parametrize(
    "message", [{"bytes": b"nonsense"}, {"text": "text"}, {"bytes": BackMsg(stop_script=True).SerializeToString() * 9}]
)
def test_what_is_no_message_ends_the_socket(message: dict[str, object], lines: list[str]) -> None:
    behind = Behind()
    messages = [{"type": "websocket.receive", **message}, said(stop_script=True)]
    asyncio.run(asked(gate(behind, message_bytes=8), "/_stcore/stream", kind="websocket", messages=messages))
    assert behind.messages == [{"type": "websocket.disconnect", "code": 1003}]
    assert len(lines) == 1


def test_a_flood_is_slowed_and_loses_nothing(monkeypatch: pytest.MonkeyPatch, lines: list[str]) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def receive() -> dict[str, object]:
        return said(stop_script=True)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    received = sifted(receive, Limits(messages=10, burst=4), clock=lambda: 0.0)

    async def flood() -> None:
        for _ in range(7):
            assert (await received())["type"] == "websocket.receive"

    asyncio.run(flood())
    assert waited == [0.1, 0.1, 0.1]


def test_uploads_are_so_many_bytes_of_a_page_and_in_all(lines: list[str]) -> None:
    held = {"other": 50}
    uploads = Uploads(Limits(upload_bytes=100, session_upload_bytes=40, uploads=2), held=lambda: held)
    first, refusal = uploads.admit("tab", 30)
    assert not refusal
    assert uploads.admit("tab", 11)[1].startswith("413")
    assert uploads.admit("third", 21)[1].startswith("503")
    second, refusal = uploads.admit("third", 20)
    assert not refusal
    assert uploads.admit("fourth", 0)[1].startswith("503")
    uploads.end(first)
    uploads.end(second)
    held["tab"] = 30
    assert uploads.admit("tab", 11)[1].startswith("413")
    assert uploads.admit("tab", None)[1].startswith("411")
    assert uploads.admit("third", 20)[1] == ""


def test_an_upload_that_is_refused_never_reaches_streamlit(lines: list[str]) -> None:
    behind = Behind()
    uploads = Uploads(Limits(session_upload_bytes=10), held=dict)
    body = [{"type": "http.request", "body": b"123", "more_body": False}]
    for length, expected in (("11", 413), ("3", 200), ("", 411), ("many", 411)):
        asking = asked(gate(behind, uploads), UPLOAD, method="PUT", messages=list(body), content_length=length)
        assert status(asyncio.run(asking)) == expected
    asking = asked(gate(behind, uploads), UPLOAD, method="PUT", content_length="3", transfer_encoding="chunked")
    assert status(asyncio.run(asking)) == 411
    assert behind.messages == body
    assert uploads.admit("tab", 10)[1] == ""  # nothing is on its way any more


def test_an_upload_that_stands_still_is_given_up() -> None:
    behind = Behind()
    body = [{"type": "http.request", "body": b"1", "more_body": True}]
    asking = asked(gate(behind, upload_pause=0.01), UPLOAD, method="PUT", messages=body, waits=asyncio.Event(),
                   content_length="3")  # fmt: skip
    asyncio.run(asking)
    assert behind.messages[-1] == {"type": "http.disconnect"}


def test_the_log_has_one_line_of_a_kind_a_minute() -> None:
    now = [0.0]
    sparing, written = Sparing(60, clock=lambda: now[0]), []
    logger = logging.Logger("x")
    logger.addFilter(sparing)
    handler = logging.Handler()
    handler.emit = lambda record: written.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    for client in range(1001):
        now[0] = client * 0.05 if client < 1000 else 61.0
        logger.warning("refused %s", client)
    logger.warning("another %s", "kind")
    assert written == ["refused 0", "refused 1000 (and 999 more of the kind before)", "another kind"]
    for error in (KeyError(), KeyError(), ValueError()):
        logger.warning("a page failed", exc_info=error)
    assert written[3:] == ["a page failed", "a page failed"]
    spare_the_log()
    assert any(isinstance(one, Sparing) for one in logging.getLogger("wsss_viz.app").filters)


def test_what_pillow_warns_of_files_is_one_line_as_well(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("py.warnings")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)  # another test may have left it on
        spare_the_log()
        try:
            for pixels in (10**8, 2 * 10**8, 3 * 10**8):  # each another text
                warnings.warn(
                    f"Image size ({pixels} pixels) exceeds limit", Image.DecompressionBombWarning, stacklevel=1
                )
        finally:
            logging.captureWarnings(False)
            for one in [one for one in logger.filters if isinstance(one, Sparing)]:
                logger.removeFilter(one)
    assert ["100000000" in record.getMessage() for record in caplog.records if record.name == logger.name] == [True]


def test_a_tab_that_is_gone_is_left_at_once_and_closed_within_the_minute() -> None:
    now, left, closed = [0.0], [], []

    class Sessions:
        def __init__(self) -> None:
            self.here, self.kept = {"a", "b"}, set[str]()

        def connected(self) -> set[str]:
            return set(self.here)

        def waiting(self) -> set[str]:
            return set(self.kept)

        def close(self, session: str) -> None:
            closed.append((session, now[0]))
            self.kept.discard(session)

    sessions = Sessions()
    visitors = Visitors(left.append, sessions, clock=lambda: now[0])
    for second in range(0, 120, 2):
        now[0] = float(second)
        if second == 10:
            sessions.here, sessions.kept = {"b"}, {"a"}
        if second == 20:
            sessions.here, sessions.kept = {"b", "c"}, {"a"}
        if second == 22:
            sessions.here, sessions.kept = {"b"}, {"a", "c"}
        if second == 26:
            sessions.here, sessions.kept = {"b", "c"}, {"a"}  # connected again in time
        visitors.check()
        assert left == (["a"] if second >= 16 else [])
    assert closed == [("a", 50.0)]


def test_the_addresses_of_one_household_are_one_client() -> None:
    addresses = ("2001:db8:1:2::7", "2001:db8:1:2:9::", "192.0.2.7")
    clients = [client_of({"client": (address, 5)}) for address in addresses]
    assert clients == ["2001:db8:1:2::/64", "2001:db8:1:2::/64", "192.0.2.7"]


def test_an_empty_file_counts_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {str(number): SimpleNamespace(data=b"") for number in range(3)}
    manager = SimpleNamespace(uploaded_file_mgr=SimpleNamespace(file_storage={"a": files}))
    monkeypatch.setattr("streamlit.runtime.Runtime.exists", lambda: True)
    monkeypatch.setattr("streamlit.runtime.Runtime.instance", lambda: manager)
    assert uploads.held_by_streamlit() == {"a": 3 * uploads.LEAST}
