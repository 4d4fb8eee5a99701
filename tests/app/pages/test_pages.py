"""Every page in every state a person can bring it into, run without a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.conftest import OpenPage, after_jobs, viewer_data
from wsss_viz.app import catalogue, session
from wsss_viz.app.services import samples, traces
from wsss_viz.app.services.scores import view_scores
from wsss_viz.app.state import ViewState
from wsss_viz.data.scenes import SPLITS

PAGES = ("start", "compare", "about")
OTHERS = ("erasing", "gradients", "information", "results", "figures")


def text(page: AppTest) -> str:
    """All HTML of the page."""
    return "\n".join(element.value for element in page.html)


def alts(page: AppTest) -> list[str]:
    """The descriptions of the page's pictures."""
    return [picture.alt for images in page.get("image") for picture in images.proto.imgs]


def assert_well(page: AppTest) -> None:
    assert not page.exception
    assert not page.error, page.error[0].value if page.error else ""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_without_anything_being_touched(open_page: OpenPage, name: str) -> None:
    page = open_page(name)
    assert_well(page)
    assert len(page.title) == 1
    assert "CPU" in text(page) or "NVIDIA" in text(page) or "MPS" in text(page)
    assert {"Start", "Compare", "About"} <= {link.value for link in page.page_link}
    assert page.query_params == {}


@pytest.mark.parametrize("name", [*PAGES, *OTHERS])
def test_bad_parameters_fall_back_with_one_quiet_note_each(open_page: OpenPage, name: str) -> None:
    page = open_page(name, example="folder:/etc:0", threshold="lots", colours="jet")
    assert_well(page)
    notes = [caption.value for caption in page.caption if "in the address is not" in caption.value]
    assert len(notes) == 3
    assert not any("etc" in note or "lots" in note for note in notes)
    assert page.query_params == {}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_one_is_looking_at_in_words_a_formula_and_a_caveat(open_page: OpenPage, name: str) -> None:
    page = open_page(name)
    assert len(page.latex) == 1
    assert page.markdown
    assert page.caption


@pytest.mark.parametrize("name", PAGES)
def test_without_a_checkpoint_a_page_says_so_in_one_line(
    open_page: OpenPage, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cold_caches: None
) -> None:
    monkeypatch.setenv("WSSS_VIZ_CHECKPOINTS", str(tmp_path))
    page = open_page(name)
    assert not page.exception
    (line,) = [error.value for error in page.error]
    assert "is missing" in line
    assert "restore" in line
    assert "\n" not in line


