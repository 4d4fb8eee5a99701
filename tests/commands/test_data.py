"""`python -m wsss_viz data`."""

import os
import re

import numpy as np
import pytest
from PIL import Image

from wsss_viz.cli import main
from wsss_viz.data import open as open_data
from wsss_viz.data.palette import VOC_CLASSES


@pytest.fixture
def run(capsys):
    def run(*arguments: object) -> tuple[int, str, str]:
        code: object = 0
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as error:
            code = error.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_scenes_are_written_and_are_the_same_samples(run, tmp_path):
    out = tmp_path / "scenes"
    code, text, progress = run(
        "data", "scenes", "--split", "val", "--start", 5, "--count", 3, "--size", "48x64", "--out", out
    )
    assert (code, text) == (0, f"3 scenes written; their data string is voc:{out}:val\n")
    assert progress == "", "no bar where there is no terminal"
    drawn, read = open_data("scenes:val@48x64")[5:8], open_data(f"voc:{out}:val")
    assert read.classes == drawn.classes
    for one, other in zip(drawn, read, strict=True):
        assert (one.name, one.labels) == (other.name, other.labels)
        for field in ("image", "mask", "parts"):
            np.testing.assert_array_equal(getattr(one, field), getattr(other, field))


def test_scenes_like_voc_are_read_by_the_fields_own_scripts(run, tmp_path):
    for split, start in (("train", 7), ("val", 0)):
        arguments = ("--split", split, "--start", start, "--count", 2, "--size", "37x53", "--like", "voc")
        assert run("data", "scenes", *arguments, "--out", tmp_path)[0] == 0
    vectors = np.load(tmp_path / "cls_labels.npy", allow_pickle=True).item()
    drawn = open_data("scenes:train@37x53")[7:9]
    # PSA, SEAM and OC-CSE: voc12/data.py
    lines = (tmp_path / "voc12" / "train.txt").read_text().splitlines()
    names = [line.split(" ")[0][-15:-4] for line in lines]
    assert names == ["2001_000007", "2001_000008"]
    # IRN and RIB: voc12/dataloader.py reads the list as numbers, whose first four digits are the year
    numbers = [np.int32(int(n)) for n in (tmp_path / "ImageSets" / "Segmentation" / "train.txt").read_text().split()]
    assert [f"{str(int(n))[:4]}_{str(int(n))[4:]}" for n in numbers] == names
    for name, number, sample in zip(names, numbers, drawn, strict=True):
        assert (tmp_path / "JPEGImages" / f"{name}.jpg").is_file()
        expected = [float(label in sample.labels) for label in VOC_CLASSES]
        assert vectors[name].tolist() == vectors[number].tolist() == expected
        assert vectors[name].dtype == np.float32
        mask = np.array(Image.open(tmp_path / "SegmentationClass" / f"{name}.png"))
        assert set(np.unique(mask)) - {0} == {VOC_CLASSES.index(label) + 1 for label in sample.labels}
    assert len(vectors) == 2 * 4
    for ours, sample in zip(open_data(f"voc:{tmp_path}:train"), drawn, strict=True):
        assert set(ours.labels) == set(sample.labels)
        np.testing.assert_array_equal(ours.mask, sample.mask)
    code, _, error = run("data", "scenes", "--like", "voc", "--format", "png", "--out", tmp_path / "b")
    assert code == 2
    assert "read JPEGs alone" in error


def test_a_second_run_refuses_and_overwrite_goes_on(run, tmp_path):
    arguments = ("data", "scenes", "--count", 1, "--size", "32x40", "--out", tmp_path / "a")
    assert run(*arguments)[0] == 0
    code, text, error = run(*arguments)
    assert (code, text) == (2, "")
    assert "holds a split 'test' already; choose another folder, or overwrite" in error.splitlines()[-1]
    assert run(*arguments, "--overwrite", "--format", "jpg")[0] == 0
    assert os.listdir(tmp_path / "a" / "JPEGImages") == ["test_000000.jpg"]


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (("--size", "64"), "--size '64' is no size; write height x width"),
        (("--size", "8x8"), "cannot be drawn"),
        (("--split", "trian"), "'trian' is not one of 'train', 'val', 'test'"),
        (("--count", "0"), "0 is not in the range"),
        (("--start", "999", "--count", "2"), "has 1000 scenes; choose --start and --count within them"),
        (("--start", "1000"), "has 1000 scenes"),
        (("--format", "gif"), "'gif' is not one of"),
    ],
)
def test_bad_arguments_are_one_line_and_write_nothing(run, tmp_path, arguments, cause):
    code, text, error = run("data", "scenes", "--out", tmp_path / "out", *arguments)
    assert (code, text) == (2, "")
    assert cause in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_list_counts_labels(run):
    code, text, _ = run("data", "list", "scenes:val@32x40", "--limit", 12)
    assert code == 0
    assert text.startswith("scenes:val@32x40: 500 samples\nclasses: bird, boat, bus, cat")
    assert "32 x 40 (height x width), 12 of them" in text
    counts = {name: int(count) for count, name in re.findall(r"^ +([0-9]+)  ([a-z]+)$", text, re.MULTILINE)}
    data_set = open_data("scenes:val@32x40")
    assert counts == {name: sum(name in sample.labels for sample in data_set[:12]) for name in data_set.classes}


def test_list_of_a_folder_and_of_one_sample(run, tmp_path):
    for name in ("a", "b"):
        Image.fromarray(np.zeros((10, 12, 3), np.uint8)).save(tmp_path / f"{name}.png")
    _, text, _ = run("data", "list", f"folder:{tmp_path}")
    assert text.splitlines() == [
        f"folder:{tmp_path}: 2 samples",
        "classes: none known",
        "of the first 2:",
        "  size   10 x 12 (height x width), 2 of them",
        "      2  without labels",
    ]
    assert "1 sample\n" in run("data", "list", f"folder:{tmp_path}:1")[1]
    for name, size in (("c", (9, 12)), ("d", (8, 30))):
        Image.fromarray(np.zeros((*size, 3), np.uint8)).save(tmp_path / f"{name}.png")
    text = run("data", "list", f"folder:{tmp_path}")[1]
    assert "10 x 12 (height x width), 2 of them; 2 other sizes\n" in text
    assert run("data", "list", "nonsense")[0] == 2
