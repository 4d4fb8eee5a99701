"""Odd data on the command line: refused before the run, said in one line, or gone on over and listed."""

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from tests.commands.test_run import run
from tests.data.inputs import boxes, folder, index, mask_file, picture, voc
from tests.models.published_files import resnet38d_state
from tests.models.test_classifier import seeded_network
from wsss_viz.data.scenes import CLASSES
from wsss_viz.models.checkpoint import write_checkpoint
from wsss_viz.models.scene_network import NAME, WIDTHS
from wsss_viz.traces.map_folder import SETTINGS, MapWriter
from wsss_viz.traces.storage import read_maps


def write_network(path, scale=1.0):
    network = seeded_network(CLASSES)
    with torch.no_grad():
        network.head.weight *= scale
    write_checkpoint(path, network, {"name": NAME, "widths": list(WIDTHS)})
    return path


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return write_network(tmp_path_factory.mktemp("checkpoints") / "random.safetensors")


def maps(capsys, data, checkpoint, out, *more):
    return run(capsys, "maps", "--data", data, "--classifier", checkpoint, "--views", "single", "--device", "cpu",
               "--out", out, *more)  # fmt: skip


def test_labels_that_the_classifier_does_not_know_are_refused_before_the_run(checkpoint, capsys, tmp_path):
    root = folder(tmp_path / "data", labels="a.png,lung,hors\n")
    code, _, errors = maps(capsys, f"folder:{root}", checkpoint, tmp_path / "maps")
    assert code == 2
    assert "knows none of the labels 'hors' (nearest: 'horse'), 'lung'" in errors
    assert not (tmp_path / "maps").exists()


def test_synonyms_are_known_and_masks_have_the_data_sets_numbers(checkpoint, capsys, tmp_path):
    root = folder(tmp_path / "data", {"a": boxes(2)}, classes="lung\nCouch\n", labels="a.png,couch\n")
    out = tmp_path / "maps"
    code, _, errors = maps(capsys, f"folder:{root}", checkpoint, out, "--format", "irn")
    assert code == 0
    assert "Couch is sofa" in errors
    assert "its lines, from 1" in errors
    assert np.load(out / "a.npy", allow_pickle=True).item()["keys"].tolist() == [1]
    code, printed, _ = run(capsys, "evaluate", "--data", f"folder:{root}", "--maps", out)
    assert code == 0
    assert "maps" in printed


@pytest.mark.parametrize("values", [boxes(255), boxes()])
def test_masks_without_a_pixel_of_a_class_give_no_miou(checkpoint, capsys, tmp_path, values):
    root = folder(tmp_path, {"a": values}, classes="horse\n")
    code, printed, errors = run(capsys, "evaluate", "--data", f"folder:{root}", "--classifier", checkpoint,
                                "--views", "single")  # fmt: skip
    assert (code, printed) == (2, "")
    assert "no class has a pixel in 1 mask, so there is no mIoU: masks" in errors


def test_one_bad_file_does_not_end_a_run(checkpoint, capsys, tmp_path):
    root = folder(tmp_path / "data", {name: boxes(index("dog")) for name in "abc"})
    (root / "b.png").write_bytes((root / "b.png").read_bytes()[:500])
    picture(root / "d.png", 7)
    out = tmp_path / "maps"
    code, printed, errors = maps(capsys, f"folder:{root}", checkpoint, out)
    assert code == 1
    assert printed.startswith("3 files written")
    assert "not read: b: " in errors
    assert "samples that cannot be read: 1 of 4" in errors
    assert sorted(file.name for file in out.glob("*.npz")) == ["a.npz", "c.npz", "d.npz"]
    assert maps(capsys, f"folder:{root}", checkpoint, tmp_path / "strict", "--strict")[0] == 2
    report = tmp_path / "report.json"
    code, printed, errors = run(capsys, "evaluate", "--data", f"folder:{root}", "--maps", out, "--json", report)
    assert code == 1
    assert "not read: b: " in errors
    assert "samples without a mask: 1 of 4 (in d)" in errors
    written = json.loads(report.read_text())
    assert len(written["images"]) == 2
    assert {finding["kind"] for finding in written["findings"]} == {"unreadable", "no-mask", "no-labels"}
    (out / "a.npz").write_bytes(b"broken")
    code, _, errors = run(capsys, "evaluate", "--data", f"folder:{root}", "--maps", out)
    assert code == 1
    assert "maps that cannot be read for their sample: 1 of" in errors


