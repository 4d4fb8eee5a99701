"""What numbers in masks mean: one reading where the data tell, a question where they do not, never a silent choice."""

import numpy as np
import pytest

from tests.data.inputs import boxes, folder, index, mask_file, picture, voc
from wsss_viz.data import open as open_data
from wsss_viz.data.class_sets import read_class_list
from wsss_viz.data.findings import Note
from wsss_viz.data.palette import VOC_CLASSES, voc_palette
from wsss_viz.data.readings import MASKS_THAT_TELL
from wsss_viz.errors import InputError


def kinds(sample) -> set[str]:
    return {note.kind for note in sample.notes} - {"read-as"}


def test_lines_of_vocs_names_are_the_numbers_where_vocs_do_not_fit(tmp_path):
    root = folder(tmp_path, {"a": boxes(2)}, classes="horse\ncow\n")
    data = open_data(f"folder:{root}")
    assert (data.numbering.form, data[0].labels) == ("lines", ("cow",))
    assert "its lines" in data.numbering.said
    root = voc(tmp_path / "voc", boxes(1, 2))
    (root / "classes.txt").write_text("person\ndog\n")
    assert open_data(f"voc:{root}:train")[0].labels == ("person", "dog")


def test_pictures_without_labels_have_no_classes_and_one_class_is_one(tmp_path):
    assert open_data(f"folder:{folder(tmp_path / 'bare')}").numbering.said == "no classes: there are no labels"
    root = folder(tmp_path / "one", {"a": boxes(1)}, classes="defect\n")
    assert open_data(f"folder:{root}").numbering.said.startswith("1 class from classes.txt")


def test_vocs_numbers_are_taken_where_the_lines_do_not_fit(tmp_path):
    root = folder(tmp_path, {"a": boxes(index("cow"), index("bird"))}, classes="horse\ncow\n")
    data = open_data(f"folder:{root}")
    assert (data.numbering.form, data[0].labels) == ("voc", ("cow",))
    assert Note("mask-outside-set", "3 bird") in data[0].notes


def test_where_both_fit_it_is_asked_or_the_labels_tell(tmp_path):
    root = folder(tmp_path, {"a": boxes(1, 2)}, classes="bicycle\naeroplane\n")
    data = open_data(f"folder:{root}")
    assert data.numbering.undecided
    with pytest.raises(InputError, match=r"do not tell .* say which: folder:.*@lines or @voc .*1 is bicycle"):
        data[0]
    half = boxes(1)
    for form, name in (("lines", "bicycle"), ("voc", "aeroplane")):
        sample = open_data(f"folder:{root}@{form}:0")[0]
        number = sample.classes.index(name) + 1
        np.testing.assert_array_equal((sample.mask == number)[:, :18], (boxes(1, 2) == 1)[:, :18])
    mask_file(root / "masks" / "a.png", half)
    for name in ("bicycle", "aeroplane"):
        (root / "labels.txt").write_text(f"a.png,{name}\n")
        data = open_data(f"folder:{root}")
        assert data[0].labels == (name,)
        assert data[0].notes == open_data(f"folder:{root}")[0].notes
        assert "labels tell" in data.numbering.said
        assert "mask-label-conflict" not in kinds(data[0])


def test_a_form_that_says_nothing_here_is_refused(tmp_path):
    root = folder(tmp_path, {"a": boxes(1)}, classes="lung\n")
    with pytest.raises(InputError, match="@voc is no numbering of these classes"):
        open_data(f"folder:{root}@voc")[0]
    with pytest.raises(InputError, match="@vocs says nothing"):
        open_data(f"folder:{root}@vocs")
    at = folder(tmp_path / "b@lines", {"a": boxes(1)}, classes="lung\n")
    assert open_data(f"folder:{at}")[0].labels == ("lung",)


def test_own_classes_from_zero(tmp_path):
    root = folder(tmp_path, {"a": boxes(0, 1, background=255)}, classes="lung\nheart\n")
    assert kinds(open_data(f"folder:{root}")[0]) >= {"mask-mostly-ignored"}
    sample = open_data(f"folder:{root}@zero")[0]
    assert (sample.labels, kinds(sample)) == (("lung", "heart"), set())
    assert sample.mask[0, 0] == 0


