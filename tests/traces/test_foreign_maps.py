"""Maps that others wrote: what their keys mean is told by the image's labels, and contradictions are no scores."""

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from wsss_viz.commands.maps import command as maps_command
from wsss_viz.data.numbering import by_lines, default_numbering
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.evaluation.scores import summarise
from wsss_viz.evaluation.stored_maps import count_stored_sample
from wsss_viz.traces.foreign_maps import read_foreign_maps
from wsss_viz.traces.map_folder import MapFolder, MapWriter
from wsss_viz.traces.storage import StoredMaps

SIZE = (24, 32)
MASK = np.zeros(SIZE, np.uint8)
MASK[3:20, 2:12], MASK[5:18, 16:30] = 12, 15
SAMPLE = Sample(np.zeros((*SIZE, 3), np.uint8), VOC_CLASSES, ("dog", "person"), "a", MASK)
DOG, PERSON, GROUND = ((number == MASK).astype(np.float32) for number in (12, 15, 0))
PAIR, TRIPLE = np.stack([DOG, PERSON]), np.stack([GROUND, DOG, PERSON])
VOC = default_numbering(VOC_CLASSES)

FORMS = {
    "irn": {"keys": torch.tensor([11, 14]), "cam": torch.zeros(2, 6, 8), "high_res": PAIR},
    "irn from 1": {"keys": np.array([12, 15]), "cam": torch.zeros(2, 6, 8), "high_res": PAIR},
    "irn as tensors of float16": {"keys": torch.tensor([11, 14]), "high_res": torch.from_numpy(PAIR).half()},
    "amn": {"keys": torch.tensor([11, 14]), "cam": torch.zeros(3, 6, 8), "high_res": TRIPLE},
    "sipe": {"keys": np.array([0, 12, 15]), "IS_CAM": TRIPLE},
    "clip-es": {"keys": np.array([11, 14]), "attn_highres": PAIR.astype(np.float16)},
    "psa": {11: DOG, 14: PERSON},
    "psa of all classes": {c: DOG if c == 11 else PERSON if c == 14 else np.zeros_like(DOG) for c in range(20)},
    "psa's names as text": {"11": DOG, "14": PERSON},
    "crf": {0: GROUND, 12: DOG, 15: PERSON},
    "crf of float64": {0: GROUND.astype(np.float64), 12: DOG.astype(np.float64), 15: PERSON.astype(np.float64)},
}


def score(folder) -> float:
    return summarise([count_stored_sample(MapFolder(folder, SAMPLE.classes), SAMPLE)], VOC_CLASSES).miou


@pytest.mark.parametrize("form", FORMS)
def test_perfect_maps_score_a_hundred(tmp_path, form):
    np.save(tmp_path / "a.npy", FORMS[form])
    assert score(tmp_path) == 100.0
    stored = read_foreign_maps(tmp_path / "a.npy", VOC, SIZE, SAMPLE.labels)
    assert {"dog", "person"} <= set(stored.keys)
    assert (stored.background is not None) == (form.startswith(("amn", "sipe", "crf")))


def test_npz_arrays_and_pngs_of_others(tmp_path):
    (tmp_path / "npz").mkdir()
    np.savez(tmp_path / "npz" / "a.npz", keys=np.array([11, 14]), high_res=PAIR)
    assert score(tmp_path / "npz") == 100.0
    (tmp_path / "array").mkdir()
    every = np.stack([DOG if c == 11 else PERSON if c == 14 else np.zeros_like(DOG) for c in range(20)])
    np.save(tmp_path / "array" / "a.npy", every)
    assert score(tmp_path / "array") == 100.0
    from PIL import Image

    for folder, names in (("flat", ("a_dog", "a_person")), ("deep", ("a/11", "a/14")), ("one", ("a/12", "a/15"))):
        for name, values in zip(names, PAIR, strict=True):
            file = tmp_path / folder / f"{name}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray((values * 255).astype(np.uint8)).save(file)
        assert score(tmp_path / folder) == 100.0, folder


