"""Strangers' files by the ten thousand, made to be odd where it hurts: `python -m bench.fuzz_files [COUNT] [KIND ...]`.

Pictures that are thin or say that they are huge, what our own checkpoints say of themselves, states of trainings,
`.npy`, `.npz`, TOML workspaces, strokes of the brush in an address: well-formed containers with odd contents, and some
with bytes changed. Each series has a process of its own; an input may take `SECONDS` and `MEGABYTES`, beyond which it
counts as a fault.
"""

from __future__ import annotations

import io
import json
import math
import multiprocessing
import random
import resource
import struct
import sys
import tempfile
import tomllib
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from bench.fuzz import COUNT, fuzz, images, mutated
from bench.tables import Table, show
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.view_state import PARAMETERS
from wsss_viz.app.workspace import read_file
from wsss_viz.data.archives import read_archive, write_archive
from wsss_viz.data.images import read_image
from wsss_viz.data.numbering import default_numbering
from wsss_viz.data.strokes import DIGITS, MOST_POINTS, MOST_STROKES, painted, read_strokes
from wsss_viz.errors import InputError
from wsss_viz.models.checkpoint import read_checkpoint, write_checkpoint
from wsss_viz.models.classifier import Preprocessing
from wsss_viz.models.manifest import checkpoints_folder
from wsss_viz.models.scene_network import scene_network
from wsss_viz.traces.foreign_maps import read_foreign_maps
from wsss_viz.traces.storage import StoredMaps, maps_bytes, read_maps
from wsss_viz.training.loop import _State

SECONDS, MEGABYTES = 10.0, 1024
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1, 8192, 2**31, 2**63, 10**30, 1.5, -0.0, math.nan, math.inf, 1e308, "", "nan", "a" * 4000,
    "\x00", "../../x", "[x](http://x)", [], {}, [[]], [math.nan] * 3, {"": None}, ["cow", "cow"],
)  # fmt: skip

Make = Callable[[random.Random], bytes]


def spoilt(value: Any, rng: random.Random, depth: int = 0) -> Any:
    """A copy of nested lists and dictionaries with one place changed, dropped, doubled or nested deeper."""
    if isinstance(value, dict) and value and (not depth or rng.random() < 0.85):
        key, copy = rng.choice(list(value)), dict(value)
        kind = rng.randrange(6) if depth else 5
        if kind == 0:
            del copy[key]
        elif kind == 1:
            copy[rng.choice(("x", "", "a" * 300, "\x00", key * 2 if isinstance(key, str) else "y"))] = copy[key]
        else:
            copy[key] = spoilt(copy[key], rng, depth + 1)
        return copy
    if isinstance(value, list) and value and rng.random() < 0.8:
        at, rest = rng.randrange(len(value)), list(value)
        kind = rng.randrange(4)
        if kind == 0:
            del rest[at]
        elif kind == 1:
            rest *= rng.choice((2, 50))
        else:
            rest[at] = spoilt(rest[at], rng, depth + 1)
        return rest
    if isinstance(value, torch.Tensor) and rng.random() < 0.6:
        return rng.choice((value * math.nan, value[:0], value.unsqueeze(0), value.double(), value.to(torch.int64)))
    return rng.choice(ODD)


def _sometimes_cut(make: Make) -> Make:
    """One in five has bytes changed as well."""
    return lambda rng: mutated(make(rng), rng) if rng.random() < 0.2 else make(rng)


def odd_side(rng: random.Random) -> int:
    """A number of pixels from 0 to 2**31, any order of magnitude."""
    return rng.choice((0, 1, 7, 8, 65535, 2**31 - 1, int(10 ** rng.uniform(0, 9.3))))


