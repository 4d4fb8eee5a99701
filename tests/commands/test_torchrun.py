"""`maps` and `evaluate` by several processes and machines: the same files and numbers as by one, killed or not.

A process of its own imports torch first, which is most of its time. So real processes do only what ends or starts one;
their launchers are threads of this process where nothing depends on it, and so are ranks that count together.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch.distributed.rendezvous
import torch.distributed.run
from torch.distributed import TCPStore
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.elastic.rendezvous.api import RendezvousError

from tests.models.test_classifier import seeded_network
from tests.serving import free_port
from wsss_viz.cli import main
from wsss_viz.commands import launch
from wsss_viz.commands.evaluate import command as evaluate_command
from wsss_viz.commands.maps import command as maps_command
from wsss_viz.data.scenes import CLASSES
from wsss_viz.errors import InputError
from wsss_viz.methods import ranks as meeting
from wsss_viz.methods.ranks import ALONE, Ranks, named_by_environment
from wsss_viz.models.checkpoint import write_checkpoint
from wsss_viz.models.scene_network import NAME, WIDTHS

IMAGES = 12
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
        alone(patch)
        main([str(argument) for argument in arguments])


def alone(patch):
    """None of several processes, with a cache folder without traces of other runs, so that everything is computed."""
    for name in ("RANK", "WORLD_SIZE"):
        patch.delenv(name, raising=False)
    patch.setenv("OMP_NUM_THREADS", "1")
    patch.setenv("XDG_CACHE_HOME", tempfile.mkdtemp(prefix="wsss_viz-cache-"))


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def children():
    """The processes that this one has started, on whichever thread."""
    tasks = Path("/proc/self/task").iterdir()
    return {int(pid) for task in tasks for pid in (task / "children").read_text().split()}


def ended(words):
    """The exit code of a command line."""
    try:
        main(words)
    except SystemExit as stop:
        return stop.code
    return 0


@pytest.fixture
def launched(monkeypatch):
    """Runs a command line by so many launchers, each on a thread, which start real processes; their exit codes."""
    alone(monkeypatch)
    monkeypatch.setenv("TORCH_CPP_LOG_LEVEL", "ERROR")

    def run(arguments, launchers=1, meanwhile=lambda: None):
        words = [str(argument) for argument in arguments]
        monkeypatch.setattr(sys, "argv", ["wsss-viz", *words])
        with ThreadPoolExecutor(launchers) as pool:
            codes = [pool.submit(ended, words) for _ in range(launchers)]
            meanwhile()
            return [code.result(PATIENCE) for code in codes]

    return run


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds its workers in /proc")
def test_a_killed_run_of_two_goes_on_by_two_machines_and_its_files_are_those_of_one(
    checkpoint, by_one, launched, tmp_path, capfd
):
    out, others = tmp_path / "maps", children()

    def kill_one():
        deadline = time.monotonic() + PATIENCE
        while len(list(out.glob("*.npz"))) < 3 and time.monotonic() < deadline:
            time.sleep(0.005)
        os.kill(max(children() - others), signal.SIGKILL)

    assert launched([*maps(checkpoint, out), "--processes", 2], meanwhile=kill_one) == [1]
    assert children() <= others
    # As if it had been killed in the middle of a file.
    (out / f".{next(out.glob('*.npz')).name}.0123456789ab.part").write_bytes(b"half a file")
    before = {path: path.stat().st_mtime_ns for path in out.glob("*.npz")}
    assert 3 <= len(before) < IMAGES
    capfd.readouterr()
    meet = ["--nodes", 2, "--rendezvous", f"localhost:{free_port()}"]
    assert launched([*maps(checkpoint, out), *meet], launchers=2) == [0, 0]
    printed, said = capfd.readouterr()
    assert "error" not in said
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


def test_two_ranks_score_as_one(checkpoint, by_one, tmp_path, monkeypatch, capsys):
    for name, source in (("methods", ["--tune-on", "scenes:val:3", "--views", "single"]), ("maps", ["--maps", by_one])):
        arguments = ["evaluate", "--data", "scenes:val@128x136", "--limit", 5, "--classifier", checkpoint, *source,
                     "--device", "cpu"]  # fmt: skip
        main_quietly([*arguments, "--json", tmp_path / f"{name}-1.json"])
        capsys.readouterr()
        with monkeypatch.context() as patch:
            assert by_threads([*arguments, "--json", tmp_path / f"{name}-2.json"], patch) == [0, 0]
        one, two = (json.loads((tmp_path / f"{name}-{n}.json").read_text()) for n in (1, 2))
        for report in (one, two):
            for row in report["methods"].values():
                row.pop("seconds_per_image")
        assert one == two
        assert one["count"] == 5
        assert capsys.readouterr().out.count("method ") == 1


def by_threads(arguments, patch, count=2):
    """Runs a command line as so many ranks, each a thread that meets the others at torchrun's store; the exit codes."""
    host, this = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False), threading.local()
    alone(patch)
    patch.setattr(meeting, "named_by_environment", lambda: Ranks(this.rank, count, this.rank))
    patch.setattr(
        sys.modules["torch.distributed.rendezvous"],  # whose name in its package is the function's
        "rendezvous",
        lambda _: iter([(TCPStore("127.0.0.1", host.port, is_master=False), this.rank, count)]),
    )

    def run(rank):
        this.rank = rank
        return ended([str(argument) for argument in arguments])

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_an_error_on_one_of_two_machines_ends_both_with_one_line(checkpoint, tmp_path):
    """In processes of their own, as a shell starts them: what torch itself would say is said there or not at all."""
    main_quietly(["data", "scenes", "--split", "val", "--count", 5, "--out", tmp_path / "voc"])
    pictures = (tmp_path / "voc" / "JPEGImages").rename(tmp_path / "pictures")
    (pictures / "val_000003.png").write_bytes(b"broken")  # of rank 1
    arguments = ["maps", "--data", f"folder:{pictures}", "--classifier", checkpoint, "--out", tmp_path / "maps",
                 "--device", "cpu", "--strict", "--nodes", 2, "--rendezvous", f"localhost:{free_port()}"]  # fmt: skip
    command = [sys.executable, "-m", "wsss_viz", *(str(argument) for argument in arguments)]
    with pytest.MonkeyPatch.context() as patch:
        alone(patch)
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ends = [(*process.communicate(timeout=PATIENCE), process.returncode) for process in both]
    assert [(printed, code) for printed, _, code in ends] == [("", 2)] * 2, ends
    lines = [line for _, said, _ in ends for line in said.splitlines()]
    ours = [line for line in lines if "val_000003.png: not a PNG, JPEG or WebP file" in line]
    assert len(ours) == 1, ends
    assert ours[0].startswith("error: ")
    # Where the machine that keeps the store goes first, the other one has nobody to ask.
    alone_now = "error: another of the machines has ended first: see what it says, and start all again"
    assert {line for line in lines if line.startswith(("error", "Traceback", "  ", "[W", "[E"))} - {alone_now} == {
        ours[0]
    }, ends
    assert not list((tmp_path / "maps").glob(".*"))


