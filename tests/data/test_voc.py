"""VOC's layout: what is written is read back, and what others wrote is read as they meant it."""

import os
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from wsss_viz.data.palette import VOC_CLASSES, voc_palette
from wsss_viz.data.sample import Sample
from wsss_viz.data.voc import VocFolder, is_sample_name
from wsss_viz.data.voc_writer import write_voc
from wsss_viz.errors import InputError

CLASSES = ("bird", "cat", "sofa")  # VOC's 3, 8 and 18


def make_sample(seed: int, size=(20, 33), **known) -> Sample:
    rng = np.random.default_rng(seed)
    mask = np.zeros(size, dtype=np.uint8)
    mask[4:10, 5:20] = 1 + seed % 3
    mask[8:15, 15:30] = 3
    mask[0] = 255
    parts = np.where(mask == 255, 255, np.where(mask > 0, 1 + (np.arange(size[1]) % 2), 0)).astype(np.uint8)
    labels = tuple(name for name in CLASSES if CLASSES.index(name) + 1 in mask)
    fields = {"labels": labels, "mask": mask, "parts": parts} | known
    return Sample(rng.integers(0, 256, (*size, 3), dtype=np.uint8), CLASSES, name=f"scene_{seed:02d}", **fields)


def assert_same(read: Sample, written: Sample) -> None:
    for field in ("image", "mask", "parts"):
        before, after = getattr(written, field), getattr(read, field)
        if before is None:
            assert after is None
        else:
            np.testing.assert_array_equal(after, before)
            assert after.dtype == before.dtype
    for field in ("classes", "labels", "name"):
        assert getattr(read, field) == getattr(written, field)


def files_of(folder) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


# There and back.


def test_written_and_read_back_is_the_same(tmp_path):
    samples = [make_sample(0), make_sample(1, size=(41, 16)), make_sample(2), make_sample(5, labels=())]
    ticks = []
    assert write_voc(iter(samples), tmp_path, "test", lambda: ticks.append(1)) == len(ticks) == 4
    folder = VocFolder(tmp_path, "test")
    assert len(folder) == 4
    for index, sample in enumerate(samples):
        assert_same(folder[index], sample)


@pytest.mark.parametrize("unknown", [{"mask": None}, {"parts": None}, {"mask": None, "parts": None}])
def test_what_is_not_known_stays_unknown(tmp_path, unknown):
    sample = make_sample(0, **unknown)
    write_voc([sample], tmp_path, "test")
    assert_same(VocFolder(tmp_path, "test")[0], sample)


def test_unknown_labels_come_from_the_mask_or_stay_unknown(tmp_path):
    write_voc([make_sample(1, labels=None)], tmp_path / "a", "test")
    assert VocFolder(tmp_path / "a", "test")[0].labels == ("cat", "sofa")
    write_voc([make_sample(1, labels=None, mask=None)], tmp_path / "b", "test")
    assert VocFolder(tmp_path / "b", "test")[0].labels is None
    assert not list(tmp_path.glob("?/ImageSets/Main/cat*"))


def test_jpeg_images_change_a_little_and_masks_not_at_all(tmp_path):
    sample = make_sample(1)
    smooth = np.add.outer(np.arange(20) * 5, np.arange(33) * 3)[..., None] + np.array([0, 20, 40])
    sample = Sample(smooth.astype(np.uint8), CLASSES, sample.labels, "a", sample.mask, sample.parts)
    write_voc([sample], tmp_path, "test", image_format="jpg")
    assert os.listdir(tmp_path / "JPEGImages") == ["a.jpg"]
    read = VocFolder(tmp_path, "test")[0]
    assert 0 < np.abs(read.image.astype(int) - sample.image).mean() < 2
    np.testing.assert_array_equal(read.mask, sample.mask)
    np.testing.assert_array_equal(read.parts, sample.parts)


# What other tools find.


