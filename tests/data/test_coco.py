"""COCO-style images and masks."""

import numpy as np
import pytest
from PIL import Image

from wsss_viz.data import open as open_data
from wsss_viz.data.coco import CocoFolder
from wsss_viz.data.coco_classes import COCO_CATEGORIES, COCO_CLASSES
from wsss_viz.errors import InputError

GAPS = (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)
IMAGES = ("train2014", "images/train2014", "JPEGImages/train2014", "images", "JPEGImages")
MASKS = ("masks/train2014", "masks", "SegmentationClass/train2014", "SegmentationClass", "annotations/train2014")


def name_of(number: int) -> str:
    return f"COCO_train2014_{number:012d}"


def write(root, number: int, *indices: int, images="train2014", masks="masks", bare=False) -> None:
    """An image of 12 x 10 pixels (width x height) and a mask with a row of each index."""
    for folder in (images, masks):
        (root / folder).mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((10, 12, 3), number, np.uint8)).save(root / images / f"{name_of(number)}.jpg")
    mask = np.zeros((10, 12), np.uint8)
    mask[: len(indices)] = np.array(indices, np.uint8)[:, None]
    Image.fromarray(mask).save(root / masks / f"{name_of(number)[-12:] if bare else name_of(number)}.png")


def test_the_categories():
    assert (len(COCO_CLASSES), len(set(COCO_CLASSES))) == (80, 80)
    assert [n for n in range(1, 91) if n not in COCO_CATEGORIES] == list(GAPS)
    # Ids and places that are known from elsewhere: the first and last, and beside each gap.
    for number, place, name in (
        (1, 1, "person"), (11, 11, "fire hydrant"), (13, 12, "stop sign"), (44, 40, "bottle"), (62, 57, "chair"),
        (67, 61, "dining table"), (72, 63, "tv"), (84, 74, "book"), (90, 80, "toothbrush"),
    ):  # fmt: skip
        assert COCO_CATEGORIES[number] == COCO_CLASSES[place - 1] == name


@pytest.mark.parametrize("masks", MASKS)
@pytest.mark.parametrize("images", IMAGES)
def test_layouts(tmp_path, images, masks):
    for number in (9, 25):
        write(tmp_path, number, 1, *[255] * (number == 9), images=images, masks=masks, bare=number == 9)
    data_set = open_data(f"coco:{tmp_path}:train2014@ids")
    assert (len(data_set), data_set.classes) == (2, COCO_CLASSES)
    assert data_set.sample_names() == [name_of(9), name_of(25)] == [sample.name for sample in data_set]
    sample = data_set[0]
    assert (sample.size, sample.labels, sample.source) == ((10, 12), ("person",), f"coco:{tmp_path}:train2014@ids:0")
    assert sample.mask[:3, 0].tolist() == [1, 255, 0]


def test_a_mixed_folder_is_split_by_names(tmp_path):
    write(tmp_path, 1, 1, images="images")
    other = tmp_path / "images" / "COCO_val2014_000000000002.jpg"
    Image.fromarray(np.zeros((10, 12, 3), np.uint8)).save(other)
    assert CocoFolder(tmp_path, "train2014").names == [name_of(1)]
    with pytest.raises(InputError, match="no mask of an image of 'val2014'"):
        CocoFolder(tmp_path, "val2014")


def test_ids_and_contiguous_numbers_are_told_apart(tmp_path):
    for kind, telling, cow_tv in (("ids", 90, (21, 72)), ("contiguous", 12, (20, 63))):
        root = tmp_path / kind
        write(root, 1, *cow_tv)
        write(root, 2, telling)
        folder = CocoFolder(root, "train2014")
        assert folder[0].labels == ("cow", "tv")
        assert folder[0].mask[:3, 0].tolist() == [20, 63, 0]
        assert folder[1].labels == ({"ids": "toothbrush", "contiguous": "stop sign"}[kind],)
    silent = tmp_path / "silent"
    write(silent, 1, 21)
    write(silent, 2, 11)
    with pytest.raises(InputError, match=r"do not tell .* say which: coco:.*:train2014@ids or @contiguous"):
        CocoFolder(silent, "train2014")[0]
    assert CocoFolder(silent, "train2014")[1].labels == ("fire hydrant",)  # the same in both
    assert open_data(f"coco:{silent}:train2014@ids")[0].labels == ("cow",)
    assert open_data(f"coco:{silent}:train2014@contiguous:0")[0].labels == ("elephant",)


def test_labels_by_vectors_and_other_classes(tmp_path):
    write(tmp_path, 9, 1)
    write(tmp_path, 25, 2)
    vector = np.zeros(80)
    vector[[0, 19]] = 1
    for key in (name_of(9), "000000000009", 9, np.int64(9)):
        np.save(tmp_path / "cls_labels.npy", {key: vector})
        folder = CocoFolder(tmp_path, "train2014")
        assert [folder[i].labels for i in range(2)] == [("person", "cow"), ("bicycle",)]
    (tmp_path / "cls_labels.npy").unlink()
    (tmp_path / "classes.txt").write_text("sky\nroad\n")
    folder = CocoFolder(tmp_path, "train2014")
    assert (folder.classes, folder[1].labels) == (("sky", "road"), ("road",))
    write(tmp_path, 25, 3)
    with pytest.raises(InputError, match="index 3; a mask of these 2 classes"):
        folder[1]


def test_what_is_missing_or_does_not_fit(tmp_path):
    with pytest.raises(InputError, match="no such folder; give the one that holds train2014"):
        CocoFolder(tmp_path / "nowhere", "train2014")
    with pytest.raises(InputError, match="no images of 'train2014' in train2014, images/train2014"):
        CocoFolder(tmp_path, "train2014")
    write(tmp_path, 1, 150)
    write(tmp_path, 2, 84)
    folder = CocoFolder(tmp_path, "train2014")
    with pytest.raises(InputError, match=r"index 150; COCO's ids are 1 to 90 with gaps, .* things only, no stuff"):
        folder[0]
    with pytest.raises(InputError, match="index 84; numbers without gaps are 1 to 80"):
        CocoFolder(tmp_path, "train2014", "contiguous")[1]
    Image.fromarray(np.ones((12, 10), np.uint8)).save(tmp_path / "masks" / f"{name_of(2)}.png")
    with pytest.raises(InputError, match="10 x 12 pixels, the image has 12 x 10"):
        CocoFolder(tmp_path, "train2014", "ids")[1]
    (tmp_path / "masks" / f"{name_of(2)}.png").unlink()
    sample = CocoFolder(tmp_path, "train2014")[1]
    assert (sample.mask, sample.labels) == (None, None)
    Image.fromarray(np.zeros((10, 12, 3), np.uint8)).save(tmp_path / "train2014" / f"{name_of(2)}.png")
    with pytest.raises(InputError, match="two images share a name"):
        CocoFolder(tmp_path, "train2014")
