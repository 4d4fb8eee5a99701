"""Data strings."""

import pickle

import numpy as np
import pytest
from PIL import Image

import wsss_viz
from wsss_viz.data import sources
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import CLASSES, Scenes
from wsss_viz.data.sources import DataSet
from wsss_viz.data.voc_writer import write_voc
from wsss_viz.errors import InputError


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(5):
        Image.fromarray(np.full((10, 14, 3), 10 * number, np.uint8)).save(folder / f"{number}.png")
    return folder


def write_small(folder, split: str) -> None:
    write_voc((Sample(np.full((9, 11, 3), n, np.uint8), ("dog",), (), f"{split}_{n}") for n in range(3)), folder, split)


def test_scenes_are_a_sequence_of_samples():
    scenes = wsss_viz.data.open("scenes:test")
    assert (scenes.name, len(scenes), scenes.classes) == ("scenes:test", 1000, CLASSES)
    assert [len(wsss_viz.data.open(f"scenes:{split}")) for split in ("train", "val")] == [4000, 500]
    sample, drawn = scenes[17], Scenes("test")[17]
    assert sample.source == "scenes:test:17"
    assert (sample.name, sample.labels) == (drawn.name, drawn.labels)
    for field in ("image", "mask", "parts"):
        np.testing.assert_array_equal(getattr(sample, field), getattr(drawn, field))


def test_a_samples_own_data_string_gives_it_again():
    for source in ("scenes:val", "scenes:val@40x64"):
        sample = wsss_viz.data.open(source)[3]
        again = sources.sample(sample.source)
        assert (again.source, again.name) == (f"{source}:3", sample.name)
        np.testing.assert_array_equal(again.image, sample.image)
    assert again.size == (40, 64)


def test_an_index_makes_a_data_set_of_one():
    one = sources.open("scenes:test:17")
    assert (len(one), one.name) == (1, "scenes:test")
    assert [sample.source for sample in one] == ["scenes:test:17"]
    with pytest.raises(IndexError):
        one[1]


def test_slices_are_lazy_and_keep_their_data_strings(pictures):
    whole = sources.open(f"folder:{pictures}")
    (pictures / "4.png").write_bytes(b"")
    half = whole[1:5:2]
    assert isinstance(half, DataSet)
    assert [sample.source for sample in half] == [f"folder:{pictures}:1", f"folder:{pictures}:3"]
    assert half[-1].image[0, 0, 0] == 30
    assert half[1:][0].name == "3"
    assert len(whole[10:]) == 0
    with pytest.raises(IndexError):
        whole[5]


def test_an_error_inside_a_source_does_not_end_the_iteration(pictures):
    whole = sources.open(f"folder:{pictures}")
    (pictures / "2.png").unlink()
    with pytest.raises(InputError, match="no such file"):
        list(whole)

    class Faulty:
        def __len__(self):
            return 2

        def __getitem__(self, index, /):
            raise IndexError("inside")

    with pytest.raises(IndexError, match="inside"):
        list(DataSet("faulty", (), Faulty(), range(2)))


def test_data_sets_go_to_other_processes(pictures):
    for source in (f"folder:{pictures}", "scenes:val@32x40"):
        data_set = sources.open(source)
        again = pickle.loads(pickle.dumps(data_set))
        np.testing.assert_array_equal(again[2].image, data_set[2].image)


def test_strings_are_read_from_the_right(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in ("C:\\VOC", "plain", "with:colon:3"):
        write_small(tmp_path / path, "train")
        write_small(tmp_path / path, "2012")
        for string, name, count in (
            (f"voc:{path}:train", f"voc:{path}:train", 3),
            (f"voc:{path}:2012", f"voc:{path}:2012", 3),
            (f"voc:{path}:2012:1", f"voc:{path}:2012", 1),
            (f"voc:{path}:train:0", f"voc:{path}:train", 1),
        ):
            data_set = sources.open(string)
            assert (data_set.name, len(data_set), data_set.classes) == (name, count, ("dog",))
        assert sources.sample(f"voc:{path}:2012:1").name == "2012_1"


def test_a_folder_whose_name_ends_like_an_index(pictures):
    named = pictures.rename(pictures.with_name("run:3"))
    assert len(sources.open(f"folder:{named}")) == 5
    assert sources.sample(f"folder:{named}:3").name == "3"


def test_home(pictures, monkeypatch):
    monkeypatch.setenv("HOME", str(pictures.parent))
    assert sources.sample("folder:~/pictures:2").name == "2"


@pytest.mark.parametrize(
    ("string", "cause"),
    [
        ("", "unknown data string"),
        ("scenes", "write scenes:SPLIT, scenes:SPLIT@HxW, photos, voc:PATH:SPLIT, coco:PATH:SPLIT or folder:PATH"),
        ("cocoa:x", "unknown data string 'cocoa:x'"),
        ("coco:x", "names no split"),
        ("coco:x:val@vals", "@vals says nothing about masks here; behind a data string may stand @lines, @voc"),
        ("coco:/nowhere:val2014", "no such folder"),
        ("scenes:", "unknown data string"),
        ("scenes:tset", "SPLIT one of train, val, test"),
        ("scenes:test:-1", "SPLIT one of"),
        ("scenes:test:1000", "has 1000 samples, none with index 1000"),
        ("scenes:test@20000x20000", "cannot be drawn"),
        ("scenes:test@64", "SPLIT one of"),
        ("scenes:test@64x64:12345678901", "SPLIT one of"),
        ("voc:train", "names no split"),
        ("voc:/nowhere", "names no split"),
        ("voc:/nowhere:train", "no such folder"),
        ("voc:{}:../train", "names no split"),
        ("folder:/nowhere", "no such folder"),
        ("folder:~nobody_of_that_name/x", "no such folder"),
        ("folder:{}\0", "unknown data string"),
        ("folder:" + "n" * 5000, "name too long"),
        ("voc:" + "n" * 5000 + ":train", "name too long"),
        ("x" * 5000 + "\n", "unknown data string"),
    ],
)
def test_bad_strings_are_one_line(string, cause, tmp_path):
    with pytest.raises(InputError) as error:
        sources.open(string.format(tmp_path))
    assert cause in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400 or "n" * 200 in string


def test_a_sample_needs_an_index(pictures):
    for source in ("scenes:test", f"folder:{pictures}"):
        with pytest.raises(InputError, match="add the index of a sample"):
            sources.sample(source)


def test_names_are_known_without_reading(pictures, tmp_path):
    write_small(tmp_path / "voc", "train")
    for source in (f"folder:{pictures}", f"voc:{tmp_path / 'voc'}:train", "scenes:val@32x40"):
        data_set = sources.open(source)[1:3]
        assert data_set.sample_names() == [sample.name for sample in data_set]
    for file in (*pictures.iterdir(), *(tmp_path / "voc" / "JPEGImages").iterdir()):
        file.unlink()
    assert sources.open(f"voc:{tmp_path / 'voc'}:train").sample_names() == ["train_0", "train_1", "train_2"]