def test_the_mask_on_disk_has_vocs_indices_and_colours(tmp_path):
    sample = make_sample(0)
    write_voc([sample], tmp_path, "test")
    image = Image.open(tmp_path / "SegmentationClass" / "scene_00.png")
    assert image.mode == "P"
    on_disk = np.asarray(image)
    for ours, vocs in ((0, 0), (1, 3), (3, 18), (255, 255)):
        np.testing.assert_array_equal(on_disk == vocs, sample.mask == ours)
    assert set(np.unique(on_disk)) == {0, 3, 18, 255}
    np.testing.assert_array_equal(np.asarray(image.convert("RGB")), voc_palette()[on_disk])


def test_boxes_are_counted_from_one_and_inclusive(tmp_path):
    write_voc([make_sample(0)], tmp_path, "test")
    root = ElementTree.parse(tmp_path / "Annotations" / "scene_00.xml").getroot()
    boxes = {
        element.findtext("name"): tuple(
            int(element.findtext(f"bndbox/{side}")) for side in ("xmin", "ymin", "xmax", "ymax")
        )
        for element in root.findall("object")
    }
    assert boxes == {"bird": (6, 5, 20, 10), "sofa": (16, 9, 30, 15)}
    assert [root.findtext(f"size/{side}") for side in ("width", "height")] == ["33", "20"]
    assert root.findtext("filename") == "scene_00.png"


def test_lists_of_the_split(tmp_path):
    write_voc([make_sample(0), make_sample(1)], tmp_path, "test")
    lists = {name: text.decode() for name, text in files_of(tmp_path / "ImageSets").items()}
    assert lists == {
        "Segmentation/test.txt": "scene_00\nscene_01\n",
        "Main/test.txt": "scene_00\nscene_01\n",
        "Main/bird_test.txt": "scene_00  1\nscene_01 -1\n",
        "Main/cat_test.txt": "scene_00 -1\nscene_01  1\n",
        "Main/sofa_test.txt": "scene_00  1\nscene_01  1\n",
    }
    assert (tmp_path / "classes.txt").read_text() == "bird\ncat\nsofa\n"


# Writing harms nothing.


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError])
def test_a_stopped_run_leaves_whole_files_and_no_split_and_goes_on(tmp_path, stop):
    samples = [make_sample(seed) for seed in range(4)]

    def broken_off():
        yield from samples[:2]
        raise stop

    with pytest.raises(stop):
        write_voc(broken_off(), tmp_path, "test")
    left = files_of(tmp_path)
    assert not [name for name in left if "ImageSets" in name or name.endswith(".part")]
    assert len(left) == 1 + 2 * 4
    with pytest.raises(InputError, match="no split 'test'"):
        VocFolder(tmp_path, "test")
    write_voc(samples, tmp_path, "test")
    done = files_of(tmp_path)
    assert left.items() <= done.items()
    write_voc(samples, tmp_path / "once", "test")
    assert files_of(tmp_path / "once") == done


def test_the_folder_above_the_one_wanted_names_it(tmp_path):
    (tmp_path / "VOC2012" / "ImageSets" / "Segmentation").mkdir(parents=True)
    with pytest.raises(InputError, match=r"no ImageSets in it; it lies in \S+VOC2012: give that folder$"):
        VocFolder(tmp_path, "train")


def test_another_split_joins_and_leaves_the_first_alone(tmp_path):
    write_voc([make_sample(0)], tmp_path, "train")
    before = files_of(tmp_path)
    write_voc([make_sample(1)], tmp_path, "val")
    assert before.items() <= files_of(tmp_path).items()
    assert [VocFolder(tmp_path, split).names for split in ("train", "val")] == [["scene_00"], ["scene_01"]]


