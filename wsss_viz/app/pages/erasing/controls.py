"""The controls of the page Erasing: what is stepped through, of which class, and how."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.services.models import ModelHandle
from wsss_viz.app.services.steps import GROUPS, MODES
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.erasing import ERASED, ERASURES, LARGEST_STEPS, MASK_KINDS
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.data.sample import Sample
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.traces.growth import Growth

_MASKS = {"hard": "hard", "soft": "soft", "graded": "the map itself"}
_MASK_HELP = """What of a map is erased, M the map divided by its maximum.

- **hard**: all of it where M is above a threshold (AE-PSL).
- **soft**: by a sigmoid around that threshold (GAIN, eq. 4).
- **the map itself**: by as much as M says (CS-AE).
"""
_ERASED = {"class": "each class from its own image", "all": "all labels from one image"}
_ERASURES = {"class": "its own map", "agnostic": "the maps of all labels", "random": "the same area elsewhere"}


def mode_choice(state: ViewState) -> None:
    """The group, and within it the mode."""
    group = MODES[state.mode].group
    names = [name for name, mode in MODES.items() if mode.group == group]

    def first(group: str) -> dict[str, object]:
        return {"mode": next(name for name, mode in MODES.items() if mode.group == group), "k": FINAL}

    st.segmented_control(
        "Step through",
        GROUPS,
        required=True,
        label_visibility="collapsed",
        **session.control("group", group, first),
    )
    if len(names) > 1:
        st.segmented_control(
            "How",
            names,
            format_func=lambda name: MODES[name].label,
            required=True,
            label_visibility="collapsed",
            **session.control("mode", state.mode, lambda name: {"mode": name, "k": FINAL}, variant=f"_{group}"),
        )
    if state.mode == "experiment":
        st.segmented_control(
            "What is erased",
            ERASURES,
            format_func=lambda name: _ERASURES[name],
            required=True,
            label_visibility="collapsed",
            **session.control("erasure", state.erasure),
        )


def focus_choice(state: ViewState, focus: str, sample: Sample) -> None:
    """The class whose iterations are shown; the image's labels first."""
    labels = sample.labels or ()
    others = tuple(name for name in sample.classes if name not in labels)
    choices = labels if state.mode == "experiment" else (*labels, *others)
    known = sample.mask is not None
    st.selectbox(
        "Class",
        choices,
        format_func=lambda name: f"{name} (absent)" if known and name not in labels else name,
        label_visibility="collapsed",
        width=120 if sample.source.startswith("scenes:") else 190,
        **session.control("focus", focus, variant=f"_{sample.source or sample.name}_{len(choices)}"),
    )


def options(state: ViewState, model: ModelHandle) -> None:
    """The options of the mode, those of AE in full, behind one button."""
    if not MODES[state.mode].iterated and state.mode != "ae":
        return
    with st.popover(f"K = {steps(state, model)}", icon=":material/tune:", help="How many steps, and how they are made"):
        most = 12 if state.mode == "ae" else LARGEST_STEPS
        st.slider(
            "Erasings K" if state.mode == "ae" else "Steps K",
            min_value=1,
            max_value=most,
            width=260,
            **session.control("steps", min(steps(state, model), most), variant=f"_{state.mode}"),
        )
        if state.mode == "ae":
            _erasing_options(state)


def _erasing_options(state: ViewState) -> None:
    st.selectbox(
        "Mask",
        MASK_KINDS,
        format_func=lambda kind: _MASKS[kind],
        help=_MASK_HELP,
        width=260,
        **session.control("mask", state.mask),
    )
    if state.mask != "graded":
        _share("erase_at", "Erase above" if state.mask == "hard" else "Sigmoid at", state.erase_at)
    st.radio(
        "Erase",
        ERASED,
        format_func=lambda name: _ERASED[name],
        help="Class-agnostic erasing takes all labels from one image, as AE-PSL does.",
        **session.control("erased", state.erased),
    )
    st.caption("Stop")
    _share("stop_below", "when the class is less probable than", state.stop_below)
    _share("stop_area", "when more of the image is erased than", state.stop_area)


def watched_scenes(growth: Growth | None) -> None:
    """The scenes on which the training was watched, to go to one of them."""
    sources = growth.sources if growth else ()
    st.info("The training was watched on other scenes than this one. Take one of them:", icon=":material/info:")
    with st.container(horizontal=True, gap="small", key="watched"):
        for source in sources:
            st.button(source, key=f"watched_{source}", on_click=_go, args=(source,))


def _go(source: str) -> None:
    session.set_state(session.state().updated({"example": source, "class": ""}))


def steps(state: ViewState, model: ModelHandle) -> int:
    """K; where the view says nothing the network's own for the method, else the method's."""
    return state.steps or default_steps_of(state, model)


def default_steps_of(state: ViewState, model: ModelHandle) -> int:
    """K where nobody has chosen it."""
    method = MODES[state.mode].method
    if not method:
        return 0
    settings = model.settings(METHODS[method].settings_name)
    return int(settings.get("steps", METHODS[method].default_steps))


def _share(field: str, label: str, value: float) -> None:
    st.slider(
        label,
        min_value=0.0,
        max_value=1.0,
        step=0.05,
        format="%.2f",
        width=260,
        **session.control(field, value, lambda moved: {field: round(moved, 2)}),
    )
