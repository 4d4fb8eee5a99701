"""Probes by layer and region: known information, what is stored and refused, and the command."""

import itertools
import json

import numpy as np
import pytest
import torch

from wsss_viz.cli import main
from wsss_viz.errors import InputError
from wsss_viz.evaluation import layer_information
from wsss_viz.evaluation.layer_features import LayerFeatures, _means, asked_of, rib_features
from wsss_viz.evaluation.layer_information import measure_features, read_stored, store
from wsss_viz.models.colour_network import colour_network


def test_what_is_in_a_region_is_found_there_and_nowhere_else():
    random = np.random.default_rng(0)
    label = random.integers(0, 2, 400)
    values = random.normal(size=(400, 3, 2)).astype(np.float32)
    values[:, 0, 0] = 8 * label
    names = np.array(["cat", "dog"])[label]
    features = LayerFeatures(("stage 1",), (values,), {"class": names}, 400)
    about = {"network": "n", "data": "d", "iteration": None, "target": "class"}
    rows = measure_features(features, ("logistic",), about)
    bits = {row["region"]: row["value_bits"] for row in rows}
    assert bits["discriminative"] > 0.97
    assert abs(bits["non_discriminative"]) < 0.05
    assert abs(bits["background"]) < 0.05
    assert all(row["cap_bits"] == pytest.approx(1, abs=0.02) and len(row["ci"]) == 2 for row in rows)
    with pytest.raises(InputError, match="coat is not known"):
        measure_features(features, ("logistic",), {**about, "target": "coat"})


def test_a_regions_mean_is_weighted_by_what_of_a_cell_it_has():
    T = torch.tensor([[[[1.0, 5.0], [2.0, 9.0]]]])
    regions = torch.zeros(3, 4, 6)
    regions[0, :2, :3] = 1  # the first cell
    regions[1, :2, 3:] = 1  # the second, and half of the fourth
    regions[1, 2, 3:] = 1
    regions[2] = 1
    np.testing.assert_allclose(_means(T, regions)[:, 0], [1, (5 + 0.5 * 9) / 1.5, 17 / 4], rtol=1e-6)
    assert _means(T, torch.zeros(3, 4, 6)) is None


@pytest.mark.parametrize("accumulate", ["before", "after"])
def test_each_of_ribs_iterations_has_features_of_its_own(accumulate):
    """Whether the maps of theta_K are added up or not, theta_K is what the last table is of."""
    network = colour_network(stride=8)
    network.settings = {"rib": {"rate": 0.001, "explode_share": 1.0, "accumulate": accumulate}}
    tables = [features.values[-1] for features in rib_features(network, asked_of("scenes:test", 4), 2)]
    moved = [abs(b - a).max() for a, b in itertools.pairwise(tables)]
    assert len(tables) == 3
    assert min(moved) > 1e-6


def test_drawings_tell_their_coats_and_scenes_do_not():
    single, scene = asked_of("singles:val", 3)[0], asked_of("scenes:val", 3)[0]
    assert single.coat in ("plain", "stripes", "blotches", "saddle", "spots")
    assert scene.coat is None
    assert scene.name in scene.sample.labels
    assert not (scene.regions()[0] & scene.regions()[2]).any()


def test_a_report_of_other_checkpoints_is_refused(tmp_path):
    path = tmp_path / "report.json"
    with pytest.raises(InputError, match="diagnose probe --store"):
        read_stored(path)
    report = {"format": 1, "checkpoints": {}, "measured": []}
    store(report, path)
    assert read_stored(path) == report
    store({**report, "checkpoints": {"scenes-classifier": "0" * 64}}, path)
    with pytest.raises(InputError, match="another `scenes-classifier`"):
        read_stored(path)
    path.write_text("{")
    with pytest.raises(InputError, match="damaged"):
        read_stored(path)


def test_the_command_writes_every_number(tmp_path, capsys):
    target = tmp_path / "probe.json"
    settings = ["--images", "40", "--coats", "none", "--rib", "0", "--family", "logistic", "--device", "cpu"]
    main(["diagnose", "probe", *settings, "--json", str(target)])
    found = json.loads(target.read_text())
    rows = [row for row in found["measured"] if row["network"] == "classifier"]
    assert [row["layer"] for row in rows[::3]] == [*(f"stage {k}" for k in range(1, 6)), "class maps"]
    assert {row["region"] for row in rows} == set(layer_information.REGIONS)
    assert all("reason" in row or row["estimator"] == "held-out probe" for row in rows)
    assert "I_V(T->class)" in capsys.readouterr().out
