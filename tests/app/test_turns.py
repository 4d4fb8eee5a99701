"""Pages' own work: one piece at a time, fair between sessions, stopped with its page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.app.services.test_jobs import PATIENCE, until
from wsss_viz.app import frame
from wsss_viz.app.ledger import HALF, Ledger
from wsss_viz.app.services.jobs.manager import Jobs, Request
from wsss_viz.app.turns import BusyError, GoneError, Limits, Piece, Turns, pages
from wsss_viz.app.turns import queue as turns_queue
from wsss_viz.app.turns.pieces import Ticket
from wsss_viz.errors import InputError
from wsss_viz.figures import FigureSpec
from wsss_viz.figures.rendering import render
from wsss_viz.interrupts import may_go_on
from wsss_viz.traces import Step


class Work:
    """A piece of work on a thread of its own, which goes on until it is let go."""

    def __init__(self, queue: Turns, owner: str, what: str | Piece = "x", patience: float = PATIENCE) -> None:
        self.inside, self.end, self.error = threading.Event(), threading.Event(), None
        self.thread = threading.Thread(target=self._run, args=(queue, owner, what, patience))
        self.thread.start()

    def _run(self, queue: Turns, owner: str, what: str | Piece, patience: float) -> None:
        try:
            with queue.turn(owner, what if isinstance(what, Piece) else Piece(what), patience):
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


def places(queue: Turns) -> list[tuple[str, str]]:
    return [(one.owner, one.piece.what) for one in queue._queue]


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
    with pytest.raises(BusyError) as busy, queue.turn("b", Piece("figure"), 0):
        pass
    assert busy.value.seconds == pytest.approx(3.0)
    assert str(busy.value) == "Busy, about 3 s: others are first."
    later = Work(queue, "c")
    waiting(queue, 2)
    now[0] = 3.0
    running.done()
    assert later.inside.wait(PATIENCE)  # no slot waits for b, who has not asked again
    last = Work(queue, "d")
    waiting(queue, 2)
    again = Work(queue, "b", Piece("figure"))
    until(lambda: any(one.owner == "b" and one.awaited for one in queue._queue))
    later.done()
    assert again.inside.wait(PATIENCE)  # b was before
    assert not last.inside.is_set()
    again.done()
    assert last.inside.wait(PATIENCE)
    last.done()


def with_one_put_off(now: list[float]) -> tuple[Turns, Work]:
    """One slot, the work of "a" in it, and "b" that has asked in vain."""
    queue = Turns(Limits(slots=1, away=6), clock=lambda: now[0])
    running = Work(queue, "a")
    assert running.inside.wait(PATIENCE)
    with pytest.raises(BusyError), queue.turn("b", Piece("figure"), 0):
        pass
    return queue, running


def test_who_was_put_off_learns_when_to_come_again_without_asking_for_work() -> None:
    now = [0.0]
    queue, running = with_one_put_off(now)
    for now[0] in (5.0, 10.0, 15.0):  # its place is kept
        assert queue.remaining("b") == pytest.approx(3.0)
        assert places(queue) == [("b", "figure")]
    assert queue.remaining("nobody") == 0.0
    running.done()
    assert queue.remaining("b") == 0.0
    now[0] = 22.0
    queue.remaining("nobody")
    assert not queue._queue


def test_a_short_piece_is_waited_for_longer_and_a_page_that_goes_waits_no_more() -> None:
    now = [0.0]
    queue = Turns(Limits(short_slots=1, slots=1, moment=0.0, short_moment=1e9), clock=lambda: now[0])
    short, long = Work(queue, "a", Piece("map", short=True)), Work(queue, "a", "figure")
    assert short.inside.wait(PATIENCE)
    assert long.inside.wait(PATIENCE)
    with pytest.raises(BusyError), queue.turn("b", Piece("figure")):
        pass
    asked = [0]

    def stop() -> None:
        asked[0] += 1
        raise GoneError("the page is closed")

    with pytest.raises(GoneError), queue.turn("b", Piece("map", short=True), ask=stop):
        pass
    assert asked == [1]
    assert [(one.owner, one.awaited, one.there) for one in queue._queue] == [("b", False, False), ("b", False, False)]
    for one in (short, long):
        one.done()


def test_a_place_of_one_who_does_not_come_back_is_given_on() -> None:
    now = [0.0]
    queue, running = with_one_put_off(now)
    now[0] = 5
    with pytest.raises(BusyError), queue.turn("c", Piece("figure"), 0):
        pass
    assert places(queue) == [("b", "figure"), ("c", "figure")]
    now[0] = 7
    with pytest.raises(BusyError), queue.turn("d", Piece("figure"), 0):
        pass
    assert places(queue) == [("c", "figure"), ("d", "figure")]
    running.done()


def test_only_so_many_wait() -> None:
    queue = Turns(Limits(slots=1, waiting=1))
    running = Work(queue, "a")
    assert running.inside.wait(PATIENCE)
    later = Work(queue, "b")
    waiting(queue, 1)
    with pytest.raises(BusyError), queue.turn("c", Piece("x")):
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
    assert isinstance(later.error, GoneError)
    assert places(queue) == []
    with queue.turn("other", Piece("x"), 0):
        pass


def test_work_ends_when_its_time_is_up() -> None:
    now = [0.0]
    queue = Turns(Limits(seconds=90), clock=lambda: now[0], used=lambda: now[0])
    with queue.turn("a", Piece("x")):
        now[0] = 91.0
        with pytest.raises(InputError, match="longer than the 90 s"):
            may_go_on()
    with queue.turn("a", Piece("x"), 0), queue.turn("a", Piece("within"), 0):
        may_go_on()


def test_a_busy_machine_makes_no_work_too_long() -> None:
    now = [0.0]
    queue = Turns(Limits(seconds=90), clock=lambda: now[0], used=lambda: 0.0)
    with queue.turn("a", Piece("x")):
        now[0] = 500.0
        may_go_on()


def test_who_reads_does_not_wait_for_a_figure() -> None:
    queue = Turns(Limits(slots=1, short_slots=1))
    figure = Work(queue, "a")
    assert figure.inside.wait(PATIENCE)
    reader = Work(queue, "b", Piece("map", short=True))
    assert reader.inside.wait(PATIENCE)
    with pytest.raises(BusyError), queue.turn("c", Piece("map", short=True), 0):
        pass
    for one in (figure, reader):
        one.done()


def test_memory_is_shared_by_all_kinds_and_nobody_passes_one_who_waits_for_it() -> None:
    queue = Turns(Limits(slots=3, short_slots=3, megabytes=100))
    first = Work(queue, "a", Piece("figure", 60))
    assert first.inside.wait(PATIENCE)
    large = Work(queue, "b", Piece("figure", 60))
    waiting(queue, 1)
    small = Work(queue, "c", Piece("map", 10, short=True))
    waiting(queue, 2)
    assert not small.inside.wait(0.05)
    first.done()
    assert large.inside.wait(PATIENCE)
    assert small.inside.wait(PATIENCE)
    for one in (large, small):
        one.done()


def test_what_needs_more_memory_than_there_is_comes_alone() -> None:
    queue = Turns(Limits(slots=2, megabytes=100))
    first = Work(queue, "a", Piece("map", 10))
    assert first.inside.wait(PATIENCE)
    with pytest.raises(BusyError), queue.turn("b", Piece("checkpoint", 5000), 0):
        pass
    first.done()
    with queue.turn("b", Piece("checkpoint", 5000), 0):
        pass


def test_a_page_that_has_had_the_jobs_waits_behind_one_that_has_not() -> None:
    now = [0.0]
    ledger = Ledger(lambda: now[0])
    queue, jobs = Turns(Limits(slots=1), ledger=ledger), Jobs(clock=lambda: now[0], ledger=ledger)

    def forty_seconds() -> Iterator[Step]:
        now[0] += 40
        yield from ()

    jobs.submit("rude/tab", Request("key", forty_seconds, 1))
    until(lambda: ledger.had("rude") > 0)
    assert ledger.had("rude") == pytest.approx(40)
    running = Work(queue, "other")
    assert running.inside.wait(PATIENCE)
    rude = Work(queue, "rude")
    waiting(queue, 1)
    modest = Work(queue, "modest")
    waiting(queue, 2)
    running.done()
    assert modest.inside.wait(PATIENCE)
    assert not rude.inside.is_set()
    for one in (modest, rude):
        one.done()


def test_long_work_rests_while_short_pieces_are_made_thrice_as_long_as_it_has_worked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, rests, job_rests = [0.0], [], []
    queue = Turns(Limits(rest=1.0), used=lambda: now[0])
    monkeypatch.setattr(queue._quiet, "wait_for", lambda free, seconds: rests.append((free(), seconds)))
    with queue.turn("author", Piece("figure")):
        now[0] += 0.125
        may_go_on()
        with queue._lock:
            queue._running.append(reader := Ticket("reader", Piece("map", short=True), 0.0, 0.0, queue._quiet))
        now[0] += 0.125
        may_go_on()
        now[0] += 7.0
        may_go_on()
        with queue._lock:
            queue._running.remove(reader)
    with queue.turn("reader", Piece("map", short=True)):
        may_go_on()  # short pieces rest for nobody
    assert rests == [(True, 0.375), (False, 0.375), (False, 1.0)]

    def steps() -> Iterator[Step]:
        may_go_on()
        yield from ()

    jobs = Jobs(resting=lambda: lambda: job_rests.append("a rest"))
    jobs.submit("asker/tab", Request("key", steps, 1))
    until(lambda: job_rests == ["a rest"])


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_a_figure_can_be_stopped_while_it_is_drawn_and_has_the_same_bytes(kind: str) -> None:
    spec, asked = FigureSpec("hgr", ("toy-flatten", "toy-gap"), dpi=72), [0]

    def count() -> None:
        asked[0] += 1

    plain = render(spec, kind)
    with Turns().turn("a", Piece("x"), ask=count):
        assert render(spec, kind) == plain
    assert asked[0] >= 2

    def stop() -> None:
        raise GoneError("the page is closed")

    with pytest.raises(GoneError), Turns().turn("a", Piece("x"), ask=stop):
        render(spec, kind)


def test_a_figure_of_too_many_pixels_is_not_drawn() -> None:
    spec = FigureSpec("hgr", ("toy-flatten",), dpi=600)
    with pytest.raises(InputError, match=r"at 600 dpi the figure has .* megapixels, more than the 1 that are drawn"):
        render(spec, "png", most_pixels=1e6)


def test_a_busy_page_says_so_and_comes_by_itself(
    open_page: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Turns(Limits(slots=1, moment=0.0))
    monkeypatch.setattr(pages, "_turns", queue)
    running = Work(queue, "another")
    assert running.inside.wait(PATIENCE)
    page = open_page("figures", figure="plane", figure_width="single", dpi="150")
    assert [info.value for info in page.info] == ["Busy, about 3 s: others are first."]
    assert not page.error
    assert queue.limits.away > frame.AGAIN
    running.done()
    time.sleep(0)
    assert not page.run().info


def test_the_shortest_piece_counts_and_what_was_had_is_forgotten_by_and_by() -> None:
    now = [0.0]
    ledger = Ledger(lambda: now[0])
    ledger.charge("rude", 0.001)
    ledger.charge("other", 8.0)
    assert ledger.had("rude") == pytest.approx(0.001)
    now[0] = 30 * HALF
    ledger.charge("third", 1.0)
    assert set(ledger._had) == {"third"}


def test_what_a_job_asks_for_on_its_way_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = Turns(Limits(slots=1, short_slots=1, moment=0.0))
    monkeypatch.setattr(pages, "_turns", queue)
    busy = Work(queue, "somebody", Piece("map", short=True))
    assert busy.inside.wait(PATIENCE)

    @pages.turn("picture", short=True)
    def drawn() -> str:
        return "drawn"

    assert drawn() == "drawn"  # outside a page
    busy.done()


class Place:
    """Where a page says that it waits."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.titles: set[str] = set()

    def container(self) -> Place:
        return self

    def title(self, line: str, anchor: bool) -> None:
        assert not anchor
        self.titles.add(line)

    def info(self, line: str, icon: str) -> None:
        assert icon
        self.lines.append(line)

    def empty(self) -> None:
        self.lines.append("")


