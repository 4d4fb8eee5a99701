"""Next and Previous: what a browser sends of a field along with a press is what it held before, and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
import streamlit as st

from wsss_viz.app.source_bar import pickers
from wsss_viz.app.widgets import stepper

DRAWN = {"session": "a", "by": 1, "any": 0}


@pytest.mark.parametrize(
    ("counted", "came"),
    [
        (DRAWN, False),
        ({**DRAWN, "by": 2}, True),
        ({**DRAWN, "by": 0}, True),
        ({**DRAWN, "any": 1}, True),
        ({**DRAWN, "session": "b", "by": 2}, False),
        ({"by": "2"}, False),
        (None, False),
    ],
)
def test_what_comes_with_a_press_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, counted: dict[str, Any] | None, came: bool
) -> None:
    state = {"stepper_drawn": DRAWN, "stepper": {"counted": counted}}
    monkeypatch.setattr(st, "session_state", state)
    assert stepper.pressed() is came
    read = pickers._as_long_as("", lambda value: {"example": value})
    assert read("photos:dog") == ({} if came else {"example": "photos:dog"})


def test_where_no_buttons_were_drawn_nothing_was_pressed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {})
    assert not stepper.pressed()