@pytest.mark.parametrize(
    ("content", "labels", "cause"),
    [
        ({3: DOG}, ("dog",), "has keys .3., which are boat or bird; the image's labels are dog"),
        ({"keys": np.array([3]), "high_res": DOG[None]}, ("dog",), "which are boat or bird"),
        ({0: GROUND, 3: DOG}, ("dog",), "which are aeroplane, boat or bird"),
        ({11: DOG, 12: PERSON}, ("dog", "horse", "cow"), None),
        ({1: DOG}, ("aeroplane", "bicycle"), "both counted from 0 and with 0 for the background"),
        ({"keys": np.array([11]), "attn": DOG[None]}, ("dog",), "holds no class maps: there are keys, attn"),
    ],
)
def test_keys_that_contradict_the_labels_are_an_error(tmp_path, content, labels, cause):
    np.save(tmp_path / "a.npy", content)
    if cause is None:
        assert read_foreign_maps(tmp_path / "a.npy", VOC, SIZE, labels).keys == ("dog", "horse")
        return
    with pytest.raises(InputError, match=cause):
        read_foreign_maps(tmp_path / "a.npy", VOC, SIZE, labels)


def test_an_image_without_keys_has_no_maps(tmp_path):
    np.save(tmp_path / "a.npy", {"keys": np.array([], np.int64), "high_res": np.zeros((0,), np.float32)})
    assert read_foreign_maps(tmp_path / "a.npy", VOC, SIZE, ("dog",)).keys == ()
    for content in ({"keys": torch.nonzero(torch.zeros(80))[:, 0]}, {}):  # RIB's for COCO, PSA's
        np.save(tmp_path / "a.npy", content)
        assert read_foreign_maps(tmp_path / "a.npy", VOC, SIZE, ()).keys == ()


@pytest.mark.parametrize("form", ["psa", "crf", "irn"])
def test_what_is_written_is_read_back_and_by_the_fields_own_scripts(tmp_path, form):
    numbering = by_lines(("lung", "heart", "rib"), "a list")
    writer = MapWriter(tmp_path, numbering.names, form, numbering=numbering)
    writer.write("a", StoredMaps(PAIR * 3, np.zeros(2, np.float32), ("heart", "rib"), SIZE))
    content = np.load(tmp_path / "a.npy", allow_pickle=True).item()
    keys = {"psa": [1, 2], "crf": [0, 2, 3], "irn": ["keys", "cam", "high_res"]}[form]
    assert list(content) == keys
    if form != "irn":
        assert all(values.shape == SIZE and values.dtype == np.float32 for values in content.values())
        np.testing.assert_allclose(content[keys[-1]], PERSON, atol=1e-5)
    if form == "crf":
        np.testing.assert_allclose(content[0], (1 - np.maximum(content[2], content[3])) ** 4, atol=1e-6)
    stored = MapFolder(tmp_path, numbering).read("a", SIZE, ("heart", "rib"))
    assert stored.keys == ("heart", "rib")
    assert writer.settings()["numbers"] == [1, 2, 3]


def test_the_backgrounds_power_is_given_and_stated(tmp_path):
    numbering = by_lines(("lung", "heart", "rib"), "a list")
    writer = MapWriter(tmp_path, numbering.names, "crf", numbering=numbering, alpha=32.0)
    writer.write("a", StoredMaps(PAIR * 3, np.zeros(2, np.float32), ("heart", "rib"), SIZE))
    content = np.load(tmp_path / "a.npy", allow_pickle=True).item()
    np.testing.assert_allclose(content[0], (1 - np.maximum(content[2], content[3])) ** 32, atol=1e-6)
    assert writer.settings()["alpha"] == 32
    with pytest.raises(InputError, match="alpha is above 0, got 0"):
        MapWriter(tmp_path, numbering.names, "crf", alpha=0)
    arguments = ["--data", "scenes:val", "--alpha", "16", "--format", "irn", "--out", str(tmp_path / "maps")]
    assert isinstance(CliRunner().invoke(maps_command, arguments).exception, InputError)
