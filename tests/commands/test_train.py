"""The training commands as a person calls them: files, register entries, lines that can be typed again."""

import json
import shlex

import pytest
from click.testing import CliRunner

from tests.training.conftest import shared_drawings  # noqa: F401 - used by itself
from tests.training.test_cse import write_random
from wsss_viz.cli import main
from wsss_viz.commands.train import command
from wsss_viz.commands.train_common import command_line
from wsss_viz.data.archives import read_archive
from wsss_viz.errors import InputError
from wsss_viz.evaluation import report
from wsss_viz.models.manifest import file_digest, read_manifest
from wsss_viz.traces.growth import read_growth

SMALL = "--train-count 32 --val-count 20 --epochs 1 --held-out 1 --watch scenes:val:1"


@pytest.fixture(autouse=True)
def few_tuning_samples(monkeypatch):
    monkeypatch.setattr(report, "TUNING_SAMPLES", 1)


def train(words):
    result = CliRunner().invoke(command, shlex.split(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_line_can_be_typed_again():
    with command.commands["cse"].make_context("cse", shlex.split("--out 'a b.safetensors' --agnostic --frozen 0")):
        assert command_line() == (
            "train cse --out 'a b.safetensors' --alpha 0.3 --alpha-growth 0.05 --mask-maximum map --frozen 0 "
            "--agnostic --seed 0 --classifier scenes-classifier --epochs 3 --rate 0.001"
        )
    words = shlex.split("--out b.safetensors --crop 0.25 --val-count 500 --train-count 40 --seed 1")
    with command.commands["backbone"].make_context("backbone", words):
        assert command_line() == "train backbone --out b.safetensors --epochs 12 --crop 0.25 --seed 1 --train-count 40"


def test_cs_ae_is_written_registered_and_watched(tmp_path):
    classifier = write_random(tmp_path / "c.safetensors")
    out = tmp_path / "cgnet.safetensors"
    said = train(f"cse --classifier {classifier} --out {out} --alpha 3 --alpha-growth 0 {SMALL}")
    assert "cs-ae" in said
    entry = read_manifest(tmp_path)["cgnet"]
    assert entry.sha256 == file_digest(out)
    assert entry.trained["role"] == "cgnet"
    assert entry.trained["classifier_sha256"] == file_digest(classifier)
    assert (entry.seed, len(entry.trained["epochs"])) == (0, 1)
    row = entry.scores["evaluate"]["methods"]["cs-ae"]
    assert 0 < row["miou"] < 100
    assert "seconds_per_image" not in row
    growth = read_growth(tmp_path / "showcase" / "cgnet.growth.npz")
    assert growth.maps.shape == (2, 1, 10, 16, 16)
    again = tmp_path / "again.safetensors"
    line = entry.command.removeprefix("python -m wsss_viz train ").replace(str(out), str(again))
    train(f"{line} --held-out 1 --watch scenes:val:1")
    assert again.read_bytes() == out.read_bytes()
    assert json.loads((tmp_path / "manifest.json").read_text())["format"] == 1


def test_each_training_has_its_role(tmp_path):
    classifier = write_random(tmp_path / "c.safetensors")
    options = f"--classifier {classifier} {SMALL}"
    train(f"gain --out {tmp_path}/gain.safetensors --score logit --crop 0.5 {options}")
    train(f"classifier-longer --out {tmp_path}/control.safetensors {options}")
    train(f"ae --out {tmp_path}/ae.safetensors --rounds 2 {options}")
    train(f"cse --out {tmp_path}/agnostic.safetensors --agnostic {options}")
    entries = read_manifest(tmp_path)
    roles = {name: entry.trained["role"] for name, entry in entries.items()}
    assert roles == {"gain": "gain", "control": "control", "ae-2": "ae", "agnostic": "cgnet-agnostic"}
    assert entries["ae-2"].trained["round"] == 2
    assert list(entries["ae-2"].scores["evaluate"]["methods"]) == ["ae-2"]
    assert "--score logit" in entries["gain"].command
    assert "--crop 0.5" in entries["gain"].command


def test_bad_input_is_one_line(tmp_path, capsys):
    for words, message in (
        (f"cse --out {tmp_path}/x.pt", "ends in .safetensors"),
        (f"cse --out {tmp_path}/x.safetensors --classifier {tmp_path}/none.safetensors", "no checkpoint at"),
    ):
        with pytest.raises(SystemExit) as end:
            main(["train", *shlex.split(words)])
        assert end.value.code == 2
        error = capsys.readouterr().err.strip()
        assert message in error
        assert error.count("\n") == 0


def test_the_videos_network_is_written_registered_and_shown(tmp_path):
    out = tmp_path / "v.safetensors"
    said = train(f"sequences --out {out} --epochs 1 --train-count 32 --held-out 8 --seed 3")
    assert "held-out" in said
    entry = read_manifest(tmp_path)["v"]
    assert (entry.sha256, entry.seed, entry.classes) == (file_digest(out), 3, ("jump", "kick", "throw"))
    assert entry.scores["sequences:test"]["count"] == 8
    header, arrays = read_archive(tmp_path / "showcase" / "sequences.npz")
    assert header["sha256"] == entry.sha256
    assert arrays["maps"].shape == (8, 3, 64)
    first = out.read_bytes()
    train(entry.command.removeprefix("python -m wsss_viz train ") + " --held-out 8")
    assert out.read_bytes() == first


def test_the_segmentation_network_is_written_and_registered_with_what_it_was_made_of(tmp_path):
    out = tmp_path / "s.safetensors"
    said = train(f"segmenter --out {out} --epochs 1 --train-count 16 --val-count 10 --held-out 1")
    assert "pseudo_masks" in said
    entry, shipped = read_manifest(tmp_path)["s"], read_manifest()
    assert entry.sha256 == file_digest(out)
    assert entry.trained["role"] == "segmenter"
    assert entry.trained["backbone_sha256"] == shipped["scenes-backbone"].sha256
    assert entry.trained["pseudo_masks_of"] == {"scenes-classifier": shipped["scenes-classifier"].sha256}
    assert entry.trained["pseudo_masks"]["scenes"] == 16
    rows = entry.scores["scenes:test"]
    assert rows["count"] == 1
    assert 0 <= rows["network"]["miou"] <= rows["network_told_the_labels"]["miou"] <= 100
    with pytest.raises(InputError, match="unknown method"):
        train(f"segmenter --out {out} --method nothing")