def test_a_defect_is_logged_and_never_shown(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("internal detail")

    monkeypatch.setattr("wsss_viz.app.services.traces.trace", fails)
    page = open_page("compare")
    assert not page.exception
    assert len(page.error) == 1
    assert "internal detail" not in page.error[0].value
    assert any(record.exc_info and record.exc_info[0] is ZeroDivisionError for record in caplog.records)


def test_start_shows_a_photograph_its_label_and_the_methods_side_by_side(open_page: OpenPage) -> None:
    page = open_page("start")
    assert_well(page)
    assert "dog (German shepherd)" in text(page)
    data = viewer_data(page, "start")
    titles = [panel["title"] for panel in data["content"]["panels"]]
    assert titles == ["Image", "CAM", "AE (frozen)", "RIB", "Ground truth"]
    assert all(panel["steps"] for panel in data["content"]["panels"][1:4])
    assert [found["name"] for found in data["content"]["classes"]] == ["German shepherd"], "a pill for each label"
    assert {"layout", "k"} <= set(data["offered"])
    assert "class" not in data["offered"], "of one there is nothing to choose"
    assert "CAM, AE (frozen), RIB: precomputed." in [caption.value for caption in page.caption]
    dog = samples.photograph("dog")
    means = {}
    for name in ("cam", "ae", "rib"):
        trace = traces.precomputed(dog, name, "single")
        assert trace is not None
        mean = view_scores(trace, dog, trace.classes, dog.labels or (), ViewState()).mean
        assert mean is not None
        means[name] = mean
    cam, ae, rib = means.values()
    verdict = text(page).partition("Of the body, against CAM:")[2]
    gains = [int(points) for points in re.findall(r"(\d+) points more", verdict)]
    assert gains == [
        round(100 * (getattr(mean, measure) - getattr(cam, measure)))
        for measure in ("non_discriminative", "iou")
        for mean in (ae, rib)
    ]
    assert min(gains[:2]) > 20, "the other two find the body"


def test_start_shows_a_drawn_scene_and_computes_what_is_not_precomputed(open_page: OpenPage) -> None:
    page = after_jobs(open_page("start", example="scenes:val:11"), "start")
    panels = viewer_data(page, "start")["content"]["panels"]
    assert [panel["title"] for panel in panels[1:4]] == ["CAM", "CS-AE", "RIB"]
    assert all(panel["steps"] for panel in panels[1:4])
    assert "CAM, CS-AE, RIB: computed now." in [caption.value for caption in page.caption]


@pytest.mark.parametrize("name", ["start", "compare", "erasing"])
def test_the_source_bar_goes_from_photographs_to_scenes_and_back(open_page: OpenPage, name: str) -> None:
    page = open_page(name, example="photos:koala", methods="cam", mode="experiment")
    page.selectbox(key=f"{name}_example").set_value("kangaroo").run()
    assert page.query_params["example"] == "photos:kangaroo"
    page.segmented_control(key=f"{name}_kind").set_value("scenes").run()
    assert page.query_params["example"] == "scenes:test:129"
    page.segmented_control(key=f"{name}_kind").set_value("photos").run()
    assert page.query_params["example"] == "photos:kangaroo"
    assert_well(page)


def test_a_photograph_is_chosen_by_its_picture_which_closes_the_sheet(open_page: OpenPage) -> None:
    page = open_page("compare", methods="cam")
    assert not alts(page), "the sheet is made once it is opened"
    page.session_state["photographs_sheet"] = True
    page.run()
    assert len(alts(page)) == 16
    page.button(key="photograph_koala").click().run()
    assert page.query_params["example"] == "photos:koala"
    assert not alts(page)


def test_start_offers_the_pages_that_exist_and_no_other(open_page: OpenPage) -> None:
    labels = {link.value.strip("*") for link in open_page("start").page_link}
    assert labels == {entry.title for entry in catalogue.available() if entry.name != "own"}, "Compare has that one"
    assert all(entry.file.is_file() for entry in catalogue.available())


def test_scenes_are_chosen_by_number_and_split_and_the_ends_meet(open_page: OpenPage) -> None:
    first = ViewState(example="scenes:val:0", classes=("dog",))
    assert first.moved(-1).to_query() == {"example": f"scenes:val:{SPLITS['val'] - 1}"}
    assert first.moved(-1).moved(5).example == "scenes:val:4"
    page = open_page("compare", example="scenes:val:0", classes="dog")
    page.number_input(key="compare_index").set_value(7).run()
    assert page.query_params == {"example": "scenes:val:7"}
    page.selectbox(key="compare_split").set_value("train").run()
    assert page.query_params == {"example": "scenes:train:7"}
    assert_well(page)


def test_an_address_set_from_outside_wins_over_what_the_session_showed(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page("compare", methods="cam", views="mirror")
    page.selectbox(key="compare_views").set_value("multi-scale").run()
    monkeypatch.setattr(session, "ARRIVED", 0.0)
    page.query_params["views"] = "mirror"
    page.run()
    assert page.selectbox(key="compare_views").value == "mirror"
    del page.query_params["views"]
    page.run()
    assert page.selectbox(key="compare_views").value == "single"


def test_a_controls_change_survives_an_address_that_lags_behind(open_page: OpenPage) -> None:
    page = open_page("compare", methods="cam", threshold="0.5", example="scenes:test:3")
    page.selectbox(key="compare_views").set_value("mirror").run()
    del page.query_params["views"]
    page.number_input(key="compare_index").set_value(7).run()
    assert page.query_params == {"example": "scenes:test:7", "threshold": "0.5", "views": "mirror", "methods": "cam"}


def test_every_control_shows_the_view_on_every_page_it_is_on(open_page: OpenPage) -> None:
    page = open_page("compare", example="scenes:val:2", threshold="0.45", opacity="0.2", views="mirror")
    for name in ("start", "compare"):
        page.switch_page(f"../../../pages/{name}.py").run()
        assert page.number_input(key=f"{name}_index").value == 2
        assert page.selectbox(key=f"{name}_split").value == "val"
        if name != "start":
            view = viewer_data(page, name)["view"]
            assert (view["threshold"], view["opacity"]) == ("0.45", "0.2")
            assert page.selectbox(key=f"{name}_views").value == "mirror"


def test_the_view_goes_along_to_the_next_page(open_page: OpenPage) -> None:
    page = open_page("compare", example="scenes:val:2", threshold="0.4")
    compare = next(link for link in page.page_link if link.value == "Start")
    assert "example=scenes%3Aval%3A2" in compare.proto.query_string
    assert "threshold=0.4" in compare.proto.query_string


def test_about_says_where_the_checkpoint_is_from_and_how_to_cite(open_page: OpenPage) -> None:
    page = open_page("about")
    codes = [code.value for code in page.code]
    assert any("wsss_viz train" in code for code in codes)
    assert sum(code.startswith("@inproceedings") for code in codes) >= 4
    for key in ("zhou2016cam", "ahn2019irn", "kweon2021occse", "lee2021rib"):
        assert any(key in code for code in codes)
