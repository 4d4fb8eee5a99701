"""The page Erasing in every mode, without a browser, and what it is made of."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.app.conftest import OpenPage, viewer_data
from tests.app.pages.test_pages import assert_well, text
from wsss_viz.app import methods
from wsss_viz.app.pages.erasing import averages, exports, filmstrip
from wsss_viz.app.pages.erasing import sources as erasing_sources
from wsss_viz.app.pages.erasing.curves import scores_chart
from wsss_viz.app.services import checkpoints, samples
from wsss_viz.app.services.models import builtin
from wsss_viz.app.services.steps import _FRAMES, MODES, Frame, frames
from wsss_viz.app.state import ViewState
from wsss_viz.app.state import erasing as states
from wsss_viz.app.state.erasing import MODES as MODE_NAMES
from wsss_viz.app.widgets.chart import plotly_figure
from wsss_viz.data.scenes import CLASSES
from wsss_viz.evaluation.erasing_experiment import SWEPT, THRESHOLDS, observe
from wsss_viz.evaluation.erasing_steps import erasing_steps
from wsss_viz.figures.chart import Line
from wsss_viz.methods.availability import why_not
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.methods.settings import MASKS, ErasingSettings
from wsss_viz.models.manifest import checkpoints_folder
from wsss_viz.showcase.building import build_showcase
from wsss_viz.showcase.photographs import photographs_path
from wsss_viz.traces import Step, Trace

SCENE = "scenes:test:129"
COMPUTED = ("ae", "cs-ae-single", "rib", "rib-bce", "experiment")


def finished(page: AppTest) -> AppTest:
    """The page once its job has ended: what a browser's polling brings about."""
    for _ in range(100):
        if not any(button.key == "cancel" for button in page.button):
            return page
        page = page.run()
    raise AssertionError("the job does not end")


def facts(page: AppTest) -> dict[str, str]:
    found = re.findall(r"<tr><th>([^<]+)</th><td>([^<]*)</td></tr>", text(page))
    return {name: value.replace("\N{NO-BREAK SPACE}", " ") for name, value in found}


def test_of_a_network_that_was_trained_with_a_softmax_no_probability_is_shown(open_page: OpenPage) -> None:
    for example, sigmoids in (("photos:dog", False), (SCENE, True)):
        page = open_page("erasing", example=example)
        assert_well(page)
        assert viewer_data(page, "erasing")["content"]["sigmoids"] is sigmoids
        assert any(name.startswith("probability") for name in facts(page)) is sigmoids


def test_modes_and_defaults_are_those_of_the_library() -> None:
    assert set(MODES) == set(MODE_NAMES)
    assert {mode.method for mode in MODES.values()} - {""} == {name for name, method in METHODS.items() if method.group}
    assert {method.shows for method in METHODS.values()} <= set(_FRAMES)
    chosen, library = ViewState(), ErasingSettings()
    assert chosen.mask == library.mask
    assert set(states.MASK_KINDS) <= set(MASKS)
    assert chosen.erase_at == library.threshold == library.sigma
    assert (chosen.erased == "all") == library.agnostic
    assert chosen.stop_below == library.stop_probability
    assert chosen.stop_area == library.stop_area
    assert states.ERASURES == SWEPT
    assert len(THRESHOLDS) == erasing_sources.THRESHOLD_COUNT


def test_every_frame_of_cs_ae_is_called_by_its_own_step() -> None:
    sample = samples.scene(SCENE)
    labels = sample.labels or ()
    view = ViewState(mode="cs-ae")
    trace = erasing_sources.stored(view, sample, {}, builtin(sample))
    assert trace is not None
    assert [frame.name for frame in frames("cs-ae", trace, labels[0])] == [f"r = {name}" for name in labels]
    assert [frame.name for frame in frames("cs-ae-single", trace, labels[0])] == ["k = 0", "k = 1"]


def test_the_lead_is_true_of_the_mode(open_page: OpenPage) -> None:
    for mode, words in (("ae", "stays as it is"), ("ae-rounds", "train a new"), ("rib-bce", "sigmoid kept")):
        page = open_page("erasing", mode=mode)
        assert len([block.value for block in page.markdown if words in block.value]) == 1


@pytest.mark.parametrize("mode", COMPUTED)
def test_a_mode_opens_and_shows_its_last_step(open_page: OpenPage, mode: str) -> None:
    page = finished(open_page("erasing", mode=mode))
    assert_well(page)
    assert page.title[0].value == "Erasing"
    assert any("steps, " in element.value for element in page.html)
    assert "logit" in " ".join(facts(page)) or "sampled class r" in facts(page)
    assert page.query_params == ({} if mode == "ae" else {"mode": mode})


