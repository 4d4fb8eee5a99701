"""Thirty visitors of all kinds for minutes on one server: `python -m bench.soak [MINUTES] [--seed 0]`.

Readers, uploaders, RIB askers, figure makers, and a rude one who does all of that in many tabs and leaves midway.
Each answer's digest is written down with what was asked for: the viewer's, of its image, its maps and their network's
scores, or that of a figure's bytes. Afterwards one visitor alone asks a fresh server for the same: what differs is
wrong. Then everybody leaves, and it is seen what goes on; last the server is ended in the middle of work.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import io
import random
import signal
import subprocess
import sys
import time
import urllib.error
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

import websockets
from PIL import Image

from bench.processes import alive, cpu_seconds, descendants, memory_mb
from bench.tables import Table, percentile, show
from bench.visitor import OWN, Seen, Visitor, noise
from tests.serving import running
from wsss_viz.data.scenes import Scenes

MINUTES = 10.0
READERS, UPLOADERS, ASKERS, MAKERS, RUDE_TABS = 18, 5, 4, 2, 6
PATIENCE = 180.0
"""Seconds after which an answer counts as none."""
WARM = 120.0
"""Seconds after which memory is to stay as it is."""
END = 5.0
SCENES, RIBS, FIGURES, UPLOADS = range(100, 400), range(400, 424), range(100, 112), 8
COMMAND = (sys.executable, "-m", "wsss_viz", "app", "--headless")

Key = tuple[str, str, str]
"""What was asked for: page, query, and the picture that was uploaded before, or ""."""


@dataclass
class Record:
    """What all visitors together were given.

    Attributes:
        seconds: of each answer, by kind of visitor.
        digests: of the answers, how often each, by what was asked for.
        trouble: exceptions and errors that pages showed.
        counts: by kind: answers that never came, refusals, connections that were ended, pages that said "busy".
    """

    until: float
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    digests: dict[Key, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    trouble: Counter[str] = field(default_factory=Counter)
    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    @property
    def open(self) -> bool:
        """Whether there is time left."""
        return time.monotonic() < self.until

    def take(self, kind: str, key: Key, seen: Seen, digest: str = "") -> None:
        """Writes an answer down."""
        self.seconds[kind].append(seen.seconds)
        self.counts[kind]["busy"] += bool(seen.busy)
        self.trouble.update(f"{kind}, {key[0]}: {line}" for line in seen.trouble)
        if not seen.trouble:
            self.digests[key][digest or (seen.contents or ["nothing"])[-1]] += 1


def picture(number: int) -> bytes:
    """A scene as a PNG, each of another size."""
    buffer = io.BytesIO()
    size = 200 + 30 * number, 320 + 20 * number
    Image.fromarray(Scenes("val", size=size)[number].image).save(buffer, "PNG")
    return buffer.getvalue()


def _scene(index: int) -> Key:
    return "compare", f"example=scenes:train:{index}&methods=cam", ""


def _rib(index: int) -> Key:
    return "erasing", f"example=scenes:train:{index}&mode=rib", ""


def _figure(index: int, rows: int = 1, dpi: int = 150) -> Key:
    basket = ",".join(f"train.{index + row}..final.cam_gain" for row in range(rows))
    return "figures", f"figure=basket&basket={basket}&dpi={dpi}", ""


async def ask(visitor: Visitor, key: Key, patience: float = PATIENCE) -> tuple[Seen, str]:
    """One answer, and its digest where it is no viewer's. Raises TimeoutError where none comes in so many seconds."""
    page, query, upload = key
    if upload:
        seen = await visitor.upload("own_upload", "picture.png", picture(int(upload)), page, query, patience)
    else:
        seen = await visitor.settled(page, query, patience)
    if visitor.going and not seen.trouble:
        raise TimeoutError
    if page != "figures" or not seen.pictures:
        return seen, ""
    return seen, hashlib.sha256(await visitor.fetch(seen.pictures[-1])).hexdigest()


async def _reader(address: str, rng: random.Random, record: Record) -> None:
    async with Visitor(address) as visitor:
        while record.open:
            key = _scene(rng.choice(SCENES))
            record.take("reader", key, *await ask(visitor, key))
            await asyncio.sleep(rng.uniform(0, 4))  # a person looks at what has come


async def _uploader(address: str, rng: random.Random, record: Record) -> None:
    while record.open:
        async with Visitor(address) as visitor:
            key: Key = (*OWN, str(rng.randrange(UPLOADS)))
            record.take("uploader", key, *await ask(visitor, key))
            await asyncio.sleep(rng.uniform(2, 6))


