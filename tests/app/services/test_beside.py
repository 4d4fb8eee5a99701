"""Long work done by a process beside the server."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from wsss_viz.app.pages.figures import controls
from wsss_viz.app.services import beside, checkpoints, samples, traces
from wsss_viz.app.services.beside import made_beside, steps_beside
from wsss_viz.app.services.figure_material import Material
from wsss_viz.app.services.jobs.requests import request_for
from wsss_viz.app.turns import Limits, turns
from wsss_viz.app.worker import Worker
from wsss_viz.errors import InputError
from wsss_viz.figures import preset
from wsss_viz.interrupts import may_go_on
from wsss_viz.traces import Step


def burn() -> None:
    while True:
        may_go_on()


def idle(seconds: float) -> str:
    time.sleep(seconds)
    may_go_on()
    return "rested"


def two_steps() -> Iterator[int]:
    yield os.getpid()
    yield os.getpid()


@pytest.fixture(scope="module")
def running() -> Iterator[Worker]:
    one = Worker(at_once=2)
    one.start()
    yield one
    one.close()


@pytest.fixture
def worker(running: Worker, monkeypatch: pytest.MonkeyPatch) -> Worker:
    monkeypatch.setattr(beside, "worker", lambda: running)
    return running


def test_a_piece_may_take_so_much_of_the_processor_there(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns(), "limits", Limits(seconds=0.3))
    with pytest.raises(InputError, match="This takes longer than the 0 s it may here: make it smaller"):
        made_beside(burn)
    assert made_beside(idle, 0.5) == "rested"


def test_what_computes_with_a_gpu_stays_in_the_server(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    here = os.getpid()
    assert here not in steps_beside(two_steps)
    monkeypatch.setattr(checkpoints, "device_label", lambda: "NVIDIA")
    assert list(steps_beside(two_steps)) == [here, here]
    assert made_beside(os.getpid) != here


def test_a_job_gives_the_steps_that_the_method_gives_here(worker: Worker) -> None:
    sample = samples.scene("scenes:test:7")
    job = request_for("rib", sample, "single", 11)
    for there, here in itertools.islice(zip(job.work(), traces.steps_of("rib", sample, "single"), strict=True), 3):
        assert isinstance(there, Step)
        assert (there.index, there.targets, there.terms, there.stop) == (
            here.index,
            here.targets,
            here.terms,
            here.stop,
        )
        for name in ("maps", "scores"):
            assert np.array_equal(getattr(there, name), getattr(here, name))


def test_a_figure_is_the_same_to_the_byte(worker: Worker) -> None:
    spec = replace(preset("grid"), dpi=60)
    folder = Material().folder(replace(spec, rows=spec.rows[:1], columns=("image", "cam")))
    there = controls._draw(folder, "png", private=True)
    assert there == controls._draw_here(folder, "png", private=True)