def test_nothing_is_written_over_unless_asked(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(InputError, match="not empty and not written by us"):
        write_voc([make_sample(0)], tmp_path, "test")
    assert os.listdir(tmp_path) == ["thesis.tex"]

    write_voc([make_sample(0)], tmp_path / "ours", "test")
    before = files_of(tmp_path / "ours")
    with pytest.raises(InputError, match="holds a split 'test' already"):
        write_voc([make_sample(0)], tmp_path / "ours", "test")
    with pytest.raises(InputError, match="exists with other content"):
        write_voc([make_sample(0, size=(30, 40))], tmp_path / "ours", "other")
    other = Sample(np.zeros((9, 9, 3), np.uint8), ("dog",), (), "a")
    with pytest.raises(InputError, match="of other classes"):
        write_voc([other], tmp_path / "ours", "dogs")
    assert files_of(tmp_path / "ours") == before

    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="a file, not a folder"):
        write_voc([make_sample(0)], tmp_path / "file", "test", overwrite=True)


def test_overwriting_leaves_nothing_stale(tmp_path):
    write_voc([make_sample(0)], tmp_path, "test")
    bare = make_sample(0, size=(24, 10), mask=None, parts=None)
    write_voc([bare], tmp_path, "test", image_format="jpg", overwrite=True)
    read = VocFolder(tmp_path, "test")[0]
    assert os.listdir(tmp_path / "JPEGImages") == ["scene_00.jpg"]
    assert (read.size, read.mask, read.parts, read.labels) == ((24, 10), None, None, bare.labels)


def test_what_the_layout_cannot_hold(tmp_path):
    image = np.zeros((9, 9, 3), np.uint8)
    for samples, split, cause in (
        ([], "test", "no samples"),
        ([Sample(image, ("rabbit",), (), "a")], "test", "'rabbit' is no class"),
        ([Sample(image, (), None, "a")], "test", "no classes"),
        ([make_sample(0)], "../test", "no name of a split"),
        ([Sample(image, CLASSES, (), "../a")], "test", "cannot name a file"),
        ([make_sample(0), make_sample(0)], "test", "cannot name a file beside"),
        ([make_sample(0), Sample(image, ("dog",), (), "a")], "test", "one data set at a time"),
    ):
        with pytest.raises(InputError, match=cause):
            write_voc(samples, tmp_path / "out", split)
        assert not (tmp_path / "a.png").exists()
        assert not list(tmp_path.glob("out/ImageSets/**/*.txt"))


# VOC's own folders.


