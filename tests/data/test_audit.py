"""What is noticed about a data set: against itself, against a classifier, against maps."""

import numpy as np
import pytest

from tests.data.inputs import boxes, folder, index, mask_file, picture, voc
from wsss_viz.data import open as open_data
from wsss_viz.data.audit import audit, overlay
from wsss_viz.data.coco_classes import COCO_CLASSES
from wsss_viz.data.findings import KINDS, Noticed
from wsss_viz.data.images import read_picture
from wsss_viz.data.matching import in_words_of, matching
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.synonyms import nearest, renaming
from wsss_viz.errors import InputError
from wsss_viz.traces.map_folder import MapFolder


def found(data: str, **options) -> dict[str, int]:
    return {finding.kind: finding.count for finding in audit(open_data(data), **options).findings}


def test_a_sound_data_set_has_no_findings(tmp_path):
    root = folder(tmp_path, {"a": boxes(12), "b": boxes(15, 12)}, labels="a,dog\nb,dog,person\n")
    seen = audit(open_data(f"folder:{root}"), VOC_CLASSES)
    assert (seen.findings, seen.worst, seen.line, seen.question) == ((), "", "", "")
    assert seen.files["masks"] == {"8-bit grey PNG": 2}
    assert seen.files["labels from"] == {"labels.txt": 2}
    assert seen.files["samples per label"] == {"dog": 2, "person": 1}