def test_maps_of_other_weights_do_not_mix_and_the_same_file_elsewhere_goes_on(checkpoint, capsys, tmp_path):
    root = folder(tmp_path / "data", {name: boxes(index("dog")) for name in "ab"})
    out, mine = tmp_path / "maps", tmp_path / "mine.safetensors"
    shutil.copy(checkpoint, mine)
    assert maps(capsys, f"folder:{root}", mine, out)[0] == 0
    code, printed, _ = maps(capsys, f"folder:{root}/../data", checkpoint, out)
    assert (code, printed) == (0, f"0 files written to {out}, 2 were there already\n")
    write_network(mine, scale=2.0)
    code, _, errors = maps(capsys, f"folder:{root}", mine, out)
    assert code == 2
    assert "other: classifier" in errors
    picture(root / "c.png", 1)
    assert "other: data" in maps(capsys, f"folder:{root}", checkpoint, out)[2]


def test_a_head_without_names_takes_those_of_the_data_set(capsys, tmp_path):
    torch.save(resnet38d_state(rows=20), tmp_path / "own.pth")
    names = ["tumour", "stroma", "dog", *(f"c{i}" for i in range(17))]
    root = folder(tmp_path / "data", classes="\n".join(names), labels="a.png,dog\n")
    out = tmp_path / "maps"
    code, _, errors = maps(capsys, f"folder:{root}", tmp_path / "own.pth", out)
    assert code == 0
    assert "the 20 rows of own.pth are named by the data set's classes.txt" in errors
    own = np.load(out / "a.npz")["maps"]
    (root / "classes.txt").write_text("\n".join(["c0", *names[1:3], "tumour", *names[4:]]))
    assert maps(capsys, f"folder:{root}", tmp_path / "own.pth", tmp_path / "again")[0] == 0
    np.testing.assert_array_equal(own, np.load(tmp_path / "again" / "a.npz")["maps"])  # the third row, by its line


def test_data_check_is_a_page_with_a_picture_and_a_file(checkpoint, capsys, tmp_path):
    root = voc(tmp_path / "voc", boxes(index("dog")), orientation=3)
    mask_file(root / "SegmentationClass" / "2007_000033.png", boxes(1))
    code, printed, _ = run(capsys, "data", "check", f"voc:{root}:train", "--classifier", checkpoint,
                           "--out", tmp_path / "look.png", "--json", tmp_path / "check.json")  # fmt: skip
    assert code == 0
    for line in ("numbers in masks: PASCAL VOC's, 1 to 20", "masks that belong to no picture: 1 (2007_000033)",
                 "both ways fit", "-> add @turned", "labels from: the mask: 1", "images: JPEG: 1"):  # fmt: skip
        assert line in printed
    assert Image.open(tmp_path / "look.png").size == (72, 24)
    written = json.loads((tmp_path / "check.json").read_text())
    assert written["worst"] == "warning"
    assert written["line"].startswith("masks that belong to no picture")
    mask_file(root / "SegmentationClass" / "2007_000032.png", boxes(255))
    assert run(capsys, "data", "check", f"voc:{root}:train")[0] == 1


def test_data_list_says_where_names_come_from_and_what_is_odd(capsys, tmp_path):
    root = folder(tmp_path, {"a": boxes(1), "b": boxes(7)}, classes="lung\nheart\n")
    code, printed, errors = run(capsys, "data", "list", f"folder:{root}")
    assert code == 1
    assert "2 classes from classes.txt (a name a line); numbers in masks: its lines, from 1" in errors
    assert "index 7; a mask of these 2 classes holds 0 to 2 and 255" in errors
    assert "1  lung" in printed
    (root / "classes.txt").write_text("bicycle\naeroplane\ndog\n")
    mask_file(root / "masks" / "b.png", boxes(2))
    code, _, errors = run(capsys, "data", "list", f"folder:{root}")
    assert code == 2
    assert "say which: " in errors


