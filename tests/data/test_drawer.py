"""Scenes drawn by a process of its own, and packed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from bench.processes import alive
from tests.app.services.test_jobs import until
from wsss_viz.data.packed import Packed
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import Scenes
from wsss_viz.data.scenes.drawer import Drawer
from wsss_viz.errors import InputError

SIZE = (90, 70)


def same(one: Sample, other: Sample) -> bool:
    assert (one.name, one.labels, one.source, one.classes) == (other.name, other.labels, other.source, other.classes)
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("image", "mask", "parts"))


@pytest.fixture
def drawer() -> Iterator[Drawer]:
    one = Drawer()
    one.start()
    yield one
    one.close()


def test_it_draws_what_the_scenes_are_for_many_threads_at_once(drawer: Drawer) -> None:
    scenes = Scenes("val", size=SIZE)
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda index: drawer.scene("val", index, SIZE).unpacked(), range(12)))
    assert all(same(one, scenes[index]) for index, one in enumerate(drawn))
    assert drawer._process is not None
    assert drawer._process.poll() is None


def test_without_the_process_the_caller_draws(drawer: Drawer) -> None:
    assert same(Drawer().scene("test", 2, SIZE).unpacked(), Scenes("test", size=SIZE)[2])
    assert drawer._process is not None
    drawer._process.kill()
    drawer._process.wait()
    assert same(drawer.scene("test", 3, SIZE).unpacked(), Scenes("test", size=SIZE)[3])
    assert drawer._process is None


def test_what_is_no_scene_is_said_and_the_process_stays(drawer: Drawer) -> None:
    with pytest.raises(IndexError, match="index 500 is outside"):
        drawer.scene("val", 500, SIZE)
    with pytest.raises(InputError, match="there is no split 'nowhere'"):
        drawer.scene("nowhere", 0, SIZE)
    with pytest.raises(InputError, match="cannot be drawn"):
        drawer.scene("val", 0, (5, 5))
    assert drawer._process is not None


def test_the_process_ends_with_the_program_that_started_it() -> None:
    program = (
        "import os; from wsss_viz.data.scenes.drawer import Drawer; one = Drawer(); one.start(); "
        "print(one._process.pid, flush=True); os._exit(1)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    until(lambda: not alive(int(done.stdout)))


@pytest.mark.parametrize("planes", [True, False])
def test_a_packed_sample_is_the_sample(planes: bool) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (37, 53, 3), dtype=np.uint8)
    plane = rng.integers(0, 256, (37, 53), dtype=np.uint8) if planes else None
    sample = Sample(image, ("cow", "sofa"), ("sofa",), "noise", plane, plane, "x:1")
    assert same(Packed.of(sample).unpacked(), sample)


def test_a_packed_scene_takes_a_third_of_its_arrays() -> None:
    sample = Scenes("val", size=(512, 512))[0]
    packed = Packed.of(sample)
    assert packed.mask is not None
    assert packed.parts is not None
    arrays = 5 * 512 * 512
    assert len(packed.image) + len(packed.mask) + len(packed.parts) < arrays / 3
