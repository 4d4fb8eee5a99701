"""Jobs: their order, how they are shared, cancelled and bounded, and how they end when something goes wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import streamlit as st

from wsss_viz.app.services.jobs import Jobs, Limits, Request, panel
from wsss_viz.app.services.jobs.panel import progress_text
from wsss_viz.errors import InputError
from wsss_viz.interrupts import may_go_on
from wsss_viz.traces import Step

PATIENCE = 300.0
"""Seconds after which a test that waits has failed: no measure of how quick anything is."""


def step(k: int) -> Step:
    return Step(k, np.full((1, 2, 3), k, dtype=np.float32), np.zeros(1, dtype=np.float32))


def steps(count: int) -> Callable[[], Iterator[Step]]:
    return lambda: (step(k) for k in range(count))


class Gate:
    """A method that yields a step each time it is let through."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.passes = threading.Semaphore(0)
        self.closed = threading.Event()
        self.runs = 0

    def work(self) -> Iterator[Step]:
        self.runs += 1
        try:
            for k in range(self.count):
                assert self.passes.acquire(timeout=PATIENCE)
                yield step(k)
        finally:
            self.closed.set()

    def let(self, count: int = 1) -> None:
        for _ in range(count):
            self.passes.release()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came to pass"
        time.sleep(0.005)


def count_of(jobs: Jobs, owner: str, request: Request) -> int:
    found = jobs.poll(owner, request)
    return -1 if found is None else len(found.steps)


def state_of(jobs: Jobs, owner: str, request: Request) -> str:
    found = jobs.poll(owner, request)
    return "none" if found is None else found.state


def test_a_job_gives_its_steps_in_order_and_ends() -> None:
    jobs, request = Jobs(), Request("a", steps(5), 5)
    jobs.submit("one", request)
    jobs.wait("one", request, PATIENCE)
    found = jobs.poll("one", request)
    assert found
    assert found.state == "done"
    assert [s.index for s in found.steps] == [0, 1, 2, 3, 4]
    assert [float(s.maps.mean()) for s in found.steps] == [0, 1, 2, 3, 4]


def test_partial_steps_are_seen_while_it_runs_with_an_estimate() -> None:
    jobs, gate = Jobs(), Gate(4)
    request = Request("a", gate.work, 4)
    first = jobs.submit("one", request)
    assert first.going
    assert first.remaining is None
    gate.let(2)
    until(lambda: count_of(jobs, "one", request) == 2)
    found = jobs.poll("one", request)
    assert found
    assert found.state == "running"
    assert found.remaining is not None
    assert "step 2 of 4, about" in progress_text(found)
    gate.let(2)
    until(lambda: state_of(jobs, "one", request) == "done")


def test_jobs_of_one_device_run_one_after_the_other_in_the_order_they_were_asked_for() -> None:
    jobs, gate = Jobs(), Gate(1)
    order: list[str] = []

    def noted(name: str) -> Callable[[], Iterator[Step]]:
        def work() -> Iterator[Step]:
            order.append(name)
            yield step(0)

        return work

    jobs.submit("zero", Request("gate", gate.work, 1))
    requests = [Request(name, noted(name), 1) for name in "abc"]
    found = [jobs.submit(f"owner {request.key}", request) for request in requests]
    until(lambda: gate.runs == 1)
    assert [jobs.submit(f"owner {r.key}", r).ahead for r in requests] == [1, 2, 3]
    assert "waiting for" in progress_text(found[1])
    gate.let()
    until(lambda: state_of(jobs, "owner c", requests[2]) == "done")
    assert order == ["a", "b", "c"]


def test_two_devices_work_at_the_same_time() -> None:
    jobs, gate = Jobs(), Gate(1)
    jobs.submit("one", Request("slow", gate.work, 1, device="cpu"))
    other = Request("quick", steps(1), 1, device="gpu")
    jobs.submit("two", other)
    until(lambda: state_of(jobs, "two", other) == "done")
    gate.let()


def test_sessions_that_ask_for_the_same_share_one_run_and_cancelling_drops_ones_own_interest() -> None:
    jobs, gate = Jobs(), Gate(3)
    request = Request("a", gate.work, 3)
    jobs.submit("one", request)
    jobs.submit("two", request)
    gate.let()
    until(lambda: count_of(jobs, "two", request) == 1)
    jobs.cancel("one", request)
    gate.let(2)
    until(lambda: state_of(jobs, "two", request) == "done")
    assert gate.runs == 1


