"""The sample photographs."""

import json

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from wsss_viz.data import photographs, sources
from wsss_viz.data.photographs import Photographs, credits, read_photographs, sklearn_samples
from wsss_viz.errors import InputError


@pytest.mark.parametrize("name", photographs.PHOTOGRAPHS)
def test_they_are_those_of_scikit_learn_and_cannot_be_written_to(name: str) -> None:
    image = photographs.photograph(name)
    assert image.dtype == np.uint8
    assert np.array_equal(image, load_sample_image(f"{name}.jpg"))
    with pytest.raises(ValueError, match="read-only"):
        image[0, 0, 0] = 0


def test_without_scikit_learn_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sklearn_samples, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"china\.jpg.*install scikit-learn"):
        sklearn_samples.photograph.__wrapped__("china")


def test_sixteen_photographs_with_masks_and_parts_by_both_names():
    samples = sources.open("photos")
    assert (len(samples), len(samples.classes)) == (16, 16)
    cow = samples[1]
    assert (cow.name, cow.labels, cow.source) == ("cow", ("ox",), "photos:1")
    assert cow.image.shape == (480, 640, 3)
    assert set(np.unique(cow.mask)) == {0, cow.classes.index("ox") + 1}
    assert np.array_equal(cow.mask > 0, cow.parts > 0)
    assert cow.parts[240, 185] == 1  # its head
    assert cow.parts[250, 400] == 2  # its flank
    assert cow.parts[400, 100] == 0  # the meadow
    assert 0.2 < (cow.mask > 0).mean() < 0.25
    voc = sources.open("photos@voc")
    assert (len(voc), len(voc.classes)) == (9, 20)
    assert voc[1].labels == ("cow",)
    assert np.array_equal(voc[1].mask > 0, cow.mask > 0)


def test_the_halves_are_apart_and_make_the_whole():
    val, test = sources.open("photos:val").sample_names(), sources.open("photos:test").sample_names()
    assert len(val) == len(test) == 8
    assert {*val, *test} == set(sources.open("photos").sample_names())
    assert sources.open("photos:test:1")[0].name == "bison"
    assert sources.open("photos@voc:val").sample_names() == ["dog", "sheep", "duck", "cat", "horse"]


def test_every_photograph_has_a_head_within_its_object_and_a_free_licence():
    for photo in read_photographs():
        parts = photo.parts()
        assert 0.03 < (parts == 1).sum() / (parts > 0).sum() < 0.85, photo.name
        assert photo.licence in ("Public Domain", "CC0-1.0")
        assert photo.author
        assert photo.source
    assert len(credits()) == 16
    assert credits(["koala"])[0].startswith("koala: BurningWell, Public Domain, https://commons")


@pytest.mark.parametrize("source", ["photos:x", "photos:16", "photos@coco", "photos:test:8"])
def test_a_photograph_that_is_not_there_is_named(source):
    with pytest.raises(InputError, match="photo"):
        sources.open(source)


def a_list(tmp_path, **changes):
    fields = {
        "name": "red", "file": "red.png", "width": 12, "height": 8, "imagenet": "ox", "voc": None, "licence": "CC0-1.0",
        "author": "a", "source": "s", "package": "p", "object": [[[2, 1], [8, 1], [8, 6], [2, 6]]],
        "holes": [[[4, 3], [5, 3], [5, 4], [4, 4]]], "head": [[[0, 0], [4, 0], [4, 7], [0, 7]]], **changes,
    }  # fmt: skip
    (tmp_path / "photos.json").write_text(json.dumps({"photos": [fields]}))
    Image.fromarray(np.zeros((8, 12, 3), np.uint8)).save(tmp_path / "red.png")
    return tmp_path


def test_polygons_are_filled_holes_cut_out_and_the_head_cut_to_the_object(tmp_path):
    sample = Photographs(folder=a_list(tmp_path))[0]
    expected = np.zeros((8, 12), np.uint8)
    expected[1:7, 2:9] = 2
    expected[1:7, 2:5] = 1
    expected[3:5, 4:6] = 0
    assert np.array_equal(sample.parts, expected)
    without = Photographs(folder=a_list(tmp_path, head=[]))[0]
    assert without.parts is None
    assert np.array_equal(without.mask > 0, expected > 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"object": [[[2, 1], [13, 1], [8, 6]]]}, r"outline of red \(object\) has the point \(13, 1\), outside"),
        ({"head": [[[2, 1], [3, -1], [8, 6]]]}, r"outline of red \(head\) has the point \(3, -1\), outside"),
        ({"holes": [[[2, 1], [3, 1]]]}, r"outline of red \(holes\) has 2 points"),
        ({"object": "x"}, "no list of photographs"),
        ({"width": 14}, "red.png has 12 x 8 pixels, photos.json says 14 x 8"),
    ],
)
def test_an_outline_outside_the_picture_or_a_broken_list_is_refused(tmp_path, changes, message):
    with pytest.raises(InputError, match=message) as error:
        Photographs(folder=a_list(tmp_path, **changes))[0]
    assert "\n" not in str(error.value)