def test_a_page_waits_in_its_place_says_for_how_long_and_then_is_there(
    open_page: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, place = Turns(Limits(short_slots=1)), Place()
    monkeypatch.setattr(pages, "_turns", queue)
    monkeypatch.setattr(frame, "SILENT", 0.2)
    monkeypatch.setattr(frame, "AGAIN", 0.2)
    monkeypatch.setattr(frame.st, "empty", lambda: place)
    busy = Work(queue, "somebody", Piece("map", short=True))
    assert busy.inside.wait(PATIENCE)
    release = threading.Timer(3.0, busy.done)
    release.start()
    page = open_page("compare", example="scenes:test:129", methods="cam")  # its maps ship
    release.join()
    assert set(place.lines[:-1]) == {"Busy, about 1 s: others are first."}
    assert len(place.lines) > 2
    assert place.titles == {"Compare"}
    assert place.lines[-1] == ""
    assert [title.value for title in page.title] == ["Compare"]
    place.titles.clear()
    again = Work(queue, "somebody", Piece("map", short=True))
    assert again.inside.wait(PATIENCE)
    threading.Timer(1.5, again.done).start()
    page.run()
    assert place.titles == set()  # its headline still stands there
    assert not page.error


def test_a_page_that_waits_for_nobody_says_nothing(
    open_page: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place()
    monkeypatch.setattr(frame.st, "empty", lambda: place)
    open_page("compare", example="scenes:test:129", methods="cam")
    assert place.lines == []


def test_short_pieces_come_in_the_order_they_were_asked_for() -> None:
    queue = Turns(Limits(short_slots=1))
    first = Work(queue, "a", Piece("page", short=True))
    assert first.inside.wait(PATIENCE)
    queue.ledger.charge("much", 100.0)
    much = Work(queue, "much", Piece("page", short=True))
    waiting(queue, 1)
    little = Work(queue, "little", Piece("page", short=True))
    waiting(queue, 2)
    first.done()
    assert much.inside.wait(PATIENCE)
    assert not little.inside.is_set()
    much.done()
    assert little.inside.wait(PATIENCE)
    little.done()


def test_pages_do_not_pass_a_long_piece_that_waits_for_memory() -> None:
    queue = Turns(Limits(slots=1, short_slots=2, megabytes=1000.0))
    queue.ledger.charge("author", 100.0)
    page = Work(queue, "a", Piece("page", 400.0, short=True))
    assert page.inside.wait(PATIENCE)
    large = Work(queue, "author", Piece("checkpoint", 900.0))
    waiting(queue, 1)
    next_page = Work(queue, "b", Piece("page", 400.0, short=True))
    waiting(queue, 2)
    assert not next_page.inside.wait(0.05)
    page.done()
    assert large.inside.wait(PATIENCE)
    large.done()
    assert next_page.inside.wait(PATIENCE)
    next_page.done()


def test_a_page_does_not_wait_longer_for_its_own_sessions_file() -> None:
    queue = Turns(Limits(slots=1, short_slots=1))
    file, other = Work(queue, "a", "file"), Work(queue, "b", Piece("page", short=True))
    assert file.inside.wait(PATIENCE)
    assert other.inside.wait(PATIENCE)
    first = Work(queue, "a", Piece("page", short=True))
    waiting(queue, 1)
    second = Work(queue, "c", Piece("page", short=True))
    waiting(queue, 2)
    other.done()
    assert first.inside.wait(PATIENCE)
    assert not second.inside.is_set()
    for work in (first, second, file):
        work.done()


def test_who_is_new_has_had_what_the_others_have_had() -> None:
    queue = Turns(Limits(slots=1), clock=lambda: 0.0)
    running = Work(queue, "a")
    assert running.inside.wait(PATIENCE)
    queue.ledger.charge("a", 4.0)
    queue.ledger.charge("b", 8.0)
    with pytest.raises(BusyError), queue.turn("b", Piece("figure"), 0):
        pass
    with pytest.raises(BusyError), queue.turn("new", Piece("figure"), 0):
        pass
    assert queue.ledger.had("new") == 6.0
    running.done()


def test_a_page_gives_its_slot_away_while_it_does_or_awaits_something_long() -> None:
    queue = Turns(Limits(slots=1, short_slots=1))
    others: list[Work] = []
    with queue.turn("a", Piece("page", short=True)):
        with queue.turn("a", Piece("map", short=True)):  # is part of the page
            assert [one.piece.what for one in queue._running] == ["page"]
        with queue.turn("a", Piece("figure")), queue.turn("a", Piece("map", short=True)), queue.aside():
            assert [one.piece.what for one in queue._running] == ["figure"]  # which gives none away
        with queue.aside():
            others.append(Work(queue, "b", Piece("page", short=True)))
            assert others[0].inside.wait(PATIENCE)
        assert [one.owner for one in queue._running] == ["b", "a"]  # it goes on at once
        third = Work(queue, "c", Piece("page", short=True))
        others.append(third)
        waiting(queue, 1)
    assert not third.inside.is_set()
    others[0].done()
    assert third.inside.wait(PATIENCE)
    third.done()
    assert not queue._running


def test_what_a_page_awaits_is_not_what_its_session_has_had() -> None:
    now = [0.0]
    queue = Turns(Limits(), clock=lambda: now[0])
    with queue.turn("a", Piece("page", short=True)):
        now[0] = 1.0
        with queue.aside():
            now[0] = 50.0
        now[0] = 51.0
    assert queue.ledger._had["a"][0] == pytest.approx(2.0)


def test_a_slot_waits_a_moment_for_the_page_that_asks_when_it_may_come() -> None:
    now = [0.0]
    queue, running = with_one_put_off(now)
    file = Work(queue, "c", "file")  # waits without a pause
    waiting(queue, 2)
    now[0] = 3.0
    assert queue.remaining("b") > 0
    running.done()
    assert queue.remaining("b") == 0.0
    assert not file.inside.wait(0.05)
    again = Work(queue, "b", Piece("figure"))
    assert again.inside.wait(PATIENCE)
    again.done()
    assert file.inside.wait(PATIENCE)
    file.done()


@pytest.mark.parametrize("for_all", [True, False])
def test_a_file_that_is_kept_for_all_is_finished_though_who_asked_has_left(
    monkeypatch: pytest.MonkeyPatch, for_all: bool
) -> None:
    queue = Turns()
    monkeypatch.setattr(pages, "_turns", queue)
    monkeypatch.setattr(pages, "session_id", lambda: "a")

    def make() -> bytes:
        queue.leave("a")
        may_go_on()
        return b"the handout"

    made = pages.in_turn("handout.pdf", make, for_all=for_all)
    if for_all:
        assert made() == b"the handout"
    else:
        with pytest.raises(GoneError):
            made()


def page(kind: str) -> Piece:
    return Piece("page", short=True, kind=kind)


def with_kinds(now: list[float]) -> tuple[Turns, Work]:
    """One slot, which is taken; pages of the kind "quick" take 0.1 s, those of the kind "slow" 0.3 s."""
    queue = Turns(Limits(short_slots=1), clock=lambda: now[0])
    queue._usual.add(page("quick"), 0.1)
    queue._usual.add(page("slow"), 0.3)
    running = Work(queue, "a", page("another"))
    assert running.inside.wait(PATIENCE)
    return queue, running


@pytest.mark.parametrize(("later", "first"), [(5.9, "quick"), (6.1, "slow")])
def test_a_page_that_takes_longer_gives_way_but_not_for_ever(later: float, first: str) -> None:
    assert pytest.approx(6.0) == turns_queue.GIVES_WAY * (0.3 - 0.1)
    now = [0.0]
    queue, running = with_kinds(now)
    works = {"slow": Work(queue, "b", page("slow"))}
    waiting(queue, 1)
    now[0] = later
    works["quick"] = Work(queue, "c", page("quick"))
    waiting(queue, 2)
    running.done()
    assert works[first].inside.wait(PATIENCE)
    (second,) = set(works) - {first}
    assert not works[second].inside.is_set()
    works[first].done()
    assert works[second].inside.wait(PATIENCE)
    works[second].done()


def test_a_kind_that_took_very_long_once_does_not_wait_for_ever() -> None:
    now = [0.0]
    queue, running = with_kinds(now)
    queue._usual.add(page("stuck"), 1000.0)
    stuck = Work(queue, "b", page("stuck"))
    waiting(queue, 1)
    now[0] = turns_queue.LONGEST_WAY
    quick = Work(queue, "c", page("quick"))
    waiting(queue, 2)
    running.done()
    assert stuck.inside.wait(PATIENCE)
    assert not quick.inside.is_set()
    stuck.done()
    assert quick.inside.wait(PATIENCE)
    quick.done()


def test_who_is_let_in_just_when_it_looks_up_is_not_asked_whether_it_is_still_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue, running = with_kinds([0.0])
    outcome: list[object] = []

    def stop() -> None:
        raise GoneError("the page is closed")

    def work() -> None:
        try:
            with queue.turn("b", page("quick"), PATIENCE, ask=stop):
                outcome.extend(one.owner for one in queue._running)
        except GoneError as error:
            outcome.append(error)

    second, wait = threading.Thread(target=work), threading.Condition.wait

    def time_is_up_and_then_it_is_let_in(condition: threading.Condition, seconds: float | None = None) -> bool:
        if threading.current_thread() is not second:
            return wait(condition, seconds)
        taken, queue._running = queue._running, []
        queue._admit()
        queue._running += taken
        return False

    monkeypatch.setattr(threading.Condition, "wait", time_is_up_and_then_it_is_let_in)
    second.start()
    second.join(PATIENCE)
    assert outcome == ["b", "a"]
    assert [one.owner for one in queue._running] == ["a"]
    running.done()


def test_a_place_that_is_taken_again_is_for_what_is_asked_now() -> None:
    queue, running = with_kinds([0.0])
    with pytest.raises(BusyError), queue.turn("b", page("slow"), 0):
        pass
    with pytest.raises(BusyError), queue.turn("b", page("quick"), 0):
        pass
    assert [(one.owner, one.piece.kind) for one in queue._queue] == [("b", "quick")]
    running.done()


def test_who_waits_keeps_the_place_though_the_session_left_and_is_back_at_once() -> None:
    queue, running = with_kinds([0.0])
    with queue._lock:
        for what in ("page", "file"):
            queue._queue.append(Ticket("b", Piece(what), 0.0, 0.0, threading.Condition(queue._lock), what == "page"))
    queue.leave("b")
    assert places(queue) == [("b", "page")]
    running.done()


def test_the_place_of_a_page_that_says_how_long_it_waits_is_not_given_away_meanwhile() -> None:
    now, said = [0.0], []
    queue, running = with_kinds(now)

    def say(seconds: float) -> None:
        said.append(seconds)
        now[0] += 2 * queue.limits.away
        queue.remaining("somebody else")  # forgets who has not asked again
        running.end.set()
        assert places(queue) == [("b", "page")]

    try:
        with queue.turn("b", page("quick"), PATIENCE * 100, say=say):
            assert said
    finally:
        running.done()