def test_the_last_one_to_cancel_stops_it_before_its_next_step() -> None:
    jobs, gate = Jobs(), Gate(50)
    request = Request("a", gate.work, 50)
    jobs.submit("one", request)
    gate.let()
    until(lambda: count_of(jobs, "one", request) == 1)
    jobs.cancel("one", request)
    assert jobs.poll("one", request) is None
    gate.let()
    assert gate.closed.wait(PATIENCE)
    assert gate.passes._value == 0, "it went on after the step it was at"
    again = Request("a", steps(2), 2)
    jobs.submit("one", again)
    until(lambda: state_of(jobs, "one", again) == "done")


def test_a_session_has_one_job_that_goes_on() -> None:
    jobs, first, second = Jobs(), Gate(9), Gate(1)
    one, two = Request("a", first.work, 9), Request("b", second.work, 1)
    jobs.submit("one", one)
    until(lambda: first.runs == 1)
    jobs.submit("one", two)
    first.let()
    assert first.closed.wait(PATIENCE)
    second.let()
    until(lambda: state_of(jobs, "one", two) == "done")
    assert jobs.poll("one", one) is None


def test_a_tab_that_was_closed_loses_its_interest() -> None:
    now = [100.0]
    jobs, gate = Jobs(Limits(lease=90), clock=lambda: now[0]), Gate(9)
    request = Request("a", gate.work, 9)
    jobs.submit("one", request)
    gate.let()
    until(lambda: count_of(jobs, "one", request) == 1)
    now[0] += 91
    gate.let()
    assert gate.closed.wait(PATIENCE)
    assert len(jobs) == 0


def test_the_queue_is_bounded_and_says_so() -> None:
    jobs, gate = Jobs(Limits(queue=2)), Gate(1)
    jobs.submit("zero", Request("gate", gate.work, 1))
    until(lambda: gate.runs == 1)
    for owner in ("one", "two"):
        jobs.submit(owner, Request(owner, steps(1), 1))
    with pytest.raises(InputError, match="2 computations are waiting"):
        jobs.submit("three", Request("three", steps(1), 1))
    gate.let()


def test_a_job_may_not_run_for_ever() -> None:
    now = [0.5]
    jobs, gate = Jobs(Limits(seconds=60), clock=lambda: now[0]), Gate(9)
    request = Request("a", gate.work, 9)
    jobs.submit("one", request)
    until(lambda: gate.runs == 1)
    now[0] += 61
    gate.let()
    until(lambda: state_of(jobs, "one", request) == "failed")
    found = jobs.poll("one", request)
    assert found
    assert "1 minutes" in found.line
    assert len(found.steps) == 1


def failing(error: Exception) -> Callable[[], Iterator[Step]]:
    def work() -> Iterator[Step]:
        yield step(0)
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("`rate` is 0 or more,\n got -1"), "`rate` is 0 or more, got -1"),
        (MemoryError(), "The memory of cpu does not suffice"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "The memory of cpu does not suffice"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "The memory of cpu"),
        (ZeroDivisionError("internal detail"), "This should not have gone wrong"),
    ],
)
def test_what_goes_wrong_is_one_line_and_the_worker_lives_on(error: Exception, line: str) -> None:
    jobs, request = Jobs(), Request("a", failing(error), 2)
    jobs.submit("one", request)
    until(lambda: state_of(jobs, "one", request) == "failed")
    found = jobs.poll("one", request)
    assert found
    assert found.line.startswith(line)
    assert "\n" not in found.line
    assert "internal" not in found.line
    assert len(found.steps) == 1, "what had come is kept"
    better = Request("a", steps(2), 2)
    jobs.submit("one", better)
    until(lambda: state_of(jobs, "one", better) == "done")


def test_one_that_cannot_be_closed_leaves_the_worker() -> None:
    def stubborn() -> Iterator[Step]:
        try:
            yield step(0)
            yield step(1)
        finally:
            raise OSError("a file of the method's is gone")

    jobs, now = Jobs(Limits(seconds=0.0)), Request("a", stubborn, 2)
    jobs.submit("one", now)
    until(lambda: state_of(jobs, "one", now) == "failed")
    better = Request("b", steps(1), 1)
    jobs.submit("one", better)
    until(lambda: state_of(jobs, "one", better) in ("done", "failed"))


def test_running_out_of_memory_frees_what_the_job_held() -> None:
    import gc
    import weakref

    class Large:
        """Stands for a tensor."""

    held: list[weakref.ref[Large]] = []

    def work() -> Iterator[Step]:
        large = Large()
        held.append(weakref.ref(large))
        large.itself = large  # type: ignore[attr-defined]  # a cycle, as autograd's graphs have them
        yield step(0)
        raise MemoryError

    jobs, request = Jobs(), Request("a", work, 2)
    jobs.submit("one", request)
    until(lambda: state_of(jobs, "one", request) == "failed")
    enabled = gc.isenabled()
    gc.disable()
    try:
        until(lambda: held[0]() is None)
    finally:
        if enabled:
            gc.enable()