def test_a_classifier_of_imagenet_is_checked_under_the_names_of_the_data(capsys, tmp_path):
    root = voc(tmp_path, boxes(index("dog"), index("cow")))
    code, page, _ = run(capsys, "data", "check", f"voc:{root}:train", "--classifier", "imagenet-efficientnet-lite0")
    assert code == 0
    assert "the classifier knows 20 of the 20 classes" in page
    assert "rows for cow: oxen" in page
    assert "ERROR" not in page


@pytest.mark.parametrize("form", ["ours", "irn", "psa", "crf", "mask", "fiftyone", "overlay"])
def test_maps_of_some_classes_are_those_of_a_run_of_all(checkpoint, capsys, tmp_path, form):
    horse, dog = index("horse"), index("dog")
    masks = {"a": boxes(horse, dog), "b": boxes(horse), "c": boxes(dog)}
    root = folder(tmp_path / "data", masks)
    picture(root / "d.png", 4)  # without labels
    whole, some = tmp_path / "whole", tmp_path / "some"
    assert maps(capsys, f"folder:{root}", checkpoint, whole, "--format", form)[0] == 0
    code, printed, errors = maps(
        capsys, f"folder:{root}", checkpoint, some, "--format", form, "--classes", f"{dog},Cow"
    )
    assert code == 0, errors
    assert "  1 file without a map: the image has none of --classes" in printed
    suffix = MapWriter(some, ("a",), form).path("a").suffix
    assert (whole / f"c{suffix}").read_bytes() == (some / f"c{suffix}").read_bytes()
    if form == "ours":
        read = {name: read_maps(some / f"{name}.npz") for name in "abcd"}
        assert [read[name].keys for name in "abcd"] == [("dog",), (), ("dog",), ("cow", "dog")]
        every = read_maps(whole / "a.npz")
        assert every.keys == ("dog", "horse")
        np.testing.assert_array_equal(read["a"].maps, every.maps[:1])
        assert np.ptp(read["a"].maps) > 0
    elif form == "mask":
        assert not np.asarray(Image.open(some / "b.png")).any()
        assert set(np.unique(np.asarray(Image.open(some / "a.png")))) <= {0, dog}
    if form != "overlay":
        code, _, errors = run(capsys, "evaluate", "--data", f"folder:{root}", "--maps", some)
        assert code == 0, errors


def test_classes_are_part_of_a_run_and_unknown_ones_are_refused(checkpoint, capsys, tmp_path):
    root, out = folder(tmp_path / "data", {"a": boxes(index("dog"))}), tmp_path / "maps"
    assert maps(capsys, f"folder:{root}", checkpoint, out, "--classes", "dog,cow")[0] == 0
    assert json.loads((out / SETTINGS).read_text())["only_classes"] == ["cow", "dog"]
    again = maps(capsys, f"folder:{root}", checkpoint, out, "--classes", f"cow,{index('dog')}")
    assert again[:2] == (0, f"0 files written to {out}, 1 was there already\n")
    for more in ([], ["--classes", "dog"]):
        code, _, errors = maps(capsys, f"folder:{root}", checkpoint, out, *more)
        assert code == 2
        assert "holds the maps of another run (see settings.json there; other: only_classes)" in errors
    for given, said in (
        ("hors", "the classifier has no class 'hors' (nearest: 'horse'): give names, or numbers as masks have them"),
        ("99", "the classifier has no class '99': it has"),
        (str(index("pottedplant")), f"has no class {index('pottedplant')} (pottedplant): it has"),
    ):
        code, printed, errors = maps(capsys, f"folder:{root}", checkpoint, tmp_path / "other", "--classes", given)
        assert (code, printed, errors.count("\n")) == (2, "", 1)
        assert said in errors
        assert not (tmp_path / "other").exists()
