"""What a field of the source bar says once it is gone."""

from __future__ import annotations

import pytest

from wsss_viz.app import session
from wsss_viz.app.source_bar import pickers
from wsss_viz.app.state import ViewState


@pytest.mark.parametrize(("example", "heard"), [("photos:dog", True), ("scenes:test:129", False)])
def test_a_field_is_heard_while_what_it_chooses_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, example: str, heard: bool
) -> None:
    monkeypatch.setattr(session, "state", lambda: ViewState(example=example))
    read = pickers._as_long_as("photos", lambda name: {"example": f"photos:{name}"})
    assert read("cow") == ({"example": "photos:cow"} if heard else {})
    everywhere = pickers._as_long_as("", lambda name: {"example": f"photos:{name}"})
    assert everywhere("cow") == {"example": "photos:cow"}
