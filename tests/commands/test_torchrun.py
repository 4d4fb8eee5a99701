"""`maps` and `evaluate` by several real processes: the same files and numbers as by one, killed or not."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
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
PATIENCE = 500


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
        patch.setenv("XDG_CACHE_HOME", fresh_cache())
        main([str(argument) for argument in arguments])


def torchrun(arguments, processes=2):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    return subprocess.Popen(
        [*command, "-m", "wsss_viz", *(str(argument) for argument in arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "XDG_CACHE_HOME": fresh_cache()},
    )  # fmt: skip


def fresh_cache():
    """A cache folder without traces of other runs, so that everything is computed."""
    return tempfile.mkdtemp(prefix="wsss_viz-cache-")


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


def free_port():
    with socket.socket() as one:
        one.bind(("localhost", 0))
        return one.getsockname()[1]


def on_two_machines(arguments):
    """Two launchers, as on two machines, that meet here."""
    meet = ["--nodes", "2", "--rendezvous", f"localhost:{free_port()}"]
    command = [sys.executable, "-m", "wsss_viz", *(str(argument) for argument in arguments), *meet]
    quiet = {name: value for name, value in os.environ.items() if name not in ("RANK", "WORLD_SIZE")}
    quiet["XDG_CACHE_HOME"] = fresh_cache()
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=quiet)
        for _ in range(2)
    ]
    return [(*process.communicate(timeout=PATIENCE), process.returncode) for process in both]


def test_two_machines_meet_and_a_bad_input_ends_both_with_one_line(tmp_path):
    nowhere = tmp_path / "nowhere"
    ended = on_two_machines(["maps", "--data", f"folder:{nowhere}", "--out", tmp_path / "maps"])
    assert [code for *_, code in ended] == [2, 2], ended
    said = {said for _, said, _ in ended}
    # Where the machine that keeps the store goes first, the other one has nobody to ask.
    alone = "error: another of the machines has ended first: see what it says, and start all again\n"
    assert said - {"", alone} == {f"error: {nowhere}: no such folder; check the path\n"}


def test_the_machines_of_a_run_are_said_together(checkpoint, tmp_path):
    arguments = [*maps(checkpoint, tmp_path / "maps"), "--nodes", "2"]
    with pytest.raises(SystemExit) as stop:
        main_quietly(arguments)
    assert stop.value.code == 2


def test_torchrun_has_the_line_first_and_then_its_own(tmp_path):
    """What `docs/troubleshooting.md` says of it: no process can keep it from that."""
    process = torchrun(["maps", "--data", f"folder:{tmp_path / 'nowhere'}", "--out", tmp_path / "maps"], processes=1)
    _, said = process.communicate(timeout=PATIENCE)
    ours = [line for line in said.splitlines() if line.startswith("error: ")]
    assert ours == [f"error: {tmp_path / 'nowhere'}: no such folder; check the path"]
    assert said.index(ours[0]) < said.index("ChildFailedError")
    assert process.returncode == 1


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
