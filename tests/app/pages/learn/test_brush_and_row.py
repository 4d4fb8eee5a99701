"""What stands beside a step's own view: the row of the whole lecture, the brush, the way to the method."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.conftest import OpenPage, viewer_content
from tests.app.pages.test_pages import assert_well
from wsss_viz.app.pages.learn import examples
from wsss_viz.app.pages.learn.overview import STATIONS
from wsss_viz.app.pages.learn.syllabus import SYLLABUS
from wsss_viz.app.services import drawings, samples


@pytest.mark.parametrize(("step", "offered"), [(5, True), (7, True), (9, False), (13, False)])
def test_the_brush_answers_in_the_steps_about_erasing_themselves(open_page: OpenPage, step: int, offered: bool) -> None:
    page = open_page("learn", step=str(step), answered="1", example="photos:koala", painted=_dot("photos:koala"))
    toggles = [one for one in page.toggle if one.label == "Erase it yourself"]
    assert bool(toggles) is offered
    for toggle in toggles:
        page = toggle.set_value(True).run()
        assert_well(page)
        panels = viewer_content(page, "by_hand")["panels"]
        assert [panel["title"] for panel in panels][1] == "Map of koala now"
        assert not any(
            "of the image erased" in str(e.value) and ">0\N{NO-BREAK SPACE}%" in str(e.value) for e in page.html
        )


def _dot(example: str) -> str:
    return f"{drawings.mark(samples.example(example))}.MAgAgA"


def test_the_row_of_the_lecture_fills_as_it_goes_and_marks_where_it_is(open_page: OpenPage) -> None:
    def row(**query: str) -> str:
        (drawn,) = [
            element.value
            for element in open_page("learn", **query).html
            if element.value.startswith('<ol class="wv-map"')
        ]
        return str(drawn)

    first, last = row(), row(step="14", answered="1")
    assert first.count("<img") == 1, "no place shows what is still asked"
    assert last.count("<img") == 5
    for query, station in (({"step": "3"}, "class map"), ({"step": "6"}, "erased"), ({"step": "13"}, "tuned")):
        (current,) = re.findall(r'<li aria-current="step"[^>]*>.*?<span>(.*?)</span>', row(**query))
        assert current == station
    (tuned,) = re.findall(r"<i>([^<]*)</i><span>tuned", row(step="10", answered="1"))
    assert tuned == f"step {1 + [topic.module for topic in SYLLABUS].index('last_sigmoid')}", "what is to come is said"
    assert row(step="6", example="photos:koala") != row(step="6")
    assert row(step="6", present="1").count("<img") == 4
    stations = [module for modules in STATIONS.values() for module in modules]
    assert {topic.module for topic in SYLLABUS} == set(stations)


@pytest.mark.parametrize(("page_name", "query"), [("learn", {"step": "10", "answered": "1"}), ("information", {})])
def test_the_bottleneck_leads_to_the_method_that_is_one(
    open_page: OpenPage, page_name: str, query: dict[str, str]
) -> None:
    page = open_page(page_name, section="bottleneck", example="photos:koala", **query)
    assert_well(page)
    (link,) = [link for link in page.page_link if "IBA" in link.proto.label]
    assert parse_qs(link.proto.query_string) == {"example": ["photos:koala"], "methods": ["cam,iba"]}


@pytest.mark.parametrize(("query", "said"), [({}, False), ({"source": "own"}, True)])
def test_where_images_of_ones_own_are_is_said(open_page: OpenPage, query: dict[str, str], said: bool) -> None:
    page = open_page("learn", step="3", **query)
    assert not page.exception
    assert any("no picture of your own yet" in caption.value for caption in page.caption) is said


def test_the_networks_place_holds_its_mask_of_a_drawn_scene_and_else_says_why_not(open_page: OpenPage) -> None:
    scene, photograph = (
        _row(open_page("learn", step="14", answered="1", **query)) for query in ({"example": "scenes:test:129"}, {})
    )
    assert re.search(r"<img [^>]*><span>network</span></li></ol>$", scene)
    assert re.search(r'<i title="[^"]*learnt from drawn scenes[^"]*">scenes only</i><span>network</span>', photograph)
    early = _row(open_page("learn", step="2", example="scenes:test:129"))
    assert re.search(r"<i>step 2</i><span>network</span>", early), "the answer is to come"


def _row(page: AppTest) -> str:
    (drawn,) = [element.value for element in page.html if element.value.startswith('<ol class="wv-map"')]
    return str(drawn)


def test_class_specific_erasing_has_one_choice_of_what_it_is_of(open_page: OpenPage) -> None:
    page = open_page("learn", step="7", answered="1")
    kinds = page.button_group(key="learn_kind")
    assert [one.key for one in page.button_group if "sofa" in str(one.key)] == []
    page = kinds.set_value("sofa").run()
    assert_well(page)
    scenes = examples.with_labels("sofa")
    assert page.query_params["sofa"] == scenes[0]
    (which,) = [one for one in page.selectbox if one.label == "Sofa scenes"]
    assert len(which.options) == len(scenes)
    row = _row(page)
    page = which.set_value(scenes[1]).run()
    assert_well(page)
    assert page.query_params["sofa"] == scenes[1]
    assert _row(page) != row, "the row is of the scene that the step is of"
    page = page.button_group(key="learn_kind").set_value("photos").run()
    assert_well(page)
    assert "sofa" not in page.query_params
    assert not [one for one in page.selectbox if one.label == "Sofa scenes"]


@pytest.mark.parametrize("step", ["4", "6", "7"])
def test_where_a_step_is_of_the_lectures_photograph_so_is_the_row(open_page: OpenPage, step: str) -> None:
    one_label = "scenes:test:2"
    assert len(samples.scene(one_label).labels or ()) == 1
    page = open_page("learn", step=step, answered="1", example=one_label)
    assert_well(page)
    assert _row(page) == _row(open_page("learn", step=step, answered="1"))
