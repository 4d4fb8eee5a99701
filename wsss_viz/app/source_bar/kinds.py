"""What may be looked at: photographs, drawn scenes, the server's workspaces, a picture of one's own."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import workspace
from wsss_viz.app.language import tr
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.state.scene import DEFAULT_PHOTOGRAPH, DEFAULT_SCENE

_LAST = "source_last"
"""In the session: the example of each kind that was looked at last."""


def kinds() -> dict[str, str]:
    """What may be looked at, and how it is called: what ships, the server's workspaces, a picture of one's own."""
    opened = {f"{workspace.KIND}:{name}": name for name in workspace.workspaces()}
    return {**{kind: tr(shipped.name) for kind, shipped in workspace.SHIPPED.items()}, **opened, "own": tr("Your own")}


def kind_of(state: ViewState) -> str:
    """Which of `kinds` the view looks at."""
    if state.source == "own":
        return "own"
    if state.workspace:
        return f"{workspace.KIND}:{state.workspace}"
    return "scenes" if state.is_scene else "photos"


def remember(kind: str, example: str) -> None:
    """Keeps what was looked at of a kind, to come back to."""
    st.session_state.setdefault(_LAST, {})[kind] = example


def fields_of(kind: str) -> dict[str, object]:
    """The state's fields that change where this kind is looked at from now on: what was looked at of it last."""
    fresh: dict[str, object] = {"classes": (), "focus": "", "k": FINAL, "pair": ()}
    if kind == "own":
        return {"source": "own", **fresh}
    first = {"photos": DEFAULT_PHOTOGRAPH, "scenes": DEFAULT_SCENE}.get(kind, f"{kind}:0")
    example = st.session_state.get(_LAST, {}).get(kind, first)
    return {"source": "scene", "example": example, "methods": (), "looking_network": "", **fresh}
