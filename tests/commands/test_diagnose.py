"""`diagnose information-plane` on the command line."""

import json
import re

import pytest

from wsss_viz.cli import main


def call(*arguments):
    try:
        main(["diagnose", "information-plane", *map(str, arguments)])
    except SystemExit as ended:
        return ended.code
    return 0


def test_measures_the_stored_run(capsys, tmp_path):
    target = tmp_path / "plane.json"
    assert call("--run", "stored", "--activation", "relu", "--ruler", "width:0.2", "--json", target) == 0
    printed = capsys.readouterr().out
    assert "relu, 8 seeds, estimator width:0.2" in printed
    assert "H(bin(T)), bits, binned, n = 4096, cap 12.000" in printed
    found = json.loads(target.read_text())
    assert found["recipe"]["preset"] == "fast"
    assert found["planes"][0]["estimator"] == "width:0.2"
    assert found["planes"][0]["sources"]["T1/0"]["params"] == {"bins": "width 0.2"}


def test_trains_stores_and_measures_again(capsys, tmp_path, monkeypatch):
    from wsss_viz.information import runs

    monkeypatch.setitem(runs.PRESETS, "ci", {"epochs": 2, "learning_rate": 2e-3, "seeds": 1, "snapshots": 2})
    stored = tmp_path / "run.npz"
    settings = ["--preset", "ci", "--activation", "sigmoid", "--seed", 3]
    assert call(*settings, "--save", stored, "--half", "--ruler", "default", "--ruler", "bins:9") == 0
    first = capsys.readouterr().out
    assert sorted(file.name for file in tmp_path.iterdir()) == ["run.bins-9.npz", "run.default.npz", "run.npz"]
    assert runs.Run.load(stored).recipe == runs.Recipe("sigmoid", "ci", 2, 2e-3, seeds=1, snapshots=2, seed=3)
    assert call("--run", stored, "--ruler", "default", "--ruler", "bins:9") == 0
    assert capsys.readouterr().out == first


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--activation", "gelu"], "`activation` is one of tanh"),
        (["--preset", "slow"], "`preset` is one of ci, fast, paper"),
        (["--ruler", "foo"], "`estimator` is one of default"),
        (["--run", "nowhere.npz"], "nowhere.npz: no such file"),
        (["--run", "stored", "--save", "x.npz"], "leave it out with --run"),
        (["--seeds", "0"], "--seeds"),
    ],
)
def test_errors_are_one_line(arguments, message, capsys):
    assert call(*arguments) == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.startswith("error: ")
    assert printed.count("\n") == 1


def test_the_stored_gradient_ratios_of_the_toy(capsys, tmp_path):
    target = tmp_path / "ratio.json"
    main(["diagnose", "gradient-ratio", "--data", "toy", "--stored", "--json", str(target)])
    printed = capsys.readouterr().out
    assert "flatten/bce/sum/max/all: HGR at tau 0.3" in printed
    found = json.loads(target.read_text())
    assert found["entries"]["gap/bce/sum/max/0"]["accuracy"]["shape only"] == 0.5
    main(["diagnose", "gradient-ratio", "--data", "scenes:test", "--limit", "2"])
    assert re.search(r"discriminative .* n = 2", capsys.readouterr().out)


def test_the_gradient_ratio_of_any_layer_by_name_also_without_part_masks(capsys, tmp_path):
    target = tmp_path / "ratio.json"
    asked = ["--data", "scenes:test", "--limit", "1", "--layer", "stages.1", "--layer", "stages.3", "--regions", "map"]
    main(["diagnose", "gradient-ratio", *asked, "--json", str(target)])
    assert "mean [95 % over images] of stages.1, stages.3, logit" in capsys.readouterr().out
    found = json.loads(target.read_text())
    assert found["about"]["layers"] == ["stages.1", "stages.3"]
    assert list(found["entries"]) == ["scenes-classifier/map0.5/sum/max", "scenes-classifier/map0.5/energy/max"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--head", "conv"], "`head` is one of flatten, gap"),
        (["--loss", "hinge"], "`loss` is one of bce, rib"),
        (["--data", "nowhere:test"], "unknown data string"),
        (["--store", "--stored"], "leave it out with --stored"),
        (["--layer", "stages.1"], "--layer is for images"),
        (["--data", "scenes:test", "--limit", "1", "--layer", "conv9"], "the network has no layer 'conv9'; it has"),
    ],
)
def test_a_wrong_gradient_ratio_is_one_line(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["diagnose", "gradient-ratio", *arguments])
    assert ended.value.code == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1
