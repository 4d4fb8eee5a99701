"""What is shipped is what the register says: digests, sizes, and the held-out numbers, computed again."""

import numpy as np
import pytest

import wsss_viz
from wsss_viz.data.scenes import Scenes
from wsss_viz.data.sequences import Sequences
from wsss_viz.evaluation.counts import count_mask
from wsss_viz.evaluation.report import method_report
from wsss_viz.evaluation.scores import summarise
from wsss_viz.methods import rib
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.methods.paired_networks import load_paired
from wsss_viz.models import efficientnet_lite, scene_network
from wsss_viz.models.manifest import checkpoints_folder, file_digest, read_manifest, trained_names
from wsss_viz.models.segmenter import load_segmenter, segment
from wsss_viz.models.sequence_network import load_sequence_network, temporal_maps
from wsss_viz.showcase.sequences import read_sequence_maps
from wsss_viz.traces.growth import read_growth
from wsss_viz.training.sequences import held_out_scores


def test_every_checkpoint_is_there_and_small_and_as_registered():
    entries = read_manifest()
    assert {"scenes-backbone", "scenes-classifier"} <= set(entries)
    for name, entry in entries.items():
        path = checkpoints_folder() / entry.file
        assert file_digest(path) == entry.sha256, name
        if entry.architecture["name"] == efficientnet_lite.NAME:  # tests/models/test_efficientnet_lite.py
            continue
        assert path.stat().st_size <= 8_000_000
        assert entry.command.startswith("python -m wsss_viz train ")
        assert f"--seed {entry.seed}" in entry.command
        if entry.architecture["name"] != scene_network.NAME:
            continue
        classifier = wsss_viz.load(name, device="cpu")
        assert classifier.classes == entry.classes
        assert classifier.preprocessing.as_dict() == {
            **entry.preprocessing,
            "mean": tuple(entry.preprocessing["mean"]),
            "std": tuple(entry.preprocessing["std"]),
        }


def test_the_classifier_is_as_good_as_claimed_and_shows_the_phenomenon():
    scores = read_manifest()["scenes-classifier"].scores
    assert scores["scenes:test"]["count"] == 1000
    assert scores["scenes:test"]["map"] >= 0.97
    parts = scores["evaluate"]["methods"]["cam"]["part_recall"]
    assert parts["discriminative"] > 2 * parts["non_discriminative"]


@pytest.mark.slow
@pytest.mark.parametrize(("method", "checkpoint"), [("cam", "scenes-classifier"), ("cs-ae", "scenes-cgnet")])
def test_evaluate_gives_the_numbers_the_register_claims(method, checkpoint):
    claimed = read_manifest()[checkpoint].scores["evaluate"]
    classifier = wsss_viz.load("scenes-classifier", device="cpu")
    networks = load_paired([method], "scenes-classifier", device="cpu")
    report = method_report(
        classifier, "scenes-classifier", [method], claimed["data"], limit=claimed["count"], networks=networks
    )
    row, expected = report["methods"][method], claimed["methods"][method]
    assert report["threshold_from"] == claimed["threshold_from"]
    assert row["threshold"] == pytest.approx(expected["threshold"], abs=0.011)
    assert row["miou"] == pytest.approx(expected["miou"], abs=0.05)
    for part, value in expected["part_recall"].items():
        assert row["part_recall"][part] == pytest.approx(value, abs=0.3)


def test_every_method_finds_the_networks_it_looks_with_trained_from_the_shipped_classifier():
    entries = read_manifest()
    for method in METHODS.values():
        if method.role is None:
            continue
        names = trained_names(method.role, "scenes-classifier")
        assert names if method.several else len(names) == 1, method.name
        for name in names:
            assert entries[name].trained["classifier_sha256"] == entries["scenes-classifier"].sha256
            growth = read_growth(checkpoints_folder() / "showcase" / f"{name}.growth.npz")
            assert len(growth.maps) == len(entries[name].trained["epochs"]) + 1
            assert np.isfinite(growth.maps).all()


def test_the_videos_network_is_as_good_as_claimed_and_shows_the_phenomenon():
    claimed = read_manifest()["sequences-classifier"].scores["sequences:test"]
    network = load_sequence_network()
    val, test = Sequences("val", 40), Sequences("test", 60)
    scores, _ = held_out_scores(network, val, test, lambda items, title: items)
    assert scores["map"] == pytest.approx(claimed["map"], abs=0.03)
    for key in ("moment_recall", "rest_recall"):
        assert scores[key] == pytest.approx(claimed[key], abs=12)  # 60 of 300 videos, the threshold from 40 of 200
    assert claimed["moment_recall"] > 2 * claimed["rest_recall"]
    shown = read_sequence_maps()
    maps, logits = temporal_maps(network, Sequences("test")[5].frames)
    assert np.allclose(shown.maps[5], maps, atol=1e-4)
    assert np.allclose(shown.logits[5], logits, atol=1e-4)


def test_the_segmentation_network_scores_what_the_register_claims():
    entry = read_manifest()["scenes-segmenter"]
    claimed = entry.scores["scenes:test"]
    network = load_segmenter()
    samples = [Scenes("test")[i] for i in range(claimed["count"])]
    counts = [count_mask(segment(network, sample.image), sample) for sample in samples]
    scores = summarise(counts, samples[0].classes, thresholds=np.zeros(1))
    assert scores.miou == pytest.approx(claimed["network"]["miou"], abs=0.05)
    assert claimed["network_told_the_labels"]["miou"] >= claimed["network"]["miou"]
    assert set(entry.trained["pseudo_masks_of"]) >= {"scenes-classifier"}


def test_rib_stops_before_it_explodes():
    """Scene test:17: by the margin after one update; without the margin by what floods the image; else it diverges."""
    classifier = wsss_viz.load("scenes-classifier", device="cpu")
    sample = wsss_viz.data.open("scenes:test")[17]
    stopped = list(rib(classifier, sample))
    assert stopped[-1].stop == "margin"
    assert stopped[-1].index < 10
    unbounded = {"margin": None, "clamp": False}
    flooded = list(rib(classifier, sample, **unbounded))
    assert flooded[-1].stop == "explode"
    assert flooded[-1].terms["coverage"] > 0.7 >= max(step.terms["coverage"] for step in flooded[:-1])
    np.testing.assert_array_equal(flooded[-1].maps, flooded[-2].maps)  # shown, not accumulated
    free = list(rib(classifier, sample, explode_share=1.0, **unbounded))
    assert max(step.terms["coverage"] for step in free) > 0.7
    assert abs(free[-1].terms["total"]) > 1e6 * abs(free[0].terms["total"])
