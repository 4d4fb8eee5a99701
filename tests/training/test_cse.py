"""CS-AE's recipe at a toy size: its loss by hand, what is frozen, and a run that was stopped and taken up."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.methods.test_cse import RED, bce, channels, near, softplus
from tests.training.test_training import KillError, killed_after, quiet, silent
from wsss_viz.data.scenes import CLASSES
from wsss_viz.errors import InputError
from wsss_viz.methods import cam
from wsss_viz.methods.masking import EPSILON
from wsss_viz.models.checkpoint import read_checkpoint, write_checkpoint
from wsss_viz.models.scene_network import scene_network
from wsss_viz.training.continued import Run, train_control
from wsss_viz.training.cse import CseOptions, cse_objective, train_cse
from wsss_viz.training.loop import Batch, Schedule
from wsss_viz.training.recipes import ARCHITECTURE, FINE_CLASSES, state_path
from wsss_viz.training.watch import Means

WATCHED = ("scenes:val:2", "scenes:val:0")
SCHEDULE = Schedule(epochs=2, batch=8, seed=1, rate=1e-3)
SHORT = replace(SCHEDULE, epochs=1)


def write_random(path, classes=CLASSES, seed=0):
    torch.manual_seed(seed)
    network = scene_network(classes)
    torch.nn.init.normal_(network.head.weight, std=0.3)
    write_checkpoint(path, network, ARCHITECTURE)
    return path


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    return write_random(tmp_path_factory.mktemp("classifier") / "classifier.safetensors")


def run_of(classifier, **changes):
    return replace(Run(classifier, quiet, silent, SCHEDULE, 16, 20, WATCHED), **changes)


@pytest.fixture(scope="module")
def whole(classifier, tmp_path_factory):
    """The file that a training writes which nothing disturbs, and what it gives."""
    out = tmp_path_factory.mktemp("whole") / "whole.safetensors"
    return out, train_cse(out, run_of(classifier))


def batch_of(images, targets, epoch=0):
    x = torch.tensor(np.stack(images))[:, None].repeat(1, 3, 1, 1)
    x[:, 1:] = 0
    return Batch(x, torch.tensor(targets).double(), epoch, torch.Generator().manual_seed(0))


def test_the_loss_by_hand_skips_images_without_labels():
    """Two images of one label and one of none; the maps are the channels, so p is the channels' mean."""
    network, means = channels(), Means()
    objective = cse_objective(network, channels(), CseOptions(), means)
    dark = RED / 2
    loss = objective(batch_of([RED, RED, dark], [[1, 0, 0], [0, 0, 0], [1, 0, 0]], epoch=2)).item()
    l_cls = (bce([RED.mean(), 0, 0], (1, 0, 0)) + bce([RED.mean(), 0, 0], (0, 0, 0))) / 3
    l_cls += bce([dark.mean(), 0, 0], (1, 0, 0)) / 3
    rest = [(image * (1 - image / (image.max() + EPSILON))).mean() for image in (RED, dark)]
    l_cse = sum((softplus(value) + 2 * softplus(0)) / 3 for value in rest) / 2
    near(loss, l_cls + (0.3 + 0.05 * 2) * l_cse)
    terms = means.take()
    near([terms["l_cls"], terms["l_cse"]], [round(l_cls, 5), round(l_cse, 5)])
    none = objective(batch_of([RED], [[0, 0, 0]])).item()
    near(none, bce([RED.mean(), 0, 0], (0, 0, 0)))


def test_official_and_agnostic_variants_change_the_loss_as_written():
    def loss(images, labels, green=0.0, **options):
        batch = batch_of(images, labels)
        batch.x[:, 1] = green
        return cse_objective(channels(), channels(), CseOptions(alpha=1, growth=0, **options), Means())(batch).item()

    two = [RED, RED / 4], [[1, 0, 0], [1, 0, 0]]
    # by the batch's maximum the weaker image's mask is a quarter of what it was
    left = (RED / 4 * (1 - RED / 4 / (1 + EPSILON))).mean() - (RED / 4 * (1 - RED / (1 + 4 * EPSILON))).mean()
    assert loss(*two, over="batch") > loss(*two)
    assert loss(*two, over="batch") - loss(*two) == pytest.approx(left / 2 / 6, rel=0.1)  # sigma(0) / 3 classes / 2
    # a green that is the same everywhere, erased, leaves nothing
    both = [RED], [[1, 1, 0]]
    agnostic = bce([RED.mean(), 0.5, 0], (1, 1, 0)) + 3 * softplus(0) / 3
    assert loss(*both, green=0.5, agnostic=True) == pytest.approx(agnostic, abs=1e-4)
    m = RED / (1 + EPSILON)  # where red is drawn, green must remain; where green is drawn, nothing does
    red = bce([RED.mean(), 0.5, 0], (1, 1, 0)) + bce([(RED * (1 - m)).mean(), (0.5 * (1 - m)).mean(), 0], (0, 1, 0))
    assert loss(*both, green=0.5) in (pytest.approx(red), pytest.approx(agnostic, abs=1e-4))
    assert abs(red - agnostic) > 0.01


