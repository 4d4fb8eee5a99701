"""Data sets with every oddity at once, in VOC's layout, COCO's and as a folder: all are counted on one page."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.data.inputs import SIZE, boxes, folder, index, mask_file, picture, voc_mask
from wsss_viz.cli import main
from wsss_viz.data import open as open_data
from wsss_viz.data.audit import audit
from wsss_viz.data.palette import voc_palette
from wsss_viz.errors import InputError

DOG, PERSON = (index(name) for name in ("dog", "person"))
TURN = 6  # EXIF's number for a quarter turn


def odd_masks(write, number_of) -> None:
    """The same oddities in each layout; `write(name, values, orientation=1, seed=None)` makes image and mask."""
    dog, person = number_of("dog"), number_of("person")
    write("plain", boxes(dog, person))
    write("twin", boxes(dog, person), seed=0)
    write("binary", boxes(255))
    write("empty", boxes())
    write("small", boxes(dog, size=(SIZE[0] - 4, SIZE[1])))
    write("turned", boxes(dog), orientation=TURN)
    write("colours", voc_palette()[boxes(DOG, PERSON)].astype(np.uint8))
    write("grey", np.repeat(boxes(dog)[..., None], 3, axis=2))
    write("contradicts", boxes(person))


def checked(data: str, tmp_path: Path, capsys, *more: str) -> tuple[str, dict[str, int]]:
    """The page, and how often each kind was found."""
    with pytest.raises(SystemExit) as ended:
        main(["data", "check", data, "--json", str(tmp_path / "check.json"), *more])
    assert ended.value.code == 1
    findings = json.loads((tmp_path / "check.json").read_text())["findings"]
    grave = [["error", "warning", "note"].index(finding["severity"]) for finding in findings]
    assert grave == sorted(grave)
    page = capsys.readouterr().out
    for finding in findings:
        assert finding["text"] in page
        assert all(len(detail) <= 160 for detail in finding["details"])
        assert finding["severity"] == "note" or f"-> {finding['remedy']}" in page
    return page, {finding["kind"]: finding["count"] for finding in findings}


OF_MASKS = {
    "mask-size": 1,
    "mask-0-255": 1,
    "mask-empty": 1,
    "mask-turned": 1,
    "image-turned": 1,
    "mask-colours": 1,
    "mask-rgb-grey": 1,
    "duplicate": 1,
    "mask-mostly-ignored": 1,
}


def test_a_folder(tmp_path, capsys):
    root, seeds = tmp_path / "mine", iter(range(100))

    def write(name, values, orientation=1, seed=None):
        picture(root / f"{name}.jpg", next(seeds) if seed is None else seed, orientation=orientation)
        mask_file(root / "masks" / f"{name}.png", values)

    odd_masks(write, index)
    mask_file(root / "masks" / "stranger.png", boxes(DOG))
    (root / "broken.jpg").write_bytes(b"no picture")
    (root / "labels.txt").write_text(
        "plain.jpg,Dog,person\ntwin.jpg,dog,PERSON\ncontradicts.jpg,dog\ncolours.jpg,dog,person\nempty.jpg,tv/monitor\n"
    )
    page, counted = checked(f"folder:{root}", tmp_path, capsys)
    assert counted == OF_MASKS | {
        "unreadable": 1,
        "mask-label-conflict": 1,
        "label-not-in-mask": 2,
        "mask-orphan": 1,
        "label-case": 3,
    }, page


def test_numbers_as_labels(tmp_path, capsys):
    root = folder(tmp_path / "mine", {"a": boxes(1), "b": boxes(2)}, classes="1\n2\n", labels="a,1\nb,2\n")
    _, counted = checked(f"folder:{root}", tmp_path, capsys)
    assert counted == {"label-numbers": 2}


def test_vocs_layout(tmp_path, capsys):
    root, seeds, names = tmp_path / "voc", iter(range(100)), []

    def write(name, values, orientation=1, seed=None):
        names.append(name)
        picture(root / "JPEGImages" / f"{name}.jpg", next(seeds) if seed is None else seed, orientation=orientation)
        (voc_mask if values.ndim == 2 else mask_file)(root / "SegmentationClass" / f"{name}.png", values)

    odd_masks(write, index)
    voc_mask(root / "SegmentationClass" / "stranger.png", boxes(DOG))
    (root / "JPEGImages" / "broken.jpg").write_bytes(b"no picture")
    lists = root / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("\n".join([*names, "broken"]))
    vectors = {name: np.zeros(20, np.float32) for name in names}
    for name in names:
        vectors[name][[DOG - 1, PERSON - 1] if name in ("plain", "twin", "colours") else [DOG - 1]] = 1
    np.save(root / "cls_labels.npy", vectors)
    page, counted = checked(f"voc:{root}:train", tmp_path, capsys)
    assert counted == OF_MASKS | {
        "unreadable": 1,
        "mask-label-conflict": 1,
        "label-not-in-mask": 3,
        "mask-orphan": 1,
    }, page


def test_cocos_layout(tmp_path, capsys):
    root, seeds = tmp_path / "coco", iter(range(100))
    ids = {"dog": 18, "person": 1}

    def write(name, values, orientation=1, seed=None):
        image = root / "train2014" / f"COCO_train2014_{name}.jpg"
        picture(image, next(seeds) if seed is None else seed, orientation=orientation)
        mask_file(root / "masks" / "train2014" / f"COCO_train2014_{name}.png", values)

    odd_masks(write, ids.__getitem__)
    write("last", boxes(90))
    mask_file(root / "masks" / "train2014" / "stranger.png", boxes(18))
    (root / "train2014" / "COCO_train2014_broken.jpg").write_bytes(b"no picture")
    page, counted = checked(f"coco:{root}:train2014@ids", tmp_path, capsys)
    # COCO has no colours of its own, so a mask of VOC's colours is not readable.
    wanted = {kind: count for kind, count in OF_MASKS.items() if kind != "mask-colours"}
    assert counted == wanted | {"unreadable": 2, "mask-orphan": 1}, page


@pytest.mark.parametrize(
    ("table", "kinds"),
    [
        ("image,dog,cat\na.png,True,False\n", {"label-numbers": 1}),
        ("image,dog,cat,split\na.png,1,0,train\n", {"label-numbers": 1}),
        ("image,dog,cat\na.png,1,-1\n", {"label-numbers": 1}),
        ("a.png,dog,0.9\n", {"label-numbers": 1}),
        ("image,background,dog\na.png,1,1\n", {"one-hot": 1, "label-background": 1}),
        ("a.png,background\n", {"label-background": 1}),
        ("image,dog,cat\na.png,1.0,0.0\n", {"one-hot": 1}),
    ],
)
def test_what_tables_of_labels_hold_beside_names(tmp_path, table, kinds):
    root = folder(tmp_path)
    (root / "labels.csv").write_text(table)
    assert {f.kind: f.count for f in audit(open_data(f"folder:{root}")).findings} == kinds


def test_a_number_is_not_to_be_added_as_a_class(tmp_path):
    root = folder(tmp_path, classes="lung\nheart\n", labels="a.png,0\n")
    with pytest.raises(InputError, match="write class names: a number may count from 0 or from 1"):
        open_data(f"folder:{root}")