@pytest.fixture
def voc(tmp_path):
    """A folder as VOC's authors lay it out: two images, all 20 classes, masks but no parts and no classes.txt."""
    for folder in ("JPEGImages", "SegmentationClass", "Annotations", "ImageSets/Segmentation", "ImageSets/Main"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("2007_000032", "2007_000039"):
        Image.fromarray(np.full((20, 30, 3), 90, np.uint8)).save(tmp_path / "JPEGImages" / f"{name}.jpg")
        indices = np.zeros((20, 30), np.uint8)
        indices[2:9, 3:20], indices[2:9, 20] = 15, 255
        mask = Image.fromarray(indices)
        mask.putpalette(voc_palette().tobytes())
        mask.save(tmp_path / "SegmentationClass" / f"{name}.png")
    (tmp_path / "ImageSets/Segmentation/val.txt").write_bytes(b"2007_000032\r\n2007_000039\r\n\r\n")
    return tmp_path


def annotate(voc, text: str | bytes, name="2007_000032") -> None:
    data = text if isinstance(text, bytes) else text.encode()
    (voc / "Annotations" / f"{name}.xml").write_bytes(data)


def objects(*names: str) -> str:
    inner = "".join(f"<object><name>{name}</name><part><name>head</name></part></object>" for name in names)
    return f"<annotation><filename>x.jpg</filename>{inner}</annotation>"


def test_vocs_own_folder(voc):
    folder = VocFolder(voc, "val")
    assert (len(folder), folder.classes) == (2, VOC_CLASSES)
    sample = folder[1]
    assert (sample.name, sample.size, sample.labels, sample.parts) == ("2007_000039", (20, 30), ("person",), None)
    assert np.unique(sample.mask).tolist() == [0, 15, 255]
    assert sample.class_mask("person").sum() == 7 * 17


def test_labels_of_the_xml_go_before_the_mask(voc):
    annotate(voc, objects("person", "bicycle", "person"))
    assert VocFolder(voc, "val")[0].labels == ("bicycle", "person")
    annotate(voc, objects())
    assert VocFolder(voc, "val")[0].labels == ()


def test_labels_of_the_class_lists(voc):
    for label in VOC_CLASSES:
        sign = {"dog": "1", "cow": "0"}.get(label, "-1")
        (voc / "ImageSets/Main" / f"{label}_val.txt").write_text(f"2007_000032  {sign}\n")
    folder = VocFolder(voc, "val")
    assert folder[0].labels == ("cow", "dog")  # difficult ones are there
    assert folder[1].labels == ("person",)  # not in the lists: from the mask
    (voc / "ImageSets/Main" / "dog_val.txt").write_text("2007_000032  yes\n")
    with pytest.raises(InputError, match=r"dog_val.txt, line 1: '2007_000032  yes'"):
        VocFolder(voc, "val")[0]
    (voc / "ImageSets/Main" / "dog_val.txt").unlink()
    assert VocFolder(voc, "val")[0].labels == ("person",)  # lists that are not complete say nothing


def test_a_class_set_drops_the_other_classes(voc):
    (voc / "classes.txt").write_text("sofa\ndog\n")
    annotate(voc, objects("person", "dog"))
    indices = np.zeros((20, 30), np.uint8)
    indices[0], indices[1], indices[2], indices[3] = 12, 15, 18, 255  # dog, person, sofa, ignore
    Image.fromarray(indices).save(voc / "SegmentationClass" / "2007_000032.png")
    sample = VocFolder(voc, "val")[0]
    assert (sample.classes, sample.labels) == (("sofa", "dog"), ("dog",))
    assert sample.mask[:4, 0].tolist() == [2, 0, 1, 255]


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        ("../secret", "line 1: '../secret' is no name"),
        ("a\n/etc/passwd", "line 2: '/etc/passwd' is no name"),
        ("C:\\a", "is no name"),
        ("..", "is no name"),
        ("a\0b", "is no name"),
        ("a\nb\na", "line 3: 'a' stands on line 1"),
        ("\n  \n", "lists no names"),
        (b"\xff\xfe\x00", "not a text file"),
    ],
)
def test_names_in_a_split_are_never_paths(voc, lines, cause):
    (voc / "ImageSets/Segmentation/val.txt").write_bytes(lines if isinstance(lines, bytes) else lines.encode())
    with pytest.raises(InputError, match=r"line [123]|lists|text") as error:
        VocFolder(voc, "val")
    assert cause in str(error.value)


def test_names():
    for name in ("2007_000032", "bild von Tür", "a.b", "...a"):
        assert is_sample_name(name)
    for name in ("", ".", "..", "...", " ", "a/b", "a\\b", "C:a", "a\nb", "x" * 201):
        assert not is_sample_name(name)


BOMB = "<!DOCTYPE a [<!ENTITY x 'xxxxxxxx'><!ENTITY y '&x;&x;&x;&x;&x;'>]><annotation><object>&y;</object></annotation>"
EXTERNAL = (
    "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><annotation><object><name>&x;</name></object></annotation>"
)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (BOMB, "declares a document type"),
        (BOMB.encode("utf-16"), "declares a document type"),
        (EXTERNAL, "declares a document type"),
        ("<!DOCTYPE a SYSTEM 'http://localhost/a.dtd'><annotation/>", "declares a document type"),
        ("<annotation><object>", "cannot be read as an annotation"),
        ("<?xml version='1.0' encoding='klingon'?><annotation/>", "cannot be read as an annotation"),
        ("", "cannot be read as an annotation"),
        (objects("zebra"), "'zebra', no class of PASCAL VOC"),
        (f"<annotation>{' ' * 2**20}</annotation>", "more than the 1 MB"),
    ],
)
def test_annotations_that_are_refused(voc, text, cause):
    annotate(voc, text)
    folder = VocFolder(voc, "val")
    with pytest.raises(InputError, match=cause) as error:
        folder[0]
    assert "\n" not in str(error.value)