def picture(rng: random.Random) -> bytes:
    """A thin PNG, JPEG or WebP as it is, or a small one whose header claims other sides."""
    if rng.random() < 0.3:
        long, short = int(10 ** rng.uniform(1, 4.8)), rng.randrange(1, 24)
        size = (long, short) if rng.random() < 0.5 else (short, long)
        buffer = io.BytesIO()
        kind = rng.choice(("PNG", "PNG", "JPEG", "WEBP")) if long < 16000 else "PNG"
        Image.new(rng.choice(("RGB", "L")), size, rng.randrange(256)).save(buffer, kind)
        return buffer.getvalue()
    data = bytearray(rng.choice(images_once()))
    width, height = odd_side(rng), odd_side(rng)
    if data[:4] == b"\x89PNG":
        data[16:24] = struct.pack(">II", width, height)
        data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    elif data[:2] == b"\xff\xd8":
        at = next(at for at in range(len(data)) if data[at] == 0xFF and data[at + 1] in (0xC0, 0xC2))
        data[at + 5 : at + 9] = struct.pack(">HH", height % 65536, width % 65536)
    else:
        extended = struct.pack("<I", 10) + bytes((rng.randrange(256), 0, 0, 0))
        sides = (width % 2**24).to_bytes(3, "little") + (height % 2**24).to_bytes(3, "little")
        data[12:12] = b"VP8X" + extended + sides
        data[4:8] = struct.pack("<I", len(data) - 8)
    return bytes(data)


_images: list[bytes] = []


def images_once() -> list[bytes]:
    """The good files of `bench.fuzz`."""
    _images[:] = _images or images()
    return _images


def read_picture(data: bytes) -> object:
    """As an upload is: decoded, then measured for the network."""
    return Preprocessing(short_side=320).size(*read_image(data).shape[:2])


def metadata() -> Make:
    """Our own checkpoint, a small one, with odd metadata."""
    whole = (checkpoints_folder() / "sequences-classifier.safetensors").read_bytes()
    with tempfile.TemporaryDirectory() as name:
        path, widths = Path(name) / "a.safetensors", [8] * 5
        network = scene_network(["cow", "dog"], tuple(widths))
        write_checkpoint(path, network, {"name": "scene-network", "widths": widths})
        other = path.read_bytes()

    def make(rng: random.Random) -> bytes:
        content = rng.choice((whole, other, other, other))
        (length,) = struct.unpack("<Q", content[:8])
        header = json.loads(content[8 : 8 + length])
        said = header["__metadata__"]
        key = rng.choice(list(said))
        try:
            said[key] = json.dumps(spoilt(json.loads(said[key]), rng))
        except ValueError:
            said[key] = str(rng.choice(ODD))
        if rng.random() < 0.1:
            del said[rng.choice(list(said))]
        text = json.dumps(header).encode()
        return struct.pack("<Q", len(text)) + text + content[8 + length :]

    return make


class _Part:
    """Stands for an optimiser."""

    def __init__(self) -> None:
        self.layer = torch.nn.Linear(3, 2)
        self.optimiser = torch.optim.SGD(self.layer.parameters(), 0.1, momentum=0.9)
        self.layer(torch.ones(1, 3)).sum().backward()
        self.optimiser.step()


SETTINGS = {"rate": 0.1, "epochs": 3, "seed": 0}


def state() -> Make:
    """The state of a training, with odd contents."""
    part = _Part()
    good = {"settings": SETTINGS, "epochs": [{"loss": 0.5}] * 2, "seconds": 3.5,
            "model": dict(part.layer.state_dict()), "optimiser": part.optimiser.state_dict()}  # fmt: skip

    def make(rng: random.Random) -> bytes:
        buffer = io.BytesIO()
        torch.save(spoilt(good, rng), buffer, _use_new_zipfile_serialization=rng.random() < 0.8)
        return buffer.getvalue()

    return make


def read_state(path: Path) -> object:
    """Resumes a training; what was taken up must be numbers."""
    part = _Part()
    history = _State(path, SETTINGS, {"model": part.layer, "optimiser": part.optimiser}).resume()
    if not math.isfinite(history.seconds) or not all(bool(torch.isfinite(p).all()) for p in part.layer.parameters()):
        raise AssertionError("numbers that are none were taken up")
    return history


