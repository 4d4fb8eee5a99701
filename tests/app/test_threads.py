"""How many threads the server computes on is one number: it decides the last bits of what a visitor is given."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from tests.serving import ROOT
from wsss_viz.app import server, settings
from wsss_viz.methods.precision import using_threads

STARTED = """
from wsss_viz.app.server import middleware
middleware()
import threading, torch
counts = [torch.get_num_threads()]
thread = threading.Thread(target=lambda: counts.append(torch.get_num_threads()))
thread.start()
thread.join()
print(counts)
"""


def test_a_server_computes_on_one_in_each_of_its_threads() -> None:
    environment = {**os.environ, settings.THREADS_VARIABLE: "", "OMP_NUM_THREADS": "2"}
    command = [sys.executable, "-c", STARTED]
    said = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said == "[1, 1]\n"


def test_a_torch_that_is_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    server.compute_on(3)
    try:
        assert (torch.get_num_threads(), os.environ["OMP_NUM_THREADS"]) == (3, "3")
    finally:
        torch.set_num_threads(before)


def test_a_figure_on_the_servers_number_sets_nothing_while_others_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(count: int) -> None:
        raise AssertionError(f"set to {count}")

    monkeypatch.setattr(torch, "set_num_threads", never)
    with using_threads(torch.get_num_threads()):
        assert torch.get_num_threads() >= 1
