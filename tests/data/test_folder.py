"""A folder of pictures."""

import numpy as np
import pytest
from PIL import Image

from wsss_viz.data.folder import PictureFolder
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
        (tmp_path, "no picture in this folder; put files ending in .jpeg, .jpg, .png, .webp"),
    ):
        with pytest.raises(InputError, match=cause):
            PictureFolder(path)
