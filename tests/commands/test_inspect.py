"""`inspect`, and the options that let `maps` and `evaluate` look with a person's own networks."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.commands.test_run import run
from tests.models.published_files import resnet38d_state
from tests.models.test_classifier import seeded_network
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.scenes import CLASSES
from wsss_viz.models.checkpoint import write_checkpoint
from wsss_viz.models.scene_network import NAME, WIDTHS
from wsss_viz.traces.storage import read_maps


@pytest.fixture
def cls_path(tmp_path):
    save_file(dict(resnet38d_state(seed=1)), tmp_path / "res38_cls.safetensors")
    return tmp_path / "res38_cls.safetensors"


def test_the_report_and_the_self_check_as_text_and_json(cls_path, capsys, tmp_path):
    out = tmp_path / "report.json"
    code, printed, _ = run(capsys, "inspect", cls_path, "--json", out)
    assert code == 0
    assert "ResNet-38d of PSA, stride 8" in printed
    assert "192 of 192 matched, 0 missing, 0 unexpected" in printed
    assert "20: aeroplane, bicycle" in printed
    assert "PASCAL VOC" in printed
    assert "GAP(maps) = logits" in printed
    assert "cs-ae (--network cgnet=FILE)" in printed
    content = json.loads(out.read_text())
    assert content["ready"]
    assert content["classes"] == list(VOC_CLASSES)
    assert content["matched"] == content["expected"] == 192
    assert 0 <= content["self_check"]["difference"] < 1e-4
    assert content["methods"] == ["cam", "ae", "cs-ae-single", "rib", "rib-bce", "layercam", "iba"]
    assert str(cls_path.parent) not in printed


def test_what_cannot_be_loaded_is_reported_whole_and_ends_in_one_line(cls_path, capsys, tmp_path):
    state = load_file(cls_path)
    del state["b6.conv_branch1.weight"]
    save_file(state, cls_path)
    code, printed, errors = run(capsys, "inspect", cls_path, "--json", tmp_path / "report.json")
    assert code == 2
    assert "191 of 192 matched, 1 missing" in printed
    assert "problem" in printed
    assert errors.splitlines()[-1].startswith("error: res38_cls.safetensors: 1 of the network's tensors are missing")
    assert not json.loads((tmp_path / "report.json").read_text())["ready"]
    code, _, errors = run(capsys, "inspect", tmp_path / "nothing.pth")
    assert code == 2
    assert "no checkpoint at" in errors.splitlines()[-1]


def test_a_pickle_is_converted_and_opens_as_safetensors(capsys, tmp_path):
    state = resnet38d_state()
    torch.save({"state_dict": state, "epoch": 5}, tmp_path / "res38_cls.pth")
    out = tmp_path / "converted.safetensors"
    code, printed, _ = run(capsys, "inspect", tmp_path / "res38_cls.pth", "--no-load", "--save-as", out)
    assert code == 0
    assert "in `state_dict`" in printed
    assert "check" not in printed
    back = load_file(out)
    assert back.keys() == state.keys()
    assert all(torch.equal(back[key], state[key]) for key in state)
    assert run(capsys, "inspect", out, "--no-load", "--save-as", tmp_path / "x.pth")[0] == 2


def test_a_checkpoint_of_this_project(capsys, tmp_path):
    path = tmp_path / "own.safetensors"
    write_checkpoint(path, seeded_network(CLASSES), {"name": NAME, "widths": list(WIDTHS)})
    code, printed, _ = run(capsys, "inspect", path)
    assert code == 0
    assert "this project's network for scenes, stride 8" in printed
    assert "the shorter side brought to 128 pixels" in printed
    assert "0 missing, 0 unexpected" in printed


def test_maps_by_a_pair_of_ones_own_networks(cls_path, capsys, tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("\n".join((*CLASSES, *(f"other {i}" for i in range(10)))), encoding="utf-8")
    cgnet = resnet38d_state(seed=2)
    save_file(dict(cgnet), tmp_path / "er.safetensors")
    arguments = ["maps", "--method", "cs-ae", "--data", "scenes:val:3", "--views", "single", "--classifier", cls_path]
    arguments += ["--class-names", names, "--device", "cpu"]
    code, printed, _ = run(
        capsys, *arguments, "--network", f"cgnet={tmp_path / 'er.safetensors'}", "--out", tmp_path / "maps"
    )
    assert code == 0, printed
    (file,) = [path for path in (tmp_path / "maps").iterdir() if path.suffix != ".json"]
    stored = read_maps(file)
    assert set(stored.keys) <= set(CLASSES)
    assert stored.maps.shape[1:] == (16, 16)
    assert stored.maps.std() > 0
    code, _, errors = run(capsys, *arguments, "--out", tmp_path / "none")
    assert code == 2
    assert "--network cgnet=FILE" in errors
    code, _, errors = run(capsys, *arguments, "--network", "judge=x.pth", "--out", tmp_path / "none")
    assert code == 2
    assert "no method needs a paired network of the role 'judge': give ae, cgnet, gain" in errors
    code, _, errors = run(capsys, *arguments, "--network", "cgnet", "--out", tmp_path / "none")
    assert code == 2
    assert "ROLE=CHECKPOINT" in errors


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "no class"),
        (b"a\na\n", "a class twice"),
        (b"\xff\xfe", "not a text file"),
        (b"x" * 101, "is no class name"),
    ],
)
def test_lists_of_names_that_are_none(cls_path, capsys, tmp_path, content, cause):
    (tmp_path / "names.txt").write_bytes(content)
    code, _, errors = run(capsys, "inspect", cls_path, "--class-names", tmp_path / "names.txt")
    assert code == 2
    assert cause in errors.splitlines()[-1]


def test_names_may_begin_with_the_background(cls_path, capsys, tmp_path):
    save_file(dict(resnet38d_state(4)), tmp_path / "four.safetensors")
    (tmp_path / "names.txt").write_text("background\ncat\ndog\ncow\n", encoding="utf-8")
    code, printed, _ = run(
        capsys, "inspect", tmp_path / "four.safetensors", "--class-names", tmp_path / "names.txt", "--no-load"
    )
    assert code == 0
    assert "3: cat, dog, cow" in printed
