"""Scenes drawn by a process beside the server."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from wsss_viz.app.encoded import Ground
from wsss_viz.app.services import drawn_scenes
from wsss_viz.app.services.drawn_scenes import drawn_ground, drawn_scene
from wsss_viz.app.worker import Worker
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import Scenes
from wsss_viz.errors import InputError

SIZE = (90, 70)


def loaded() -> list[str]:
    return list(sys.modules)


def same(one: Sample, other: Sample) -> bool:
    assert (one.name, one.labels, one.source, one.classes) == (other.name, other.labels, other.source, other.classes)
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("image", "mask", "parts"))


@pytest.fixture
def drawer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    one = Worker()
    one.start()
    monkeypatch.setattr(drawn_scenes, "drawer", lambda: one)
    yield one
    one.close()


def test_it_draws_what_the_scenes_are_for_many_threads_at_once(drawer: Worker) -> None:
    scenes = Scenes("val", size=SIZE)
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda index: drawn_scene(f"scenes:val:{index}", SIZE), range(12)))
    assert all(same(one, scenes[index]) for index, one in enumerate(drawn))
    assert vars(drawn_ground("scenes:val:3", SIZE)) == vars(Ground.of(scenes[3]))


def test_where_it_is_not_there_the_caller_draws(drawer: Worker) -> None:
    os.kill(drawer.call(os.getpid), signal.SIGKILL)
    assert same(drawn_scene("scenes:test:3", SIZE), Scenes("test", size=SIZE)[3])
    drawer.close()
    assert same(drawn_scene("scenes:test:2", SIZE), Scenes("test", size=SIZE)[2])


def test_what_is_no_scene_is_said_and_the_process_stays(drawer: Worker) -> None:
    before = drawer.call(os.getpid)
    with pytest.raises(IndexError, match="index 500 is outside"):
        drawn_scene("scenes:val:500", SIZE)
    with pytest.raises(InputError, match="there is no split 'nowhere'"):
        drawn_scene("scenes:nowhere:0", SIZE)
    with pytest.raises(InputError, match="cannot be drawn"):
        drawn_scene("scenes:val:0", (5, 5))
    assert drawer.call(os.getpid) == before


def test_it_needs_neither_torch_nor_streamlit(drawer: Worker) -> None:
    drawn_ground("scenes:val:0", SIZE)
    assert {"torch", "streamlit"}.isdisjoint(drawer.call(loaded))
