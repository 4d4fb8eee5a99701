"""What is taken away from a view."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
from PIL import Image

from tests.app.services.test_comparison import trace_of
from wsss_viz.app.services.comparison import Compared, compare
from wsss_viz.app.services.downloads import (
    COLUMNS,
    _about,
    annotations_json,
    maps_npz,
    overlays_png,
    scores_csv,
    scores_json,
)
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.rendering import enlarge
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import CLASSES, Scenes

NAMES = ("cow", "dog")


def parts(**view: object) -> tuple[Sample, tuple[Compared, ...], ViewState]:
    sample = Scenes("val", size=(96, 128))[2]
    state = ViewState(threshold=0.4, **view)
    return sample, compare({"cam": trace_of(0, 1), "cs-ae": trace_of(1)}, sample, CLASSES, NAMES, state), state


def test_the_png_has_the_image_once_and_once_for_each_method() -> None:
    sample, compared, state = parts(opacity=0.0)
    plain = Sample(sample.image, CLASSES, None, "s")
    picture = np.asarray(Image.open(io.BytesIO(overlays_png(plain, compared, NAMES, state))))
    assert (picture == np.tile(enlarge(sample.image), (1, 3, 1))).all(), "at no opacity every panel is the image"


def test_the_png_shows_the_class_that_is_looked_at() -> None:
    sample, compared, state = parts()
    _, _, other = parts(focus="dog")
    assert overlays_png(sample, compared, NAMES, state) != overlays_png(sample, compared, NAMES, other)


def test_the_npz_holds_raw_maps_shown_values_and_how_they_came_about() -> None:
    sample, compared, state = parts(k=1)
    with np.load(io.BytesIO(maps_npz(sample, compared, CLASSES, NAMES, state)), allow_pickle=False) as archive:
        assert (archive["cs_ae_maps"] == compared[1].step.maps).all()
        assert (archive["cam_mask"] == compared[0].mask).all()
        assert archive["cam_values"].shape == (2, 96, 128)
        assert archive["classes"].tolist() == list(CLASSES)
        assert archive["shown"].tolist() == list(NAMES)
        assert (archive["image"] == sample.image).all()
        about = json.loads(str(archive["about"]))
    assert about["source"] == "scenes:val:2"
    assert (about["view"]["threshold"], about["view"]["k"]) == (0.4, 1)


def test_the_csv_and_the_json_hold_the_scores_of_every_method_and_class() -> None:
    sample, compared, state = parts()
    rows = list(csv.DictReader(io.StringIO(scores_csv(sample, compared, CLASSES, NAMES).decode())))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["method"], row["class"]) for row in rows] == [(m, c) for m in ("cam", "cs-ae") for c in NAMES]
    assert float(rows[0]["iou"]) == round(compared[0].scores["cow"].iou, 6)
    assert float(rows[3]["logit"]) == round(float(compared[1].step.scores[CLASSES.index("dog")]), 6)
    content = json.loads(scores_json(sample, compared, CLASSES, NAMES, state))
    assert [row["class"] for row in content["scores"]] == [row["class"] for row in rows]
    assert content["source"] == "scenes:val:2"
    assert content["view"]["threshold"] == 0.4


def test_without_ground_truth_nothing_is_measured_and_nothing_invented() -> None:
    sample, _, state = parts()
    plain = Sample(sample.image, CLASSES, None, "s")
    compared = compare({"cam": trace_of(0, 1)}, plain, CLASSES, NAMES, state)
    (row, _) = csv.DictReader(io.StringIO(scores_csv(sample, compared, CLASSES, NAMES).decode()))
    assert row["iou"] == row["recall"] == ""
    assert row["logit"] != ""
    assert json.loads(scores_json(plain, compared, CLASSES, NAMES, state))["scores"][0]["iou"] is None


def test_of_a_photograph_the_files_say_whose_it_is() -> None:
    sample, compared, state = parts()
    dog = replace(sample, source="photos:dog")
    png = Image.open(io.BytesIO(overlays_png(dog, compared, NAMES, state)))
    assert png.info["Copyright"].startswith("dog: Hans Kemperman, Public Domain, http")
    rows = list(csv.DictReader(io.StringIO(scores_csv(dog, compared, CLASSES, NAMES).decode())))
    assert {row["credit"] for row in rows} == {png.info["Copyright"]} == {_about(dog, state)["credit"]}
    assert "Copyright" not in Image.open(io.BytesIO(overlays_png(sample, compared, NAMES, state))).info


def test_cocos_json_holds_every_methods_pseudo_mask() -> None:
    sample, compared, _ = parts()
    content = json.loads(annotations_json(sample, compared, CLASSES))
    assert {record["method"] for record in content["annotations"]} == {"cam", "cs-ae"}
    for one in compared:
        areas = dict.fromkeys(range(1, len(CLASSES) + 1), 0)
        for record in content["annotations"]:
            areas[record["category_id"]] += record["area"] * (record["method"] == one.method)
        assert areas == {number: int((one.mask == number).sum()) for number in areas}
    assert sum(record["area"] for record in content["annotations"]) > 0
    assert content["images"][0]["height"] == sample.size[0]