async def _asker(address: str, rng: random.Random, record: Record) -> None:
    async with Visitor(address) as visitor:
        while record.open:
            key = _rib(rng.choice(RIBS))
            record.take("RIB asker", key, *await ask(visitor, key))
            await asyncio.sleep(rng.uniform(1, 5))


async def _maker(address: str, rng: random.Random, record: Record) -> None:
    async with Visitor(address) as visitor:
        while record.open:
            key = _figure(rng.choice(FIGURES), rng.choice((1, 2, 3)))
            seen, digest = await ask(visitor, key)
            record.take("figure maker", key, seen, digest)
            if seen.downloads and rng.random() < 0.3:
                record.counts["figure maker"]["files"] += bool(await visitor.download(seen.downloads["PDF"], PATIENCE))
            await asyncio.sleep(rng.uniform(1, 5))


async def _leaves(visitor: Visitor, work: Awaitable[object], seconds: float) -> None:
    """Asks, and closes the tab before it can be done."""
    with suppress(TimeoutError):
        await asyncio.wait_for(work, seconds)


async def _rude(address: str, rng: random.Random, record: Record) -> None:
    """One of the tabs of the rude one: the dearest of everything, again and again."""
    while record.open:
        async with Visitor(address) as visitor:
            what, seconds = rng.randrange(6), rng.uniform(0.5, 15)
            if what == 0:
                await _leaves(visitor, ask(visitor, _figure(rng.randrange(400, 600), 12, 600)), seconds)
            elif what == 1:
                work = visitor.upload("own_upload", "noise.png", noise(rng.randrange(4)), *OWN)
                await _leaves(visitor, work, seconds)
            elif what == 2:
                await _leaves(visitor, ask(visitor, _rib(rng.randrange(600, 900))), seconds)
            elif what == 3:
                seen = await visitor.settled("learn", "step=1&answered=1", PATIENCE)
                file = next((one for label, one in seen.downloads.items() if label.startswith("Handout")), "")
                await _leaves(visitor, visitor.download(file), seconds)
            elif what == 4:
                work = visitor.upload("own_upload", "noise.png", picture(rng.randrange(UPLOADS)), *OWN)
                await _leaves(visitor, work, PATIENCE)
                await _leaves(visitor, visitor.settled("erasing", "source=own&mode=rib"), seconds)
            else:
                for _ in range(20):  # asked and not waited for
                    await _leaves(visitor, ask(visitor, _scene(rng.randrange(900, 3000))), 0.05)
        record.counts["rude"]["tabs"] += 1


async def _again(kind: str, visit: Callable[..., Awaitable[None]], address: str, seed: int, record: Record) -> None:
    """A visitor comes back after whatever happened to it, until the time is over."""
    rng = random.Random(seed)
    while record.open:
        try:
            await visit(address, rng, record)
        except TimeoutError:
            record.counts[kind]["no answer"] += 1
        except urllib.error.HTTPError as error:
            record.counts[kind][f"refused, {error.code}"] += 1
        except (websockets.WebSocketException, OSError) as error:
            record.counts[kind][f"cut off, {type(error).__name__}"] += 1
            await asyncio.sleep(1)


async def _watch(pid: int) -> list[tuple[float, float]]:
    """Seconds since the start, and the memory in MB of the server and what it started, every 2 s until cancelled."""
    started, measured = time.monotonic(), []
    with suppress(asyncio.CancelledError):
        while True:
            measured.append((time.monotonic() - started, memory_mb(pid)))
            await asyncio.sleep(2)
    return measured


async def _left(pid: int) -> tuple[float, float]:
    """When all have gone: the cores that are busy 10 s later, and the memory in MB after a minute."""
    await asyncio.sleep(10)
    before = cpu_seconds(pid)
    await asyncio.sleep(10)
    busy = (cpu_seconds(pid) - before) / 10
    await asyncio.sleep(40)
    return busy, memory_mb(pid)


