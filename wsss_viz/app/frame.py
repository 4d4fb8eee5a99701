"""What every page has around its own content: heading, example, classes, device, link, explanation."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from html import escape

import streamlit as st

from wsss_viz.app import catalogue, methods, navigation, session
from wsss_viz.app.explanations import Explanation
from wsss_viz.app.language import mark, tr
from wsss_viz.app.services import basket
from wsss_viz.app.services.checkpoints import SCENES
from wsss_viz.app.services.traces import origin
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.comparing import VIEWS
from wsss_viz.app.turns import BusyError, pages_turn, session_id, turns
from wsss_viz.app.widgets.buttons import copy_link
from wsss_viz.app.widgets.markup import plain_line
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError

DEFECT = mark("This should not have gone wrong. Reload the page to start over; the details are in the server's log.")
SILENT = 2.0
"""Seconds that a page waits for its turn before it says so."""
AGAIN = 1.0
"""Seconds after which a page that was not let in asks again."""
_SAID = "busy_said"
VIEW_LABELS = {
    "single": "image only",
    "mirror": "image and mirror image",
    "multi-scale": "four scales and mirror images",
}


def heading(title: str, lead: str, explanation: Explanation, send: basket.Take | None = None) -> None:
    """The page's title; at its right the explanation and the link, under it one or two sentences.

    Args:
        send: what "Send to Figures" puts into the basket, on pages that have a view to send.
    """
    with st.container(gap="small", key="heading"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.title(title, anchor=False, width="stretch")
            explain(explanation)
            if send is not None:
                basket.send_button(send)
            copy_link()
        if send is not None and (line := basket.said()):
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key="sent"):
                st.html(f'<p class="wv-sent" role="status">{escape(line)}</p>', width="content")
                navigation.link(catalogue.named("figures"), session.state(), tr("Open Figures"), "content")
        if lead:
            with st.container(key="lead"):
                st.markdown(plain_line(lead))
    notes()


def explain(explanation: Explanation) -> None:
    """The popover that says in words, a formula and a caveat what one is looking at."""
    with st.popover(tr("What am I looking at?"), icon=":material/help:"):
        st.markdown(tr(explanation.sentences))
        st.latex(explanation.formula)
        st.caption(tr(explanation.caveat))


def notes() -> None:
    """One quiet line on each value of the address that could not be used."""
    for note in session.notes():
        st.caption(f":material/info: {note}")


def method_pills(
    selected: Sequence[str],
    default: Sequence[str] | None = None,
    why_not: Callable[[str], str] | None = None,
    classifier: str = SCENES,
    maps: Sequence[str] = (),
) -> None:
    """Which methods stand side by side, at most `methods.MOST`; none chosen: the page's own choice.

    Args:
        default: that choice; None: the preferred ones of the classifier.
        why_not: why a method cannot be shown, or ""; None: as it is with the classifier.
        classifier: a name in the register.
        maps: folders of maps that may stand beside, `maps:NAME`.
    """
    page_default = methods.selection((), classifier) if default is None else tuple(default)
    reason = why_not or (lambda method: methods.why_not(method, classifier))

    @cache  # Streamlit asks for each name three times a run
    def name(method: str) -> str:
        title = methods.title_of(method)
        if methods.is_maps(method):
            return f":material/folder_open: {title}"
        return f":material/block: {title}" if reason(method) else title

    def read(picked: list[str]) -> dict[str, object]:
        if len(picked) > methods.MOST:
            st.toast(f"{methods.MOST} stand side by side at most: take one out first.", icon=":material/info:")
            return {}
        names = methods.names_in_order(picked)
        return {"methods": () if names == page_default else names, "pair": ()}

    st.pills(
        "Methods" if not maps else "Methods and maps",
        [*methods.METHODS, *maps],
        selection_mode="multi",
        format_func=name,
        wrap=True,
        label_visibility="collapsed",
        **session.control("methods", list(selected), read),
    )


def origins(sample: Sample, names: Iterable[str], views: str) -> str:
    """Which of the methods' traces were computed beforehand and which just now, in words."""
    groups: dict[str, list[str]] = {}
    for name in names:
        how = tr("from files") if methods.is_maps(name) else origin(sample, name, views)
        groups.setdefault(how, []).append(methods.title_of(name))
    return "; ".join(f"{', '.join(titles)}: {how}" for how, titles in groups.items()) + "."


def views_select(state: ViewState) -> None:
    """The views of the image whose maps are fused."""
    st.selectbox(
        "Test-time views",
        VIEWS,
        format_func=lambda name: VIEW_LABELS[name],
        help="The image as it is; with its mirror image; at the scales 0.5, 1, 1.5 and 2 with mirror images (IRN).",
        width=190,
        **session.control("views", state.views),
    )


def _try_again(busy: BusyError) -> None:
    """Says that others are first, and runs the page again once it is its turn."""
    st.session_state[_SAID] = True

    @st.fragment(run_every=AGAIN)
    def again() -> None:
        if st.session_state.pop(_SAID, False):
            remaining = busy.seconds
        else:
            remaining = turns().remaining(session_id())
            if not remaining:
                st.rerun()
        st.info(str(BusyError(remaining)), icon=":material/hourglass_top:")

    again()


@contextmanager
def in_turn(headline: Callable[[], str]) -> Iterator[None]:
    """Runs the page once it is its turn; meanwhile it has its headline, and how long it takes.

    Args:
        headline: called where the page waits: draws what stands around it as well; "" where its own still stands.
    """
    message, due, said = st.empty(), time.monotonic() + SILENT, False

    def say(seconds: float) -> None:
        nonlocal due, said
        if time.monotonic() >= due:
            due, said = time.monotonic() + AGAIN, True
            meanwhile = message.container()
            if title := headline():
                meanwhile.title(title, anchor=False)
            meanwhile.info(str(BusyError(seconds)), icon=":material/hourglass_top:")

    with pages_turn(say):
        if said:
            message.empty()
        yield


@contextmanager
def guarded() -> Iterator[None]:
    """Shows what a person can put right as its one line; logs anything else and says so."""
    try:
        yield
    except BusyError as busy:
        _try_again(busy)
    except InputError as error:
        st.error(plain_line(str(error)), icon=":material/error:")
    except Exception:
        logging.getLogger("wsss_viz.app").exception("a page failed")
        st.error(tr(DEFECT), icon=":material/error:")
