"""Specs: read strictly, written so that they read the same again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from wsss_viz.errors import InputError
from wsss_viz.figures import PRESETS, FigureSpec, Row, caption, preset, read_spec, spec_bytes

GOOD = {"format": 1, "kind": "grid", "rows": [{"image": "scenes:test:129"}], "columns": ["image", "cam"]}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_reads_the_same_again_once_written(name: str) -> None:
    spec = preset(name)
    assert read_spec(spec_bytes(spec)) == spec
    assert caption(spec).endswith(".")


def test_what_is_left_out_has_its_default() -> None:
    assert read_spec(json.dumps(GOOD)) == FigureSpec("grid", ("image", "cam"), (Row("scenes:test:129"),))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 2}, "`format` is 1"),
        ({"colors": "jet"}, "unknown key"),
        ({"colours": "jet"}, "inferno, viridis, cividis"),
        ({"dpi": "300"}, "whole number from 72 to 1200"),
        ({"dpi": True}, "whole number"),
        ({"dpi": 9999}, "72 to 1200"),
        ({"opacity": 1.5}, "from 0 to 1"),
        ({"labels": 1}, "true or false"),
        ({"columns": []}, "list of 1 to 10"),
        ({"columns": ["magic"]}, "`columns` of a grid"),
        ({"kind": "filmstrip"}, "`columns` of a filmstrip"),
        ({"rows": []}, "at least one image"),
        ({"rows": [{"image": "scenes:test:1", "name": "cow"}]}, "unknown key"),
        ({"rows": [{}]}, "`image` is missing"),
        ({"steps": [1]}, "no `steps`"),
        ({"kind": "hgr", "columns": ["scenes"]}, "no `rows`"),
        ({"show": "masks"}, "map, mask"),
        ({"show": "mask", "frames": "look"}, "wants `frames` map"),
        ({"rows": [{"image": "scenes:test:1", "step": -2}]}, "from -1 to 999"),
        ({"rows": [{"image": "scenes:test:1", "columns": ["rib"]}]}, "`columns` of a row"),
        ({"kind": "curves", "columns": ["cam"], "rows": [{"image": "scenes:test:1", "step": 2}]}, "no `step`"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(change: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=r"^my\.json: ") as caught:
        read_spec(json.dumps({**GOOD, **change}), "my.json")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 1, "format": 1}', '{"opacity": NaN}', "[" * 100_000, b"\xff"]
)
def test_what_is_no_spec_is_refused(text: str | bytes) -> None:
    with pytest.raises(InputError):
        read_spec(text)


def test_a_row_keeps_its_step_and_columns() -> None:
    spec = FigureSpec("grid", ("image", "cam"), (Row("scenes:test:1", "cow", 3, ("cam",)), Row("scenes:test:2")))
    assert read_spec(spec_bytes(spec)) == spec
    assert "after step 3" in caption(spec)


def test_the_caption_says_of_each_image_which_class_is_shown() -> None:
    spec = FigureSpec("grid", ("cam",), (Row("scenes:test:1"), Row("scenes:test:2", "cow")))
    assert caption(spec).endswith("Images: scenes:test:1, its first label; scenes:test:2, cow.")
    assert all(row.name for name in PRESETS for row in preset(name).rows)


def test_the_caption_letters_the_columns_and_names_the_scale() -> None:
    spec = read_spec(json.dumps(GOOD))
    assert "(a) image, (b) CAM" in caption(spec)
    assert "(a)" not in caption(replace(spec, letters=False))
    assert "raw" in caption(replace(spec, normalisation="raw"))


@pytest.mark.parametrize("key", ["threshold", "opacity"])
@pytest.mark.parametrize("share", [0, 1, 1.0, 0.25])
def test_a_share_is_from_0_to_1_with_both_ends(key: str, share: float) -> None:
    text = json.dumps({"format": 1, "kind": "plane", "columns": ["tanh"], key: share})
    assert getattr(read_spec(text), key) == share


def test_a_row_may_have_its_own_views_settings_and_masks() -> None:
    rows = (
        Row("scenes:test:1", "cow", views="mirror", show="mask", threshold=0.0, settings={"ae": {"steps": 2}}),
        Row("scenes:test:2", show="map"),
    )
    spec = FigureSpec("grid", ("image", "cam", "ae"), rows, show="mask", threshold=0.4, settings={"cam": {}})
    assert read_spec(spec_bytes(spec)) == spec
    first, second = map(spec.of, rows)
    assert (first.views, first.show, first.threshold, first.settings) == (
        "mirror",
        "mask",
        0.0,
        {"cam": {}, "ae": {"steps": 2}},
    )
    assert (second.views, second.show, second.threshold) == ("single", "map", 0.4)
    said = caption(spec, labels=("cow", "dog"))
    assert "scenes:test:1, cow, mirror views, pseudo masks at 0, AE (frozen) with steps 2; " in said
    assert said.endswith("scenes:test:2, dog, maps.")
    for change, words in (({"settings": {"rib": {}}}, "`settings` are of the methods"), ({"views": "both"}, "`views`")):
        with pytest.raises(InputError, match=words):
            read_spec(json.dumps({**GOOD, "rows": [{"image": "scenes:test:129", **change}]}))


def test_the_caption_says_of_which_row_rib_had_companions():
    spec = FigureSpec("grid", ("rib",), tuple(Row(f"scenes:test:{n}") for n in range(3)))
    said = caption(spec, {"rib": ("scenes:train", "", "scenes:train")})
    assert "RIB is tuned with companions from scenes:train (row 1, 3) and is tuned with no companions (row 2)." in said
    assert "RIB is tuned with companions from scenes:train." in caption(spec, {"rib": ("scenes:train", None, None)})
    assert "tuned" not in caption(spec, {"rib": (None, None, None)})
