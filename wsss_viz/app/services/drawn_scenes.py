"""Drawn scenes, made by a process beside the server: drawing holds Python's lock from pages.

That process needs neither torch nor Streamlit, so it is soon there and takes little memory.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

from wsss_viz.app.encoded import Ground
from wsss_viz.app.worker import Worker, WorkerEndedError
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes.dataset import Scenes

Made = TypeVar("Made", Sample, Ground)


@cache
def drawer() -> Worker:
    """The process, once the server has warmed up; before, and without a server, scenes are drawn here."""
    return Worker()


def drawn_scene(example: str, size: tuple[int, int]) -> Sample:
    """The scene of a data string `scenes:SPLIT:INDEX`, (H, W). Raises InputError and IndexError as `Scenes` does."""
    return _by_the_drawer(scene_of, example, size)


def drawn_ground(example: str, size: tuple[int, int]) -> Ground:
    """The same, encoded."""
    return _by_the_drawer(ground_of, example, size)


def scene_of(example: str, size: tuple[int, int]) -> Sample:
    """Draws."""
    _, split, index = example.split(":")
    return Scenes(split, size=size)[int(index)]


def ground_of(example: str, size: tuple[int, int]) -> Ground:
    """Draws and encodes."""
    return Ground.of(scene_of(example, size))


def _by_the_drawer(draw: Callable[[str, tuple[int, int]], Made], example: str, size: tuple[int, int]) -> Made:
    try:
        return drawer().call(draw, example, size)
    except WorkerEndedError:  # the server is about to end, or the process was ended from outside
        return draw(example, size)
