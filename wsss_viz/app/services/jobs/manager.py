"""The jobs of all sessions: one worker thread per device, one job per key, Steps as they come. No Streamlit, no torch.

A method is a generator of Steps, so a job is polled and stopped between them. Sessions that submit the same key share
one job; it goes on for as long as one of them holds a lease on it, that is, has polled it a short while ago and has not
cancelled it. So a closed tab needs no message: its lease runs out.

    waiting -> running -> done | failed | cancelled
"""

from __future__ import annotations

import gc
import logging
import sys
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from wsss_viz.app.ledger import Ledger
from wsss_viz.errors import InputError, is_out_of_memory
from wsss_viz.interrupts import asking
from wsss_viz.traces import Step

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
_SWEEP_SECONDS = 5.0


@dataclass(frozen=True)
class Limits:
    """What one server spends.

    Attributes:
        queue: jobs that may wait for one device.
        seconds: that one job may run.
        lease: seconds without a poll after which a session's lease ends; a hidden tab polls once per minute.
        kept: finished jobs whose Steps are kept for whoever asks next.
    """

    queue: int = 48  # a class that asks at once, and some more
    seconds: float = 600.0
    lease: float = 90.0
    finished: int = 32


@dataclass(frozen=True)
class Request:
    """What is to be computed.

    Attributes:
        key: all that the result depends on, as digests and plain values.
        work: gives the Steps; runs in the worker and must not touch the session.
        total: how many Steps there will be at most.
        device: whose worker runs it.
        private: of an upload: shared with no other session, and not kept once the session has it.
    """

    key: Hashable
    work: Callable[[], Iterator[Step]]
    total: int
    device: str = "cpu"
    private: bool = False


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A job at one moment.

    Attributes:
        state: "waiting", "running", "done", "failed" or "cancelled".
        steps: those that have come.
        total: how many there will be at most.
        ahead: jobs that run or wait before it.
        elapsed: seconds since it was started.
        remaining: seconds to go by the pace of its own steps; None before the second one.
        line: why it failed, in one line.
    """

    state: str
    steps: tuple[Step, ...]
    total: int
    ahead: int
    elapsed: float
    remaining: float | None
    line: str

    @property
    def going(self) -> bool:
        """Whether there is more to come."""
        return self.state in (WAITING, RUNNING)


@dataclass(eq=False)
class _Job:
    request: Request
    state: str = WAITING
    steps: list[Step] = field(default_factory=list)
    leases: dict[str, float] = field(default_factory=dict)
    started: float = 0.0
    first: float = 0.0
    latest: float = 0.0
    line: str = ""

    @property
    def going(self) -> bool:
        return self.state in (WAITING, RUNNING)


class Jobs:
    """All jobs of one server. Every method may be called from any thread.

    Args:
        resting: makes, for each job, what it calls at its steps to let others go first.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
        ledger: Ledger | None = None,
        resting: Callable[[], Callable[[], None]] | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.ledger = ledger or Ledger(clock)
        self._clock, self._resting = clock, resting
        self._jobs: dict[Hashable, _Job] = {}  # in the order they were asked for
        self._workers: dict[str, threading.Thread] = {}
        self._changed = threading.Condition()

    def submit(self, owner: str, request: Request) -> Snapshot:
        """Starts the job, or joins the one of that key; the session's leases on other jobs that go on end.

        A job that failed is started again.

        Args:
            owner: the session.

        Raises:
            InputError: as many jobs wait for the device as may.
        """
        with self._changed:
            for other in list(self._jobs):
                if other != _key(owner, request) and self._jobs[other].going:
                    self._release(owner, other)
            self._sweep()
            key = _key(owner, request)
            job = self._jobs.get(key)
            if job is None or job.state in (FAILED, CANCELLED):
                self._jobs.pop(key, None)
                self._check_queue(request.device)
                job = self._jobs[key] = _Job(request)
                self._start_worker(request.device)
            job.leases[owner] = self._clock()
            self._changed.notify_all()
            return self._snapshot(job)

    def poll(self, owner: str, request: Request) -> Snapshot | None:
        """The job as it is now, which renews the session's lease on it; None where there is none.

        A private job that has ended is handed over by this, and gone.
        """
        with self._changed:
            self._sweep()
            job = self._jobs.get(_key(owner, request))
            if job is None:
                return None
            job.leases[owner] = self._clock()
            if job.request.private and not job.going:
                del self._jobs[_key(owner, request)]
            return self._snapshot(job)

    def cancel(self, owner: str, request: Request) -> None:
        """Ends the session's lease; with the last one, the job, before its next step."""
        with self._changed:
            self._release(owner, _key(owner, request))

    def leave(self, session: str) -> None:
        """Ends all leases of the owners `session/...`: their tab is gone."""
        with self._changed:
            for key, job in list(self._jobs.items()):
                for owner in [owner for owner in job.leases if _session(owner) == session]:
                    self._release(owner, key)
            self._sweep()

    def wait(self, owner: str, request: Request, seconds: float) -> None:
        """Returns once the job has ended, or after so many seconds."""
        with self._changed:
            job = self._jobs.get(_key(owner, request))
            if job is not None:
                self._changed.wait_for(lambda: not job.going, seconds)

    def __len__(self) -> int:
        """How many jobs are kept, ended ones as well."""
        return len(self._jobs)

    def _check_queue(self, device: str) -> None:
        waiting = sum(job.state == WAITING and job.request.device == device for job in self._jobs.values())
        if waiting >= self.limits.queue:
            raise InputError(f"{waiting} computations are waiting already, as many as may: try again in a minute.")

    def _start_worker(self, device: str) -> None:
        """Starts the device's worker with its first job."""
        if device not in self._workers:
            worker = threading.Thread(target=self._worker_loop, args=(device,), name=f"jobs-{device}", daemon=True)
            self._workers[device] = worker
            worker.start()

    def _release(self, owner: str, key: Hashable) -> None:
        job = self._jobs.get(key)
        if job is None or job.leases.pop(owner, None) is None:
            return
        if not job.leases and job.going:
            job.state = CANCELLED
            del self._jobs[key]
            self._changed.notify_all()

    def _sweep(self) -> None:
        """Ends leases that ran out, and forgets what nobody may want any more."""
        oldest = self._clock() - self.limits.lease
        for key, job in list(self._jobs.items()):
            for owner in [owner for owner, seen in job.leases.items() if seen < oldest]:
                self._release(owner, key)
            if job.request.private and not job.going and not job.leases:
                self._jobs.pop(key, None)
        ended = [key for key, job in self._jobs.items() if not job.going]
        for key in ended[: max(0, len(ended) - self.limits.finished)]:
            del self._jobs[key]

    def _snapshot(self, job: _Job) -> Snapshot:
        count, now = len(job.steps), self._clock()
        pace = (job.latest - job.first) / (count - 1) if count > 1 else None
        return Snapshot(
            job.state,
            tuple(job.steps),
            job.request.total,
            self._ahead(job) if job.state == WAITING else 0,
            now - job.started if job.started else 0.0,
            None if pace is None else max(0.0, pace * (job.request.total - count) - (now - job.latest)),
            job.line,
        )

    def _worker_loop(self, device: str) -> None:
        """The worker's life: the oldest job that waits for the device, again and again."""
        while True:
            with self._changed:
                job = self._next(device)
                while job is None:
                    self._changed.wait(_SWEEP_SECONDS if self._jobs else None)
                    self._sweep()
                    job = self._next(device)
                job.state, job.started = RUNNING, self._clock()
            self._work_on(job)
            del job

    def _next(self, device: str) -> _Job | None:
        return next(iter(self._queue(device)), None)

    def _queue(self, device: str) -> list[_Job]:
        """The jobs that wait, in their turn: of who has had less of the workers first, else as they were asked for."""
        waiting = [job for job in self._jobs.values() if job.state == WAITING and job.request.device == device]
        return sorted(waiting, key=lambda job: min((self.ledger.had(_session(one)) for one in job.leases), default=0.0))

    def _ahead(self, job: _Job) -> int:
        device = job.request.device
        running = sum(one.state == RUNNING and one.request.device == device for one in self._jobs.values())
        return running + self._queue(device).index(job)

    def _work_on(self, job: _Job) -> None:
        line, failed, owners = "", False, list(job.leases)
        steps: Iterator[Step] | None = None
        rest = self._resting() if self._resting else None

        def go_on() -> None:
            if job.state == CANCELLED:
                raise InputError("cancelled")
            if late := self._late(job):
                raise InputError(late)
            if rest:
                rest()

        try:
            with asking(go_on):
                steps = job.request.work()
                for step in steps:
                    line = self._take(job, step)
                    if line or job.state == CANCELLED:
                        break
        except Exception as error:  # whatever a method raises ends its job alone
            failed = True
            line = end_line(error, job.request.device)
            if not (isinstance(error, InputError) or is_out_of_memory(error)):
                logging.getLogger("wsss_viz.app.services.jobs").warning("a job failed", exc_info=error)
        with suppress(Exception):  # one that cannot be closed must not end the worker
            getattr(steps, "close", lambda: None)()
        del steps
        if failed:
            free_memory()
        with self._changed:
            if job.state == RUNNING:
                job.state, job.line = (FAILED if line else DONE), line
            for owner in owners:
                self.ledger.charge(_session(owner), (self._clock() - job.started) / len(owners))
            self._changed.notify_all()

    def _take(self, job: _Job, step: Step) -> str:
        """Keeps one step; why the job must end with it, or ""."""
        with self._changed:
            now = self._clock()
            job.steps.append(step)
            job.first, job.latest = job.first or now, now
            self._sweep()
            self._changed.notify_all()
        return self._late(job)

    def _late(self, job: _Job) -> str:
        """Why a job must end that has run for as long as it may; "" where it has not."""
        if self._clock() - job.started > self.limits.seconds:
            return f"Stopped after {self.limits.seconds / 60:.0f} minutes, the most one computation may take here."
        return ""


def _key(owner: str, request: Request) -> Hashable:
    return (owner, request.key) if request.private else request.key


def _session(owner: str) -> str:
    """Of an owner `session/...`."""
    return owner.partition("/")[0]


def end_line(error: BaseException, device: str) -> str:
    """One line: what a person can do about it. Of a defect no more than that there is one."""
    if isinstance(error, InputError):
        return " ".join(str(error).split())
    if is_out_of_memory(error):
        return f"The memory of {device} does not suffice: take a smaller image, fewer views, or fewer steps."
    return "This should not have gone wrong; the details are in the server's log."


def free_memory() -> None:
    """Gives back what a failed job held, on the GPU as well."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