def test_missing_and_unfit_files(voc, tmp_path):
    with pytest.raises(InputError, match=r"no split 'trainval' .*there: val"):
        VocFolder(voc, "trainval")
    with pytest.raises(InputError, match="no such folder; give the one that holds JPEGImages"):
        VocFolder(tmp_path / "nowhere", "val")
    folder = VocFolder(voc, "val")
    mask = voc / "SegmentationClass" / "2007_000032.png"
    Image.fromarray(np.zeros((30, 20), np.uint8)).save(mask)
    with pytest.raises(InputError, match="20 x 30 pixels, the image has 30 x 20"):
        folder[0]
    Image.fromarray(np.full((20, 30), 21, np.uint8)).save(mask)
    with pytest.raises(InputError, match="index 21; a VOC mask holds 0 to 20 and 255"):
        folder[0]
    (voc / "SegmentationParts").mkdir()
    Image.fromarray(np.full((20, 30), 3, np.uint8)).save(voc / "SegmentationParts" / "2007_000039.png")
    with pytest.raises(InputError, match="index 3; a part mask"):
        folder[1]
    (voc / "JPEGImages" / "2007_000032.jpg").unlink()
    with pytest.raises(InputError, match=r"2007_000032.jpg \(or .png\) is missing, though val.txt names it"):
        folder[0]


@pytest.mark.parametrize(
    ("text", "cause"), [("a\tb\n", "is no class name"), ("dog\ndog\n", "a class twice"), ("\n", "no class")]
)
def test_class_sets_that_are_refused(voc, text, cause):
    (voc / "classes.txt").write_text(text)
    with pytest.raises(InputError, match=cause):
        VocFolder(voc, "val")


# The augmented list, labels as vectors, other class lists.


def test_the_augmented_list_takes_sbds_masks_where_vocs_are_missing(voc):
    for name in ("2008_000001", "2008_000002"):
        Image.fromarray(np.full((20, 30, 3), 50, np.uint8)).save(voc / "JPEGImages" / f"{name}.jpg")
    (voc / "SegmentationClassAug").mkdir()
    for name, index in (("2007_000032", 3), ("2008_000001", 8)):
        Image.fromarray(np.full((20, 30), index, np.uint8)).save(voc / "SegmentationClassAug" / f"{name}.png")  # grey
    lists = voc / "ImageSets/Segmentation"
    (lists / "train_aug.txt").write_text("2007_000032\n2008_000001\n2008_000002\n")
    folder = VocFolder(voc, "train_aug")
    assert folder[0].labels == ("person",)  # VOC's own mask
    assert (folder[1].labels, np.unique(folder[1].mask).tolist()) == (("cat",), [8])
    assert (folder[2].labels, folder[2].mask) == (None, None)


@pytest.mark.parametrize("place", ["ImageSets/Segmentation", "ImageSets/SegmentationAug", "."])
def test_lists_of_two_paths_a_line(voc, place):
    (voc / "SegmentationClassAug").mkdir()
    Image.fromarray(np.full((20, 30), 8, np.uint8)).save(voc / "SegmentationClassAug" / "2007_000032.png")
    (voc / place).mkdir(exist_ok=True)
    (voc / place / "train_aug.txt").write_text(
        "/JPEGImages/2007_000032.jpg /SegmentationClassAug/2007_000032.png\nJPEGImages/2007_000039.jpg\n"
    )
    folder = VocFolder(voc, "train_aug")
    assert folder.names == ["2007_000032", "2007_000039"]
    assert folder[0].labels == ("cat",)  # the list's mask goes before VOC's own
    assert folder[1].labels == ("person",)
    (voc / "SegmentationClassAug" / "2007_000032.png").unlink()
    with pytest.raises(InputError, match=r"SegmentationClassAug/2007_000032.png is missing, though train_aug.txt"):
        folder[0]


