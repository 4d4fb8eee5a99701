"""What is drawn belongs to the image that the page is of: a fragment of an earlier one draws nothing more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wsss_viz.app.services.jobs import panel
from wsss_viz.app.services.jobs.manager import RUNNING, Request, Snapshot
from wsss_viz.app.services.results import MethodResults, method_panel
from wsss_viz.app.widgets.viewer.content import STALE, Content
from wsss_viz.models.colour_network import COLOURS, flag
from wsss_viz.traces import Step, Trace


class RunAgainError(Exception):
    """The page is run again, as a whole."""


def test_a_fragment_of_the_image_before_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The person's picture has come while RIB of the example went on, and Streamlit still runs the old fragment."""
    looked_at, drawn, fragments = ["the example"], [], []
    step = Step(0, np.ones((1, 2, 3), np.float32), np.zeros(1, np.float32))
    running = Snapshot(RUNNING, (step,), 9, 0, 1.0, None, "")

    class Going:
        def poll(self, owner: str, request: Request) -> Snapshot:
            return running

    def fragment(**_: Any) -> Callable[[Callable[[], None]], Callable[[], None]]:
        return lambda body: fragments.append(body) or body

    def again() -> None:
        raise RunAgainError

    monkeypatch.setattr(panel.st, "fragment", fragment)
    monkeypatch.setattr(panel.st, "rerun", again)
    monkeypatch.setattr(panel, "jobs", Going)
    monkeypatch.setattr(panel, "_owner", lambda: "a tab")
    monkeypatch.setattr(panel, "_progress", lambda *_: None)
    monkeypatch.setattr(panel.session, "touched", lambda: False)
    monkeypatch.setattr(panel.session, "subject", lambda: looked_at[0])
    panel.follow(
        Request("rib of the example", lambda: iter(()), 9), "RIB", lambda now: drawn.append(looked_at[0]), running
    )
    assert drawn == ["the example"]
    looked_at[0] = "the upload"
    with pytest.raises(RunAgainError):
        fragments[0]()
    assert drawn == ["the example"], "RIB of the example under the upload's name"


def test_a_panel_of_another_image_is_never_drawn() -> None:
    trace = Trace((Step(0, np.ones((3, 2, 3), np.float32), np.zeros(3, np.float32)),), "cam", COLOURS)
    results = MethodResults({"cam": trace}, {}, None, {}, image="the example's digest")
    of_example = method_panel("cam", results)
    assert of_example.image == "the example's digest"
    content = Content(flag(), (of_example,), COLOURS, ("red",), image="the upload's digest")
    assert (content.panels[0].steps, content.panels[0].missing) == ((), STALE)
    assert replace(content, panels=(of_example,), image=of_example.image).panels == (of_example,)
