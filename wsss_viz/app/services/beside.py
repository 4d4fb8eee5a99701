"""Long work that needs nothing of a page, done by a process beside the server, so that pages have Python's lock.

The process is of lower priority, so pages have the processor before it. Where the server computes on a GPU, the server
computes with it: another process would need its memory once more. Networks of a person's own are computed with by the
server as well, which has them in memory.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import ParamSpec, TypeVar

from wsss_viz.app.collecting import Collector
from wsss_viz.app.gate.log import spare_the_log
from wsss_viz.app.services import checkpoints
from wsss_viz.app.turns import Limits, too_long, turns
from wsss_viz.app.worker import Worker
from wsss_viz.interrupts import within

LOWER = 5
"""How much nicer it is than the server: each of its threads has a third of the weight of one that makes a page."""
AT_ONCE = Limits().slots + 1
"""Pieces of work that it does at a time: as many long ones as are let in, and a job."""
MEGABYTES = 900.0
"""That it may keep while it has nothing to do: about 750 after figures and jobs; what the handout's steps have read,
350 more, is not wanted again."""
_collector = Collector()
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


@cache
def worker() -> Worker:
    """The process beside the server, once that has warmed up; before, and without a server, work is done here."""
    return Worker(LOWER, AT_ONCE, MEGABYTES)


def made_beside(function: Callable[Parameters, Result], *args: Parameters.args, **more: Parameters.kwargs) -> Result:
    """What a function of the CPU alone returns that takes no more of the processor than a piece of work may."""
    if not worker().running:
        return function(*args, **more)
    return worker().call(_bounded, turns().limits.seconds, function, args, more)


def steps_beside(
    function: Callable[Parameters, Iterator[Result]], *args: Parameters.args, **more: Parameters.kwargs
) -> Iterator[Result]:
    """What a function that computes with networks yields, as it comes; a job's time is bounded by whoever asks."""
    if not (worker().running and checkpoints.device_label() == "CPU"):
        return function(*args, **more)
    return worker().iterate(_tidied, function, args, more)


def _bounded(
    seconds: float, function: Callable[..., Result], args: tuple[object, ...], more: dict[str, object]
) -> Result:
    """In the process."""
    with _tidily(), within(seconds, too_long(seconds), time.thread_time):
        return function(*args, **more)


def _tidied(
    function: Callable[..., Iterator[Result]], args: tuple[object, ...], more: dict[str, object]
) -> Iterator[Result]:
    """In the process."""
    with _tidily():
        yield from function(*args, **more)


@contextmanager
def _tidily() -> Iterator[None]:
    """The log stays as short as the server's, without what caches say of no page; afterwards memory is given back."""
    spare_the_log()
    logging.getLogger("streamlit").setLevel(logging.ERROR)
    try:
        yield
    finally:
        _collector.collect()
