"""A class at once: many sessions on one server, over real websockets on loopback: `python -m bench.sessions [N]`.

Every session is a visitor of its own (`bench.visitor`). First each scene is asked for once, alone; then all sessions at
once go through scenes in orders of their own, and what each is sent must be what was sent alone.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Sequence

from bench.processes import memory_mb
from bench.tables import Table, percentile, show
from bench.visitor import Seen, Visitor
from tests.serving import running

SESSIONS, VISITS, JOBS = 30, 34, 30
SCENES = range(100, 160)


def _query(index: int) -> str:
    return f"example=scenes:val:{index}&methods=cam"


async def _alone(address: str, scenes: Sequence[int]) -> tuple[dict[int, str], list[float]]:
    """What each scene's page is sent to a single visitor: the reference, and the seconds of the second look."""
    reference, seconds = {}, []
    async with Visitor(address) as visitor:
        for index in scenes:
            seen = await visitor.visit("compare", _query(index))
            reference[index] = seen.contents[-1]
        seconds += [(await visitor.visit("compare", _query(index))).seconds for index in scenes]
    return reference, seconds


async def _student(address: str, seed: int, reference: dict[int, str], visits: int) -> tuple[list[float], int, int]:
    """Seconds of each visit, how many were sent other maps than the reference, and how many showed trouble."""
    generator, seconds, wrong, trouble = random.Random(seed), [], 0, 0
    async with Visitor(address) as visitor:
        for _ in range(visits):
            index = generator.choice(list(reference))
            seen = await visitor.visit("compare", _query(index))
            seconds.append(seen.seconds)
            wrong += seen.contents[-1:] != [reference[index]]
            trouble += bool(seen.trouble)
            await asyncio.sleep(generator.uniform(0, 2))  # a person looks at what has come
    return seconds, wrong, trouble


async def _tune(address: str, index: int) -> Seen:
    """RIB, step by step, on a scene nobody else has."""
    async with Visitor(address) as visitor:
        return await visitor.settled("erasing", f"example=scenes:val:{index}&mode=rib")


async def _measure(address: str, pid: int, sessions: int, visits: int, jobs: int) -> list[Table]:
    reference, alone = await _alone(address, list(SCENES))
    memory = [memory_mb(pid)]
    start, rows = time.perf_counter(), []
    for half in (0, 1):
        everyone = [_student(address, sessions * half + i, reference, visits // 2) for i in range(sessions)]
        rows += await asyncio.gather(*everyone)
        memory.append(memory_mb(pid))
    took = time.perf_counter() - start
    seconds = [value for found, _, _ in rows for value in found]
    pages = Table(
        f"{sessions} sessions at once on Compare",
        ("", "alone", f"{sessions} at once"),
        [
            ("page, s, median", f"{percentile(alone, 0.5):.2f}", f"{percentile(seconds, 0.5):.2f}"),
            ("page, s, 95th percentile", f"{percentile(alone, 0.95):.2f}", f"{percentile(seconds, 0.95):.2f}"),
            ("interactions", str(len(alone)), f"{len(seconds)} in {took:.0f} s"),
            ("sent other maps than alone", "", f"{sum(wrong for _, wrong, _ in rows)} of {len(seconds)}"),
            ("errors shown", "", str(sum(trouble for _, _, trouble in rows))),
            ("server's memory, MB, before, half-way, after", "", ", ".join(f"{value:.0f}" for value in memory)),
        ],
        ["Each looks at what has come for 0 to 2 s. The scenes were drawn and their maps computed before, alone."],
    )
    start = time.perf_counter()
    results = await asyncio.gather(*(_tune(address, 200 + i) for i in range(jobs)))
    took = time.perf_counter() - start
    firsts = [seen.first for seen in results if seen.first is not None]
    ends = [seen.seconds for seen in results if seen.content is not None and not seen.trouble]
    fair = Table(
        f"{jobs} sessions ask for RIB at once, a scene each",
        ("", ""),
        [
            ("complete", f"{len(ends)} of {jobs} in {took:.1f} s"),
            ("first partial map, s, median and last", f"{percentile(firsts, 0.5):.1f}, {max(firsts, default=0):.1f}"),
            ("complete, s, first, median and last", f"{min(ends):.1f}, {percentile(ends, 0.5):.1f}, {max(ends):.1f}"),
            ("errors shown", str(sum(bool(seen.trouble) for seen in results))),
        ],
        ["One worker a device, in the order of asking."],
    )
    return [pages, fair]


def main(sessions: int = SESSIONS, visits: int = VISITS, jobs: int = JOBS) -> list[Table]:
    """All tables of this file."""
    with running(sys.executable, "-m", "wsss_viz", "app", "--headless") as (address, server):
        return asyncio.run(_measure(address, server.pid, sessions, visits, jobs))


if __name__ == "__main__":
    show(main(*(int(argument) for argument in sys.argv[1:4])))
