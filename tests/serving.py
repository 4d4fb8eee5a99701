"""A server of the app on a free port, for as long as a block lasts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 300  # seconds: what a loaded machine may need to start it


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(
    *program: str, cwd: Path = ROOT, surroundings: Mapping[str, str] = os.environ, **variables: str
) -> Iterator[str]:
    """A fresh server, as `python -m wsss_viz app` starts it; gives its address and ends with the block.

    Args:
        program: in place of `python -m wsss_viz`.
        cwd: the folder it is started in.
        surroundings: its environment, to which `variables` are added.
    """
    command = [*(program or (sys.executable, "-m", "wsss_viz")), "app", "--headless"]
    with running(*command, cwd=cwd, surroundings={**surroundings, **variables}) as (address, _):
        yield address


@contextmanager
def running(
    *command: str, cwd: Path = ROOT, surroundings: Mapping[str, str] = os.environ
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The same of a whole command but its port; gives the address and the process."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile("w+") as said:  # a pipe that nobody reads would be full at some time
        process = subprocess.Popen(
            [*command, "--port", str(port)], cwd=cwd, env=dict(surroundings), stdout=said, stderr=said
        )
        try:
            deadline = time.monotonic() + PATIENCE
            while not _answers(address):
                if process.poll() is not None or time.monotonic() > deadline:
                    said.seek(0)
                    raise RuntimeError(f"the server did not start:\n{said.read()}")
                time.sleep(0.1)
            yield address, process
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=10) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