@pytest.mark.parametrize("mode", MODE_NAMES)
def test_bad_parameters_fall_back_with_one_quiet_note_each(open_page: OpenPage, mode: str) -> None:
    bad = {"mask": "<b>", "steps": "-1", "erase-at": "2", "erased": "none", "stop-area": "x", "erasure": "../etc"}
    page = finished(open_page("erasing", mode=mode, k="minus one", **bad))
    assert_well(page)
    notes = [caption.value for caption in page.caption if "in the address is not" in caption.value]
    assert len(notes) == len(bad) + 1
    assert not any("etc" in note or "<b>" in note for note in notes)
    assert page.query_params == ({} if mode == "ae" else {"mode": mode})


def test_an_unknown_mode_is_adversarial_erasing(open_page: OpenPage) -> None:
    page = finished(open_page("erasing", mode="dreaming", k="999", steps="2"))
    assert_well(page)
    assert "k = 2" in text(page)


def test_without_its_networks_a_mode_says_how_to_train_them(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(methods, "why_not", lambda name, _: why_not(name, CLASSES))
    for mode, command in (("ae-rounds", "train ae"), ("cs-ae-epochs", "train cse"), ("cs-ae", "train cse")):
        page = open_page("erasing", mode=mode, example=SCENE)
        assert_well(page)
        assert [info.value for info in page.info if f"python -m wsss_viz {command}" in info.value]


def test_a_mode_whose_networks_are_the_drawn_scenes_says_so_of_a_photograph(open_page: OpenPage) -> None:
    for mode, title in (("ae-rounds", "AE (retrained)"), ("cs-ae", "CS-AE")):
        page = open_page("erasing", mode=mode, example="photos:dog")
        assert_well(page)
        (said,) = [info.value for info in page.info]
        assert said.startswith(f"{title}: ")
        assert "Take a drawn scene" in said
        assert "--network" not in said
        page = finished(page.button(key="on_a_scene").click().run())
        assert_well(page)
        assert not page.info
        assert page.query_params["example"].startswith("scenes:")
        assert page.query_params["mode"] == mode


def test_the_step_of_the_address_is_the_one_that_is_shown(open_page: OpenPage) -> None:
    first = finished(open_page("erasing", example=SCENE, k="0", **{"class": "cat"}))
    later = finished(open_page("erasing", example=SCENE, k="2", **{"class": "cat"}))
    assert facts(first)["erased so far"] == "0 %"
    assert int(facts(later)["erased so far"].split()[0]) > 2
    drop = [float(facts(page)["probability of cat"]) for page in (first, later)]
    assert drop[0] - drop[1] > 0.4, "without its head the cat is gone for the classifier"


def test_a_picture_of_ones_own_is_stepped_through_without_a_ground_truth(open_page: OpenPage) -> None:
    page = finished(open_page("erasing", source="own", photograph="china", steps="1", **{"class": "boathouse"}))
    assert_well(page)
    assert "AE (frozen): boathouse" in text(page)
    assert "computed now" in text(page)
    panels = viewer_data(page, "erasing")["content"]["panels"]
    assert [panel["title"] for panel in panels] == ["What is left", "Current map", "Combined map"]
    assert not [number for number in page.number_input if number.label == "Number"], "no scene to be picked"
    page.segmented_control(key="erasing_kind").set_value("photos").run()
    assert "Ground truth" in [panel["title"] for panel in viewer_data(page, "erasing")["content"]["panels"]]


def test_without_a_class_the_one_with_the_top_score_is_stepped_through(open_page: OpenPage) -> None:
    page = finished(open_page("erasing", source="own", photograph="flower", mode="ae", steps="1"))
    first = samples.guesses(samples.sklearn_photograph("flower")).names[0]
    assert f"AE (frozen): {first}" in text(page)


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ({"mode": "ae"}, "Drop a picture"),
        ({"mode": "experiment", "photograph": "china"}, "a picture of your own has not"),
        ({"mode": "cs-ae-epochs", "photograph": "china"}, "take a drawn scene"),
    ],
)
def test_where_nothing_can_be_stepped_through_the_remedy_is_named(
    open_page: OpenPage, query: dict[str, str], line: str
) -> None:
    page = open_page("erasing", source="own", **query)
    assert_well(page)
    (info,) = [info.value for info in page.info if line in info.value]
    assert "\n" not in info


