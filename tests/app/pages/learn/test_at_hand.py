"""The lecture on a workspace's image: computed where it is not stored, measured where it can be."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.app.conftest import OpenPage, viewer_content
from tests.app.workspace_files import NAME, serve, write_workspace
from wsss_viz.app.pages.learn import at_hand
from wsss_viz.app.pages.learn.steps import adversarial_erasing as erasing
from wsss_viz.app.pages.learn.steps import pipeline_on_image, tunings, two_animals
from wsss_viz.app.pages.learn.syllabus import SYLLABUS
from wsss_viz.app.services import refining
from wsss_viz.app.services.jobs.manager import CANCELLED, Snapshot
from wsss_viz.app.state import ViewState
from wsss_viz.app.workspace import Workspace
from wsss_viz.data.sample import IGNORE, Sample
from wsss_viz.data.scenes import CLASSES, Scenes
from wsss_viz.data.sources import open as open_data
from wsss_viz.evaluation.seeds import ImageScores
from wsss_viz.methods import ae, cam
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.methods.settings import ErasingSettings
from wsss_viz.models import load
from wsss_viz.refinement import refiner

RIB_STEP, SOFA_STEP = (1 + [topic.module for topic in SYLLABUS].index(name) for name in ("last_sigmoid", "sofa"))
BARE = "bare"
"""A workspace of pictures that have neither labels nor masks."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Workspace]:
    folder = tmp_path_factory.mktemp("lecture")
    pictures = folder / "pictures"
    pictures.mkdir()
    for index in (7, 129):
        Image.fromarray(Scenes("test", size=(90, 122))[index].image).save(pictures / f"{index:03d}.png")
    network = {"scenes": "scenes-classifier"}
    return write_workspace(folder), Workspace(BARE, f"folder:{pictures}", network)


@pytest.fixture
def served(made: tuple[Workspace, Workspace], monkeypatch: pytest.MonkeyPatch) -> tuple[Workspace, Workspace]:
    serve(monkeypatch, *made)
    return made


def computed(page: AppTest) -> AppTest:
    """The page once its jobs have ended."""
    for _ in range(200):
        assert not page.exception
        if not page.get("progress"):
            return page
        page.run()
    raise AssertionError("the job does not end")


def said(page: AppTest) -> str:
    return " ".join(str(element.value) for kind in (page.html, page.markdown, page.caption) for element in kind)


def test_the_class_map_is_that_of_the_workspaces_image_and_adds_up(
    open_page: OpenPage, served: tuple[Workspace, Workspace]
) -> None:
    page = computed(open_page("learn", step="3", answered="1", example=f"workspace:{NAME}:0"))
    content = viewer_content(page, "learn_sum")
    sample = open_data(served[0].data)[0]
    (label,) = sample.labels or ()
    assert [entry["name"] for entry in content["classes"]] == [label]
    classifier = load("scenes-classifier", "cpu")
    (step,) = cam(classifier, replace(sample, classes=classifier.classes, mask=None), [label])
    row = classifier.classes.index(label)
    assert content["panels"][1]["steps"][0]["scores"] == pytest.approx([float(step.scores[row])], rel=1e-4)
    highest = f"{float(step.maps[row].max()):+.2f}"
    assert f"<td>{highest}</td></tr>" in said(page), "the sum at the highest cell is the map's value"
    assert "looked at by scenes" in said(page)


def test_erasing_on_a_workspaces_image_is_that_of_the_method_and_scored_by_its_mask(
    open_page: OpenPage, served: tuple[Workspace, Workspace]
) -> None:
    page = computed(open_page("learn", step="5", answered="1", example=f"workspace:{NAME}:0"))
    panels = viewer_content(page, "learn_erasing")["panels"]
    assert [panel["title"] for panel in panels] == ["What is left", "Current map", "Ground truth"]
    sample = open_data(served[0].data)[0]
    (label,) = sample.labels or ()
    steps = list(ae(load("scenes-classifier", "cpu"), replace(sample, classes=CLASSES, mask=None), [label],
                    settings=ErasingSettings(steps=3)))  # fmt: skip
    row = load("scenes-classifier", "cpu").classes.index(label)
    logits = [float(step.arrays["all_scores"][0][row]) for step in steps]
    assert [step["scores"][0] for step in panels[1]["steps"]] == pytest.approx(logits, rel=1e-4)
    assert f"on {label}" in said(page)
    (title,) = [element.value for element in page.title]
    assert label in title


def test_without_a_mask_nothing_is_scored_and_the_step_says_so(open_page: OpenPage, served: object) -> None:
    page = computed(open_page("learn", step="5", answered="1", example=f"workspace:{BARE}:1"))
    panels = viewer_content(page, "learn_erasing")["panels"]
    assert [panel["title"] for panel in panels] == ["What is left", "Current map"]
    (table,) = [element.value for element in page.html if '<table class="wv-step">' in str(element.value)]
    assert re.findall("<th>([^<]*)</th>", table.partition("</thead>")[0]) == [
        "erasing", "before", "after", "erased, of the image",
    ]  # fmt: skip
    assert "no mask of the class" in said(page)
    page = open_page("learn", step="1", example=f"workspace:{BARE}:1", answered="1")
    assert "Nobody has drawn a mask" in said(page)
    assert "Nobody has labelled this image" in said(page)


