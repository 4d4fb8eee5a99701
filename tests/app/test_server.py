"""The headers of every answer, and a warm-up that never stops the server."""

import asyncio
import gc
import logging
import resource
import sys
import threading
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import streamlit
from starlette.types import Message, Receive, Scope, Send

from tests.serving import ROOT
from wsss_viz.app import collecting, server
from wsss_viz.app.collecting import MANY, Collector
from wsss_viz.app.services import traces
from wsss_viz.app.services.beside import worker
from wsss_viz.app.services.drawn_scenes import drawer
from wsss_viz.app.worker import Worker
from wsss_viz.data.scenes import Scenes
from wsss_viz.methods import rib_companions


def answer(kind: str, content: bytes = b"text/plain", path: str = "/") -> list[Message]:
    """What the middleware sends for a request of this kind, around an application that answers 200."""
    sent: list[Message] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"x-frame-options", b"ALLOWALL"), (b"content-type", content)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    asyncio.run(server.SecurityHeaders(application)({"type": kind, "path": path}, receive, send))
    return sent


def test_every_http_answer_carries_the_headers_once() -> None:
    start, body = answer("http")
    headers = [(name.decode(), value.decode()) for name, value in start["headers"]]
    assert dict(headers)["x-content-type-options"] == "nosniff"
    assert dict(headers)["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'self'" in dict(headers)["content-security-policy"]
    assert [value for name, value in headers if name == "x-frame-options"] == ["SAMEORIGIN"]
    assert body["body"] == b"ok"


def test_pages_name_the_charts_script_and_nothing_else_does() -> None:
    (start, _), (plain, _) = answer("http", b"text/html; charset=utf-8", "/information"), answer("http")
    hint = dict(start["headers"])[b"link"].decode()
    script = hint[1 : hint.index(">")]
    assert (Path(streamlit.__file__).parent / "static" / script).is_file()
    assert hint.endswith("rel=modulepreload")
    assert server.chart_hint("/").endswith("rel=prefetch")
    assert b"link" not in dict(plain["headers"])


def test_a_websocket_passes_untouched() -> None:
    assert answer("websocket")[0]["headers"][:1] == [(b"x-frame-options", b"ALLOWALL")]


def test_nothing_from_outside_is_allowed_by_the_policy() -> None:
    assert "http://" not in server.CONTENT_SECURITY_POLICY
    assert "https:" not in server.CONTENT_SECURITY_POLICY
    assert "unsafe-eval" not in server.CONTENT_SECURITY_POLICY


def test_a_missing_checkpoint_is_one_line_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WSSS_VIZ_CHECKPOINTS", str(tmp_path))
    with caplog.at_level(logging.WARNING, "wsss_viz.app.server"):
        server.warm_up()
    (record,) = [record for record in caplog.records if record.name == "wsss_viz.app.server"]
    assert "imagenet-efficientnet-lite0" in record.message
    assert record.exc_info is None


def test_collections_pass_over_what_modules_have_made(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.unfreeze()
    gc.collect()
    loaded, collector = len(gc.get_objects()), Collector()
    try:
        collector.collect()
        assert gc.get_freeze_count() > 0.9 * loaded
        assert len(gc.get_objects()) < 0.1 * loaded
        frozen, kept = gc.get_freeze_count(), [[number] for number in range(1000)]
        collector.collect()
        assert gc.get_freeze_count() <= frozen, "no module is new"
        for number in range(MANY):
            monkeypatch.setitem(sys.modules, f"new_{number}", ModuleType("new"))
        collector.collect()
        assert gc.get_freeze_count() >= frozen + len(kept)
    finally:
        gc.unfreeze()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the memory of a process is read from /proc")
def test_freed_memory_goes_back_to_the_system() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    small = [bytearray(60_000) for _ in range(2000)]  # 120 MB in pieces too small for pages of their own
    last = bytearray(60_000)
    before = resident()
    del small
    collecting.give_back()
    assert resident() < before - 60_000_000
    assert last is not None


def test_garbage_is_collected_at_a_pace_and_not_after_every_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["runner"]["postScriptGC"] is False
    counted = threading.Semaphore(0)
    monkeypatch.setattr(collecting, "INTERVAL", 0.001)
    monkeypatch.setattr(Collector, "collect", lambda _: counted.release())
    ended = collecting.start()
    try:
        assert all(counted.acquire(timeout=30) for _ in range(3))
    finally:
        ended.set()


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's")
def test_threads_share_heaps_but_where_a_person_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []

    class Library:
        def mallopt(self, option: int, value: int) -> int:
            asked.append((option, value))
            return 1

    monkeypatch.setattr(collecting.ctypes, "CDLL", lambda _: Library())
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    assert collecting.share_memory_of_threads()
    assert asked == [(-8, 2)]
    monkeypatch.setenv("MALLOC_ARENA_MAX", "4")
    assert not collecting.share_memory_of_threads()
    assert len(asked) == 1


@pytest.mark.parametrize(("platform", "lowered"), [("linux", 1), ("darwin", 0)])
def test_only_where_threads_have_priorities_the_warm_up_lowers_its_own(
    monkeypatch: pytest.MonkeyPatch, platform: str, lowered: int
) -> None:
    asked: list[tuple[int, int, int]] = []
    warmed: list[bool] = []
    started: list[Worker] = []

    def start(self: Worker) -> None:
        started.append(self)

    monkeypatch.setattr(Worker, "start", start)
    monkeypatch.setattr(server.sys, "platform", platform)
    monkeypatch.setattr(server.os, "setpriority", lambda *what: asked.append(what))
    monkeypatch.setattr(server, "warm_up", lambda: warmed.append(True))
    server.first_page_made()
    server.start_up()
    assert (len(asked), warmed) == (lowered, [True])
    assert started == [drawer(), worker()]


def test_warm_companions_are_at_hand_and_little_is_left_to_draw() -> None:
    rib_companions._drawn_scene.cache_clear()
    server.warm_up()
    drawn = rib_companions._drawn_scene.cache_info().misses
    next(traces.steps_of("rib", Scenes("test")[31], "single"))
    assert drawn >= 8
    assert rib_companions._drawn_scene.cache_info().misses - drawn < 8
