"""Which photograph, drawn scene or image of a workspace: by name or number, one back, one on, any."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import streamlit as st

from wsss_viz.app import session, workspace
from wsss_viz.app.language import mark, tr
from wsss_viz.app.services import contact_sheet, samples
from wsss_viz.app.source_bar.description import title_of
from wsss_viz.app.source_bar.kinds import kind_of
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.contact_sheet import LONGEST_TEXT
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.state.scene import photograph_names
from wsss_viz.app.widgets.stepper import pressed, stepper
from wsss_viz.data.scenes import SPLITS

_SHEET = "photographs_sheet"


def photograph_picker(state: ViewState, kind: str = "") -> None:
    """Which photograph, one back, one on, any; of the source bar its `kind`."""
    names = photograph_names()
    st.selectbox(
        tr("Photograph"),
        names,
        format_func=title_of,
        width=190,
        label_visibility="collapsed",
        **session.control(
            "example",
            state.example.partition(":")[2],
            _as_long_as(kind, lambda name: _fields(state.at(f"photos:{name}"))),
        ),
    )
    with st.container(horizontal=True, width="content", gap="xsmall", key="photographs"):
        _steppers(mark("photograph"), len(names))
        _sheet(state)


def _sheet(state: ViewState) -> None:
    """All photographs as thumbnails, made once somebody opens it; the one that is chosen closes it."""
    opened = st.popover("", icon=":material/grid_view:", help=tr("All photographs"), key=_SHEET, on_change="rerun")
    if not opened.open:
        return
    with opened, st.grid(4, min_column_width=84, gap="small", key="photographs_grid") as grid:
        for name in photograph_names():
            example = f"photos:{name}"
            with grid.cell():
                st.image(samples.thumbnail(name), width="stretch", alt=title_of(name))
                st.button(
                    name.replace("_", " "),
                    key=f"photograph_{name}",
                    type="primary" if state.example == example else "tertiary",
                    width="stretch",
                    on_click=_choose,
                    args=(example,),
                )


def _choose(example: str) -> None:
    st.session_state[_SHEET] = False
    session.set_state(session.state().at(example))


def scene_picker(state: ViewState, kind: str = "") -> None:
    """Split and number of the drawn scene, one back, one on, any; of the source bar its `kind`."""
    _, split, index = state.scene.split(":")
    st.selectbox(
        "Scenes",
        ["test", "val", "train"],
        width=95,
        label_visibility="collapsed",
        **session.control(
            "split",
            split,
            _as_long_as(kind, lambda name: _fields(state.at(f"scenes:{name}:{int(index) % SPLITS[name]}"))),
        ),
    )
    st.number_input(
        "Number",
        min_value=0,
        max_value=SPLITS[split] - 1,
        value=int(index),  # where two runs' answers come at once, the field begins at this, not at what was set
        step=1,
        width=110,
        label_visibility="collapsed",
        **session.control(
            "index", int(index), _as_long_as(kind, lambda number: _fields(state.at(f"scenes:{split}:{number}")))
        ),
    )
    _steppers(mark("scene"), SPLITS[split])


def workspace_picker(state: ViewState) -> None:
    """Number of the image, a search by name or class, one back, one on, any; of several networks which one looks."""
    name, index = workspace.parts_of(state.example)
    of, count = workspace.workspaces()[name], len(workspace.samples_of(name))
    st.number_input(
        f"Number, of {count:,}",
        min_value=0,
        max_value=count - 1,
        value=index,
        step=1,
        width=130,
        label_visibility="collapsed",
        **session.control(
            "image",
            index,
            _as_long_as(
                f"{workspace.KIND}:{name}", lambda number: _fields(state.at(f"{workspace.KIND}:{name}:{number}"))
            ),
        ),
    )
    st.text_input(
        "Find",
        placeholder="Find a name or a class",
        max_chars=LONGEST_TEXT,
        width=190,
        label_visibility="collapsed",
        **session.control("find", state.find, lambda text: contact_sheet.first_fitting(session.state(), text)),
    )
    if len(of.networks) > 1:
        names = list(of.networks)
        st.selectbox(
            "Network",
            names,
            width=190,
            label_visibility="collapsed",
            **session.control(
                "looking_network",
                state.looking_network if state.looking_network in names else names[0],
                lambda other: {"looking_network": "" if other == names[0] else other, "k": FINAL, "pair": ()},
            ),
        )
    _steppers(mark("image"), count)


def _as_long_as(kind: str, read: Callable[[Any], dict[str, object]]) -> Callable[[Any], dict[str, object]]:
    """`read`, which gives nothing once something else is looked at, or where Next or Previous was pressed.

    A browser sends what its fields hold with everything it says, those too that the run has just taken away or moved.
    """
    return lambda value: read(value) if kind in ("", kind_of(session.state())) and not pressed() else {}


def _steppers(what: str, count: int) -> None:
    stepper(what, _move, lambda: _move(random.randrange(1, max(2, count)), anywhere=True))


def _fields(state: ViewState) -> dict[str, object]:
    return {"example": state.example, "classes": state.classes, "focus": state.focus}


def _move(by: int, anywhere: bool = False) -> None:
    state = session.state()
    if not (state.workspace and state.find):
        session.set_state(state.moved(by))
        return
    for _ in range(1 if anywhere else abs(by)):
        session.change(**contact_sheet.moved(session.state(), 0 if anywhere else 1 if by > 0 else -1))
