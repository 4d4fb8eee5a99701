"""Maps in the formats of the field: written, read back, and held against the formats' own descriptions."""

import json
import os
import pickle

import numpy as np
import pytest
import torch
from PIL import Image

from wsss_viz.data.numbering import default_numbering
from wsss_viz.data.palette import VOC_CLASSES, voc_palette
from wsss_viz.errors import InputError
from wsss_viz.traces.file_names import file_stem
from wsss_viz.traces.foreign_maps import read_foreign_maps
from wsss_viz.traces.heat_maps import read_heat_maps, write_heat_maps
from wsss_viz.traces.irn_maps import irn_bytes
from wsss_viz.traces.layout_maps import MapGrids
from wsss_viz.traces.map_folder import SETTINGS, MapFolder, MapWriter
from wsss_viz.traces.storage import StoredMaps

SIZE = (37, 54)  # neither is a multiple of 16 or 4
STRIDED = (10, 14)


def stored(keys=("bird", "sofa"), size=SIZE, grid=STRIDED, seed=0, **more) -> StoredMaps:
    rng = np.random.default_rng(seed)
    maps = rng.normal(size=(len(keys), *grid)).astype(np.float32)
    return StoredMaps(maps, rng.normal(size=len(keys)).astype(np.float32), keys, size, **more)


def loaded(path):
    """The file as IRN's own scripts load it."""
    return np.load(path, allow_pickle=True).item()


def test_irns_dictionary_is_what_its_scripts_expect(tmp_path):
    high_res = np.random.default_rng(1).normal(size=(2, *SIZE)).astype(np.float32)
    maps = stored(grids=MapGrids(unions=((high_res,),)))
    (tmp_path / "a.npy").write_bytes(irn_bytes(maps, default_numbering(VOC_CLASSES)))
    content = loaded(tmp_path / "a.npy")
    assert list(content) == ["keys", "cam", "high_res"]
    # make_sem_seg_labels.py: np.pad(keys + 1), cam.cuda(); eval_cam.py: np.pad(high_res).
    assert isinstance(content["cam"], torch.Tensor)
    assert (content["cam"].dtype, tuple(content["cam"].shape)) == (torch.float32, (2, *STRIDED))
    assert np.pad(content["keys"] + 1, (1, 0), mode="constant").tolist() == [0, 3, 18]
    assert isinstance(content["high_res"], np.ndarray)
    assert (content["high_res"].dtype, content["high_res"].shape) == (np.float32, (2, *SIZE))
    for name, raw in (("cam", maps.maps), ("high_res", high_res)):
        positive = torch.from_numpy(raw).relu()
        expected = positive / (torch.nn.functional.adaptive_max_pool2d(positive, (1, 1)) + 1e-5)
        torch.testing.assert_close(torch.as_tensor(content[name]), expected, rtol=0, atol=1e-6)


def test_maps_are_cut_where_the_cells_reach_beyond_the_image(tmp_path):
    maps = stored(grids=MapGrids((SIZE[0] / 48, SIZE[1] / 64)))
    (tmp_path / "a.npy").write_bytes(irn_bytes(maps, default_numbering(VOC_CLASSES)))
    padded = torch.nn.functional.interpolate(
        torch.from_numpy(maps.maps)[None], (48, 64), mode="bilinear", align_corners=False
    )[0, :, : SIZE[0], : SIZE[1]].relu()
    expected = padded / (padded.amax(dim=(1, 2), keepdim=True) + 1e-5)
    np.testing.assert_allclose(loaded(tmp_path / "a.npy")["high_res"], expected, atol=1e-5)
    other_grid = stored(grid=(5, 7))
    (tmp_path / "b.npy").write_bytes(irn_bytes(other_grid, default_numbering(VOC_CLASSES)))
    assert loaded(tmp_path / "b.npy")["cam"].shape == (2, *STRIDED)


