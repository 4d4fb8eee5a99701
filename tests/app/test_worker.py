"""Functions run by a process beside the program."""

from __future__ import annotations

import gc
import itertools
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bench.processes import alive
from tests.app.services.test_jobs import PATIENCE, until
from wsss_viz.app.worker import Worker, WorkerEndedError
from wsss_viz.app.worker.worker import _once
from wsss_viz.errors import InputError
from wsss_viz.interrupts import asking, may_go_on

NICENESS = 3
KEPT: list[bytes] = []


class UnwieldyError(Exception):
    """One that cannot be unpickled."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(one + other)


def doubled(values: np.ndarray) -> np.ndarray:
    print("what a library says")
    return 2 * values


def refuse(line: str) -> None:
    raise InputError(line)


def fail() -> None:
    raise UnwieldyError("no", "thing")


class Argument:
    """Something that is known to be gone."""


def refuse_it(_: Argument) -> None:
    raise InputError("no")


class Strange:
    """One that can be unpickled in one process alone."""

    def __init__(self, elsewhere: int) -> None:
        self.elsewhere = elsewhere

    def __reduce__(self) -> tuple[object, ...]:
        return unpickled, (self.elsewhere,)


def unpickled(elsewhere: int) -> Strange:
    if os.getpid() == elsewhere:
        raise LookupError("means nothing here")
    return Strange(elsewhere)


def strange(elsewhere: int) -> Strange:
    return Strange(elsewhere)


def counted(file: Path) -> Iterator[int]:
    """Counts on disk as well, without end."""
    for number in itertools.count():
        file.write_text(str(number))
        yield number
        time.sleep(0.005)


def keep(megabytes: int) -> None:
    KEPT.append(b"x" * (megabytes * 2**20))


def never(file: Path) -> None:
    for number in itertools.count():
        file.write_text(str(number))
        may_go_on()
        time.sleep(0.005)


def meet(mine: Path, other: Path) -> bool:
    """Whether both are under way at once."""
    mine.touch()
    until(other.exists)
    return True


def end_yourself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def until_still(file: Path) -> None:
    """Until nobody writes there any more; fails where somebody goes on."""

    def still() -> bool:
        before = file.read_text()
        time.sleep(0.1)
        return file.read_text() == before

    until(still)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    one = Worker(NICENESS, at_once=2)
    one.start()
    yield one
    one.close()


def test_it_gives_what_the_function_gives_in_another_process(worker: Worker) -> None:
    values = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(worker.call(doubled, values), 2 * values)
    assert worker.call(os.getpid) != os.getpid()
    assert list(worker.iterate(range, 2, 5)) == [2, 3, 4]
    assert worker.call(os.nice, 0) == os.nice(0) + NICENESS


def test_files_are_named_from_the_programs_folder_and_modules_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pickle.py").write_text("raise RuntimeError('a file that happens to lie there')")
    monkeypatch.chdir(tmp_path)
    one = Worker()
    one.start()
    try:
        assert one.running
        assert one.call(os.getcwd) == str(tmp_path)
        assert one.call(os.path.exists, "pickle.py")
    finally:
        one.close()


def test_many_threads_are_each_given_their_answer(worker: Worker) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda number: worker.call(divmod, number, 7), range(100))) == [
            divmod(number, 7) for number in range(100)
        ]


def test_as_many_are_under_way_at_once_as_was_said(worker: Worker, tmp_path: Path) -> None:
    files = tmp_path / "a", tmp_path / "b"
    with ThreadPoolExecutor(2) as pool:
        assert all(pool.map(lambda pair: worker.call(meet, *pair), (files, files[::-1])))


def test_what_the_function_raises_is_raised_here(worker: Worker) -> None:
    with pytest.raises(InputError, match=r"^no such thing$"):
        worker.call(refuse, "no such thing")
    with pytest.raises(ZeroDivisionError) as error:
        worker.call(divmod, 1, 0)
    assert "in _once" in error.value.__notes__[0]
    with pytest.raises(RuntimeError, match="nothing"):
        worker.call(fail)
    assert worker.call(abs, -1) == 1


def test_who_closes_stops_it(worker: Worker, tmp_path: Path) -> None:
    steps = worker.iterate(counted, tmp_path / "count")
    assert [next(steps) for _ in range(3)] == [0, 1, 2]
    steps.close()
    until_still(tmp_path / "count")


def test_who_may_not_go_on_stops_it(worker: Worker, tmp_path: Path) -> None:
    """Amid a function that says nothing before its end."""
    file = tmp_path / "count"

    def ask() -> None:
        if file.exists():
            raise InputError("the page is closed")

    with pytest.raises(InputError, match="the page is closed"), asking(ask):
        worker.call(never, file)
    until_still(file)


def test_one_that_is_ended_from_outside_says_so_and_another_takes_its_turn(worker: Worker) -> None:
    before = worker.call(os.getpid)
    with pytest.raises(WorkerEndedError, match="memory is short: try again"):
        worker.call(end_yourself)
    assert worker.call(os.getpid) not in (before, os.getpid())
    assert worker.running


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process cannot say what it keeps")
def test_one_that_keeps_too_much_is_followed_by_another_once_it_has_nothing_to_do(tmp_path: Path) -> None:
    one = Worker(at_once=2, megabytes=150)
    one.start()
    try:
        before = one.call(os.getpid)
        steps = one.iterate(counted, tmp_path / "count")
        next(steps)
        one.call(keep, 150)
        assert one.call(os.getpid) == before
        assert next(steps) == 1
        steps.close()
        until(lambda: one.call(os.getpid) != before)
    finally:
        one.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process cannot say what it keeps")
def test_one_that_keeps_too_much_is_followed_by_another_every_time() -> None:
    one = Worker(megabytes=1)
    one.start()
    try:
        for _ in range(5):
            before = one.call(os.getpid)
            until(lambda before=before: one._process is not None and one._process._popen.pid != before)
    finally:
        one.close()


def test_one_that_is_ended_amid_an_answer_says_so(tmp_path: Path) -> None:
    one = Worker(at_once=2)
    one.start()
    try:
        steps, count = one.iterate(counted, tmp_path / "count"), tmp_path / "count"
        next(steps)
        before = one.call(os.getpid)
        assert one._process is not None
        with one._process._lock:  # whoever hears waits with the next count, so that the answer fills the pipe
            at = int(count.read_text() or 0)
            until(lambda: int(count.read_text() or 0) > at + 2)
            threading.Timer(0.5, os.kill, (before, signal.SIGKILL)).start()
            number, answers = 10**6, queue.SimpleQueue()
            one._process._waiting[number] = answers
            one._process.send(number, pickle.dumps((_once, (bytes, (2**26,), {}), {})))
            until(lambda: not alive(before))
        assert answers.get(timeout=PATIENCE)[0] == "ended"
        with pytest.raises(WorkerEndedError):
            list(steps)
        assert count.exists()
        assert one.call(os.getpid) != before
    finally:
        one.close()


def test_an_answer_that_means_nothing_here_is_its_callers_alone(worker: Worker) -> None:
    with pytest.raises(LookupError, match="means nothing here"):
        worker.call(strange, os.getpid())
    assert worker.call(abs, -1) == 1


def test_where_no_other_can_be_started_the_caller_works(monkeypatch: pytest.MonkeyPatch) -> None:
    one = Worker()
    one.start()
    os.kill(one.call(os.getpid), signal.SIGKILL)
    until(lambda: one._process is not None and one._process.has_ended)

    def refuse_to_start(*_: object, **__: object) -> None:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(subprocess, "Popen", refuse_to_start)
    assert one.call(os.getpid) == os.getpid()
    assert not one.running
    with pytest.raises(OSError, match="no more processes"):
        Worker().start()


def test_nothing_of_what_was_asked_is_kept_after_an_error(worker: Worker) -> None:
    gc.disable()
    try:
        argument = Argument()
        kept = weakref.ref(argument)
        with pytest.raises(InputError):
            worker.call(refuse_it, argument)
        del argument
        assert kept() is None
    finally:
        gc.enable()


def test_started_once_closed_for_good() -> None:
    one = Worker()
    one.start()
    first = one.call(os.getpid)
    one.start()
    assert one.call(os.getpid) == first
    one.close()
    one.start()
    assert not one.running
    until(lambda: not alive(first))


def test_where_it_was_not_started_or_is_closed_the_caller_works(tmp_path: Path) -> None:
    one = Worker()
    assert one.call(os.getpid) == os.getpid()
    assert list(one.iterate(range, 3)) == [0, 1, 2]
    one.start()
    steps = one.iterate(counted, tmp_path / "count")
    assert next(steps) == 0
    one.close()
    with pytest.raises(WorkerEndedError):
        list(steps)
    assert not one.running
    assert one.call(os.getpid) == os.getpid()


def test_it_can_be_closed_while_it_starts() -> None:
    one = Worker()
    starting = threading.Thread(target=one.start)
    starting.start()
    until(lambda: one._process is not None)
    one.close()
    starting.join(PATIENCE)
    assert not starting.is_alive()
    assert not one.running


def test_the_process_ends_with_the_program_that_started_it_amid_its_work(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from tests.app.test_worker import counted; "
        "from wsss_viz.app.worker import Worker; one = Worker(at_once=2); one.start(); "
        "next(one.iterate(counted, Path(sys.argv[1]))); print(one.call(os.getpid), flush=True); os._exit(1)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "count")]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1, done.stderr
    until(lambda: not alive(int(done.stdout)))