@pytest.mark.parametrize(
    ("text", "names", "numbers"),
    [
        ("﻿cat\r\ndog\r\n", ("cat", "dog"), None),
        ("__ignore__\n_background_\ncat\n", ("cat",), None),
        ("0: background\n1: cat\n7: traffic light\n", ("cat", "traffic light"), (1, 7)),
        ("name,id\ncat,1\nroad,3\nvoid,255\n", ("cat", "road"), (1, 3)),
        ("id;name\n1;cat\n2;dog\n", ("cat", "dog"), (1, 2)),
        ("1 cat\n2 dog\n", ("cat", "dog"), (1, 2)),
        ('["background", "cat"]', ("cat",), None),
        ('{"0": "background", "2": "cat"}', ("cat",), (2,)),
        ('{"categories": [{"id": 3, "name": "cat"}]}', ("cat",), (3,)),
        ("cat\ndog  \n\n", ("cat", "dog"), None),
        ("background:0,0,0::\ncat:128,0,0::\ndog:0,128,0::\n", ("cat", "dog"), None),
    ],
)
def test_class_lists_of_other_tools(tmp_path, text, names, numbers):
    file = tmp_path / "classes.txt"
    file.write_bytes(text.encode())
    listed = read_class_list(file)
    assert (listed.names, listed.numbers) == (names, numbers)


@pytest.mark.parametrize(
    ("text", "names", "numbers"),
    [
        ("path: x\nnames: [cat, 'dog']\nnc: 2\n", ("cat", "dog"), None),
        ("names:\n  - cat\n  - dog\nnc: 2\n", ("cat", "dog"), None),
        ("names:\n  0: background\n  1: cat\ntrain: y\n", ("cat",), (1,)),
        ("names: {1: cat, 2: dog}\n", ("cat", "dog"), (1, 2)),
    ],
)
def test_names_of_a_data_yaml(tmp_path, text, names, numbers):
    (tmp_path / "data.yaml").write_text(text)
    listed = read_class_list(tmp_path / "data.yaml")
    assert (listed.names, listed.numbers) == (names, numbers)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("cat\ndog\nbackground\n", "'background' stands after 2 classes; put it first, or write NUMBER: NAME"),
        ("__ignore__\ncat\n", "after __ignore__ stands no _background_"),
        ("0: background\ncat\n", "some lines have a number and 'cat' has none"),
        ("1: cat\n1: dog\n", "the number 1 stands twice"),
        ("1: cat\n300: dog\n", "300 is beyond 254"),
        ("0: background\n1: bg\n2: cat\n", "two backgrounds"),
        ('{"a": [1]}', "no class list"),
        ('["cat", ', "not readable as JSON"),
    ],
)
def test_class_lists_that_are_refused(tmp_path, text, cause):
    (tmp_path / "classes.txt").write_text(text)
    with pytest.raises(InputError, match=cause):
        read_class_list(tmp_path / "classes.txt")


def test_a_list_whose_classes_count_from_zero_is_asked_about(tmp_path):
    root = folder(tmp_path, {"a": boxes(1, background=255)}, classes="0: cat\n1: dog\n")
    with pytest.raises(InputError, match="@lines or @zero"):
        open_data(f"folder:{root}")[0]
    assert open_data(f"folder:{root}@zero")[0].labels == ("dog",)
    assert open_data(f"folder:{root}@lines")[0].labels == ("cat",)


def test_colours_of_vocs_and_of_cvats_label_map(tmp_path):
    colours = voc_palette()[boxes(index("dog"), index("person"))]
    root = folder(tmp_path / "a", {"a": colours})
    sample = open_data(f"folder:{root}")[0]
    assert (sample.labels, kinds(sample)) == (("dog", "person"), {"mask-colours"})
    grey = np.repeat(boxes(12, 15)[..., None], 3, axis=2)
    sample = open_data(f"folder:{folder(tmp_path / 'b', {'a': grey})}")[0]
    assert (sample.labels, kinds(sample)) == (("dog", "person"), {"mask-rgb-grey"})
    own = np.array([(9, 9, 99), (250, 50, 50), (50, 250, 50)], np.uint8)[boxes(1, 2)]
    root = folder(tmp_path / "c", {"a": own})
    (root / "labelmap.txt").write_text(
        "# label:color_rgb:parts:actions\nbackground:9,9,99::\ncat:250,50,50::\nrib:50,250,50::\n"
    )
    assert open_data(f"folder:{root}")[0].labels == ("cat", "rib")
    (root / "labelmap.txt").unlink()
    with pytest.raises(InputError, match=r"an RGB mask with the colour .* turning the colours to grey does not"):
        open_data(f"folder:{root}")[0]


def test_a_palette_with_vocs_colours_at_other_indices(tmp_path):
    palette = np.zeros((256, 3), np.uint8)
    palette[1:3] = voc_palette()[[index("person"), index("dog")]]
    root = folder(tmp_path, {"a": boxes(1, 2)})
    mask_file(root / "masks" / "a.png", boxes(1, 2), palette)
    sample = open_data(f"folder:{root}")[0]
    assert (sample.labels, kinds(sample)) == (("dog", "person"), {"mask-palette"})
    (root / "classes.txt").write_text("lung\nheart\n")  # there the colours mean nothing
    assert open_data(f"folder:{root}")[0].labels == ("lung", "heart")


