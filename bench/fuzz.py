"""Broken files and addresses by the thousand: `python -m bench.fuzz [COUNT]`.

Mutations of good images, figure specs, checkpoints and addresses (bytes changed, cut, doubled, moved). Each must be
read, or refused by the one error that a person is meant to read; anything else is a finding, and is printed.
"""

from __future__ import annotations

import io
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from bench.tables import Table, resident_mb, show
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.view_state import PARAMETERS
from wsss_viz.data.images import read_image
from wsss_viz.data.scenes import Scenes
from wsss_viz.errors import InputError
from wsss_viz.figures.presets import PRESETS, preset
from wsss_viz.figures.spec_file import read_spec, spec_bytes
from wsss_viz.models.checkpoint import read_checkpoint
from wsss_viz.models.manifest import checkpoints_folder

COUNT = 10_000
WORDS = [
    "",
    "-1",
    "nan",
    "inf",
    "1e309",
    "null",
    "../../etc/passwd",
    "<script>",
    "0" * 400,
    "\x00",
    "é",
    "9" * 30,
    "[]",
]


def mutated(data: bytes, generator: random.Random) -> bytes:
    """One to four changes of the bytes."""
    found = bytearray(data)
    for _ in range(generator.randint(1, 4)):
        if not found:
            break
        kind, at = generator.randrange(5), generator.randrange(len(found))
        length = min(generator.choice((1, 2, 4, 16, 256)), len(found) - at)
        if kind == 0:
            found[at] ^= 1 << generator.randrange(8)
        elif kind == 1:
            found[at : at + length] = generator.randbytes(length)
        elif kind == 2:
            del found[at:]
        elif kind == 3:
            found[at:at] = found[at : at + length]
        else:
            found[at : at + length] = generator.choice((b"\x00", b"\xff")) * length
    return bytes(found)


def images() -> list[bytes]:
    """Small good files of the three formats."""
    picture = Image.fromarray(Scenes("val", size=(48, 64))[3].image)
    found = []
    for kind, options in (("PNG", {}), ("JPEG", {"quality": 80}), ("WEBP", {"lossless": True}), ("WEBP", {})):
        buffer = io.BytesIO()
        picture.save(buffer, kind, **options)
        found.append(buffer.getvalue())
    return found


def mutations(seeds: list[bytes]) -> Callable[[random.Random], bytes]:
    """Mutations of any of them."""
    return lambda generator: mutated(generator.choice(seeds), generator)


@contextmanager
def bounded(seconds: float, megabytes: int) -> Iterator[None]:
    """Ends the block with `TooLongError` after so long, and lets it have so much more address space than there is."""
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + megabytes * 2**20, hard))
    signal.signal(signal.SIGALRM, _too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _too_long(*_: Any) -> None:
    raise TooLongError("it took too long")


class TooLongError(BaseException):
    """An input took more seconds than it may; no reader can take it for a broken file."""


def fuzz(
    title: str,
    make: Callable[[random.Random], bytes],
    read: Callable[[bytes], object],
    count: int,
    seconds: float = 10.0,
    megabytes: int = 1024,
) -> tuple[str, ...]:
    """A row: how many were read, how many refused, what else was raised.

    Args:
        seconds, megabytes: of time and of further address space that one input may take.
    """
    generator, ends, others = random.Random(0), Counter(), Counter()
    longest, start, before = 0.0, time.perf_counter(), resident_mb()
    for _ in range(count):
        data = make(generator)
        began = time.perf_counter()
        try:
            with bounded(seconds, megabytes):
                read(data)
            ends["read"] += 1
        except InputError as error:
            ends["refused"] += 1
            if "\n" in str(error) or len(str(error)) > 600:
                others[f"a long line: {str(error)[:60]!r}"] += 1
        except (Exception, TooLongError) as error:
            others[f"{type(error).__name__}: {str(error)[:60]}"] += 1
        longest = max(longest, time.perf_counter() - began)
    for name, times in others.most_common(5):
        print(f"{title}: {times} x {name}", file=sys.stderr)
    return (
        title,
        f"{count:,}",
        f"{ends['read']:,}",
        f"{ends['refused']:,}",
        f"{sum(others.values()):,}",
        f"{1000 * longest:.0f}",
        f"{resident_mb() - before:+.0f}",
        f"{time.perf_counter() - start:.0f}",
    )


def read_address(data: bytes) -> None:
    """An address whose values are the mutated text; what is accepted must come back as it is written."""
    query = dict(part.partition("=")[::2] for part in data.decode("utf-8", "replace").split("&"))
    state, notes = ViewState.from_query(query)
    if ViewState.from_query(state.to_query()) != (state, ()):
        raise AssertionError("the state does not come back from its own address")
    if any("script" in note for note in notes):
        raise AssertionError("a note repeats what the address brought")


def addresses() -> list[bytes]:
    """All parameters at their defaults, and each with what it cannot be."""
    names = list(PARAMETERS)
    good = ViewState().written(names)
    found = ["&".join(f"{name}={value}" for name, value in good.items())]
    found += [f"{name}={word}" for name in names for word in WORDS]
    return [text.encode() for text in found]


def specs() -> list[bytes]:
    """The presets."""
    return [spec_bytes(preset(name)) for name in PRESETS]


def main(count: int = COUNT) -> list[Table]:
    """All tables of this file."""
    table = Table(
        f"{count:,} mutations of good files each",
        ("", "tried", "read", "refused in one line", "anything else", "longest, ms", "memory, MB", "seconds"),
        notes=["Read: the change did no harm (or an address's value was left out with a note)."],
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.safetensors"
        whole = (checkpoints_folder() / "scenes-classifier.safetensors").read_bytes()
        header = int.from_bytes(whole[:8], "little") + 8

        def read_file(data: bytes) -> object:
            path.write_bytes(data)
            return read_checkpoint(path)

        cut = [whole[: header + 4096], whole[:header]]
        table.rows.append(fuzz("images", mutations(images()), read_image, count))
        table.rows.append(fuzz("figure specs", mutations(specs()), read_spec, count))
        table.rows.append(fuzz("addresses", mutations(addresses()), read_address, count))
        table.rows.append(fuzz("checkpoints, whole", mutations([whole]), read_file, count // 20))
        table.rows.append(fuzz("checkpoints, header", mutations(cut), read_file, count))
    return [table]


if __name__ == "__main__":
    show(main(*(int(argument) for argument in sys.argv[1:2])))
