"""Compare, run without a browser: what the viewer gets, whatever the address says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.app.conftest import OpenPage, after_jobs, viewer_content, viewer_data
from wsss_viz.app import methods
from wsss_viz.app.services import traces
from wsss_viz.app.services.checkpoints import PHOTOGRAPHS, SCENES
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import Scenes
from wsss_viz.traces import Step


def content(page: AppTest) -> dict[str, Any]:
    return viewer_content(page, "compare")


def finished(page: AppTest) -> AppTest:
    return after_jobs(page, "compare")


def titles(page: AppTest) -> list[str]:
    return [panel["title"] for panel in content(page)["panels"]]


def test_untouched_it_shows_image_truth_and_what_can_be_shown_at_its_last_step(open_page: OpenPage) -> None:
    page = finished(open_page("compare"))
    chosen = methods.selection((), PHOTOGRAPHS)
    assert chosen == ("cam", "ae", "cs-ae-single", "rib"), "what can be done without a second network"
    assert titles(page) == ["Image", "Ground truth", *(methods.METHODS[name].title for name in chosen)]
    assert viewer_data(page, "compare")["view"]["k"] == "final"
    sent = content(page)
    assert [sent["classes"][i]["name"] for i in sent["shown"]] == ["German shepherd"]
    assert not sent["sigmoids"]
    assert len(sent["panels"][-1]["steps"]) > 3, "the iterations of RIB"
    assert len(page.get("download_button")) == 6
    assert any(caption.value.startswith("CAM") for caption in page.caption), "where the traces are from"


def test_the_maps_are_the_methods_own(open_page: OpenPage) -> None:
    import wsss_viz

    step = content(open_page("compare", methods="cam", example="scenes:val:3"))["panels"][2]["steps"][-1]
    classifier = wsss_viz.load(SCENES)
    trace = wsss_viz.Trace.collect(wsss_viz.methods.cam(classifier, Scenes("val")[3]))
    assert np.allclose(step["maps"]["high"], trace.maps.max(axis=(1, 2)), rtol=1e-4)
    assert np.allclose(step["scores"], trace.scores, rtol=1e-4, atol=1e-4)


def test_methods_are_chosen_by_pills_and_stand_in_the_address(open_page: OpenPage) -> None:
    page = open_page("compare", methods="cam", pair="0-1")
    page.pills(key="compare_methods").set_value(["ae", "cam"]).run()
    assert titles(page)[2:] == ["CAM", "AE (frozen)"]
    assert page.query_params == {"methods": "cam,ae"}
    page.pills(key="compare_methods").set_value([]).run()
    assert page.query_params == {}
    assert page.pills(key="compare_methods").value == list(methods.selection((), PHOTOGRAPHS))


def test_a_method_that_cannot_be_shown_is_a_grey_panel_with_its_reason(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def why_not(name: str, classifier: str) -> str:
        return "not trained: train it" if name == "gain" else ""

    monkeypatch.setattr(methods, "why_not", why_not)
    *_, cam, gain = content(open_page("compare", methods="cam,gain"))["panels"]
    assert (cam["missing"], len(cam["steps"])) == ("", 1)
    assert (gain["missing"], gain["steps"]) == ("not trained: train it", [])
    assert content(open_page("compare", methods="gain"))["panels"][-1]["missing"]


def test_five_methods_take_the_place_of_the_image_and_a_sixth_is_left_out(open_page: OpenPage) -> None:
    names = "cam,ae,ae-rounds,gain,cs-ae,rib"
    shown = titles(open_page("compare", methods=names))
    assert shown[0] == "Ground truth"
    assert len(shown) == 6
    assert "RIB" not in shown


def test_the_address_reaches_the_viewer(open_page: OpenPage) -> None:
    query = {"threshold": "0.45", "k": "2", "class": "cow", "layout": "wipe", "show": "mask", "normalisation": "raw"}
    view = viewer_data(open_page("compare", methods="cam", **query), "compare")["view"]
    assert query.items() <= view.items()


@pytest.mark.parametrize(
    "query",
    [
        {"methods": "magic"},
        {"k": "-3"},
        {"class": "<script>"},
        {"layout": "pile"},
        {"pair": "7-9"},
        {"outlines": "all"},
        {"normalisation": "jet", "show": "everything"},
    ],
)
def test_a_bad_address_is_noted_and_the_default_shown(open_page: OpenPage, query: dict[str, str]) -> None:
    page = open_page("compare", example="scenes:val:3", **query)
    assert len(content(page)["panels"]) > 2
    assert sum("in the address is not" in caption.value for caption in page.caption) == len(query)
    assert page.query_params == {"example": "scenes:val:3"}


def test_a_class_that_is_not_in_the_image_can_be_looked_at(open_page: OpenPage) -> None:
    labels = Scenes("test")[5].labels or ()
    absent = next(name for name in ("bird", "sofa", "boat") if name not in labels)
    page = open_page("compare", example="scenes:test:5", methods="cam", classes=absent)
    sent = content(page)
    assert [sent["classes"][i]["name"] for i in sent["shown"]] == [absent]


def test_the_same_content_is_not_sent_as_another_when_a_control_is_moved(open_page: OpenPage) -> None:
    page = open_page("compare", methods="cam")
    before = viewer_data(page, "compare")
    page.run()
    assert viewer_data(page, "compare") == before
    page.query_params["threshold"] = "0.7"
    page.run()
    after = viewer_data(page, "compare")
    assert after["content"] == before["content"]
    assert (after["view"]["threshold"], after["version"] != before["version"]) == ("0.7", True)


def test_a_job_shows_what_there_is_of_it_and_what_it_waits_for(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, cold_caches: None
) -> None:
    go_on = threading.Event()

    def slow(method: str, sample: Sample, views: str) -> Iterator[Step]:
        for k in range(1 if method == "cam" else 3):
            yield Step(k, np.full((10, 4, 4), k, np.float32), np.full(10, k, np.float32))
            if k == 1:
                go_on.wait(60)

    monkeypatch.setattr("wsss_viz.app.services.traces.steps_of", slow)
    stored = traces.precomputed
    monkeypatch.setattr(traces, "precomputed", lambda s, *rest: stored(s, *rest) if "photos" in s.source else None)
    page = open_page("compare", methods="cam,cs-ae-single,rib", example="scenes:val:9")
    try:
        for _ in range(50):
            cam, single, rib = content(page)["panels"][2:]
            if len(single["steps"]) == 2:
                break
            page.run()
        assert len(cam["steps"]) == 1
        assert (len(single["steps"]), rib["missing"]) == (2, "Computed next.")
        assert not page.get("download_button")
    finally:
        go_on.set()
    assert [len(panel["steps"]) for panel in content(finished(page))["panels"][2:]] == [1, 3, 3]


@pytest.mark.parametrize("views", ["mirror", "multi-scale"])
def test_every_view_is_computed(open_page: OpenPage, views: str) -> None:
    page = open_page("compare", methods="cam", views=views, example="scenes:test:129")
    side = content(page)["panels"][2]["steps"][0]["maps"]["w"]
    assert side == {"mirror": 16, "multi-scale": 32}[views]
