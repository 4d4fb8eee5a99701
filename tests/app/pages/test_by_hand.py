"""Erasing by hand without a browser: what the page says of strokes in its address."""

from __future__ import annotations

import re
import zlib

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.conftest import OpenPage, viewer_content
from tests.app.pages.test_pages import assert_well, text
from wsss_viz.app import session
from wsss_viz.app.services import checkpoints, drawings, samples
from wsss_viz.app.services.models import builtin
from wsss_viz.app.widgets.markup import signed
from wsss_viz.data.sample import DISCRIMINATIVE
from wsss_viz.evaluation.erasing_experiment import observe

SCENE = "scenes:test:129"


def scores(page: AppTest) -> dict[str, list[str]]:
    """The rows of the table of scores."""
    table = re.findall(r'<table class="wv-step wv-by-hand">.*?</table>', text(page))
    assert len(table) == 1
    rows = re.findall(r"<tr><th>([^<]*)</th>(.*?)</tr>", table[0])
    return {name: re.findall(r"<td>([^<]*)</td>", cells) for name, cells in rows if "<td>" in cells}


def test_without_a_stroke_nothing_is_erased(open_page: OpenPage) -> None:
    page = open_page("erasing", mode="by-hand", example=SCENE)
    assert_well(page)
    assert all(cells[2] == "0.0" and cells[0] == cells[1] for cells in scores(page).values())
    assert "0\N{NO-BREAK SPACE}% of the image erased" in text(page)


@pytest.mark.parametrize("example", [SCENE, "photos:koala"])
def test_the_outlined_head_gives_the_experiments_score_and_stands_in_the_address(
    open_page: OpenPage, example: str
) -> None:
    page = open_page("erasing", mode="by-hand", example=example)
    sample = samples.example(example)
    name = (sample.labels or ())[0]
    (button,) = [button for button in page.button if button.key == f"outlined_{DISCRIMINATIVE}"]
    page = button.click().run()
    assert_well(page)
    measured = observe(checkpoints.classifier_for(sample), sample, name, thresholds=())
    expected = next(one for one in measured if one.kind == "discriminative")
    before, after, *_ = scores(page)[name]
    assert after == signed(expected.score)
    assert after != before
    assert [panel["title"] for panel in viewer_content(page, "by_hand")["panels"]] == [
        "What is left",
        f"Map of {name} now",
        "In the whole image",
    ]
    strokes = drawings.of_part(sample, name, DISCRIMINATIVE, builtin(sample))
    if len(strokes) < 3900:
        again = open_page("erasing", mode="by-hand", example=example, painted=page.query_params["painted"])
        assert scores(again) == scores(page)
        assert page.query_params["painted"] == f"{drawings.mark(sample)}.{strokes}"
    else:
        assert page.query_params["painted"] == f"{drawings.mark(sample)}.~{zlib.crc32(strokes.encode()):08x}"


def test_strokes_on_another_image_say_nothing(open_page: OpenPage) -> None:
    painted = f"{drawings.mark(samples.example('photos:koala'))}.MAgAgA"
    page = open_page("erasing", mode="by-hand", example=SCENE, painted=painted)
    assert_well(page)
    assert "0\N{NO-BREAK SPACE}% of the image erased" in text(page)


def test_the_fill_changes_what_the_classifier_says(open_page: OpenPage) -> None:
    painted = f"{drawings.mark(samples.example(SCENE))}.MAgAgA"
    said = [
        scores(open_page("erasing", mode="by-hand", example=SCENE, painted=painted, fill=fill))
        for fill in ("mean", "blur", "grey")
    ]
    assert said[0] != said[1] != said[2] != said[0]


LONG = ".".join(f"MA{'ABCDEFGH'[i % 8]}A{'ABCDEFGH'[i // 8 % 8]}A" for i in range(700))
"""Strokes that no address takes."""


def says_gone(page: AppTest) -> bool:
    return any("too long for a link and is gone: paint again" in caption.value for caption in page.caption)


def test_strokes_too_long_for_an_address_stay_with_the_session_and_an_address_without_them_shows_none(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = samples.example(SCENE)
    assert len(LONG) > 4000
    page = open_page("erasing", mode="by-hand", example=SCENE)
    whole = scores(page)
    number = f"{zlib.crc32(LONG.encode()):08x}"
    painted = f"{drawings.mark(sample)}.~{number}"
    page.session_state["long_strokes"] = {number: LONG}
    page.query_params["painted"] = painted
    page = page.run()
    assert_well(page)
    assert page.query_params["painted"] == painted
    assert scores(page) != whole
    assert not says_gone(page)
    monkeypatch.setattr(session, "ARRIVED", 0.0)
    del page.query_params["painted"]  # Back, to before it was painted
    page = page.run()
    assert_well(page)
    assert scores(page) == whole


def test_strokes_of_another_session_are_said_to_be_gone(open_page: OpenPage) -> None:
    painted = f"{drawings.mark(samples.example(SCENE))}.~0f9a1b2c"
    page = open_page("erasing", mode="by-hand", example=SCENE, painted=painted)
    assert_well(page)
    assert says_gone(page)
    (button,) = [button for button in page.button if button.key == f"outlined_{DISCRIMINATIVE}"]
    page = button.click().run()
    assert_well(page)
    assert not says_gone(page)