def test_options_reach_the_method(open_page: OpenPage) -> None:
    page = finished(open_page("erasing", example=SCENE, steps="5", mask="soft", **{"erase-at": "0.2", "erased": "all"}))
    assert_well(page)
    assert re.search(r"\d steps, computed now", text(page))
    sample, state = samples.scene(SCENE), ViewState(steps=5, mask="soft", erase_at=0.2, erased="all", stop_area=0.4)
    assert erasing_sources.options(state, sample, "cat", builtin(sample)) == {
        "steps": 5,
        "mask": "soft",
        "sigma": 0.2,
        "agnostic": True,
        "stop_area": 0.4,
    }
    assert erasing_sources.options(ViewState(), sample, "cat", builtin(sample)) == {}
    assert erasing_sources.options(ViewState(), sample, "boat", builtin(sample)) == {
        "classes": ("boat", *(sample.labels or ()))
    }


def test_a_late_none_of_a_control_changes_nothing(open_page: OpenPage) -> None:
    page = finished(open_page("erasing", mode="rib"))
    page.segmented_control(key="erasing_group").set_value(None).run()
    assert_well(page)
    assert page.query_params == {"mode": "rib"}


def test_two_sessions_with_different_images_see_their_own(open_page: OpenPage) -> None:
    pages = [finished(open_page("erasing", example=f"scenes:test:{i}", mode="rib")) for i in (9, 21)]
    again = finished(open_page("erasing", example="scenes:test:9", mode="rib"))
    assert facts(pages[0]) != facts(pages[1])
    assert facts(again) == facts(pages[0])


def test_what_was_precomputed_is_taken_and_said(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cold_caches: None
) -> None:
    photographs = photographs_path()
    for file in checkpoints_folder().iterdir():
        if file.is_file():
            (tmp_path / file.name).symlink_to(file)
    monkeypatch.setattr("wsss_viz.showcase.building.available", lambda _: ("cam", "ae"))
    monkeypatch.setenv("WSSS_VIZ_CHECKPOINTS", str(tmp_path))
    build_showcase(tmp_path / "showcase" / "traces.zip", scenes=(SCENE,), experiment_count=2)
    (tmp_path / "showcase" / photographs.name).symlink_to(photographs)
    monkeypatch.setattr("wsss_viz.app.services.traces.steps_of", lambda *_, **__: pytest.fail("it was computed"))
    page = open_page("erasing", example=SCENE)
    assert_well(page)
    assert "4 steps, precomputed" in text(page)
    monkeypatch.undo()
    monkeypatch.setenv("WSSS_VIZ_CHECKPOINTS", str(tmp_path))
    page = finished(open_page("erasing", mode="experiment", example=SCENE))
    assert_well(page)
    assert any("Over 2 drawn scenes" in subheader.value for subheader in page.header)
    assert "the whole true object" in text(page)


def test_a_job_that_fails_is_one_line_and_can_be_asked_again(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, cold_caches: None
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("wsss_viz.app.services.traces.steps_of", fails)
    page = finished(open_page("erasing", mode="rib", steps="2"))
    assert not page.exception
    assert [error.value for error in page.error if "does not suffice" in error.value]
    monkeypatch.undo()
    page = finished(page.button(key="again").click().run())
    assert_well(page)
    assert "3 steps" in text(page)


def test_the_looks_are_those_the_experiment_measures() -> None:
    classifier, sample = checkpoints.classifier(), samples.scene(SCENE)
    measured = [one for one in observe(classifier, sample, "cat") if one.kind == "class"]
    for one, step in zip(measured, erasing_steps(classifier, sample, "cat"), strict=True):
        assert step.terms["theta"] == one.threshold
        assert step.terms["area"] == pytest.approx(one.area)
        assert step.scores[sample.classes.index("cat")] == pytest.approx(one.score, abs=1e-4)


def plain_frames(count: int) -> list[Frame]:
    rng = np.random.default_rng(0)
    return [
        Frame(f"k = {k}", rng.normal(size=(4, 6)).astype(np.float32), rng.normal(size=3).astype(np.float32), ())
        for k in range(count)
    ]


def test_a_frame_of_erasing_is_of_its_own_class() -> None:
    step = Step(
        1,
        np.arange(12, dtype=np.float32).reshape(3, 2, 2),
        np.zeros(3, dtype=np.float32),
        (0, 2),
        arrays={
            "looks": np.stack([np.full((2, 2), v, dtype=np.float32) for v in (5, 7)]),
            "all_images": np.stack([np.full((4, 4, 3), v, dtype=np.uint8) for v in (50, 70)]),
            "all_masks": np.stack([np.full((4, 4), v, dtype=np.float32) for v in (0.25, 0.5)]),
            "all_erased": np.stack([np.full((4, 4), v, dtype=np.float32) for v in (0.5, 0.75)]),
            "all_scores": np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32),
        },
    )
    (frame,) = frames("ae", Trace((step,), classes=("a", "b", "c")), "c")
    assert frame.seen is not None
    assert (frame.class_map == 7).all()
    assert (frame.seen == 70).all()
    assert frame.scores.tolist() == [4, 5, 6]
    assert dict(frame.facts)["erased so far"].startswith("75")
    assert (frame.union == step.maps[2]).all()


