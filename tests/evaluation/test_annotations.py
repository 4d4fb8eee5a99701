"""Annotations out of maps: against masks decoded again, values of pycocotools, and the layouts' rules."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.commands.test_run import checkpoint, run  # noqa: F401 - a fixture
from tests.evaluation.test_localisation import CLASSES, make_sample
from wsss_viz import data
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import CLASSES as SCENE_CLASSES
from wsss_viz.errors import InputError
from wsss_viz.evaluation.annotation_sets import mask_at, write_annotations
from wsss_viz.evaluation.seeds import score_image
from wsss_viz.traces.annotations import annotations_of, coco_record, run_lengths, yolo_lines
from wsss_viz.traces.map_folder import MapFolder, MapWriter
from wsss_viz.traces.pseudo_masks import pseudo_mask
from wsss_viz.traces.storage import StoredMaps, read_maps

MASK = np.array(
    [
        [0, 1, 1, 0, 0, 0, 3],
        [0, 1, 0, 0, 0, 3, 0],
        [255, 0, 0, 0, 1, 0, 0],
        [3, 0, 0, 0, 0, 0, 0],
    ],
    np.uint8,
)


def decoded(lengths):
    """(H, W) of run lengths, by their definition."""
    height, width = lengths["size"]
    flat = [value for k, count in enumerate(lengths["counts"]) for value in [k % 2] * count]
    return np.array(flat, bool).reshape(width, height).T


@pytest.mark.parametrize("seed", range(4))
def test_run_lengths_give_the_mask_again(seed):
    rng = np.random.default_rng(seed)
    mask = rng.random((rng.integers(1, 9), rng.integers(1, 9))) < rng.random()
    lengths = run_lengths(mask)
    assert sum(lengths["counts"]) == mask.size
    assert min(lengths["counts"][1:], default=1) > 0
    np.testing.assert_array_equal(decoded(lengths), mask)


def test_run_lengths_are_those_of_pycocotools():
    # pycocotools 2.0.11: frPyObjects of these is what encode gives of the masks.
    assert run_lengths(np.zeros((2, 3), bool)) == {"size": [2, 3], "counts": [6]}
    assert run_lengths(np.ones((2, 3), bool)) == {"size": [2, 3], "counts": [0, 6]}
    assert run_lengths(MASK == 1)["counts"] == [4, 2, 2, 1, 9, 1, 9]


def test_objects_are_the_regions_of_each_class():
    objects = annotations_of(MASK, CLASSES)
    assert [(one.label, one.box, int(one.mask.sum())) for one in objects] == [
        ("cat", (0, 1, 2, 3), 3), ("cat", (2, 4, 3, 5), 1), ("sofa", (0, 5, 2, 7), 2), ("sofa", (3, 0, 4, 1), 1),
    ]  # fmt: skip
    largest = annotations_of(MASK, CLASSES, "largest")
    assert [one.box for one in largest] == [(0, 1, 2, 3), (0, 5, 2, 7)]
    with pytest.raises(InputError, match="unknown contours 'most': give one of all, largest"):
        annotations_of(MASK, CLASSES, "most")


def test_a_record_of_coco_by_hand():
    record = coco_record(annotations_of(MASK, CLASSES)[2], CLASSES, 5, 2)
    assert record == {
        "id": 5, "image_id": 2, "category_id": 3, "bbox": [5, 0, 2, 2], "area": 2, "iscrowd": 0,
        "segmentation": {"size": [4, 7], "counts": [21, 1, 2, 1, 3]},
    }  # fmt: skip


def test_lines_of_yolo_by_hand():
    lines = yolo_lines(annotations_of(MASK, CLASSES, "largest"), CLASSES).splitlines()
    assert [[float(v) for v in line.split()] for line in lines] == [
        pytest.approx([0, 2 / 7, 1 / 4, 2 / 7, 2 / 4], abs=1e-6),
        pytest.approx([2, 6 / 7, 1 / 4, 2 / 7, 2 / 4], abs=1e-6),
    ]


@pytest.fixture(scope="module")
def maps(checkpoint, tmp_path_factory):  # noqa: F811
    """A folder with the maps of three scenes."""
    from wsss_viz.cli import main

    out = tmp_path_factory.mktemp("annotated") / "maps"
    words = ["maps", "--data", "scenes:test", "--limit", "3", "--classifier", checkpoint, "--views", "single"]
    main([*words, "--out", str(out)])
    return out


def expected(maps, index, threshold):
    """The pseudo mask of a scene, made of its file by hand."""
    sample = data.open("scenes:test")[index]
    stored = read_maps(maps / f"{sample.name}.npz")
    mask = pseudo_mask(stored.maps, range(len(stored.keys)), sample.size, threshold)
    numbers = np.array([0, *(SCENE_CLASSES.index(key) + 1 for key in stored.keys)])
    return sample, numbers[mask]


def annotated(capsys, maps, out, form, *words):
    base = ["annotations", "--maps", maps, "--data", "scenes:test", "--limit", 3, "--threshold", 0.4]
    code, printed, _ = run(capsys, *base, "--format", form, "--out", out, *words)
    assert code == 0
    assert "3 images annotated" in printed


def test_cocos_file_holds_the_masks(maps, capsys, tmp_path):
    annotated(capsys, maps, tmp_path / "a", "coco")
    content = json.loads((tmp_path / "a" / "annotations.json").read_text())
    assert [category["name"] for category in content["categories"]] == list(SCENE_CLASSES)
    assert [record["id"] for record in content["annotations"]] == list(range(1, len(content["annotations"]) + 1))
    for index, image in enumerate(content["images"]):
        sample, mask = expected(maps, index, 0.4)
        assert (image["height"], image["width"]) == sample.size
        assert Image.open(tmp_path / "a" / "images" / image["file_name"]).size == sample.size[::-1]
        painted = np.zeros_like(mask)
        for record in content["annotations"]:
            if record["image_id"] == image["id"]:
                one = decoded(record["segmentation"])
                assert record["area"] == one.sum()
                x, y, width, height = record["bbox"]
                ys, xs = np.nonzero(one)
                assert (x, y, x + width - 1, y + height - 1) == (xs.min(), ys.min(), xs.max(), ys.max())
                painted[one] = record["category_id"]
        np.testing.assert_array_equal(painted, mask)


def test_yolos_and_palette_files(maps, capsys, tmp_path):
    annotated(capsys, maps, tmp_path / "y", "yolo", "--contours", "largest", "--no-images")
    annotated(capsys, maps, tmp_path / "p", "palette")
    assert not (tmp_path / "y" / "images").exists()
    assert (tmp_path / "y" / "classes.txt").read_text().split() == list(SCENE_CLASSES)
    assert f'  0: "{SCENE_CLASSES[0]}"\n' in (tmp_path / "y" / "data.yaml").read_text()
    for index in range(3):
        sample, mask = expected(maps, index, 0.4)
        lines = (tmp_path / "y" / "labels" / f"{sample.name}.txt").read_text().splitlines()
        assert sorted(int(line.split()[0]) + 1 for line in lines) == [n for n in np.unique(mask) if n]
        image = Image.open(tmp_path / "p" / f"{sample.name}.png")
        assert image.mode == "P"
        np.testing.assert_array_equal(np.asarray(image), mask)


def test_fiftyones_data_set_has_the_truth_and_the_iou_of_each_image(maps, capsys, tmp_path):
    annotated(capsys, maps, tmp_path / "f", "fiftyone")
    samples = json.loads((tmp_path / "f" / "samples.json").read_text())["samples"]
    metadata = json.loads((tmp_path / "f" / "metadata.json").read_text())
    assert "version" not in metadata  # what has one is read as a dump of the data base
    assert metadata["info"]["mask_targets"]["1"] == SCENE_CLASSES[0]
    for index, entry in enumerate(samples):
        sample, mask = expected(maps, index, 0.4)
        assert Image.open(tmp_path / "f" / entry["filepath"]).size == sample.size[::-1]
        for field, values in (("prediction", mask), ("ground_truth", sample.mask)):
            assert entry[f"{field}_mask"]["_cls"] == "Segmentation"
            np.testing.assert_array_equal(np.asarray(Image.open(entry[f"{field}_mask"]["mask_path"])), values)
            boxes = entry[f"{field}_boxes"]["detections"]
            assert {box["label"] for box in boxes} == {SCENE_CLASSES[n - 1] for n in np.unique(values) if n}
            assert all(0 <= v <= 1 for box in boxes for v in box["bounding_box"])
        ious = [score_image(mask == SCENE_CLASSES.index(n) + 1, sample, n).iou for n in sample.labels]
        assert entry["iou"] == pytest.approx(100 * np.mean(ious), abs=0.05)


def test_a_folder_in_use_is_left_alone(tmp_path):
    (tmp_path / "a.txt").write_text("mine")
    with pytest.raises(InputError, match="is not an empty folder: give another --out"):
        write_annotations(tmp_path, "coco", [(make_sample(MASK), MASK)])
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_what_has_no_maps_is_listed_and_the_rest_is_written(maps, capsys, tmp_path):
    words = ["annotations", "--maps", maps, "--data", "scenes:test", "--limit", 4, "--threshold", 0.4, "--no-images"]
    code, printed, error = run(capsys, *words, "--out", tmp_path / "a")
    assert code == 1
    assert "3 images annotated" in printed
    assert "not read: " in error
    assert len(json.loads((tmp_path / "a" / "annotations.json").read_text())["images"]) == 3


def test_a_mask_of_more_classes_than_a_byte_counts_is_numbered_by_all_of_them(tmp_path):
    classes = tuple(f"class {number}" for number in range(400))
    sample = Sample(np.zeros((2, 3, 3), np.uint8), classes, (classes[399],), "wide")
    maps = np.array([[[0, 0.4, 1]] * 2], np.float32)
    MapWriter(tmp_path, classes).write("wide", StoredMaps(maps, np.zeros(1, np.float32), (classes[399],), (2, 3)))
    assert mask_at(MapFolder(tmp_path, classes), sample, 0.5)[1].tolist() == [[0, 0, 400]] * 2


@pytest.mark.parametrize("form", ["palette", "fiftyone"])
def test_a_palette_of_too_few_numbers_is_refused_in_one_line(tmp_path, form):
    classes = tuple(f"class {number}" for number in range(400))
    sample = Sample(np.zeros((2, 3, 3), np.uint8), classes, (), "wide")
    with pytest.raises(InputError, match=r"numbers 1 to 254, not 400; keep the maps, or take fewer classes$"):
        write_annotations(tmp_path / "out", form, [(sample, np.full((2, 3), 400, np.uint16))], images=False)


def test_the_class_whose_number_is_255_is_one_as_any_other(tmp_path):
    classes = tuple(f"class {number}" for number in range(300))
    mask = np.array([[0, 255, 300]], np.uint16)
    assert [one.label for one in annotations_of(mask, classes)] == ["class 254", "class 299"]
    assert annotations_of(np.array([[0, 255]], np.uint8), classes[:254]) == [], "where no class has it, it is ignored"