def test_each_oddity_of_a_folder_is_counted_once(tmp_path):
    root = folder(
        tmp_path,
        {"a": boxes(255), "b": boxes(), "c": boxes(12), "d": boxes(15), "e": boxes(12)},
        labels="c.png Person\nd.png person dog\ne.png dog\nf.png,tv/monitor\n",
    )
    picture(root / "f.png", 6)
    picture(root / "g.png", 6)
    picture(root / "h.png", 8)
    mask_file(root / "masks" / "h.png", boxes(12, size=(20, 20)))
    mask_file(root / "masks" / "stranger.png", boxes(12))
    whole = picture(root / "i.jpg", 9, size=(160, 100)).read_bytes()
    (root / "i.jpg").write_bytes(whole[:-40])
    (root / "j.jpg").write_bytes(whole[: len(whole) // 2])
    assert found(f"folder:{root}") == {
        "unreadable": 1,
        "mask-size": 1,
        "mask-0-255": 1,
        "mask-label-conflict": 1,
        "label-not-in-mask": 2,
        "mask-empty": 1,
        "mask-orphan": 1,
        "no-mask": 3,
        "no-labels": 2,
        "label-case": 2,
        "image-cut-off": 1,
        "duplicate": 1,
        "mask-mostly-ignored": 1,
    }
    line = audit(open_data(f"folder:{root}")).line
    assert "masks that belong to no picture: 1 (stranger)" in line
    assert line.endswith(f"See `data check folder:{root}`")


def test_labels_that_contradict_the_masks(tmp_path):
    root = voc(tmp_path, boxes(index("dog"), index("person")))
    vector = np.zeros(20, np.float32)
    vector[[12, 15]] = 1
    np.save(root / "cls_labels.npy", {"2007_000032": vector})
    assert found(f"voc:{root}:train") == {"mask-label-conflict": 1, "label-not-in-mask": 1}


@pytest.mark.parametrize(
    ("text", "labels", "kinds"),
    [
        ("a.png potted plant", ("pottedplant",), {"label-case"}),
        ("a.png,Dog ,PERSON", ("dog", "person"), {"label-case"}),
        ("a.png dining table;couch", ("diningtable", "sofa"), {"label-case"}),
        ("a.png\tmotorcycle\tairplane", ("aeroplane", "motorbike"), {"label-case"}),
        ("images/a.png dog|cat", ("cat", "dog"), set()),
        ("image,dog,cat\na.png,0,1", ("cat",), {"one-hot"}),
        ("a.png 12 15", ("12", "15"), {"label-numbers"}),
        ("a.png big zebra crossing", ("big", "crossing", "zebra"), {"label-blank"}),
    ],
)
def test_forms_of_label_tables(tmp_path, text, labels, kinds):
    data = f"folder:{folder(tmp_path, labels=text)}"
    assert open_data(data)[0].labels == labels
    assert set(found(data)) == kinds


def test_names_of_voc_and_coco_are_matched():
    assert renaming(VOC_CLASSES, COCO_CLASSES) == {
        name: {"aeroplane": "airplane", "diningtable": "dining table", "motorbike": "motorcycle",
               "pottedplant": "potted plant", "sofa": "couch", "tvmonitor": "tv"}.get(name, name)
        for name in VOC_CLASSES
    }  # fmt: skip
    # A class that is there under its own name is not renamed to another one.
    assert matching(("tv", "tvmonitor"), ("tv",)).unknown == ("tvmonitor",)
    assert matching(("sofa", "couch"), ("couch", "cat")).renamed == {"couch": "couch"}
    assert nearest("hores", VOC_CLASSES) == "horse"
    assert nearest("xylophone", VOC_CLASSES) is None


def test_a_data_set_in_the_words_of_a_classifier(tmp_path):
    data = open_data(f"folder:{folder(tmp_path, {'a': boxes(18, 12)}, labels='a.png,sofa,dog')}")
    sample = in_words_of(data, ("couch", "cat"))[0]
    assert sample.labels == ("dog", "couch")
    assert sample.mask.max() == 18
    assert sample.classes[17] == "couch"
    assert [note.detail for note in sample.notes if note.kind == "label-unknown"] == ["dog"]
    with pytest.raises(InputError, match=r"knows none of the labels 'dog', 'sofa'.*lung, hart: take another classif"):
        in_words_of(data, ("lung", "hart"))
    with pytest.raises(InputError, match=r"'dog' \(nearest: 'dig'\)"):
        in_words_of(data, ("dig",))


def test_labels_that_a_classifier_does_not_know_are_counted(tmp_path):
    root = folder(tmp_path, {"a": boxes(1), "b": boxes(2)}, classes="lung\nhart\n", labels="a,lung\nb,hart\n")
    seen = audit(open_data(f"folder:{root}"), ("lung", "heart"))
    (finding,) = seen.findings
    assert (finding.kind, finding.count, finding.examples) == ("label-unknown", 1, ("b",))
    assert finding.details == ("hart, nearest heart",)
    assert seen.as_dict()["unknown"] == ["hart"]


def test_maps_are_held_against_the_samples(tmp_path):
    root = folder(tmp_path / "data", {name: boxes(12) for name in "abc"})
    (tmp_path / "maps").mkdir()
    np.save(tmp_path / "maps" / "a.npy", {11: np.ones((24, 36), np.float32)})
    np.save(tmp_path / "maps" / "b.npy", {5: np.ones((24, 36), np.float32)})
    data = f"folder:{root}"
    maps = MapFolder(tmp_path / "maps", open_data(data).numbering)
    assert found(data, maps=maps) == {"maps-missing": 1, "maps-unreadable": 1}


def test_the_overlay_shows_what_the_mask_calls_a_class(tmp_path):
    sample = open_data(f"folder:{folder(tmp_path, {'a': boxes(1)}, classes='lung')}")[0]
    drawn = overlay(sample)
    assert drawn.shape == (24, 72, 3)
    np.testing.assert_array_equal(drawn[:, :36], sample.image)
    changed = (drawn[:, 36:] != sample.image).any(axis=2)
    np.testing.assert_array_equal(changed, boxes(1) == 1)


def test_a_picture_that_lacks_its_end_is_read_and_said(tmp_path):
    data = picture(tmp_path / "a.jpg", size=(160, 100)).read_bytes()
    whole, cut = read_picture(data), read_picture(data[:-40])
    assert [note.kind for note in cut.notes] == ["image-cut-off"]
    np.testing.assert_array_equal(cut.image[:140], whole.image[:140])
    with pytest.raises(InputError, match="broken or cut off"):
        read_picture(data[: len(data) // 2])


def test_what_holds_for_all_samples_alike_is_no_finding():
    noticed = Noticed()
    for name in "ab":
        noticed.see(name, (), without_mask=True)
    assert noticed.findings() == ()
    noticed.see("c", ())
    assert [finding.count for finding in noticed.findings()] == [2]
    assert all(remedy and what for _, what, remedy in KINDS.values())


def test_pictures_and_masks_of_other_formats_are_counted(tmp_path):
    root = folder(tmp_path, {"a": boxes(12)})
    (root / "scan.TIF").write_bytes(b"II*")
    (root / "masks" / "b.bmp").write_bytes(b"BM")
    assert found(f"folder:{root}") == {"picture-not-read": 1, "mask-not-read": 1}
    (root / "a.png").unlink()
    with pytest.raises(InputError, match=r"'scan\.TIF' is of a format that is not read"):
        open_data(f"folder:{root}")


def test_a_mask_of_two_pictures_names_is_told_from_one_of_none(tmp_path):
    root = folder(tmp_path, {"a": boxes(12), "b": boxes(15)})
    picture(root / "a.jpg", 5)
    mask_file(root / "masks" / "c.png", boxes(12))
    (orphans,) = [f for f in audit(open_data(f"folder:{root}")).findings if f.kind == "mask-orphan"]
    assert orphans.details == ("a, the name of several pictures", "c")


def test_of_a_long_message_the_cause_is_kept():
    noticed = Noticed()
    noticed.failed("a", f"/{'folder/' * 50}a.png: not a PNG file")
    (finding,) = noticed.findings()
    assert len(finding.details[0]) == 160
    assert finding.details[0].endswith("folder/a.png: not a PNG file")
