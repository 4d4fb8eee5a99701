"""The methods by name: what each needs, where it is found, and what is said where it is not."""

from dataclasses import replace

import numpy as np
import pytest

from tests.models.test_classifier import seeded_network
from wsss_viz.data import Sample
from wsss_viz.data.scenes import CLASSES as SCENES
from wsss_viz.errors import InputError
from wsss_viz.methods import METHODS, bind, cam
from wsss_viz.methods.availability import available, why_not
from wsss_viz.methods.paired_networks import load_paired
from wsss_viz.methods.views import MIRROR, SINGLE
from wsss_viz.models import manifest
from wsss_viz.models.checkpoint import write_checkpoint
from wsss_viz.models.manifest import trained_names
from wsss_viz.models.scene_network import NAME, WIDTHS
from wsss_viz.traces import Trace

CLASSES = ("cat", "dog", "sofa")


@pytest.fixture
def sample():
    pixels = np.random.default_rng(0).integers(0, 256, (128, 160, 3), dtype=np.uint8)
    return Sample(pixels, CLASSES, ("cat", "sofa"), "s")


@pytest.fixture
def register(tmp_path, monkeypatch):
    """A register with one classifier and what was trained from it and from another."""
    monkeypatch.setenv("WSSS_VIZ_CHECKPOINTS", str(tmp_path))
    write_checkpoint(tmp_path / "c.safetensors", seeded_network(CLASSES), {"name": NAME, "widths": list(WIDTHS)})
    digest = manifest.file_digest(tmp_path / "c.safetensors")
    entry = manifest.Entry("c.safetensors", digest, {}, CLASSES, {}, "python -m wsss_viz train classifier", 0)

    def partner(role, sha=digest, **more):
        return replace(entry, trained={"role": role, "classifier_sha256": sha, **more})

    for name, value in {
        "mine": entry,
        "cg": partner("cgnet"),
        "z-round": partner("ae", round=2),
        "a-round": partner("ae", round=3),
        "stranger": partner("gain", sha="0" * 64),
    }.items():
        manifest.register(name, value)


def test_paired_networks_are_those_trained_from_this_very_classifier(register):
    assert trained_names("cgnet", "mine") == ("cg",)
    assert trained_names("ae", "mine") == ("z-round", "a-round")
    assert trained_names("gain", "mine") == ()
    assert trained_names("cgnet", "resnet18") == ()
    assert "gain" not in available("mine")
    assert {"cam", "ae", "ae-rounds", "cs-ae", "rib"} <= set(available("mine"))
    networks = load_paired(["cam", "cs-ae", "ae-rounds", "nonsense"], "mine", "cpu")
    assert {role: len(found) for role, found in networks.items()} == {"ae": 2, "cgnet": 1}


def test_bound_methods_run_with_a_sample_and_views_alone(register, sample):
    network = seeded_network(CLASSES)
    networks = load_paired(list(METHODS), "mine", "cpu")
    plain = Trace.collect(cam(network, sample, views=MIRROR)).maps
    np.testing.assert_array_equal(Trace.collect(bind("cam", network)(sample, MIRROR)).maps, plain)
    for name in ("ae-rounds", "cs-ae", "ae"):
        maps = Trace.collect(bind(name, network, networks)(sample, SINGLE)).maps
        assert maps.shape == (3, 16, 20), name
        assert maps.std() > 0, name
    shown = Trace.collect(bind("rib", network, None, steps=2, companions=0, margin=None)(sample, SINGLE))
    assert len(shown) <= 3


def test_what_is_missing_is_said(register):
    network = seeded_network(CLASSES)
    with pytest.raises(InputError, match="unknown method 'ribb': give one of cam, ae"):
        bind("ribb", network)
    with pytest.raises(InputError, match=r"role 'gain'.* is none: give one \(`--network gain=FILE`\), or leave"):
        bind("gain", network, load_paired(["gain"], "mine", "cpu"))
    assert "train one (`python -m wsss_viz train oc-cse`), give one" in why_not("cs-ae", CLASSES)
    assert "train one (`python -m wsss_viz train cse`), give one" in why_not("cs-ae", SCENES)
    assert "train one (`python -m wsss_viz train gain`), give one" in why_not("gain", SCENES)