@pytest.mark.parametrize(
    "line",
    [
        "/JPEGImages/a.jpg /../secret.png",
        "/JPEGImages/../../a.jpg",
        "//etc/passwd.jpg x",
        "/JPEGImages/a.jpg /a.png /b.png",
        "/JPEGImages/a",
        "C:/a.jpg",
        "/JPEGImages/a.jpg /b\\c.png",
    ],
)
def test_paths_in_a_list_stay_in_the_folder(voc, line):
    (voc / "train_aug.txt").write_text(line)
    with pytest.raises(InputError, match=r"line 1: .* is no name; write names, or image and mask"):
        VocFolder(voc, "train_aug")


def test_paths_that_end_in_one_name_collide(voc):
    (voc / "nested.txt").write_text("/JPEGImages/a/0.jpg\n/JPEGImages/b/0.jpg\n")
    with pytest.raises(InputError, match="line 2: '0' stands on line 1 already; list it once"):
        VocFolder(voc, "nested")


def vector(*names: str) -> np.ndarray:
    return np.array([name in names for name in VOC_CLASSES], np.float32)


def test_labels_as_psa_and_irn_ship_them(voc):
    annotate(voc, objects("dog"))
    np.save(voc / "cls_labels.npy", {"2007_000032": vector("sofa", "cat"), np.int32(2007000039): vector()})
    folder = VocFolder(voc, "val")
    assert folder[0].labels == ("cat", "sofa")  # before the XML
    assert folder[1].labels == ()  # IRN's keys are whole numbers
    (voc / "classes.txt").write_text("sofa\ndog\n")
    assert VocFolder(voc, "val")[0].labels == ("sofa",)
    np.save(voc / "cls_labels.npy", {"2007_000039": vector("bus")})
    (voc / "classes.txt").unlink()
    assert VocFolder(voc, "val")[0].labels == ("dog",)  # of what is not in it, the XML tells


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        ({"a": np.zeros(21)}, r"a has a vector of shape \(21,\), the data set 20 classes"),
        ({"a": np.full(20, 2.0)}, "labels other than 0 and 1"),
        ({"a": np.full(20, np.nan)}, "labels other than 0 and 1"),
        ({"a": os}, "no dictionary of arrays"),
        (np.zeros(3), "no dictionary of arrays"),
    ],
)
def test_label_vectors_that_are_refused(voc, value, cause):
    if isinstance(value, dict) and value["a"] is os:
        (voc / "cls_labels.npy").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    else:
        np.save(voc / "cls_labels.npy", value)
    with pytest.raises(InputError, match=cause) as error:
        VocFolder(voc, "val")[0]
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("background", ["", "background\n", "_background_\r\n"])
def test_other_classes_number_by_their_lines(voc, background):
    (voc / "classes.txt").write_text(f"{background}rabbit\nperson\ntraffic light\n")
    for name, index in (("2007_000032", 3), ("2007_000039", 1)):
        indices = np.full((20, 30), index, np.uint8)
        indices[0], indices[1] = 255, 0
        Image.fromarray(indices).save(voc / "SegmentationClass" / f"{name}.png")
    folder = VocFolder(voc, "val")
    assert folder.classes == ("rabbit", "person", "traffic light")
    assert [folder[i].labels for i in range(2)] == [("traffic light",), ("rabbit",)]
    assert np.unique(folder[0].mask).tolist() == [0, 3, 255]
    annotate(voc, objects("person", "rabbit"))
    assert folder[0].labels == ("rabbit", "person")
    annotate(voc, objects("dog"))
    with pytest.raises(InputError, match=r"an object 'dog', no class in classes.txt"):
        folder[0]
    Image.fromarray(np.full((20, 30), 4, np.uint8)).save(voc / "SegmentationClass" / "2007_000039.png")
    with pytest.raises(InputError, match="index 4; a mask of these 3 classes holds 0 to 3 and 255"):
        folder[1]
