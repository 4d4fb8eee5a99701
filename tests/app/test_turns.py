"""Pages' own work: one piece at a time, fair between sessions, stopped with its page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from tests.app.services.test_jobs import PATIENCE, until
from wsss_viz.app import frame, turns
from wsss_viz.app.turns import BusyError, GoneError, Limits, Turns
from wsss_viz.errors import InputError
from wsss_viz.figures import FigureSpec
from wsss_viz.figures.rendering import render
from wsss_viz.interrupts import may_go_on


class Work:
    """A piece of work on a thread of its own, which goes on until it is let go."""

    def __init__(self, queue: Turns, owner: str, what: str = "x", patience: float = PATIENCE) -> None:
        self.inside, self.end, self.error = threading.Event(), threading.Event(), None
        self.thread = threading.Thread(target=self._run, args=(queue, owner, what, patience))
        self.thread.start()

    def _run(self, queue: Turns, owner: str, what: str, patience: float) -> None:
        try:
            with queue.turn(owner, what, patience):
                self.inside.set()
                while not self.end.wait(0.005):
                    may_go_on()
        except Exception as error:
            self.error = error

    def done(self) -> None:
        self.end.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


def waiting(queue: Turns, count: int) -> None:
    until(lambda: len(queue._queue) == count)


def test_one_at_a_time_and_who_has_had_less_is_first() -> None:
    queue = Turns(Limits(slots=1))
    first = Work(queue, "rude")
    assert first.inside.wait(PATIENCE)
    second = Work(queue, "rude", "y")
    waiting(queue, 1)
    third = Work(queue, "modest")
    waiting(queue, 2)
    first.done()
    assert third.inside.wait(PATIENCE)
    assert not second.inside.is_set()
    third.done()
    assert second.inside.wait(PATIENCE)
    second.done()
    assert [one.error for one in (first, second, third)] == [None] * 3


def test_who_is_not_let_in_is_told_how_long_and_keeps_the_place() -> None:
    now = [0.0]
    queue = Turns(Limits(slots=1, away=6), clock=lambda: now[0])
    running = Work(queue, "a")
    assert running.inside.wait(PATIENCE)
    with pytest.raises(BusyError) as busy, queue.turn("b", "figure", 0):
        pass
    assert busy.value.seconds == pytest.approx(3.0)
    assert str(busy.value) == "Busy, about 3 s: others are first."
    later = Work(queue, "c")
    waiting(queue, 2)
    running.done()
    assert not later.inside.wait(0.05)  # b was before, and asks again
    with queue.turn("b", "figure", 0):
        pass
    assert later.inside.wait(PATIENCE)
    later.done()


def test_a_place_of_one_who_does_not_come_back_is_given_on() -> None:
    now = [0.0]
    queue = Turns(Limits(slots=1, away=6), clock=lambda: now[0])
    running = Work(queue, "a")
    assert running.inside.wait(PATIENCE)
    with pytest.raises(BusyError), queue.turn("b", "figure", 0):
        pass
    running.done()
    with pytest.raises(BusyError), queue.turn("c", "figure", 0):
        pass
    now[0] = 7
    with queue.turn("c", "figure", 0):
        pass


def test_only_so_many_wait() -> None:
    queue = Turns(Limits(slots=1, waiting=1))
    running = Work(queue, "a")
    assert running.inside.wait(PATIENCE)
    later = Work(queue, "b")
    waiting(queue, 1)
    with pytest.raises(BusyError), queue.turn("c", "x"):
        pass
    running.done()
    later.done()


def test_a_page_that_was_closed_ends_its_work_and_its_waiting() -> None:
    queue = Turns(Limits(slots=1))
    running = Work(queue, "gone")
    assert running.inside.wait(PATIENCE)
    later = Work(queue, "gone", "y")
    waiting(queue, 1)
    queue.leave("gone")
    for one in (running, later):
        one.thread.join(PATIENCE)
    assert isinstance(running.error, GoneError)
    assert isinstance(later.error, BusyError)
    with queue.turn("other", "x", 0):
        pass


def test_work_ends_when_its_time_is_up() -> None:
    now = [0.0]
    queue = Turns(Limits(seconds=90), clock=lambda: now[0])
    with queue.turn("a", "x"):
        now[0] = 91.0
        with pytest.raises(InputError, match="longer than the 90 s"):
            may_go_on()
    with queue.turn("a", "x", 0), queue.turn("a", "within", 0):
        may_go_on()


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_a_figure_can_be_stopped_while_it_is_drawn_and_has_the_same_bytes(kind: str) -> None:
    spec, asked = FigureSpec("hgr", ("toy-flatten", "toy-gap"), dpi=72), [0]

    def count() -> None:
        asked[0] += 1

    plain = render(spec, kind)
    with Turns().turn("a", "x", ask=count):
        assert render(spec, kind) == plain
    assert asked[0] >= 2

    def stop() -> None:
        raise GoneError("the page is closed")

    with pytest.raises(GoneError), Turns().turn("a", "x", ask=stop):
        render(spec, kind)


def test_a_figure_of_too_many_pixels_is_not_drawn() -> None:
    spec = FigureSpec("hgr", ("toy-flatten",), dpi=600)
    with pytest.raises(InputError, match=r"at 600 dpi the figure has .* megapixels, more than the 1 that are drawn"):
        render(spec, "png", most_pixels=1e6)


def test_a_busy_page_says_so_and_comes_by_itself(
    open_page: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Turns(Limits(slots=1, moment=0.0))
    monkeypatch.setattr(turns, "_turns", queue)
    running = Work(queue, "another")
    assert running.inside.wait(PATIENCE)
    page = open_page("figures", figure="plane", figure_width="single", dpi="150")
    assert [info.value for info in page.info] == ["Busy, about 3 s: others are first."]
    assert not page.error
    assert queue.limits.away > frame.AGAIN
    running.done()
    time.sleep(0)
    assert not page.run().info