def test_the_same_maps_give_the_same_bytes():
    assert irn_bytes(stored(), default_numbering(VOC_CLASSES)) == irn_bytes(stored(), default_numbering(VOC_CLASSES))
    assert irn_bytes(stored(), default_numbering(VOC_CLASSES)) != irn_bytes(
        stored(seed=1), default_numbering(VOC_CLASSES)
    )


def test_irn_there_and_back(tmp_path):
    (tmp_path / "a.npy").write_bytes(irn_bytes(stored(), default_numbering(VOC_CLASSES)))
    read = read_foreign_maps(tmp_path / "a.npy", default_numbering(VOC_CLASSES), SIZE)
    assert (read.keys, read.size) == (("bird", "sofa"), SIZE)
    np.testing.assert_array_equal(read.maps, loaded(tmp_path / "a.npy")["high_res"])
    assert np.isnan(read.scores).all()
    # A class set of VOC's keeps VOC's numbers, and what is not in it is left out.
    assert read_foreign_maps(tmp_path / "a.npy", default_numbering(("cat", "sofa", "dog")), SIZE).keys == ("sofa",)
    own = ("rabbit", "bird", "traffic light")
    (tmp_path / "b.npy").write_bytes(irn_bytes(stored(("traffic light", "rabbit")), default_numbering(own)))
    assert loaded(tmp_path / "b.npy")["keys"].tolist() == [2, 0]
    assert read_foreign_maps(tmp_path / "b.npy", default_numbering(own), SIZE).keys == ("traffic light", "rabbit")


def test_files_that_irn_and_psa_wrote(tmp_path):
    maps = np.random.default_rng(0).random((2, *SIZE)).astype(np.float32)
    label = torch.tensor([0.0] * 14 + [1.0] + [0.0] * 4 + [1.0])
    np.save(tmp_path / "a.npy", {"keys": torch.nonzero(label)[:, 0], "cam": torch.zeros(2, *STRIDED), "high_res": maps})
    np.save(tmp_path / "b.npy", {14: maps[0], 19: maps[1]})
    for name in ("a", "b"):
        read = MapFolder(tmp_path, VOC_CLASSES).read(name, SIZE)
        assert read.keys == ("person", "tvmonitor")
        np.testing.assert_array_equal(read.maps, maps)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ({"keys": np.array([20]), "high_res": np.zeros((1, *SIZE))}, "class 20, beyond the 20"),
        ({"keys": np.array([-1]), "high_res": np.zeros((1, *SIZE))}, "class -1, beyond"),
        ({"keys": np.array([1, 2]), "high_res": np.zeros((1, *SIZE))}, "2 keys and maps (1, 37, 54)"),
        ({"keys": np.array([1]), "high_res": np.zeros((1, 54, 37))}, "maps (1, 54, 37) for an image of 37 x 54"),
        ({"keys": np.array([1]), "high_res": np.full((1, *SIZE), np.nan)}, "not finite"),
        ({"keys": np.array([1]), "high_res": np.zeros((1, *SIZE), np.int64)}, "has maps of int64"),
        ({"keys": np.array([np.nan]), "high_res": np.zeros((1, *SIZE))}, "keys of float64"),
        ({"cam": np.zeros((1, 3, 3))}, "holds no class maps"),
        ({}, "holds no class maps"),
        ({3: np.zeros(SIZE), 4: np.zeros((3, 3))}, "maps of several sizes"),
        (np.zeros((2, 3)), "no dictionary of arrays"),
        ({"keys": pytest}, "no dictionary of arrays"),
    ],
)
def test_irn_files_that_are_refused(tmp_path, content, cause):
    path = tmp_path / "a.npy"
    if isinstance(content, dict) and content.get("keys") is pytest:
        path.write_bytes(pickle.dumps(os.system))
    else:
        np.save(path, content)
    with pytest.raises(InputError) as error:
        MapFolder(tmp_path, VOC_CLASSES).read("a", SIZE)
    assert cause in str(error.value)
    assert "\n" not in str(error.value)