@pytest.mark.parametrize("orientation", [2, 3, 6])
def test_a_mask_of_an_image_that_exif_turns(tmp_path, orientation):
    root = voc(tmp_path, boxes(15), orientation=orientation)
    sample = open_data(f"voc:{root}:train")[0]
    turned = open_data(f"voc:{root}:train@turned")[0]
    assert (turned.mask == 15).sum() == (boxes(15) == 15).sum()
    if orientation == 6:  # a single way fits
        assert kinds(sample) == {"image-turned", "mask-turned"}
        np.testing.assert_array_equal(sample.mask, np.rot90(boxes(15), -1))
        np.testing.assert_array_equal(turned.mask, sample.mask)
    else:
        assert kinds(sample) == {"image-turned", "mask-upright-unclear"}
        np.testing.assert_array_equal(sample.mask, boxes(15))
        flipped = boxes(15)[:, ::-1] if orientation == 2 else boxes(15)[::-1, ::-1]
        np.testing.assert_array_equal(turned.mask, flipped)


def coco(root, *masks):
    for number, values in enumerate(masks, 1):
        name = f"COCO_train2014_{number:012d}"
        picture(root / "train2014" / f"{name}.jpg", number)
        mask_file(root / "masks" / f"{name}.png", values)
    return f"coco:{root}:train2014"


def test_cocos_four_numberings(tmp_path):
    data = coco(tmp_path, boxes(0, 16, background=255), boxes(56, background=255))
    with pytest.raises(InputError, match=r"say which: coco:.*@zero or @zero-ids"):
        open_data(data)[0]
    assert [open_data(f"{data}@zero")[i].labels for i in range(2)] == [("person", "dog"), ("chair",)]
    assert open_data(f"{data}@zero")[1].mask[0, 0] == 0
    assert open_data(f"{data}@zero-ids")[0].labels == ("person", "cat")
    assert open_data(f"{data}@zero-ids")[1].mask[0, 0] == 255


@pytest.mark.parametrize(
    ("masks", "form", "label"),
    [
        ([boxes(17, 80), boxes(81, 255)], "ids", "cat"),
        ([boxes(16, 80, background=255), boxes(0, background=255)], "zero-ids", "cat"),
    ],
)
def test_which_background_masks_have_is_asked_of_few_and_taken_of_many_with_a_warning(tmp_path, masks, form, label):
    data = coco(tmp_path / "few", *masks)
    with pytest.raises(InputError, match=rf"say which: .*@{form}"):
        open_data(data)[0]
    assert label in open_data(f"{data}@{form}")[0].labels
    many = open_data(coco(tmp_path / "many", *[masks[0]] * (MASKS_THAT_TELL - 1), masks[1]))
    assert many.numbering.form == form
    assert label in many[0].labels
    lacking = 255 if form == "ids" else 0
    assert many.set_notes() == [("", Note("numbering-inferred", f"from which of 20 masks lack {lacking}"))]


def test_a_numbering_that_the_labels_of_one_sample_tell_is_taken_with_a_warning(tmp_path):
    swapped = "bicycle\naeroplane\n"
    root = folder(tmp_path / "one", {"a": boxes(1)}, classes=swapped, labels="a,bicycle")
    one = open_data(f"folder:{root}").numbering
    assert (one.form, one.inferred) == ("lines", "the labels of one sample")
    masks, labels = {"a": boxes(1), "b": boxes(2)}, "a,bicycle\nb,aeroplane"
    two = open_data(f"folder:{folder(tmp_path / 'two', masks, classes=swapped, labels=labels)}").numbering
    assert (two.form, two.inferred) == ("lines", "")


def test_a_mask_whose_edge_is_ignored_is_warned_of(tmp_path):
    two = "lung\nheart\n"
    # Classes from 0, and the background 255: the object is large, and the first class is in the picture.
    mask = np.full((24, 36), 255, np.uint8)
    mask[2:-2, 1:-1] = 0
    mask[8:, 10:20] = 1
    data = open_data(f"folder:{folder(tmp_path, {'a': mask}, classes=two)}")
    assert (mask == 255).mean() < 0.3
    assert kinds(data[0]) == {"mask-ignored-frame"}
    assert kinds(open_data(f"folder:{tmp_path}@zero")[0]) == set()


def test_classes_without_a_list_are_vocs(tmp_path):
    data = open_data(f"folder:{folder(tmp_path, {'a': boxes(12)})}")
    assert data.classes == VOC_CLASSES
    assert "PASCAL VOC" in data.numbering.said