def test_the_ordinary_classifier_and_the_early_stages_stay(classifier, whole):
    before = load_file(classifier)
    out, trained = whole
    after = load_file(out)
    assert after.keys() == before.keys()
    for key, value in after.items():
        frozen = key.startswith(("stages.0.", "stages.1.", "stages.2.")) or "running" in key or "num_batches" in key
        assert torch.equal(value, before[key]) == frozen, key
    assert set(trained.history.epochs[0]) == {"epoch", "loss", "l_cls", "l_cse", "area", "map", "f1"}
    assert not state_path(out).exists()


def test_how_much_is_frozen_is_an_option(classifier, tmp_path):
    before = load_file(classifier)
    options = CseOptions(frozen=1, fixed_head=True)
    trained = train_cse(tmp_path / "f.safetensors", run_of(classifier, schedule=SHORT, watch=()), options)
    after = trained.classifier.state_dict()
    for key in ("stages.0.0.weight", "head.weight"):
        assert torch.equal(after[key], before[key]), key
    for key in ("stages.1.conv1.weight", "stages.4.conv1.weight"):
        assert not torch.equal(after[key], before[key]), key
    assert trained.growth is None


def test_the_judge_is_frozen_while_its_input_is_not(classifier):
    ordinary, cgnet = read_checkpoint(classifier), read_checkpoint(classifier)
    cgnet.head.requires_grad_(True)
    kept = {key: value.clone() for key, value in ordinary.state_dict().items()}
    x = torch.rand(4, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    targets = torch.zeros(4, 10)
    targets[:, 3] = 1
    objective = cse_objective(cgnet, ordinary, CseOptions(alpha=1, growth=0), Means())
    loss = objective(Batch(x, targets, 0, torch.Generator().manual_seed(0)))
    (with_judge,) = torch.autograd.grad(loss, cgnet.head.weight)
    alone = cse_objective(cgnet, ordinary, CseOptions(alpha=0, growth=0), Means())
    (without,) = torch.autograd.grad(alone(Batch(x, targets, 0, torch.Generator().manual_seed(0))), cgnet.head.weight)
    assert (with_judge - without)[3].abs().max() > 1e-8  # the judge's gradient reaches the target's row
    assert (with_judge - without)[[0, 5]].abs().max() < 1e-9  # and no other class's
    assert all(p.grad is None and not p.requires_grad for p in ordinary.parameters())
    assert all(torch.equal(value, kept[key]) for key, value in ordinary.state_dict().items())


def test_a_stopped_training_goes_on_and_ends_with_the_same_bytes_and_maps(classifier, whole, tmp_path):
    again = tmp_path / "again.safetensors"
    out, first = whole
    with pytest.raises(KillError):  # in the second epoch
        train_cse(again, run_of(classifier, progress=killed_after(3)))
    assert state_path(again).exists()
    second = train_cse(again, run_of(classifier))
    assert again.read_bytes() == out.read_bytes()
    assert second.history.epochs == first.history.epochs
    np.testing.assert_array_equal(second.growth.maps, first.growth.maps)
    assert first.growth.maps.shape == (3, 2, 10, 16, 16)
    other = train_cse(tmp_path / "o.safetensors", run_of(classifier, schedule=replace(SCHEDULE, seed=2)))
    assert not np.array_equal(other.growth.maps[2], first.growth.maps[2])


def test_the_training_is_watched_from_before_it_to_its_end(classifier, whole):
    from wsss_viz import data

    _, trained = whole
    growth = trained.growth
    assert (growth.sources, growth.method, growth.classes) == (WATCHED, "cs-ae", CLASSES)
    sample = data.open("scenes:val")[2]
    (start,), (end,) = cam(read_checkpoint(classifier), sample), cam(trained.classifier, sample)
    np.testing.assert_allclose(growth.maps[0, 0], start.maps, atol=5e-3)
    np.testing.assert_allclose(growth.maps[2, 0], end.maps, atol=5e-3)
    assert growth.trace("scenes:val:2").steps[0].targets == start.targets


def test_cgnet_can_start_from_the_backbone(classifier, tmp_path):
    backbone = write_random(tmp_path / "backbone.safetensors", FINE_CLASSES, seed=4)
    trained = train_cse(tmp_path / "b.safetensors", run_of(classifier, schedule=SHORT), start=backbone)
    expected = load_file(backbone)["stages.0.0.weight"]
    assert torch.equal(trained.classifier.state_dict()["stages.0.0.weight"], expected)
    assert not trained.growth.maps[0].any()  # the head starts at zero
    with pytest.raises(InputError, match="does not know the scenes' classes"):
        train_cse(tmp_path / "c.safetensors", run_of(backbone))


def test_the_control_learns_from_labels_alone(classifier, tmp_path):
    trained = train_control(tmp_path / "control.safetensors", run_of(classifier))
    assert set(trained.history.epochs[0]) == {"epoch", "loss", "map", "f1"}
    assert trained.history.epochs[1]["loss"] < trained.history.epochs[0]["loss"]
    assert trained.growth.method == "control"
