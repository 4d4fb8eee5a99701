"""Compare's refined panels: by the library's refiners, stepped, cancelled, and scored as `evaluate --refine` does."""

from __future__ import annotations

import base64
import re
import threading
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.app.conftest import OpenPage, after_jobs, viewer_content
from wsss_viz.app import methods
from wsss_viz.app.pages.compare import page as compare_page
from wsss_viz.app.services import refining
from wsss_viz.app.widgets.viewer.component import Picked
from wsss_viz.data.scenes import Scenes
from wsss_viz.evaluation.report import bind_all, run_report
from wsss_viz.methods.views import SINGLE
from wsss_viz.models.loading import load
from wsss_viz.refinement import akin_to, refiner
from wsss_viz.refinement.settings import SHIPPED_WALK, WalkSettings
from wsss_viz.traces import Step, Trace

SCENE = "scenes:val:211"


def finished(page: AppTest) -> AppTest:
    return after_jobs(page, "compare")


def panels(page: AppTest) -> list[dict[str, Any]]:
    return viewer_content(page, "compare")["panels"]


def labels_of(sent: dict[str, Any]) -> np.ndarray:
    values = np.frombuffer(base64.b64decode(sent["values"]), np.uint8)
    lengths = np.frombuffer(base64.b64decode(sent["lengths"]), "<u4")
    return np.repeat(values, lengths).reshape(sent["h"], sent["w"])


def table(page: AppTest) -> list[list[str]]:
    """The rows of the table of refined scores."""
    (text,) = [element.value for element in page.get("html") if "after the refiner" in element.value]
    return [re.findall(r"<td>([^<]*)</td>", row) for row in text.split("<tr>")[2:]]


@pytest.mark.parametrize(
    ("refine", "threshold"), [("crf:irn@0.3", None), ("crf:psa@6", None), (f"{SHIPPED_WALK}@8", None), ("pamr", 0.3)]
)
def test_the_scores_are_those_of_evaluate_to_the_last_digit(
    open_page: OpenPage, refine: str, threshold: float | None
) -> None:
    page = finished(open_page("compare", example=SCENE, methods="cam", refine=refine))
    classifier = load("scenes-classifier", "cpu")
    report = run_report(
        bind_all(classifier, "scenes-classifier", ["cam"], device="cpu"),
        classifier.classes,
        SCENE,
        tune_on="none",
        threshold=threshold,
        views_name="single",
        each_image=True,
        refiner=refiner(refine),
    )
    (ious,) = report["methods"]["cam"]["per_image"]
    (row,) = table(page)
    assert row == [*(f"{iou:.1f}" for iou in ious), f"{sum(ious) / len(ious):.1f}"]
    assert any(0 < iou < 100 for iou in ious), "something is measured"


def test_before_and_after_stand_side_by_side_and_the_masks_are_the_refiners(open_page: OpenPage) -> None:
    page = finished(open_page("compare", example=SCENE, methods="cam", refine="crf:irn@0.3", layout="wipe"))
    *_, before, after = panels(page)
    assert (before["title"], after["title"]) == ("CAM", "CAM + CRF (IRN)")
    assert after["note"] == "the refiner's iterations, background 0.3"
    assert len(after["steps"]) == 11
    assert (before["unit"], after["unit"]) == ("activation", "refined score")
    assert before["steps"][-1]["mask"] is None
    sample, classifier = Scenes("val")[211], load("scenes-classifier", "cpu")
    maps = bind_all(classifier, "scenes-classifier", ["cam"], device="cpu")["cam"]
    step = next(maps(sample, SINGLE))
    rows = [classifier.classes.index(name) for name in sample.labels or ()]
    steps = list(refiner("crf:irn@0.3").steps(sample.image, step.image_maps(sample.size, rows)))
    sent = viewer_content(page, "compare")
    names = [one["name"] for one in sent["classes"]]
    numbers = np.array([0, *(names.index(name) + 1 for name in sample.labels or ())])
    for k in (0, 4, 10):
        expected = np.concatenate([steps[k].arrays["background"][None], steps[k].maps]).argmax(0)
        assert (labels_of(after["steps"][k]["mask"]) == numbers[expected]).all()
        assert max(after["steps"][k]["maps"]["h"], after["steps"][k]["maps"]["w"]) == refining.SIDE
    assert (labels_of(after["steps"][0]["mask"]) != labels_of(after["steps"][10]["mask"])).any()


def test_with_more_methods_than_have_room_twice_the_refined_ones_stand_alone(open_page: OpenPage) -> None:
    page = finished(open_page("compare", example=SCENE, methods="cam,gain,cs-ae", refine="pamr"))
    assert [panel["title"] for panel in panels(page)][2:] == ["CAM + PAMR", "GAIN + PAMR", "CS-AE + PAMR"]
    assert all(step["mask"] is None for step in panels(page)[2]["steps"]), "the threshold makes PAMR's masks"