def test_finished_jobs_are_kept_for_others_up_to_a_bound() -> None:
    jobs = Jobs(Limits(finished=3))
    requests = [Request(name, steps(1), 1) for name in "abcdef"]
    for request in requests:
        jobs.submit("one", request)
        until(lambda r=request: state_of(jobs, "one", r) == "done")  # type: ignore[misc]
    assert jobs.poll("two", requests[0]) is None
    found = jobs.poll("two", requests[-1])
    assert found
    assert found.state == "done"
    assert len(jobs) <= 3


def test_a_private_job_is_never_shared_and_gone_once_its_session_has_it() -> None:
    jobs, gate = Jobs(), Gate(1)
    request = Request("upload", gate.work, 1, private=True)
    jobs.submit("one", request)
    until(lambda: gate.runs == 1)
    assert jobs.poll("two", request) is None
    gate.let()
    jobs.wait("one", request, PATIENCE)
    found = jobs.poll("one", request)
    assert found
    assert found.state == "done"
    assert jobs.poll("one", request) is None
    assert len(jobs) == 0


def test_a_private_result_nobody_fetches_is_forgotten() -> None:
    now = [1.0]
    jobs = Jobs(clock=lambda: now[0])
    request = Request("upload", steps(1), 1, private=True)
    jobs.submit("one", request)
    jobs.wait("one", request, PATIENCE)
    now[0] += 91
    jobs.submit("two", Request("other", steps(1), 1))
    assert jobs.poll("one", request) is None


def test_eight_threads_each_get_their_own_images_steps() -> None:
    jobs, failures = Jobs(), []

    def work(value: int) -> Callable[[], Iterator[Step]]:
        def steps_of() -> Iterator[Step]:
            for k in range(6):
                yield Step(k, np.full((1, 2, 2), value, dtype=np.float32), np.zeros(1, dtype=np.float32))

        return steps_of

    def session(number: int) -> None:
        for turn in range(5):
            value = (number + turn) % 4
            request = Request(("image", value), work(value), 6)
            jobs.submit(str(number), request)
            jobs.wait(str(number), request, PATIENCE)
            found = jobs.poll(str(number), request)
            if not found or found.state != "done" or any((s.maps != value).any() for s in found.steps):
                failures.append((number, turn, found))

    threads = [threading.Thread(target=session, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert failures == []


def test_a_session_that_has_had_much_waits_behind_one_that_has_had_nothing() -> None:
    now = [0.0]
    jobs, gates = Jobs(clock=lambda: now[0]), [Gate(1) for _ in range(4)]
    requests = [Request(name, gate.work, 1) for name, gate in zip("abcd", gates, strict=True)]
    jobs.submit("rude", requests[0])
    until(lambda: gates[0].runs == 1)
    jobs.submit("other", requests[3])
    jobs.cancel("other", requests[3])
    jobs.submit("third", requests[1])
    now[0] += 20
    gates[0].let()
    until(lambda: gates[1].runs == 1)
    jobs.submit("rude", requests[2])
    jobs.submit("modest", requests[3])
    assert [jobs.poll(who, request).ahead for who, request in (("rude", requests[2]), ("modest", requests[3]))] == [
        2,
        1,
    ]
    gates[1].let()
    until(lambda: gates[3].runs == 1)
    assert gates[2].runs == 0
    gates[3].let()
    gates[2].let()
    until(lambda: state_of(jobs, "rude", requests[2]) == "done")


def test_what_a_tab_left_stops_with_it_and_what_others_want_goes_on() -> None:
    jobs, first, second = Jobs(), Gate(9), Gate(9)
    alone, shared = Request("alone", first.work, 9), Request("shared", second.work, 9)
    jobs.submit("tab/1", alone)
    jobs.submit("tab/2", shared)
    jobs.submit("other/3", shared)
    until(lambda: first.runs == 1)
    jobs.leave("tab")
    first.let()
    assert first.closed.wait(PATIENCE)
    second.let(9)
    until(lambda: state_of(jobs, "other/3", shared) == "done")


def test_a_step_that_takes_long_is_stopped_within_it() -> None:
    jobs, begun, ended = Jobs(), threading.Event(), threading.Event()

    def one_long_step() -> Iterator[Step]:
        try:
            while True:
                begun.set()
                may_go_on()
                time.sleep(0.005)
        finally:
            ended.set()
        yield

    jobs.submit("a/tab", Request("key", one_long_step, 1))
    assert begun.wait(PATIENCE)
    jobs.leave("a")
    assert ended.wait(PATIENCE)


def test_no_clearing_of_caches_ends_the_servers_jobs() -> None:
    before = panel.jobs()
    st.cache_resource.clear()
    assert panel.jobs() is before
