"""Mutations of good checkpoints: each is read, or refused in one line, and nothing crashes. Run by hand.

    python -m bench.fuzz_checkpoints [--in-process 12000] [--forked 2000] [--children 20] [--seed 0]

`--in-process` mutations go to the parsers that run beside the app (safetensors with all its numbers, the look into a
zip, MXNet's arrays, recognition and preflight), `--forked` ones to the whole reader, torch's restricted unpickler
included, in a fork of this process under the child's own limits, and `--children` to the true child process.
"""

from __future__ import annotations

import argparse
import json
import random
import struct
import tempfile
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import save
from wsss_viz.models.layouts import recognise

from tests.models.published_files import mxnet_names, resnet38d_state, seam_state, write_mxnet
from tests.models.reading_files import read_in_fork, saved
from wsss_viz.errors import InputError
from wsss_viz.models.preflight import preflight
from wsss_viz.models.reading import TensorInfo, open_tensors
from wsss_viz.models.reading.mxnet_params import read_params
from wsss_viz.models.reading.zip_check import check_zip

TINY = (4, 4, 4, 4, 4, 8, 8)


def good_files(folder: Path) -> dict[str, bytes]:
    """One of each format, small."""
    state = resnet38d_state(widths=TINY)
    wrapped = {"epoch": 3, "state_dict": OrderedDict((f"module.{key}", value) for key, value in state.items())}
    params = mxnet_names(resnet38d_state(None, TINY))
    return {
        "safetensors": save(dict(state)),
        "seam.safetensors": save(dict(seam_state())),
        "zip": saved(wrapped),
        "legacy": saved(wrapped, legacy=True),
        "params": write_mxnet(folder / "good.params", params).read_bytes(),
        "params2": write_mxnet(folder / "good2.params", params, 2).read_bytes(),
    }


def mutate(content: bytes, rng: random.Random) -> bytes:
    """One to eight changes; most within the first or last kilobytes, where containers keep their structure."""
    found = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 8))):
        if not found:
            break
        edge = min(len(found), rng.choice((16, 200, 4000, len(found))))
        place = rng.randrange(edge) if rng.random() < 0.6 else len(found) - 1 - rng.randrange(edge)
        kind = rng.randrange(7)
        if kind == 0:
            found[place] ^= 1 << rng.randrange(8)
        elif kind == 1:
            found[place] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, ord("("), ord("."), ord("}"), ord("R")))
        elif kind == 2:
            size = rng.choice((1, 2, 4, 8))
            value = rng.choice((0, 1, 2**7, 2**15, 2**31 - 1, 2**32 - 1, 2**63 - 1)) % 2 ** (8 * size)
            found[place : place + size] = value.to_bytes(size, "little")
        elif kind == 3:
            del found[place : place + rng.choice((1, 4, 100))]
        elif kind == 4:
            found[place:place] = bytes(rng.randrange(256) for _ in range(rng.choice((1, 4, 64))))
        elif kind == 5:
            other = rng.randrange(len(found))
            found[place : place + 32] = found[other : other + 32]
        else:
            del found[max(1, place) :]
    return bytes(found)


def mutate_header(content: bytes, rng: random.Random) -> bytes:
    """safetensors with a header that is still JSON, and wrong."""
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    key = rng.choice(list(header))
    entry = header[key]
    odd = rng.choice((-1, 0, 2**31, 2**63, 1.5, True, None, "4", [], {}, [[4]]))
    change = rng.randrange(6)
    if change == 0:
        entry["shape"] = odd
    elif change == 1 and entry["shape"]:
        entry["shape"][rng.randrange(len(entry["shape"]))] = odd
    elif change == 2:
        entry["data_offsets"][rng.randrange(2)] = odd
    elif change == 3:
        entry["dtype"] = rng.choice(("F64", "F16", "BF16", "I64", "BOOL", "F8_E4M3", odd))
    elif change == 4:
        header[rng.choice((key[::-1], "__metadata__", "", "\u0000", "a" * 400))] = rng.choice((odd, entry))
    else:
        header[key] = odd
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


def in_process(kind: str, path: Path, size: int) -> None:
    """What the app runs beside its pages."""
    with path.open("rb") as file:
        if kind == "zip":
            check_zip(file, size, path.name)
        elif kind.startswith("params"):
            arrays = read_params(file, size, path.name)
            recognise({key: TensorInfo("F32", array.shape) for key, array in arrays.items()})
        else:
            preflight(path)
            with open_tensors(path) as tensors:
                for key in tensors.tensors:
                    tensors.read(key)


def outcome(work: Callable[[], object]) -> str:
    """ "read" or "refused"; anything else ends the run with the traceback."""
    try:
        work()
    except InputError as error:
        line = str(error)
    else:
        return "read"
    if "\n" in line or len(line) > 600:
        raise RuntimeError(f"not one line: {line!r}")
    return "refused"


def main() -> None:
    """Runs, and prints how many of what."""
    parser = argparse.ArgumentParser()
    for name, default in (("in-process", 12_000), ("forked", 2_000), ("children", 20), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    torch.set_num_threads(1)
    counts: Counter[str] = Counter()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        good = good_files(folder)
        for _ in range(options.in_process):
            kind = rng.choice([kind for kind in good if kind != "legacy"])
            headed = kind.endswith("safetensors") and rng.random() < 0.5
            content = (mutate_header if headed else mutate)(good[kind], rng)
            path = folder / ("x.safetensors" if kind.endswith("safetensors") else "x.bin")
            path.write_bytes(content)
            if kind.endswith("safetensors") and content[8:9] != b"{":
                kind = "zip"  # another magic would start the child: the parser is given it all the same
            counts[f"in process, {outcome(partial(in_process, kind, path, len(content)))}"] += 1
        for _ in range(options.forked):
            path = folder / "x.pth"
            path.write_bytes(mutate(good[rng.choice(("zip", "legacy", "params"))], rng))
            found = read_in_fork(path)
            if not isinstance(found, dict):
                counts[f"forked, reader ended ({found})"] += 1
                continue
            assert "\n" not in found.get("error", "")
            counts[f"forked, {'refused' if 'error' in found else 'read'}"] += 1
        for _ in range(options.children):
            path = folder / "x.pth"
            path.write_bytes(mutate(good[rng.choice(("zip", "legacy"))], rng))
            counts[f"child, {outcome(partial(preflight, path))}"] += 1
    for key, count in sorted(counts.items()):
        print(f"{key:<40} {count:>7}")
    print(f"seed {options.seed}, {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
