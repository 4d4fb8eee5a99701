"""A folder of pictures."""

import numpy as np
import pytest
from PIL import Image

from wsss_viz.data.folder import PictureFolder
from wsss_viz.data.palette import VOC_CLASSES, voc_palette
from wsss_viz.errors import InputError


def save(path, value: int, size=(20, 30)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((*size, 3), value, np.uint8)).save(path)


def test_pictures_by_name_and_nothing_else(tmp_path):
    for number, name in enumerate(["b.webp", "C.JPG", "a.png", "d.jpeg"]):
        save(tmp_path / name, 40 * number)
    save(tmp_path / ".hidden.png", 1)
    save(tmp_path / "inner" / "e.png", 1)
    (tmp_path / "f.png").mkdir()
    (tmp_path / "notes.txt").write_text("not a picture")
    folder = PictureFolder(tmp_path)
    assert (len(folder), folder.names, folder.classes) == (4, ["C", "a", "b", "d"], ())
    sample = folder[1]
    assert (sample.size, sample.labels, sample.mask, sample.parts, sample.classes) == ((20, 30), None, None, None, ())
    assert [int(folder[index].image.mean().round()) for index in range(4)] == [40, 80, 0, 120]


def test_files_that_share_a_stem_keep_their_suffix(tmp_path):
    for name in ("a.png", "a.jpg", "b.png"):
        save(tmp_path / name, 5)
    assert PictureFolder(tmp_path).names == ["a.jpg", "a.png", "b"]


def test_pictures_are_read_when_asked_for(tmp_path):
    (tmp_path / "a.png").write_text("a text file named .png")
    save(tmp_path / "b.png", 9)
    folder = PictureFolder(tmp_path)
    assert folder[1].image[0, 0].tolist() == [9, 9, 9]
    with pytest.raises(InputError, match=r"a.png: not a PNG, JPEG or WebP file"):
        folder[0]
    (tmp_path / "b.png").unlink()
    with pytest.raises(InputError, match="no such file"):
        folder[1]


def test_no_folder_a_file_and_an_empty_one(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    for path, cause in (
        (tmp_path / "nowhere", "no such folder"),
        (tmp_path / "notes.txt", "a file, not a folder"),
        (tmp_path, "no picture in this folder; put files ending in .jpeg, .jpg, .jfif, .jpe, .png, .webp"),
    ):
        with pytest.raises(InputError, match=cause):
            PictureFolder(path)


# Masks, labels and classes beside the pictures.


def save_mask(path, values, palette=False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.array(values, np.uint8))
    if palette:
        image.putpalette(voc_palette().tobytes())
    image.save(path)


def test_masks_beside_the_pictures(tmp_path):
    indices = np.zeros((20, 30), np.uint8)
    indices[3:9, 2:20], indices[0] = 12, 255
    for name in ("a.jpg", "b.png", "c.png"):
        save(tmp_path / "images" / name, 7)
    save_mask(tmp_path / "masks" / "a.png", indices, palette=True)
    save_mask(tmp_path / "masks" / "b.png", indices)
    folder = PictureFolder(tmp_path)
    assert (folder.names, folder.classes) == (["a", "b", "c"], VOC_CLASSES)
    for index in range(2):
        assert folder[index].labels == ("dog",)
        np.testing.assert_array_equal(folder[index].mask, indices)
    assert (folder[2].labels, folder[2].mask) == (None, None)
    save_mask(tmp_path / "masks" / "c.png", indices.T)
    with pytest.raises(InputError, match=r"c.png: 20 x 30 pixels, the image has 30 x 20; they must be equal"):
        PictureFolder(tmp_path)[2]


def test_pictures_that_share_a_stem_have_masks_by_their_whole_name(tmp_path):
    for name in ("a.jpg", "a.png"):
        save(tmp_path / name, 7)
    save_mask(tmp_path / "masks" / "a.jpg.png", np.full((20, 30), 3))
    folder = PictureFolder(tmp_path)
    assert [folder[i].labels for i in range(2)] == [("bird",), None]


def test_labels_in_a_text_or_csv_file(tmp_path):
    for name in ("a.jpg", "b.png", "c d.png"):
        save(tmp_path / name, 7)
    (tmp_path / "labels.txt").write_text("a.jpg person cow\nb\n")
    folder = PictureFolder(tmp_path)
    assert folder.classes == VOC_CLASSES
    assert [folder[i].labels for i in range(3)] == [("cow", "person"), (), None]
    (tmp_path / "labels.txt").unlink()
    (tmp_path / "labels.csv").write_text('file,classes\n"c d.png",traffic light,"zebra, plains"\nb,zebra\n')
    folder = PictureFolder(tmp_path)
    assert folder.classes == ("traffic light", "zebra", "zebra, plains")
    assert [folder[i].labels for i in range(3)] == [None, ("zebra",), ("traffic light", "zebra, plains")]
    save_mask(tmp_path / "masks" / "b.png", np.full((20, 30), 1))
    with pytest.raises(InputError, match=r"masks of classes that are not VOC's need classes.txt"):
        PictureFolder(tmp_path)
    (tmp_path / "classes.txt").write_text("zebra\nzebra, plains\ntraffic light\n")
    folder = PictureFolder(tmp_path)
    assert [folder[i].labels for i in range(3)] == [None, ("zebra",), ("zebra, plains", "traffic light")]
    assert folder[1].mask.max() == 1


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        ({"labels.txt": "z.jpg dog"}, "labels.txt, line 1: no picture 'z.jpg'; correct the name"),
        ({"labels.txt": "a.jpg dog\na cat"}, "labels.txt, line 2: 'a' stands above already"),
        ({"labels.txt": "a dog", "labels.csv": "a,dog"}, "both labels.txt and labels.csv"),
        ({"labels.txt": "a dog", "classes.txt": "cat"}, "the label 'dog' is not in classes.txt"),
        ({"labels.txt": b"\xff\xfe"}, "not a text file in UTF-8"),
        ({"classes.txt": "cat\ncat"}, "a class twice"),
        ({"classes.txt": "\n".join(f"c{n}" for n in range(255))}, "255 classes; a mask of 8 bits numbers 254"),
        ({"masks/b.png": ""}, "no mask has the name of a picture; call them as a.png"),
    ],
)
def test_what_stands_beside_and_does_not_fit(tmp_path, files, cause):
    save(tmp_path / "a.jpg", 7)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as error:
        PictureFolder(tmp_path)
    assert cause in str(error.value)
    assert "\n" not in str(error.value)


def test_masks_that_cannot_be_read(tmp_path):
    save(tmp_path / "a.jpg", 7)
    for data, cause in ((b"", "the file is empty"), (b"x", "not a PNG file"), (None, "an RGB mask with the colour")):
        (tmp_path / "masks").mkdir(exist_ok=True)
        if data is None:
            Image.fromarray(np.full((20, 30, 3), (9, 8, 7), np.uint8)).save(tmp_path / "masks" / "a.png")
        else:
            (tmp_path / "masks" / "a.png").write_bytes(data)
        with pytest.raises(InputError, match=cause):
            PictureFolder(tmp_path)[0]
    save_mask(tmp_path / "masks" / "a.png", np.full((20, 30), 21))
    with pytest.raises(InputError, match="index 21; a VOC mask holds 0 to 20 and 255"):
        PictureFolder(tmp_path)[0]