def test_the_refiner_and_its_background_are_chosen_and_stand_in_the_address(open_page: OpenPage) -> None:
    page = open_page("compare", example=SCENE, methods="cam")
    page.selectbox(key="compare_refine").set_value("crf:psa").run()
    assert page.query_params["refine"] == "crf:psa"
    page.selectbox(key="compare_background").set_value(8.0).run()
    assert page.query_params["refine"] == "crf:psa@8"
    page.selectbox(key="compare_refine").set_value("").run()
    assert "refine" not in page.query_params
    assert [panel["title"] for panel in panels(page)][2:] == ["CAM"]


@pytest.mark.parametrize("refine", ["crf:deeplab", "crf:irn@7", "<b>", "pamr@x", "psa:/etc/passwd"])
def test_a_refiner_that_is_none_is_noted_and_left_out(open_page: OpenPage, refine: str) -> None:
    page = open_page("compare", example=SCENE, methods="cam", refine=refine)
    assert [caption.value for caption in page.caption if "`refine` in the address is not one of" in caption.value]
    assert "refine" not in page.query_params


def akin_pictures(page: AppTest) -> int:
    return sum("Akin to the pixel in row 33, column 65" in element.value for element in page.get("html"))


def test_a_click_on_a_walks_panel_draws_what_is_akin(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    clicked, drawn_viewer = [3], compare_page.viewer

    def viewer(*arguments: Any, **named: Any) -> Picked:
        drawn_viewer(*arguments, **named)
        return Picked(clicked[0], 4, 6, 0.501, 0.25, "dog")

    monkeypatch.setattr(compare_page, "viewer", viewer)
    page = finished(open_page("compare", example=SCENE, methods="cam", refine=SHIPPED_WALK))
    sample = Scenes("val")[211]
    assert akin_pictures(page) == 1
    shares = refining.akin_to_pixel(sample, SHIPPED_WALK, *refining.pixel_at(0.501, 0.25, sample.size))
    by = refiner(SHIPPED_WALK)
    assert isinstance(by.settings, WalkSettings)
    assert (shares == akin_to(sample.image, by.network, by.settings, 32, 64)).all()
    assert shares[32, 64] > np.median(shares)
    clicked[0] = 2
    assert akin_pictures(page.run()) == 0, "CAM does not walk"


def test_a_walk_of_the_scenes_network_is_for_scenes(open_page: OpenPage) -> None:
    page = finished(open_page("compare", example="photo:cat", methods="cam", refine=SHIPPED_WALK))
    assert panels(page)[-1]["missing"] == refining.ONLY_SCENES
    offered = page.selectbox(key="compare_refine").options
    assert "walk (PSA)" in offered
    page.selectbox(key="compare_refine").set_value("").run()
    assert "walk (PSA)" not in page.selectbox(key="compare_refine").options


def test_a_refiner_can_be_cancelled_between_its_iterations(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: list[int] = []

    def slow(image: np.ndarray, maps: np.ndarray, refine: str) -> Any:
        for k in range(11):
            gone.append(k)
            yield Step(k, np.ones((len(maps), 4, 4), np.float32), np.full(len(maps), np.nan, np.float32))
            pressed.wait(60)

    pressed = threading.Event()
    monkeypatch.setattr(refining, "refining", slow)
    page = open_page("compare", example="scenes:val:212", methods="cam", refine="crf:oc-cse@7")
    assert panels(page)[-1]["steps"], "what has come is drawn"
    page.button(key="cancel").click().run()
    pressed.set()
    assert page.info[0].value.startswith("CAM + CRF (OC-CSE): Cancelled after step 1 of 11")
    assert gone[:1] == [0]
    assert len(gone) < 3


def test_a_refined_name_is_read_back_and_others_are_left() -> None:
    assert methods.refiner_of(methods.refined_name("cs-ae", "crf:irn@0.3")) == "crf:irn@0.3"
    assert methods.title_of("maps:a+b+pamr") == "a+b + PAMR"
    assert [methods.refiner_of(name) for name in ("cam", "maps:a+b", "+pamr")] == ["", "", ""]


def test_a_wide_trace_has_the_maps_and_masks_in_their_classes() -> None:
    mask = np.array([[0, 1, 2]], np.uint8)
    step = Step(0, np.array([[[1.0, 2, 3]], [[4, 5, 6]]], np.float32), np.zeros(2), arrays={"pseudo_mask": mask})
    wide = refining.widened(Trace((step,), "x", ("cow", "sofa")), ("bird", "sofa", "cow"))
    assert wide.maps[:, 0].tolist() == [[0, 0, 0], [4, 5, 6], [1, 2, 3]]
    assert wide.steps[0].arrays["pseudo_mask"].tolist() == [[0, 3, 2]]