def _odd_array(rng: random.Random) -> bytes:
    """A `.npy` file whose header says what it likes."""
    shape = tuple(rng.choice((0, 1, 2, 3, 16, 24, 2**20, 2**40, -1)) for _ in range(rng.randrange(4)))
    kind = rng.choice(("<f4", "<f8", "<f2", ">f4", "|u1", "<i8", "<c8", "|O", "<U5", "|V8", "<M8[s]", "|b1", "f4,i4"))
    buffer = io.BytesIO()
    head = f"{{'descr': {kind!r}, 'fortran_order': {rng.random() < 0.2}, 'shape': {shape!r}, }}"
    text = head.encode().ljust(117) + b"\n"
    buffer.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text)
    buffer.write(rng.randbytes(rng.choice((0, 24, 1536, 4096))))
    return buffer.getvalue()


def npy(rng: random.Random) -> bytes:
    """A dictionary of maps as IRN's or PSA's scripts write it, or a plain array; odd in its keys, types and shapes."""
    if rng.random() < 0.3:
        return _odd_array(rng)
    shape = tuple(rng.choice((0, 1, 2, 16, 24)) for _ in range(rng.randrange(1, 4)))
    values = np.zeros(shape, rng.choice((np.float32, np.float64, np.uint8, np.int64, np.complex64, "U3", "M8[s]")))
    content: dict[Any, Any] = rng.choice((
        {"keys": np.array([3, 7]), "cam": values, "high_res": values},
        {3: values, 7: values},
        {"keys": values, "maps": values},
        {3: values.tolist(), "7": values},
    ))  # fmt: skip
    if rng.random() < 0.6:
        content = spoilt(content, rng, 1)
    buffer = io.BytesIO()
    np.save(buffer, np.array(content, dtype=object), allow_pickle=True)
    return buffer.getvalue()


def npz() -> Make:
    """Our own maps and archives with one member replaced, dropped or renamed."""
    stored = StoredMaps(np.ones((2, 3, 4), np.float32), np.zeros(2, np.float32), ("cow", "dog"), (16, 24))
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a.npz"
        write_archive(path, {"seed": 3, "rows": [1, 2]}, {"bits": np.arange(6).reshape(2, 3)})
        good = [maps_bytes(stored), path.read_bytes()]

    def make(rng: random.Random) -> bytes:
        with zipfile.ZipFile(io.BytesIO(rng.choice(good))) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist()}
        name = rng.choice(list(members))
        kind = rng.randrange(4)
        if kind == 0:
            del members[name]
        elif kind == 1:
            members[rng.choice(("x.npy", "../x", "grids/0.npy", "grids.npy", "centres.npy"))] = members[name]
        elif kind == 2:
            members[name] = mutated(members[name], rng)
        else:
            members[name] = _odd_array(rng)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
            for key, content in members.items():
                archive.writestr(key, content)
        return buffer.getvalue()

    return make


WORKSPACE = """
[VOC]
data = "scenes:val"
maps = { Ours = "maps/ours" }
classifiers = { A = "scenes-classifier" }
[Two]
data = "folder:pictures"
reports = { All = "r.json" }
"""


def toml(rng: random.Random) -> bytes:
    """A workspace file with odd values, keys and bytes."""
    if rng.random() < 0.4:
        return mutated(WORKSPACE.encode(), rng)
    lines = []
    for name, table in spoilt(tomllib.loads(WORKSPACE), rng).items():
        lines += [f"[{json.dumps(name)}]", *(f"{json.dumps(key)} = {_in_toml(value)}" for key, value in (
            table.items() if isinstance(table, dict) else (("data", table),)))]  # fmt: skip
    return "\n".join(lines).encode()


def _in_toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_in_toml(one)}" for key, one in value.items()) + " }"
    return "nan" if value is None else json.dumps(value).replace("NaN", "nan").replace("Infinity", "inf")