def test_rib_and_its_control_on_a_workspaces_image_are_scored_by_its_mask(
    open_page: OpenPage, served: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run in tunings.RUNS:
        quick = (*METHODS[run].quick, ("steps", 2), ("companions", 1))
        monkeypatch.setitem(METHODS, run, replace(METHODS[run], quick=quick))
    state = ViewState(step=RIB_STEP, example=f"workspace:{NAME}:0")
    page = computed(open_page("learn", answered="1", **state.to_query()))
    panels = viewer_content(page, "learn_sigmoid")["panels"]
    assert [panel["title"] for panel in panels] == ["CAM, the start", "RIB", "Control: sigmoid kept", "Ground truth"]
    assert len(panels[1]["steps"]) == len(panels[2]["steps"]) == 3
    (table,) = [one.value for one in page.html if str(one.value).startswith('<table class="wv-step"')]
    assert re.findall("<th>([^<]*)</th>", table.partition("</thead>")[0])[3:] == ["recall", "IoU"]
    runs = tunings.tuned(at_hand.image(state))
    assert page.title[0].value == tunings.claim(runs)
    mask = tunings.claimed(runs.traces["rib"], 0, runs.sample, runs.name)
    there = runs.sample.class_mask(runs.name)
    assert runs.start is not None
    assert runs.start.iou == pytest.approx((mask & there).sum() / (mask | there).sum())


@pytest.mark.parametrize(
    ("rib", "control", "words"),
    [(0.7, 0.3, "takes in more of the cow: 20"), (0.7, 0.65, "with the sigmoid as well"), (0.25, 0.2, "hardly more")],
)
def test_without_parts_the_claim_on_the_sigmoid_is_of_the_object(rib: float, control: float, words: str) -> None:
    nan = float("nan")
    start, *ends = (ImageScores(0.5, 0.5, recall, nan, nan) for recall in (0.2, rib, control))
    runs = tunings.Tuned(small(None), "cow", {}, start, dict(zip(tunings.RUNS, ends, strict=True)))
    assert words in tunings.claim(runs)


def test_without_a_mask_the_claim_on_the_sigmoid_is_of_what_the_map_covers() -> None:
    claim = tunings.claim(tunings.Tuned(small(None), "cow", {}, None, {}, (0.12, 0.34, 0.23)))
    assert re.findall(r"\d+", claim) == ["34", "23", "12"]
    assert "of the image" in claim


def test_the_pipeline_on_a_workspaces_image_ends_at_its_refined_mask(open_page: OpenPage, served: object) -> None:
    for example, truth in ((f"workspace:{NAME}:0", True), (f"workspace:{BARE}:1", False)):
        state = ViewState(step=2, example=example)
        page = computed(open_page("learn", answered="1", **state.to_query()))
        panels = {panel["title"]: panel for panel in viewer_content(page, "learn_pipeline")["panels"]}
        assert ("Ground truth" in panels) is truth
        assert "Segmentation network" not in panels
        (step,) = panels["Pseudo mask"]["steps"]
        assert step["mask"]
        at = at_hand.image(state)
        assert f"Class map of {at.name}" in panels
        note = panels["Pseudo mask"]["note"]
        assert note.endswith("by a dense CRF")
        assert note.startswith("IoU 0.") is truth, "nothing is scored where there is no mask"
    trace = at.trace("cam")
    rows = [trace.classes.index(name) for name in at.sample.labels or ()]
    maps = trace.steps[-1].image_maps(at.sample.size, rows, state.align)
    *_, last = refiner("crf:irn@0.3").steps(at.sample.image, maps)
    mask = refining.stored_step(last).arrays[refining.MASK]
    numbered = pipeline_on_image.renumbered(refining.stored_step(last), (at.name,), trace.classes)
    assert set(np.unique(numbered)) <= {0, rows[0] + 1}
    assert ((numbered > 0) == (mask > 0)).all()


def test_an_iou_is_of_the_labels_that_the_mask_has() -> None:
    mask = np.zeros((3, 5), np.uint8)
    mask[0] = 1
    assert pipeline_on_image.scored(mask, small(mask)) == 1.0, "the cow is nowhere, which is no fault of its mask"
    assert pipeline_on_image.scored(mask, small(None)) is None
    assert pipeline_on_image.scored(mask, small(np.zeros_like(mask))) is None


def test_one_class_is_erased_beside_another_where_a_workspaces_image_has_two(
    open_page: OpenPage, served: tuple[Workspace, Workspace]
) -> None:
    labels = [sample.labels or () for sample in open_data(served[0].data)]
    two = next(index for index, names in enumerate(labels) if len(names) > 1)
    state = ViewState(step=SOFA_STEP, example=f"workspace:{NAME}:{two}")
    page = computed(open_page("learn", answered="1", **state.to_query()))
    panels = viewer_content(page, "learn_beside")["panels"]
    pair = two_animals.pair_on(at_hand.image(state))
    assert {pair.erased, pair.other} <= set(labels[two])
    assert panels[0]["title"] == f"The {pair.erased} erased"
    assert page.title[0].value == two_animals.claim(pair)
    swapped = two_animals.pair_on(at_hand.image(replace(state, focus=pair.other)))
    assert (swapped.erased, swapped.other) == (pair.other, pair.erased)
    assert swapped.specific[0].tolist() == pytest.approx(pair.specific[0][::-1].tolist(), rel=1e-4)
    assert swapped.specific[1, 0] < swapped.specific[0, 0], "the class that is erased loses"
    one = next(index for index, names in enumerate(labels) if len(names) == 1)
    page = open_page("learn", answered="1", step=str(SOFA_STEP), example=f"workspace:{NAME}:{one}")
    assert "it needs an image of two labels" in said(page)


def test_of_an_image_that_nobody_has_labelled_the_class_is_chosen(open_page: OpenPage, served: object) -> None:
    page = computed(open_page("learn", step="3", answered="1", example=f"workspace:{BARE}:1"))
    (choice,) = [one for one in page.selectbox if one.label == "Class"]
    other = next(name for name in choice.options if name != choice.value)
    page = computed(choice.set_value(other).run())
    assert page.query_params["class"] == other
    assert [entry["name"] for entry in viewer_content(page, "learn_sum")["classes"]] == [other]


def test_a_step_that_is_of_the_lectures_photographs_alone_says_why_and_leads_to_ones_own(
    open_page: OpenPage, served: object
) -> None:
    page = open_page("learn", step="4", example=f"workspace:{NAME}:0")
    assert not page.exception
    assert "which the lecture's photographs alone have" in said(page)
    links = [link.proto for link in page.get("page_link") if link.proto.label.startswith("This step on your own")]
    assert [link.page for link in links] == ["compare"]
    assert "workspace%3Amine%3A0" in links[0].query_string


def test_another_image_of_the_workspace_is_chosen_on_the_step(open_page: OpenPage, served: object) -> None:
    page = computed(open_page("learn", step="3", answered="1", example=f"workspace:{NAME}:0"))
    page.number_input(key="learn_image").set_value(2).run()
    page = computed(page)
    assert page.query_params["example"] == f"workspace:{NAME}:2"
    sample = at_hand.image(ViewState(example=f"workspace:{NAME}:2"))
    assert [entry["name"] for entry in viewer_content(page, "learn_sum")["classes"]] == [sample.name]
    page.button_group(key="learn_kind").set_value("photos").run()
    assert "example" not in page.query_params, "the first photograph"
    assert "computed here" not in said(page)


def small(mask: np.ndarray | None) -> Sample:
    return Sample(np.zeros((3, 5, 3), np.uint8), ("cat", "cow"), ("cat", "cow"), "small", mask)


def test_a_step_that_was_cancelled_still_asks_and_offers_to_compute_it_again(
    open_page: OpenPage, served: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_hand, "reach", lambda *_: Snapshot(CANCELLED, (), 4, 0, 0.0, None, ""))
    page = open_page("learn", step="5", answered="1", example=f"workspace:{NAME}:0")
    assert not page.exception
    assert [title.value for title in page.title] == [SYLLABUS[4].asks], "nothing is claimed that was not computed"
    assert [button.label for button in page.button if "again" in button.label] == ["Compute it again"]
    assert page.number_input(key="learn_image").value == 0, "another image can be taken"


def test_pixels_to_be_ignored_count_neither_for_an_object_nor_for_the_background() -> None:
    mask = np.zeros((3, 5), np.uint8)
    mask[0, :2], mask[0, 2], mask[0, 3] = 1, 2, IGNORE
    sample = small(mask)
    region = np.zeros((3, 5), bool)
    region[0] = True
    assert erasing._on(region, sample, "cat") == (0.5, 0.25)
    assert np.isnan(erasing._on(region, replace(sample, mask=None), "cat")).all()


@pytest.mark.parametrize(
    ("logits", "words"),
    [
        (((4.0, 1.0), (1.0, 0.2)), "the score of the cat is low after one erasing"),
        (((4.0, 3.5), (3.5, 3.0)), "after two erasings the classifier still sees the cat"),
        (((-1.0, -2.0),), "does not see the cat to begin with"),
    ],
)
def test_without_a_mask_the_claim_on_erasing_is_of_its_scores(
    logits: tuple[tuple[float, float], ...], words: str
) -> None:
    nan = float("nan")
    whole = max(logits[0][0], 1e-6)
    results = tuple(erasing.Erasing(a / whole, b / whole, 0.1, nan, nan, (a, b)) for a, b in logits)
    assert words in erasing.claim(results, "cat")


def test_paper_shows_the_lectures_own_example(served: object) -> None:
    state = at_hand.shipped(ViewState(step=5, example=f"workspace:{NAME}:0", source="own"))
    assert at_hand.image(state).shipped
    assert at_hand.image(state).sample.source == "photos:dog"
