"""`maps` and `evaluate` by several real processes: the same files and numbers as by one, killed or not."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.models.test_classifier import seeded_network
from wsss_viz.cli import main
from wsss_viz.data.scenes import CLASSES
from wsss_viz.errors import InputError
from wsss_viz.methods.ranks import ALONE, named_by_environment
from wsss_viz.models.checkpoint import write_checkpoint
from wsss_viz.models.scene_network import NAME, WIDTHS

IMAGES = 24
PATIENCE = 300


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("checkpoints") / "random.safetensors"
    write_checkpoint(path, seeded_network(CLASSES), {"name": NAME, "widths": list(WIDTHS)})
    return str(path)


@pytest.fixture(scope="module")
def by_one(checkpoint, tmp_path_factory):
    """The folder that one process writes."""
    out = tmp_path_factory.mktemp("one") / "maps"
    main_quietly(maps(checkpoint, out))
    return out


def maps(checkpoint, out):
    return ["maps", "--data", "scenes:val@128x136", "--limit", IMAGES, "--classifier", checkpoint, "--out", out,
            "--device", "cpu"]  # fmt: skip


def main_quietly(arguments):
    with pytest.MonkeyPatch.context() as patch:
        for name in ("RANK", "WORLD_SIZE"):
            patch.delenv(name, raising=False)
        main([str(argument) for argument in arguments])


def torchrun(arguments, processes=2):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    return subprocess.Popen(
        [*command, "-m", "wsss_viz", *(str(argument) for argument in arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def children(process):
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds its workers in /proc")
def test_a_killed_run_of_two_goes_on_and_its_files_are_those_of_one(checkpoint, by_one, tmp_path):
    out = tmp_path / "maps"
    first = torchrun(maps(checkpoint, out))
    deadline = time.monotonic() + PATIENCE
    while len(list(out.glob("*.npz"))) < 3 and first.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    worker = children(first)[-1]
    os.kill(worker, signal.SIGKILL)
    said = first.communicate(timeout=PATIENCE)[1]
    assert first.returncode != 0
    assert f"exitcode  : -9 (pid: {worker})" in said
    # As if it had been killed in the middle of a file.
    (out / f".{next(out.glob('*.npz')).name}.0123456789ab.part").write_bytes(b"half a file")
    before = {path: path.stat().st_mtime_ns for path in out.glob("*.npz")}
    assert 3 <= len(before) < IMAGES
    second = torchrun(maps(checkpoint, out))
    printed, said = second.communicate(timeout=PATIENCE)
    assert second.returncode == 0, said
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert content(out) == content(by_one)
    assert len(content(out)) == IMAGES + 1
    head, *ranks = printed.splitlines()
    left = IMAGES - len(before)
    assert head.startswith(f"{left} files written to {out}, {len(before)} were there already; ")
    assert head.endswith(" images/s")
    assert [line.split()[:4] for line in ranks] == [
        ["rank", "0:", str((left + 1) // 2), "written,"],
        ["rank", "1:", str(left // 2), "written,"],
    ]


def test_two_processes_score_as_one(checkpoint, by_one, tmp_path):
    for name, source in (("methods", ["--tune-on", "scenes:val:3"]), ("maps", ["--maps", by_one])):
        arguments = ["evaluate", "--data", "scenes:val@128x136", "--limit", 5, "--classifier", checkpoint, *source,
                     "--device", "cpu"]  # fmt: skip
        main_quietly([*arguments, "--json", tmp_path / f"{name}-1.json"])
        process = torchrun([*arguments, "--json", tmp_path / f"{name}-2.json"])
        printed, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said
        one, two = (json.loads((tmp_path / f"{name}-{n}.json").read_text()) for n in (1, 2))
        for report in (one, two):
            for row in report["methods"].values():
                row.pop("seconds_per_image")
        assert one == two
        assert one["count"] == 5
        assert printed.count("method ") == 1


def test_an_error_on_one_rank_ends_all_with_one_line(checkpoint, tmp_path):
    pictures = tmp_path / "pictures"
    main_quietly(["data", "scenes", "--split", "val", "--count", 9, "--out", tmp_path / "voc"])
    (tmp_path / "voc" / "JPEGImages").rename(pictures)
    (pictures / "val_000003.png").write_bytes(b"broken")  # of rank 1
    arguments = ["maps", "--data", f"folder:{pictures}", "--classifier", checkpoint, "--out", tmp_path / "maps",
                 "--device", "cpu"]  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "wsss_viz",
        *(str(argument) for argument in arguments),
        "--processes",
        "2",
        "--strict",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 2
    *noticed, ours = done.stderr.splitlines()
    assert ours.startswith("error: ")
    assert not [line for line in noticed if line.startswith(("error", "Traceback", "  "))], done.stderr
    assert "val_000003.png: not a PNG, JPEG or WebP file" in ours
    assert done.stdout == ""
    assert not list((tmp_path / "maps").glob(".*"))


@pytest.mark.parametrize(
    "environment",
    [
        {"WORLD_SIZE": "2"},
        {"RANK": "0"},
        {"RANK": "2", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"},
        {"RANK": "-1", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"},
        {"RANK": "zero", "WORLD_SIZE": "2"},
        {"RANK": "0", "WORLD_SIZE": "2"},
    ],
)
def test_an_environment_that_makes_no_sense(environment, monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    assert named_by_environment() == ALONE
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match="start several processes with torchrun"):
        named_by_environment()