def strokes(rng: random.Random) -> bytes:
    """What an address says was painted: strokes of any radius, length and number, some of them no strokes."""
    letters = DIGITS if rng.random() < 0.9 else DIGITS + "./~ %\u0130\u06f1\x00"

    def of_letters(count: int) -> str:
        return "".join(rng.choices(letters, k=count))

    count = rng.choice((0, 1, 2, 3, 40, MOST_STROKES + 1)) if rng.random() < 0.97 else MOST_STROKES
    fill = MOST_POINTS // max(count, 1)
    points = rng.choice((0, 1, 2, 9, fill + 1)) if rng.random() < 0.97 else fill
    radius = rng.choice(("AA", "AB", "MZ", "Mz", "__", of_letters(2)))
    pieces = [radius + of_letters(4 * points + (rng.randrange(4) if rng.random() < 0.02 else 0)) for _ in range(count)]
    mark = "0123abcd" if rng.random() < 0.9 else rng.choice(("", "0123ABCD", "0123abcde", of_letters(8)))
    return ".".join([mark, *pieces]).encode()


def read_painted(data: bytes) -> object:
    """As an address is read: what is taken comes back, and is painted at the size of a picture of any shape."""
    text = data.decode("utf-8", "replace")
    state, notes = ViewState.from_query({"painted": text})
    if notes:
        raise InputError(notes[0])
    if PARAMETERS["painted"].write(state) != text:
        raise AssertionError("strokes do not come back")
    taken = read_strokes(text.partition(".")[2])
    if ".".join(map(str, taken)) != text.partition(".")[2]:
        raise AssertionError("strokes are other strokes")
    size = Preprocessing(short_side=320).size(*random.Random(len(data)).choice(((3, 4), (1, 4), (5, 2))))
    mask = painted(taken, size)
    if mask.shape != size or (mask.any() and not taken):
        raise AssertionError("what is painted is of another size")
    return mask


def series(kind: str, folder: Path) -> tuple[Make, Callable[[bytes], object]]:
    """How the inputs of a kind are made, and what reads them."""
    if kind == "pictures":
        return _sometimes_cut(picture), read_picture
    if kind == "strokes":
        return _sometimes_cut(strokes), read_painted
    makes: dict[str, tuple[Make, str, Callable[[Path], object]]] = {
        "own metadata": (metadata(), "a.safetensors", read_checkpoint),
        "states": (state(), "a.state", read_state),
        "npy": (npy, "a.npy", lambda path: read_foreign_maps(path, default_numbering(("cow", "dog")), (16, 24))),
        "npz, maps": (npz(), "a.npz", read_maps),
        "npz, foreign": (
            npz(), "a.npz", lambda path: read_foreign_maps(path, default_numbering(("cow", "dog")), (16, 24))),
        "npz, archives": (npz(), "a.npz", read_archive),
        "workspaces": (toml, "a.toml", read_file),
    }  # fmt: skip
    make, name, read = makes[kind]

    def written(data: bytes) -> object:
        path = folder / name
        path.write_bytes(data)
        return read(path)

    return _sometimes_cut(make), written


KINDS = (
    "pictures", "own metadata", "states", "npy", "npz, maps", "npz, foreign", "npz, archives", "workspaces", "strokes",
)  # fmt: skip


def _run(kind: str, count: int, send: Any) -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        make, read = series(kind, Path(folder))
        row = fuzz(kind, make, read, count, SECONDS, MEGABYTES)
    send.send((row, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024))


def main(count: int = COUNT, kinds: tuple[str, ...] = KINDS) -> list[Table]:
    """All tables of this file."""
    header = ("", "tried", "read", "refused in one line", "anything else", "longest, ms", "memory, MB", "seconds")
    table = Table(f"{count:,} odd files of each kind", (*header, "process at most, MB"))
    context = multiprocessing.get_context("spawn")
    for kind in kinds:
        receive, send = context.Pipe(False)
        process = context.Process(target=_run, args=(kind, count, send))
        process.start()
        send.close()
        try:
            row, most = receive.recv()
        except EOFError:
            row, most = (kind, "the process ended", "", "", "1", "", "", ""), 0
        process.join()
        table.rows.append((*row, str(most)))
        print(table.rows[-1], file=sys.stderr, flush=True)
    return [table]


if __name__ == "__main__":
    tables = main(int(sys.argv[1]) if sys.argv[1:] else COUNT, tuple(sys.argv[2:]) or KINDS)
    show(tables)
    sys.exit(any(row[4] != "0" for row in tables[0].rows))