def test_an_error_on_all_ranks_is_said_once(checkpoint, tmp_path, monkeypatch, capsys):
    nowhere = tmp_path / "nowhere"
    arguments = ["maps", "--data", f"folder:{nowhere}", "--classifier", checkpoint, "--out", tmp_path / "maps"]
    assert by_threads(arguments, monkeypatch) == [2, 2]
    assert capsys.readouterr().err == f"error: {nowhere}: no such folder; check the path\n"


def test_the_machines_of_a_run_are_said_together(checkpoint, tmp_path, launched):
    assert launched([*maps(checkpoint, tmp_path / "maps"), "--nodes", "2"]) == [2]


@pytest.mark.parametrize(
    ("met", "error", "said"),
    [
        (True, ValueError("a defect"), None),
        (True, RendezvousError("gone"), "another of the machines has ended first"),
        (False, ValueError("no port"), r"do not meet at here:1 \(no port\)"),
    ],
)
def test_what_ends_the_machines_after_they_have_met_is_not_taken_for_another(met, error, said, monkeypatch):
    def launching(config, *_):
        def launch(*_):
            if met:
                config.logs_specs.reify({0: {}})
            raise error

        return launch

    monkeypatch.setattr("torch.distributed.launcher.api.elastic_launch", launching)
    with pytest.raises(ValueError if said is None else InputError, match=said):
        launch._start(1, 2, "here:1")
    agent = logging.getLogger("torch.distributed.elastic.agent.server.api")
    assert not agent.isEnabledFor(logging.WARNING), "it would say on Ctrl+C that it received a death signal"


def test_torchrun_has_the_line_first_and_then_its_own(tmp_path, monkeypatch, capfd):
    """What `docs/troubleshooting.md` says of it: no process can keep it from that."""
    alone(monkeypatch)
    nowhere = tmp_path / "nowhere"
    arguments = ["-m", "wsss_viz", "maps", "--data", f"folder:{nowhere}", "--out", str(tmp_path / "maps")]
    with ThreadPoolExecutor(1) as pool, pytest.raises(ChildFailedError, match="exitcode  : 2"):
        pool.submit(torch.distributed.run.main, ["--standalone", "--nproc-per-node", "1", *arguments]).result(PATIENCE)
    ours = [line for line in capfd.readouterr().err.splitlines() if line.startswith("error: ")]
    assert ours == [f"error: {nowhere}: no such folder; check the path"]


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


def test_every_option_can_be_said_behind_torchrun():
    """It looks at all words of the line, and refuses those that begin several options of its own."""
    options = [option for command in (maps_command, evaluate_command) for option in command.params]
    refused = set()
    for word in {word for option in options for word in (*option.opts, *option.secondary_opts)}:
        try:
            torch.distributed.run.parse_args(["--nproc-per-node", "2", "-m", "wsss_viz", "maps", word, "x"])
        except SystemExit:
            refused.add(word)
    assert refused == {"--log"}  # which is --log-file, too