def test_a_pseudo_mask_is_the_argmax_over_the_threshold(tmp_path):
    maps = np.zeros((2, *SIZE), np.float32)
    maps[0, :20] = np.linspace(0, 4, SIZE[1])
    maps[1, 10:30] = np.linspace(2, 0, SIZE[1])
    writer = MapWriter(tmp_path, VOC_CLASSES, "mask", threshold=0.25)
    writer.write("a", StoredMaps(maps, np.zeros(2, np.float32), ("bird", "sofa"), SIZE))
    image = Image.open(tmp_path / "a.png")
    assert image.mode == "P"
    np.testing.assert_array_equal(np.array(image.getpalette()).reshape(-1, 3), voc_palette())
    normalised = maps / (maps.max(axis=(1, 2), keepdims=True) + 1e-5)
    scores = np.concatenate([np.full((1, *SIZE), 0.25), normalised])
    expected = np.array([0, 3, 18])[scores.argmax(axis=0)]
    np.testing.assert_array_equal(np.asarray(image), expected)
    assert set(np.unique(expected)) == {0, 3, 18}
    read = MapFolder(tmp_path, ("sofa", "bird")).read_mask("a", SIZE)
    np.testing.assert_array_equal(read, np.select([expected == 18, expected == 3], [1, 2], 0))
    for data, size, cause in ((None, (54, 37), "is of an image of"), (b"", SIZE, "the file is empty")):
        if data is not None:
            (tmp_path / "a.png").write_bytes(data)
        with pytest.raises(InputError, match=cause):
            MapFolder(tmp_path, VOC_CLASSES).read_mask("a", size)
    Image.fromarray(np.full(SIZE, 21, np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(InputError, match="index 21; a VOC mask holds 0 to 20"):
        MapFolder(tmp_path, VOC_CLASSES).read_mask("a", SIZE)


def test_heat_maps_are_within_half_a_grey_level(tmp_path):
    maps = stored(("bird", "a/b"))
    write_heat_maps(tmp_path, "2007_000032", maps)
    head = json.loads((tmp_path / "2007_000032.json").read_text())
    assert [entry["label"] for entry in head["heatmaps"]] == ["bird", "a/b"]
    for entry, values in zip(head["heatmaps"], maps.maps, strict=True):
        image = Image.open(tmp_path / entry["map_path"])
        low, high = entry["values"]
        assert (image.mode, entry["range"], low, high) == ("L", [0, 255], values.min(), values.max())
        assert np.asarray(image).min() == 0
        assert np.asarray(image).max() == 255
    read = read_heat_maps(tmp_path, "2007_000032", ("bird", "a/b"))
    assert (read.keys, read.size) == (maps.keys, SIZE)
    np.testing.assert_allclose(read.scores, maps.scores)
    spread = np.ptp(maps.maps, axis=(1, 2), keepdims=True)
    assert (np.abs(read.maps - maps.maps) <= spread / 510 * 1.001).all()
    assert np.abs(read.maps - maps.maps).max() > 0
    flat = StoredMaps(np.full((1, 2, 3), -1.5, np.float32), np.zeros(1, np.float32), ("bird",), SIZE)
    write_heat_maps(tmp_path, "flat", flat)
    assert (read_heat_maps(tmp_path, "flat", ("bird",)).maps == -1.5).all()


def test_heat_maps_that_are_refused(tmp_path):
    write_heat_maps(tmp_path, "a", stored())
    with pytest.raises(InputError, match="a heat map of 'bird', no class of the data set"):
        read_heat_maps(tmp_path, "a", ("sofa",))
    (tmp_path / "a" / "bird.png").unlink()
    with pytest.raises(InputError, match="no such file"):
        read_heat_maps(tmp_path, "a", VOC_CLASSES)
    for text in ("", "[]", "{}", '{"format": "heat maps 1", "size": [1], "heatmaps": []}', "[" * 10**5):
        (tmp_path / "a.json").write_text(text)
        with pytest.raises(InputError, match="does not describe heat maps"):
            read_heat_maps(tmp_path, "a", VOC_CLASSES)
    with pytest.raises(InputError, match="no maps at"):
        read_heat_maps(tmp_path, "b", VOC_CLASSES)


@pytest.mark.parametrize("form", ["ours", "irn", "mask", "fiftyone"])
def test_a_folder_knows_its_format(tmp_path, form):
    writer = MapWriter(tmp_path, VOC_CLASSES, form)
    writer.write("a", stored())
    (tmp_path / SETTINGS).write_text(json.dumps(writer.settings()))
    folder = MapFolder(tmp_path, ("sofa",))  # the settings' classes go before the data set's
    assert (folder.format, folder.classes) == (form, VOC_CLASSES)
    assert writer.path("a").is_file()
    if form == "mask":
        assert set(np.unique(folder.read_mask("a", SIZE))) == {0, 3, 18}
    else:
        assert folder.read("a", SIZE).keys == ("bird", "sofa")
        with pytest.raises(InputError, match="image of"):
            folder.read("a", (54, 37))
    with pytest.raises(InputError, match=r"no (maps|pseudo mask) at .*b\."):
        (folder.read_mask if form == "mask" else folder.read)("b", SIZE)


def test_folders_that_are_none(tmp_path):
    with pytest.raises(InputError, match="no maps at"):
        MapFolder(tmp_path / "nowhere", VOC_CLASSES)
    with pytest.raises(InputError, match=r"there is no .npz, .npy or .png"):
        MapFolder(tmp_path, VOC_CLASSES)
    for text, cause in (
        ("[", "not readable as settings"),
        ("[]", "not readable"),
        ('{"format": "x"}', "unknown format"),
    ):
        (tmp_path / SETTINGS).write_text(text)
        with pytest.raises(InputError, match=cause):
            MapFolder(tmp_path, VOC_CLASSES)


def test_writers_that_cannot_write(tmp_path):
    with pytest.raises(InputError, match="unknown format 'jpg': give one of ours, irn, psa, crf, mask, fiftyone"):
        MapWriter(tmp_path, VOC_CLASSES, "jpg")
    with pytest.raises(InputError, match="300 classes; a mask of 8 bits numbers 254"):
        MapWriter(tmp_path, tuple(f"c{n}" for n in range(300)), "mask")
    with pytest.raises(InputError, match="threshold"):
        MapWriter(tmp_path, VOC_CLASSES, "mask", 1.0)
    broken = StoredMaps(np.full((1, 2, 2), np.inf, np.float32), np.zeros(1, np.float32), ("bird",), SIZE)
    for form in ("ours", "irn", "mask", "fiftyone"):
        with pytest.raises(InputError, match="class maps of a are not finite"):
            MapWriter(tmp_path, VOC_CLASSES, form).write("a", broken)
    assert list(tmp_path.iterdir()) == []


def test_names_become_file_names_one_to_one():
    plain = ("2007_000032", "bild von Tür", "a.b", "50%", "a%2f")
    assert [file_stem(name) for name in plain] == list(plain)
    odd = ("a/b", "a%2Fb", "..", ".a", "a:b", "a\\b", "a\nb", "C:\\x", "é/ü")
    stems = [file_stem(name) for name in odd]
    assert stems[:3] == ["a%2Fb", "a%252Fb", "%2E."]
    assert len({*plain, *stems}) == len(plain) + len(odd)
    assert all("/" not in stem and "\\" not in stem and not stem.startswith(".") for stem in stems)
    for name in ("", "x" * 201, "ü/" * 60):
        with pytest.raises(InputError, match="cannot name a file"):
            file_stem(name)