async def _soak(
    address: str, pid: int, record: Record, seed: int
) -> tuple[list[tuple[float, float]], tuple[float, float], float, float]:
    """The memory on the way, the cores that were busy with the server and with this program, and `_left`."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(32))
    kinds = (
        ("reader", _reader, READERS),
        ("uploader", _uploader, UPLOADERS),
        ("RIB asker", _asker, ASKERS),
        ("figure maker", _maker, MAKERS),
        ("rude", _rude, RUDE_TABS),
    )
    visitors = [
        _again(kind, visit, address, 1000 * seed + 100 * place + number, record)
        for place, (kind, visit, count) in enumerate(kinds)
        for number in range(count)
    ]
    watch = asyncio.create_task(_watch(pid))
    begun, served, visited = time.monotonic(), cpu_seconds(pid), time.process_time()
    await asyncio.gather(*visitors)
    seconds = time.monotonic() - begun
    cores = (cpu_seconds(pid) - served) / seconds, (time.process_time() - visited) / seconds
    watch.cancel()
    measured = await watch
    return measured, cores, *await _left(pid)


async def _ended_in_the_middle(address: str, server: subprocess.Popen[bytes]) -> tuple[float, int]:
    """Seconds from SIGTERM to the end with pages open and work under way, and processes that are left."""
    keys = (_rib(700), _figure(700, 12, 600), (*OWN, "3"), _scene(701))
    async with asyncio.TaskGroup() as group:
        open_pages = [await Visitor(address).__aenter__() for _ in keys]
        tasks = [group.create_task(_quietly(ask(page, key))) for page, key in zip(open_pages, keys, strict=True)]
        await asyncio.sleep(3)
        started = descendants(server.pid)
        begun = time.monotonic()
        server.send_signal(signal.SIGTERM)
        while server.poll() is None and time.monotonic() - begun < 60:
            await asyncio.sleep(0.02)
        took = time.monotonic() - begun
        for task in tasks:
            task.cancel()
    return took, sum(map(alive, started))


async def _quietly(work: Awaitable[object]) -> None:
    with suppress(websockets.WebSocketException, OSError):
        await work


async def _alone(address: str, keys: Iterable[Key]) -> dict[Key, str]:
    """What one visitor is given: the reference."""
    reference = {}
    for key in keys:
        async with Visitor(address) as visitor:
            seen, digest = await ask(visitor, key, 10 * PATIENCE)
            reference[key] = digest or (seen.contents or [f"trouble: {seen.trouble}"])[-1]
    return reference


def main(minutes: float = MINUTES, seed: int = 0) -> list[Table]:
    """All tables of this file."""
    with running(*COMMAND) as (address, server):
        asyncio.run(_alone(address, [_scene(99), _rib(99)]))  # the first visitor waits for torch
        record = Record(time.monotonic() + 60 * minutes)
        measured, cores, busy, later = asyncio.run(_soak(address, server.pid, record, seed))
        took, orphans = asyncio.run(_ended_in_the_middle(address, server))
    with running(*COMMAND) as (address, _):
        reference = asyncio.run(_alone(address, record.digests))
    wrong = {key: sum(count for digest, count in found.items() if digest != reference[key])
             for key, found in record.digests.items()}  # fmt: skip
    for key, count in wrong.items():
        if count:
            print(f"wrong, {count} times: {key}", file=sys.stderr)
    if not record.digests:
        sys.exit("nobody was given an answer: the machine is too busy to measure on")
    for line, count in record.trouble.most_common(20):
        print(f"trouble, {count} times: {line}", file=sys.stderr)
    visits = Table(
        f"{READERS + UPLOADERS + ASKERS + MAKERS + 1} visitors for {minutes:g} minutes",
        ("", "answers", "s, median", "s, 95th percentile", "s, longest", "said busy", "else"),
        [_row(kind, seconds, record.counts[kind]) for kind, seconds in record.seconds.items()],
        [f"The rude one: {_words(record.counts['rude'])}, {RUDE_TABS} at once, each left in the middle."],
    )
    warm = [memory for at, memory in measured if at >= min(WARM, 30 * minutes)]
    server_table = Table(
        "The server beneath them",
        ("", ""),
        [
            ("wrong pictures", f"{sum(wrong.values())} of {sum(map(Counter.total, record.digests.values()))}"),
            ("errors shown", str(record.trouble.total())),
            ("cores busy: server, visitors' own program", f"{cores[0]:.2f}, {cores[1]:.2f}"),
            ("memory, MB, start", f"{measured[0][1]:.0f}"),
            (f"memory, MB, after {min(WARM, 30 * minutes):.0f} s, at the end", f"{warm[0]:.0f}, {warm[-1]:.0f}"),
            ("memory, MB, most", f"{max(memory for _, memory in measured):.0f}"),
            ("all gone: cores busy 10 to 20 s later", f"{busy:.2f}"),
            ("all gone: memory, MB, after a minute", f"{later:.0f}"),
            ("SIGTERM amid work: s until the end", f"{took:.1f}"),
            ("processes left behind", str(orphans)),
        ],
        ["Right is what a fresh server gives one visitor alone."],
    )
    return [visits, server_table]


def _row(kind: str, seconds: list[float], counts: Counter[str]) -> tuple[str, ...]:
    times = (percentile(seconds, 0.5), percentile(seconds, 0.95), max(seconds))
    busy = counts["busy"]
    rest = Counter({name: count for name, count in counts.items() if name != "busy"})
    return kind, str(len(seconds)), *(f"{value:.2f}" for value in times), str(busy), _words(rest)


def _words(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("minutes", nargs="?", type=float, default=MINUTES)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    show(main(options.minutes, options.seed))
