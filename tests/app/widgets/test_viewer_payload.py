"""What the browser gets: small, and the values it stands for."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from tests.app.services.test_comparison import trace_of
from wsss_viz.app.encoded import Ground, picture, run_lengths
from wsss_viz.app.services.samples import sklearn_photograph
from wsss_viz.app.widgets.viewer import Content, Panel, PanelStep, payload
from wsss_viz.app.widgets.viewer.payload import encoded_maps
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import CLASSES, Scenes
from wsss_viz.traces import Step

LABELS = ("cow", "dog")


def image_of(address: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(address.partition("base64,")[2])))


def plain(height: int = 24, width: int = 32) -> Sample:
    return Sample(np.zeros((height, width, 3), np.uint8), CLASSES, None, "s")


@given(hnp.arrays(np.float32, (2, 3, 5), elements=st.floats(-1e4, 1e4, width=32)))
def test_maps_come_back_within_half_a_level_of_their_own_range(maps: np.ndarray) -> None:
    sent = encoded_maps(maps)
    assert (sent["h"], sent["w"]) == (3, 5)
    levels = np.frombuffer(base64.b64decode(sent["levels"]), np.uint8).reshape(maps.shape)
    for plane, low, high, level in zip(maps, sent["low"], sent["high"], levels, strict=True):
        back = low + level / 255 * (high - low)
        span = float(plane.max()) - float(plane.min())
        assert np.abs(back - plane).max() <= span / 510 + 1e-5 * float(np.abs(plane).max())


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 9)), elements=st.sampled_from((0, 1, 7, 255))))
def test_label_images_come_back_as_they_were(labels: np.ndarray) -> None:
    sent = run_lengths(labels)
    values = np.frombuffer(base64.b64decode(sent["values"]), np.uint8)
    lengths = np.frombuffer(base64.b64decode(sent["lengths"]), "<u4")
    assert (np.repeat(values, lengths).reshape(sent["h"], sent["w"]) == labels).all()


def test_a_small_picture_is_sent_as_it_is_and_a_large_one_reduced() -> None:
    small = Scenes("val", size=(40, 60))[0].image
    assert (np.asarray(image_of(picture(small))) == small).all()
    large = np.random.default_rng(0).integers(0, 256, (900, 1200, 3), np.uint8)
    sent = image_of(picture(large))
    assert (sent.format, sent.size) == ("JPEG", (640, 480))


@pytest.mark.parametrize("source", ["photograph", "scene"])
def test_a_full_compare_is_under_400_kilobytes(source: str) -> None:
    sample, ground = (sklearn_photograph("flower"), None) if source == "photograph" else (Scenes("test")[5], None)
    if source == "scene":
        ground = Ground.of(Scenes("test", size=(512, 512))[5])
    cells = (16, 24) if source == "photograph" else (16, 16)
    panels = tuple(Panel.of(trace_of(seed, 11, cells), f"method {seed}") for seed in range(5))
    sent = payload(Content(sample, (Panel("Truth", truth=True), *panels), CLASSES, LABELS, ground))
    assert len(json.dumps(sent)) < 400_000
    assert len(sent["panels"][3]["steps"]) == 11


def test_a_scene_with_more_pixels_is_numbered_by_the_classes_that_are_sent() -> None:
    sample, fine = Scenes("val")[2], Scenes("val", size=(300, 200))[2]
    ground = Ground.of(fine)
    for classes in (CLASSES, CLASSES[::-1]):
        sent = payload(Content(sample, (Panel("Truth", truth=True),), classes, LABELS, ground))
        assert sent["image"] == picture(fine.image) != picture(sample.image)
        assert sent["outlines"]["mask"] == run_lengths(fine.mask)
        assert sent["outlines"]["parts"] == run_lengths(fine.parts)
        assert sent["outlines"]["index"] == [fine.classes.index(one["name"]) + 1 for one in sent["classes"]]
        assert sent["truth"]["mask"] == run_lengths(sample.mask)


def test_where_not_all_maps_fit_those_of_the_labels_the_focus_and_the_highest_scores_are_sent() -> None:
    maps = np.zeros((10, 100, 160), np.float32)
    scores = np.zeros(10, np.float32)
    scores[CLASSES.index("train")] = 5
    content = Content(plain(100, 160), (Panel("m", tuple(PanelStep(maps, scores) for _ in range(2))),), CLASSES, LABELS)
    names = [sent["name"] for sent in payload(content, focus="bus")["classes"]]
    assert names == ["bus", "cow", "dog", "train"]
    sent = payload(content)
    assert [sent["classes"][i]["name"] for i in sent["shown"]] == list(LABELS)
    assert len(sent["panels"][0]["steps"][0]["maps"]["low"]) == len(sent["classes"])
    assert len(sent["panels"][0]["steps"][0]["scores"]) == len(CLASSES)


def test_the_truth_says_which_value_of_the_mask_each_class_has() -> None:
    sample = Scenes("val")[2]
    sent = payload(Content(sample, (Panel.of(trace_of(0), "m"),), CLASSES, sample.labels or ()))
    assert sent["truth"]["index"] == [CLASSES.index(c["name"]) + 1 for c in sent["classes"]]
    assert payload(Content(plain(), (Panel.of(trace_of(0), "m"),), CLASSES, LABELS))["truth"] is None
    assert sent["part_names"] == {"1": "discriminative part", "2": "non-discriminative part"}
    photograph = replace(sample, source="photos:dog")
    sent = payload(Content(photograph, (Panel.of(trace_of(0), "m"),), CLASSES, sample.labels or ()))
    assert sent["part_names"] == {"1": "head", "2": "body"}


def test_an_unmeasured_image_is_enlarged_to_no_more_than_is_seen() -> None:
    content = Content(plain(600, 900), (Panel.of(trace_of(0), "m"),), CLASSES, LABELS)
    assert payload(content)["size"] == [256, 384]
    assert payload(Content(plain(60, 90), content.panels, CLASSES, LABELS))["size"] == [60, 90]
    mask = np.zeros((600, 900), np.uint8)
    mask[:300, :450] = CLASSES.index("cow") + 1
    step = PanelStep(trace_of(0).steps[0].maps, mask=mask)
    (sent,) = payload(Content(plain(600, 900), (Panel("m", (step,)),), CLASSES, LABELS))["panels"][0]["steps"]
    assert (sent["mask"]["h"], sent["mask"]["w"]) == (256, 384), "a finished mask lies on the maps"
    lengths = np.frombuffer(base64.b64decode(sent["mask"]["lengths"]), np.uint32)
    assert lengths[0] == 192


def test_a_step_may_have_its_own_image_and_a_region() -> None:
    erased = np.full((24, 32, 3), 120, np.uint8)
    region = np.zeros((24, 32))
    region[3:9, 4:20] = 0.7

    def show(step: Step) -> PanelStep:
        return PanelStep(step.maps, step.scores, erased, region, f"k = {step.index}")

    sent = payload(Content(plain(), (Panel.of(trace_of(0), "AE", show=show),), CLASSES, LABELS))
    (step, *_) = sent["panels"][0]["steps"]
    assert (np.asarray(image_of(step["image"])) == erased).all()
    assert step["note"] == "k = 0"
    lengths = np.frombuffer(base64.b64decode(step["region"]["lengths"]), "<u4")
    values = np.frombuffer(base64.b64decode(step["region"]["values"]), np.uint8)
    assert (np.repeat(values, lengths).reshape(24, 32) == (region > 0.5)).all()


def test_what_is_not_a_number_is_null() -> None:
    content = Content(plain(), (Panel("m", (PanelStep(np.zeros((10, 2, 2)), np.full(10, np.nan)),)),), CLASSES, LABELS)
    sent = payload(content)
    assert sent["panels"][0]["steps"][0]["scores"] == [None] * 10
    json.dumps(sent, allow_nan=False)


def test_the_digest_is_the_contents() -> None:
    one, same, other = (
        payload(Content(plain(), (Panel.of(trace_of(seed), "m"),), CLASSES, LABELS))["digest"] for seed in (0, 0, 1)
    )
    assert one == same
    assert one != other


@pytest.mark.parametrize(
    ("panels", "shown", "cause"),
    [
        ((), LABELS, "1 to 6 panels"),
        ((Panel("m"),) * 7, LABELS, "1 to 6 panels"),
        ((Panel("m"),), (), "one or more of the classes"),
        ((Panel("m"),), ("unicorn",), "unicorn"),
        ((Panel("m", (PanelStep(np.zeros((3, 2, 2))),)),), LABELS, "want (10, h, w)"),
    ],
)
def test_content_that_makes_no_sense_is_refused(panels: tuple[Panel, ...], shown: tuple[str, ...], cause: str) -> None:
    with pytest.raises(ValueError, match=re.escape(cause)):
        Content(plain(), panels, CLASSES, shown)


def test_a_finished_mask_and_maps_of_some_classes_are_by_the_sent_classes() -> None:
    mask = np.array([[0, CLASSES.index("dog") + 1, CLASSES.index("cow") + 1]] * 2, np.uint8)
    rows = (CLASSES.index("dog"), CLASSES.index("cow"))
    step = PanelStep(np.array([[[1.0, 2.0]], [[3.0, 4.0]]], np.float32), rows=rows, mask=mask)
    content = Content(plain(2, 3), (Panel("m", (step,)),), CLASSES, LABELS)
    sent = payload(content)
    names = [one["name"] for one in sent["classes"]]
    (shown,) = sent["panels"][0]["steps"]
    assert [(names[row], high) for row, high in zip(shown["maps"]["rows"], shown["maps"]["high"], strict=True)] == [
        ("cow", 4.0),
        ("dog", 2.0),
    ]
    values = np.frombuffer(base64.b64decode(shown["mask"]["values"]), np.uint8)
    assert values[:3].tolist() == [0, names.index("dog") + 1, names.index("cow") + 1]
    assert shown["mask"]["h"] == 2
