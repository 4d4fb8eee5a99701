"""What is left of a server that was told to end: nothing."""

from __future__ import annotations

import asyncio
import signal
import sys

from bench.processes import alive, descendants
from bench.visitor import Visitor
from tests.app.services.test_jobs import until
from tests.serving import running


async def look(address: str) -> list[str]:
    async with Visitor(address) as visitor:
        return (await visitor.settled("compare", "example=scenes:val:9&methods=cam")).contents


def test_it_ends_the_processes_beside_it() -> None:
    with running(sys.executable, "-m", "wsss_viz", "app", "--headless") as (address, server):
        assert asyncio.run(look(address))
        until(lambda: len(descendants(server.pid)) == 2)  # who draws the scenes, and who works long
        started = descendants(server.pid)
        server.send_signal(signal.SIGTERM)
        server.wait(60)
        assert not any(map(alive, started))
