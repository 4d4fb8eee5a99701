"""The process that reads foreign files: one at a time, with nobody to talk to, gone with who started it."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from wsss_viz.app.services import user_networks
from wsss_viz.errors import InputError
from wsss_viz.interrupts import asking, may_go_on, within
from wsss_viz.models.reading import child, opening

SLEEPS = [sys.executable, "-c", "import time; print('on', flush=True); time.sleep(300)"]
linux = pytest.mark.skipif(sys.platform != "linux", reason="as Linux has it")


def test_whoever_wants_it_no_more_ends_it(tmp_path: Path) -> None:
    asked = []

    def gone() -> None:
        asked.append(True)
        if len(asked) > 2:
            raise InputError("the page is closed")

    with asking(gone), pytest.raises(InputError, match="the page is closed"):
        opening._run(SLEEPS, tmp_path, dict(os.environ))
    assert not opening._ONE.locked()


def test_so_many_seconds_and_no_more(tmp_path: Path) -> None:
    with within(0.3, "too long"), pytest.raises(InputError, match="too long"):
        opening._run(SLEEPS, tmp_path, dict(os.environ))


def test_one_at_a_time(tmp_path: Path) -> None:
    code = "import os, sys, time; d = sys.argv[1]; n = len(os.listdir(d)); open(f'{d}/{os.getpid()}', 'w');" \
           "time.sleep(0.3); os.remove(f'{d}/{os.getpid()}'); print(n)"  # fmt: skip
    said: list[bytes] = []

    def run() -> None:
        said.append(opening._run([sys.executable, "-c", code, str(tmp_path)], tmp_path, dict(os.environ)).stdout)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [int(line) for line in said] == [0, 0, 0]


@linux
def test_it_reaches_no_network_and_has_the_lowest_priority() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"""
import json, os, socket
from wsss_viz.models.reading.child import _stand_back
before = os.getpriority(os.PRIO_PROCESS, 0)
user = os.readlink("/proc/self/ns/net")
_stand_back()
try:
    socket.create_connection(("127.0.0.1", {server.getsockname()[1]}), timeout=5)
    reached = True
except OSError:
    reached = False
alone = os.readlink("/proc/self/ns/net") != user
print(json.dumps([os.getpriority(os.PRIO_PROCESS, 0) - before, reached, alone]))
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lower, reached, alone = json.loads(done.stdout)
    assert lower > 0 or os.getpriority(os.PRIO_PROCESS, 0) > 9
    assert reached is not alone  # where the system gives no network of its own, the other bounds stand


@linux
def test_it_dies_with_who_started_it(tmp_path: Path) -> None:
    child = "from wsss_viz.models.reading.child import _end_with_parent; import os, time; _end_with_parent();" \
            "print(os.getpid(), flush=True); time.sleep(300)"  # fmt: skip
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as started:
        assert started.stdout
        pid = int(started.stdout.readline())
        started.kill()
    end = time.monotonic() + 60
    while Path(f"/proc/{pid}").exists() and "zombie" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8"):
        assert time.monotonic() < end
        time.sleep(0.01)


def _saves_more_than_there_is_room_for(target: Path, send: Connection) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    try:
        child._saved(lambda path: save_file({"w": torch.ones(10000)}, path), target)
    except OSError as error:
        send.send(str(error))


def test_a_full_folder_is_not_a_damaged_file(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")  # which has torch already
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_saves_more_than_there_is_room_for, args=(tmp_path / "out.safetensors", send))
    process.start()
    process.join(120)
    assert receive.poll()
    assert receive.recv().startswith("the temporary folder is full or not writable")


def test_no_place_for_a_temporary_folder_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.pth").write_bytes(b"PK\x03\x04" + bytes(100))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(InputError, match="no temporary folder can be made: No such file or directory; make room"):
        opening.read_tensors(tmp_path / "x.pth")
    refused = user_networks._read_upload(b"PK", ".pth")
    assert refused.refusal.startswith("no temporary folder can be made")


def test_an_upload_that_takes_too_long_is_told_what_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_networks, "UPLOAD_SECONDS", 0.0)
    monkeypatch.setattr(user_networks, "open_checkpoint", lambda path, private: may_go_on())
    refusal = user_networks._read_upload(b"PK", ".pth").refusal
    assert refusal.startswith("Reading it took more than 0 s and was stopped: try again, or upload it as safetensors")
    assert "\n" not in refusal
