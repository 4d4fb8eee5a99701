"""The object of an upload drawn by hand: its mask, and that maps are scored against it."""

from __future__ import annotations

import numpy as np
import pytest
import streamlit as st

from tests.app.conftest import OpenPage, viewer_content
from tests.app.pages.test_pages import assert_well
from tests.app.services.test_upload import encoded
from wsss_viz.app.services import drawn_outline, upload
from wsss_viz.app.services.drawn_outline import DrawnOutline, enclosed
from wsss_viz.data.sample import Sample
from wsss_viz.data.strokes import UNITS, Stroke, strokes_of

LEFT, RIGHT, TOP, BOTTOM = 1000, 3000, 800, 3200
RING = str(Stroke(60, ((LEFT, TOP), (RIGHT, TOP), (RIGHT, BOTTOM), (LEFT, BOTTOM), (LEFT, TOP))))
OPEN = str(Stroke(60, ((LEFT, TOP), (RIGHT, TOP), (RIGHT, BOTTOM))))


def picture(height: int, width: int) -> upload.UploadedPicture:
    return upload.UploadedPicture("p.png", np.zeros((height, width, 3), np.uint8), (height, width), 1)


def test_what_a_line_encloses_is_the_object_and_an_open_line_is_only_itself() -> None:
    closed, line = enclosed(RING, (90, 140)), enclosed(OPEN, (90, 140))
    rows = (np.arange(90) + 0.5) / 90 * UNITS
    columns = (np.arange(140) + 0.5) / 140 * UNITS
    inside = np.outer((rows > TOP) & (rows < BOTTOM), (columns > LEFT) & (columns < RIGHT))
    assert closed[inside].all()
    assert closed.mean() == pytest.approx(inside.mean(), abs=0.05)
    assert not line[inside].all()
    assert line.mean() < 0.1


@pytest.mark.parametrize("size", [(300, 410), (1200, 900)])
def test_the_mask_has_the_pictures_size_and_its_first_labels_number(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = picture(*size)
    sample = Sample(here.image, ("cat", "dog"), ("dog",), "own image")
    monkeypatch.setattr(st, "session_state", {"own_outline": DrawnOutline(here, RING)})
    drawn = drawn_outline.with_outline(sample, here)
    assert drawn.mask is not None
    assert drawn.mask.shape == size
    assert set(np.unique(drawn.mask)) == {0, 2}
    share = (RIGHT - LEFT) * (BOTTOM - TOP) / UNITS**2
    assert (drawn.mask == 2).mean() == pytest.approx(share, abs=0.04)
    assert drawn_outline.with_outline(sample, picture(*size)).mask is None, "of another picture"


def test_maps_of_an_upload_are_scored_against_what_was_drawn(open_page: OpenPage) -> None:
    page = open_page("compare", source="own", methods="cam")
    page.file_uploader(key="own_upload").upload("p.png", encoded("PNG"))
    page.run()
    assert_well(page)
    assert viewer_content(page, "compare")["truth"] is None
    here = page.session_state["own_pictures"][0]
    whole = ".".join(map(str, strokes_of(np.ones((9, 14), dtype=bool))))
    for strokes in (RING, whole):
        page.session_state["own_outline"] = DrawnOutline(here, strokes)
        page.run()
        assert_well(page)
        content = viewer_content(page, "compare")
        assert (content["truth"]["mask"]["h"], content["truth"]["mask"]["w"]) == (40, 60)
        assert [panel["title"] for panel in content["panels"]] == ["Image", "Ground truth", "CAM"]
        assert any(caption.value.startswith("The ground truth is what you drew, as ") for caption in page.caption)