def test_the_filmstrip_shares_its_scale_where_it_is_asked_to() -> None:
    shown = plain_frames(3)
    size = (40, 60)
    own, shared = filmstrip.values(shown, "relu_max", size), filmstrip.values(shown, "shared", size)
    assert own.max(axis=(1, 2)) == pytest.approx(1, abs=1e-3)
    assert shared.max() == pytest.approx(1, abs=1e-3)
    assert shared.max(axis=(1, 2)).min() < 0.99
    summed = [replace(frame, union=4 * frame.class_map) for frame in shown]
    assert filmstrip.values(summed, "shared", size).max() == pytest.approx(0.25, abs=1e-3), "as bright as in the viewer"
    raw = filmstrip.values(summed, "raw", size)
    assert 0 <= raw.min() < raw.max() < 1
    image = np.zeros((40, 60, 3), dtype=np.uint8)
    drawn = filmstrip.pictures(shown, image, ViewState())
    assert {picture.shape for picture in drawn} == {(round(filmstrip.SIDE * 40 / 60), filmstrip.SIDE, 3)}


def test_exports_hold_every_step_and_are_the_same_twice() -> None:
    shown = plain_frames(3)
    drawn = filmstrip.pictures(shown, np.full((40, 60, 3), 90, dtype=np.uint8), ViewState())
    for kind, start in (("png", b"\x89PNG"), ("pdf", b"%PDF")):
        made = [exports.figure_bytes(shown, drawn, "AE: cat", kind) for _ in range(2)]
        assert made[0].startswith(start)
        assert made[0] == made[1]
    film = Image.open(io.BytesIO(exports.gif_bytes(drawn)))
    assert getattr(film, "n_frames", 1) == 3
    assert film.size == (drawn[0].shape[1], drawn[0].shape[0])
    rows = list(csv.DictReader(io.StringIO(exports.scores_csv(shown, ("a", "b", "c")))))
    assert len(rows) == 9
    assert float(rows[4]["logit"]) == pytest.approx(float(shown[1].scores[1]), rel=1e-5)
    assert "credit" not in rows[0]
    credited = exports.scores_csv(shown, ("a", "b", "c"), "dog: Ann, CC0")
    assert {row["credit"] for row in csv.DictReader(io.StringIO(credited))} == {"dog: Ann, CC0"}
    assert Image.open(io.BytesIO(exports.gif_bytes(drawn, "dog: Ann, CC0"))).info["comment"] == b"dog: Ann, CC0"
    signed = (np.asarray(Image.open(io.BytesIO(exports.figure_bytes(shown, drawn, "AE", "png", c)))) for c in ("", "x"))
    without, under = signed
    assert (without != under).any(), "its line stands under the row"


def test_the_curves_have_a_line_a_class_and_mark_the_step() -> None:
    shown = plain_frames(4)
    drawn = plotly_figure(scores_chart(shown, ("a", "b", "c"), ("b",), "c", 2))
    assert [line.name for line in drawn.data] == ["others", "b", "c"]
    assert drawn.data[2].y[1] == pytest.approx(float(shown[1].scores[2]))
    sizes = drawn.data[2].marker.size
    assert sizes[2] == max(sizes) > sizes[0]
    assert drawn.layout.shapes[0].x0 == 2


def test_the_averages_are_drawn_for_every_measure() -> None:
    assert set(averages.KINDS) == set(SWEPT)
    row = dict.fromkeys(averages.MEASURES, 0.5)
    interval = {measure: [0.4, 0.6] for measure in averages.MEASURES}
    rows = [{"kind": kind, "threshold": t, "interval": interval, **row} for kind in SWEPT for t in (1.0, 0.5)]
    for measure in averages.MEASURES:
        marks = averages.averages_chart(rows, measure).panels[0].marks
        assert [mark.name for mark in marks if isinstance(mark, Line)] == [name for name, *_ in averages.KINDS.values()]
    fixed = [{"kind": kind, "threshold": None, **row, "recall_of_remainder": None} for kind in averages.FIXED]
    assert averages.control_table([*rows, *fixed]).count("<tr>") == 2 + len(averages.FIXED)
