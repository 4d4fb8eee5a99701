"""Checkpoints come back as they were; what is wrong with one is said in one line."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import wsss_viz
from tests.models.test_classifier import seeded_network
from wsss_viz.errors import InputError
from wsss_viz.models import Preprocessing, manifest
from wsss_viz.models.checkpoint import FORMAT, KEY, read_checkpoint, write_checkpoint
from wsss_viz.models.device import device_label, find_device
from wsss_viz.models.scene_network import NAME, WIDTHS

ARCHITECTURE = {"name": NAME, "widths": list(WIDTHS)}


@pytest.fixture
def path(tmp_path):
    write_checkpoint(tmp_path / "c.safetensors", seeded_network(("cat", "sofa")), ARCHITECTURE)
    return tmp_path / "c.safetensors"


def rewrite(path, change=None, metadata=None):
    with safe_open(path, framework="pt") as file:
        meta = metadata or file.metadata()
    tensors = load_file(path)
    if change:
        change(tensors)
    save_file(tensors, path, metadata=meta)


def one_line(error):
    return "\n" not in str(error.value)


def test_a_checkpoint_comes_back(path):
    original = seeded_network(("cat", "sofa"))
    back = read_checkpoint(path)
    x = torch.rand(1, 3, 40, 56)
    assert torch.equal(back.maps(x), original.maps(x))
    assert back.classes == ("cat", "sofa")
    assert back.preprocessing == original.preprocessing
    assert not back.training
    assert not any(p.requires_grad for p in back.parameters())


def test_the_same_network_gives_the_same_bytes(path, tmp_path):
    write_checkpoint(tmp_path / "again.safetensors", seeded_network(("cat", "sofa")), ARCHITECTURE)
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def test_missing_truncated_text_and_empty(path, tmp_path):
    with pytest.raises(InputError, match="no checkpoint at") as error:
        wsss_viz.load(str(tmp_path / "missing.safetensors"))
    assert one_line(error)
    content = path.read_bytes()
    for wrong in (content[:-7], content[:1000], b"", b"hello, not a checkpoint" * 9, b"\xff" * 4096):
        path.write_bytes(wrong)
        with pytest.raises(InputError, match=r"c\.safetensors is (empty|truncated or not a)") as error:
            wsss_viz.load(str(path))
        assert one_line(error)


def test_another_architecture(path):
    rewrite(path, change=lambda t: t.pop("head.weight"))
    with pytest.raises(InputError, match=r"1 keys missing, 0 unexpected \(missing head\.weight\)"):
        read_checkpoint(path)
    rewrite(path, change=lambda t: t.update({"head.weight": torch.zeros(2, 7, 1, 1)}))
    with pytest.raises(InputError, match=r"head\.weight is F32 \(2, 7, 1, 1\), .* wants F32 \(2, 128, 1, 1\)"):
        read_checkpoint(path)


def test_another_dtype(path):
    rewrite(path, change=lambda t: t.update({"head.weight": torch.zeros(2, 128, 1, 1, dtype=torch.int8)}))
    with pytest.raises(InputError, match=r"head\.weight is I8"):
        read_checkpoint(path)


def test_metadata_that_is_not_ours(path):
    def described(**changes):
        meta = {
            "format": FORMAT,
            "architecture": ARCHITECTURE,
            "classes": ["cat", "sofa"],
            "split": 3,
            "preprocessing": Preprocessing().as_dict(),
        }
        return json.dumps({**meta, **changes})

    for meta, message in [
        (described(architecture={"name": "resnet900"}), "architecture 'resnet900'"),
        (described(architecture={"name": NAME, "widths": [10**9] * 5}), "declares widths"),
        (described(split="x"), "does not describe its network"),
        (described(preprocessing={"colour": 1}), "does not describe its network"),
        (
            described(preprocessing={"mean": [0, 0, 0], "std": [1, 0, 1], "short_side": None}),
            "does not describe its network",
        ),
        (described(format="classifier-0"), "of the format .classifier-0., no classifier"),
        (
            described(preprocessing={"mean": [0, 0, 0], "std": [1, 1e-300, 1], "short_side": None}),
            "std from 0.001",
        ),
        (
            described(preprocessing={"mean": [0, 0, 0], "std": [1, 1, 1], "short_side": float("inf")}),
            "does not describe its network",
        ),
        (described(format="a" * 9000), "of the format .a{50,60}, no classifier"),
        (described(architecture={"name": "a" * 9000}), "of the architecture .a{50,60}, which"),
        (described(split="a" * 9000), "its split is .a{50,60}, of"),
        ("{}", "does not describe its network"),
        ("[", "does not describe its network"),
    ]:
        rewrite(path, metadata={KEY: meta})
        with pytest.raises(InputError, match=message):
            read_checkpoint(path)
    rewrite(path, metadata={"format": "theirs"})
    with pytest.raises(InputError, match="not a classifier of this project"):
        read_checkpoint(path)


def test_nan_weights_are_refused(path):
    rewrite(path, change=lambda t: t["head.weight"].fill_(float("nan")))
    with pytest.raises(InputError, match=r"head.weight holds NaN"):
        read_checkpoint(path)


@pytest.fixture
def registered(path, monkeypatch):
    monkeypatch.setenv("WSSS_VIZ_CHECKPOINTS", str(path.parent))
    entry = manifest.Entry(
        path.name, manifest.file_digest(path), ARCHITECTURE, ("cat", "sofa"), {}, "python -m wsss_viz train x", 0
    )
    manifest.register("mine", entry)
    return entry


def test_names_in_the_register(registered, path):
    assert wsss_viz.load("mine", device="cpu").classes == ("cat", "sofa")
    assert manifest.read_manifest()["mine"] == registered
    manifest.register("other", replace(registered, seed=4))
    assert {name: entry.seed for name, entry in manifest.read_manifest().items()} == {"mine": 0, "other": 4}
    with path.open("ab") as file:
        file.write(b"x")
    with pytest.raises(InputError, match="does not match its digest") as error:
        wsss_viz.load("mine")
    assert "python -m wsss_viz train x" in str(error.value)
    path.unlink()
    with pytest.raises(InputError, match="is missing: restore it, or run"):
        wsss_viz.load("mine")


def test_unknown_names_and_a_broken_register(registered, path):
    with pytest.raises(InputError, match="unknown checkpoint 'nope': give a shipped one") as error:
        wsss_viz.load("nope")
    assert "(mine)" in str(error.value)
    for content in ("{", "[]", '{"checkpoints": {"a": {"b": 1}}}', '{"checkpoints": 3}'):
        (path.parent / "manifest.json").write_text(content)
        with pytest.raises(InputError, match="not a register"):
            wsss_viz.load("mine")


def test_torchvision_names_come_with_their_weights_or_say_why_not(registered, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(registered.file) + "-nowhere")
    with pytest.raises(InputError, match=r"weights of resnet18 cannot be fetched .*put the file resnet18") as error:
        wsss_viz.load("resnet18")
    assert one_line(error)


def test_devices():
    assert find_device("cpu").type == "cpu"
    assert find_device("auto").type in ("cpu", "cuda", "mps")
    assert device_label(torch.device("cpu")) == "CPU"
    with pytest.raises(InputError, match="unknown device 'gpu'"):
        find_device("gpu")
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="'cuda' is not available here"):
            find_device("cuda")
