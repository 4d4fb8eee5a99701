"""The room's guesses on the presenter's slide: the address to answer at, how many have, and what they said."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import urlsplit

import streamlit as st

from wsss_viz.app.gate.door import network_of
from wsss_viz.app.language import tr
from wsss_viz.app.pages.learn.lesson import Question
from wsss_viz.app.services.rooms import rooms
from wsss_viz.app.state import ViewState
from wsss_viz.app.turns import session_id
from wsss_viz.app.widgets import markup

INTERVAL = 1.5
"""Seconds between two looks at the counts."""
_DRAWN = "room_drawn"
ALONE = ("127.0.0.1", "localhost", "::1")


def address(code: str, page: str) -> str:
    """Where the audience answers, from the address of the presenter's page.

    >>> address("ABC234", "http://lab:8501/learn?step=3&present=1")
    'http://lab:8501/learn?room=ABC234'
    """
    parts = urlsplit(page)
    return f"{parts.scheme}://{parts.netloc}{parts.path}?room={code}"


def present(question: Question, state: ViewState) -> None:
    """Beside a question that is not answered yet: opens the room, then its address and how many have answered."""
    owner = session_id()
    code = rooms().code_of(owner)
    with st.container(border=True, gap="small", key="room"):
        if not code:
            st.button(
                tr("Ask the room"
), key="ask_room", icon=":material/groups:", on_click=_open,
                help=tr("The audience answers on its own devices; counts alone are held, until the presentation is "
 "left."
),
            )  # fmt: skip
            return
        rooms().ask(owner, state.step, question.asked, question.options)
        page = st.context.url or ""
        st.html(
            f'<p class="wv-part">{tr("Answer at")}</p><p class="wv-room">{escape(address(code, page))}</p>'
            f'<p class="wv-note">{tr("code <b>{code}</b>", code=code)}</p>'
        )
        if urlsplit(page).hostname in ALONE:
            st.caption(
                tr(
                    "This address reaches this machine alone: start the server with `--host 0.0.0.0` and open it "
                    "by the machine's name."
                )
            )
        st.toggle(tr("Show the guesses"), key=_DRAWN)
        _counted(question.options, state.step, owner)


def _open() -> None:
    rooms().open(session_id(), network_of(st.context.ip_address or ""))


@st.fragment(run_every=INTERVAL)
def _counted(options: Sequence[str], step: int, owner: str) -> None:
    counts = rooms().counts(owner, step)
    number = sum(counts)
    said = tr("1 answer") if number == 1 else tr("{count} answers", count=number)
    st.html(f'<p class="wv-part" role="status">{said}</p>')
    if st.session_state.get(_DRAWN) and number:
        st.html(distribution(options, counts))


def revealed(question: Question, state: ViewState) -> None:
    """Under the answer: what the room had said, where it was asked."""
    owner = session_id()
    rooms().reveal(owner, state.step, question.right)
    counts = rooms().counts(owner, state.step)
    if sum(counts):
        st.html(
            f'<p class="wv-part">{tr("The room said")}</p>' + distribution(question.options, counts, question.right)
        )


def distribution(options: Sequence[str], counts: Sequence[int], right: int | None = None) -> str:
    """The votes as bars with their numbers.

    >>> 'aria-label="yes 3, no 1"' in distribution(("yes", "no"), (3, 1))
    True
    """
    total = max(1, sum(counts))
    rows = "".join(
        f'<div class="wv-hours{" wv-right" if number == right else ""}"><span>{escape(option)}</span>'
        f"<b>{count} · {markup.percent(count / total)}</b>"
        f'<div><i style="width:{count / total:.1%}"></i></div></div>'
        for number, (option, count) in enumerate(zip(options, counts, strict=False))
    )
    described = ", ".join(f"{option} {count}" for option, count in zip(options, counts, strict=False))
    return f'<div role="img" aria-label="{escape(described)}">{rows}</div>'


def end() -> None:
    """The presentation is left."""
    rooms().close(session_id())
