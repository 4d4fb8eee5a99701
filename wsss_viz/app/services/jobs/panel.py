"""A job on a page: its progress with an estimate, a button to cancel it, and what there is of it so far.

While a job goes on its part of the page is a fragment that polls every now and then; the rest of the page runs
once. A fragment draws for the image its page was of when it began (`session.subject`); once the page is of another
one it draws nothing more. When the job has ended the page runs a last time, and nothing is asked any more.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable
from dataclasses import replace

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from wsss_viz.app import session
from wsss_viz.app.services.jobs.manager import CANCELLED, DONE, FAILED, WAITING, Jobs, Request, Snapshot
from wsss_viz.app.turns import BusyError, turns
from wsss_viz.app.widgets.markup import plain_line

INTERVAL = 0.5
AT_ONCE = 0.4  # seconds that a page waits for a short job, so that it needs no progress bar
_OWNER = "jobs_owner"
_ENDED = "jobs_ended"
_REMEMBERED = 6

Draw = Callable[[Snapshot], None]


_jobs = Jobs(ledger=turns().ledger, resting=turns().resting)


def jobs() -> Jobs:
    """The server's jobs: no cache, which could be cleared while they go on."""
    return _jobs


def follow(
    request: Request,
    title: str,
    draw: Draw,
    snapshot: Snapshot | None = None,
    waiting: Callable[[], None] | None = None,
) -> None:
    """Draws the job's result; while it goes on, its progress and what has come of it.

    Args:
        title: of what is computed, for the progress bar.
        draw: draws what has come; called with one Step and more.
        snapshot: what `reach` has just given for it.
        waiting: draws what is there before the first Step; default a skeleton.

    Raises:
        InputError: too many computations are waiting.
    """
    snapshot = snapshot or reach(request)
    if not snapshot.going:
        _show(snapshot, request, draw)
        return

    subject = session.subject()

    @st.fragment(run_every=INTERVAL)
    def polled() -> None:
        if session.subject() != subject:  # the page is of another image by now, and this fragment of the one before
            st.rerun()
        now = jobs().poll(_owner(), request)
        if now is None or not now.going:
            if now is not None:
                _remember(request, now)
            st.rerun()
        if session.touched():
            st.rerun()
        _progress(now, request, title)
        try:
            if now.steps:
                draw(now)
            elif waiting:
                waiting()
            else:
                st.skeleton(height=420)
        except BusyError as busy:  # it is asked again at the next poll
            st.info(str(busy), icon=":material/hourglass_top:")

    polled()


def _owner() -> str:
    """The tab's name among the jobs' owners: the session's, by which it is known when it is gone, and a random one."""
    context = get_script_run_ctx(suppress_warning=True)
    session_id = context.session_id if context else ""
    owner: str = st.session_state.setdefault(_OWNER, f"{session_id}/{secrets.token_hex(8)}")
    return owner


def _ended() -> dict[Hashable, Snapshot]:
    """This session's own ends: what it cancelled, what failed, and the results of its uploads."""
    ended: dict[Hashable, Snapshot] = st.session_state.setdefault(_ENDED, {})
    return ended


def ended(request: Request) -> Snapshot | None:
    """The job's end as this session knows it; None where it goes on or was not asked for."""
    if request.key in _ended():
        return _ended()[request.key]
    snapshot = jobs().poll(_owner(), request)
    if snapshot is None or snapshot.going:
        return None
    _remember(request, snapshot)
    return snapshot


def reach(request: Request, patience: float = AT_ONCE) -> Snapshot:
    """The job as it is, started where it was not; a short one is waited for.

    Args:
        patience: seconds that it is waited for.

    Raises:
        InputError: too many computations are waiting.
    """
    if request.key in _ended():
        return _ended()[request.key]
    manager, owner = jobs(), _owner()
    snapshot = manager.poll(owner, request)
    if snapshot is None or snapshot.state != DONE:  # to ask for what is there would end the session's other job
        manager.submit(owner, request)
        with turns().aside():
            manager.wait(owner, request, patience)
        snapshot = manager.poll(owner, request) or manager.submit(owner, request)
    _remember(request, snapshot)
    return snapshot


def _remember(request: Request, snapshot: Snapshot) -> None:
    if snapshot.state == FAILED or (request.private and snapshot.state == DONE):
        ended = _ended()
        ended[request.key] = snapshot
        for key in list(ended)[:-_REMEMBERED]:
            del ended[key]


def _progress(now: Snapshot, request: Request, title: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="progress"):
        st.progress(min(1.0, len(now.steps) / now.total), text=f"{title}: {progress_text(now)}")
        st.button(
            "Cancel", icon=":material/close:", key="cancel", shortcut="Esc", on_click=_cancel, args=(request, now)
        )


def progress_text(now: Snapshot) -> str:
    """How far it is, in words."""
    if now.state == WAITING and now.ahead:
        return f"waiting for {now.ahead} other computation{'s' if now.ahead > 1 else ''}"
    if not now.steps:
        return f"starting, {now.elapsed:.0f} s so far" if now.elapsed >= 1 else "starting"
    done = f"step {len(now.steps)} of {now.total}"
    if now.remaining is None:
        return f"{done}, {now.elapsed:.0f} s so far"
    return f"{done}, about {max(1, round(now.remaining))} s left"


def _cancel(request: Request, seen: Snapshot) -> None:
    latest = jobs().poll(_owner(), request) or seen
    jobs().cancel(_owner(), request)
    if latest.going:
        _ended()[request.key] = replace(latest, state=CANCELLED)


def _again(request: Request) -> None:
    _ended().pop(request.key, None)


def offer_again(snapshot: Snapshot, request: Request, title: str = "") -> None:
    """Why the job did not come to its end, and a button to start it again; nothing where it did."""
    if snapshot.state not in (FAILED, CANCELLED):
        return
    lead = f"{title}: " if title else ""
    if snapshot.state == FAILED:
        st.error(plain_line(lead + snapshot.line), icon=":material/error:")
    else:
        st.info(f"{lead}Cancelled after step {len(snapshot.steps)} of {snapshot.total}.", icon=":material/cancel:")
    key = f"again {title}".strip()
    st.button("Compute it again", icon=":material/replay:", key=key, on_click=_again, args=(request,))


def _show(snapshot: Snapshot, request: Request, draw: Draw) -> None:
    offer_again(snapshot, request)
    if snapshot.steps:
        draw(snapshot)
