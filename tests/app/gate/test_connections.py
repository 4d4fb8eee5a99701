"""A real server on loopback: connections that ask for nothing, sockets, origins, and what is said in its log."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
import uvicorn
import websockets

from tests.serving import free_port
from wsss_viz.app.gate import Gate
from wsss_viz.app.gate.connections import Connections
from wsss_viz.app.gate.limits import Limits
from wsss_viz.app.gate.uploads import Uploads

LIMITS = Limits(sockets=3, connections=8, client_connections=6, silence=0.3)


async def application(scope, receive, send):
    """Answers, and keeps sockets open."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server with small limits, as uvicorn runs it."""
    monkeypatch.setattr(Connections, "limits", LIMITS)
    gate = Gate(application, LIMITS, Uploads(LIMITS, held=dict), hosts=lambda: ["127.0.0.1"])
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(gate, port=port, http=Connections, ws="websockets-sansio", lifespan="off", log_level="error")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        threading.Event().wait(0.01)
    yield f"127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def answer(address: str, **headers: str) -> int:
    request = urllib.request.Request(f"http://{address}/", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as given:
            return int(given.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_connections_that_ask_for_nothing_are_refused_beyond_the_limit_and_ended(address: str) -> None:
    host, port = address.split(":")
    silent = [socket.create_connection((host, int(port)), timeout=60) for _ in range(12)]
    ends = [one.recv(1) for one in silent if not refused(one)]  # blocks until the server ends them
    assert set(ends) <= {b""}
    for one in silent:
        one.close()
    assert answer(address) == 200


def refused(one: socket.socket) -> bool:
    try:
        one.recv(1, socket.MSG_PEEK)
    except ConnectionResetError:
        return True
    return False


def test_sockets_beyond_the_limit_are_refused_and_a_place_is_free_again(address: str) -> None:
    async def room() -> tuple[int, int]:
        async def page(**named):
            return await websockets.connect(f"ws://{address}/_stcore/stream", **named)

        pages = [await page() for _ in range(LIMITS.sockets)]
        refusals = 0
        for named in ({}, {"origin": "http://evil.example"}):
            with pytest.raises(websockets.InvalidStatus):
                await page(**named)
            refusals += 1
        assert await asyncio.to_thread(answer, address, Accept="text/html") == 503
        await pages.pop().close()
        while await asyncio.to_thread(answer, address, Accept="text/html") != 200:
            await asyncio.sleep(0.01)
        pages.append(await page(origin=f"http://{address}"))
        await pages[0].send(b"nonsense")
        await pages[0].wait_closed()
        for one in pages:
            await one.close()
        return len(pages), refusals

    assert asyncio.run(room()) == (3, 2)
    assert answer(address, Host="evil.example") == 421


def test_descriptors_are_raised_and_sockets_follow_them() -> None:
    code = """
import json, resource
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (300, 400))
from wsss_viz.app.gate.limits import limits_of_this_server
limits, files = limits_of_this_server(), resource.getrlimit(resource.RLIMIT_NOFILE)[0]
print(json.dumps([limits.sockets, limits.client_sockets, limits.connections, files]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [28, 28, 144, 400]
