"""AffinityNet's training: labels and loss by hand, a network that learns who is akin, its file as a refiner."""

import math
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.test_training import quiet, silent
from wsss_viz.data.sample import IGNORE
from wsss_viz.errors import InputError
from wsss_viz.models.checkpoint import read_checkpoint
from wsss_viz.models.manifest import checkpoints_folder
from wsss_viz.refinement import refiner
from wsss_viz.refinement.affinity import likeness, offsets
from wsss_viz.refinement.affinity_network import read_affinity
from wsss_viz.refinement.scene_affinity import FROZEN, SceneAffinityNet
from wsss_viz.training.affinity import (
    AffinityLabels,
    affinity_loss,
    cell_labels,
    sure_labels,
    train_affinity,
)
from wsss_viz.training.drawings import Drawings
from wsss_viz.training.loop import Schedule

BACKBONE = checkpoints_folder() / "scenes-backbone.safetensors"


def test_the_loss_is_pair_by_pair_what_the_paper_says():
    generator = torch.Generator().manual_seed(0)
    labels = torch.tensor([0, 0, 1, 2, IGNORE])[torch.randint(0, 5, (2, 7, 12), generator=generator)]
    features = torch.randn(2, 3, 7, 12, generator=generator, dtype=torch.float64)
    kinds = {"background": [], "class": [], "two": []}
    for n in range(2):
        for y in range(7 - 4):
            for x in range(4, 12 - 4):
                for dy, dx in offsets(5):
                    one, other = int(labels[n, y, x]), int(labels[n, y + dy, x + dx])
                    if IGNORE in (one, other):
                        continue
                    near = math.exp(-float((features[n, :, y, x] - features[n, :, y + dy, x + dx]).abs().mean()))
                    if one != other:
                        kinds["two"].append(-math.log(1 + 1e-5 - near))
                    else:
                        kinds["class" if one else "background"].append(-math.log(near + 1e-5))
    wanted = sum(
        weight * np.mean(kinds[kind]) for kind, weight in (("background", 0.25), ("class", 0.25), ("two", 0.5))
    )
    assert min(map(len, kinds.values())) > 20
    assert affinity_loss(likeness(features), labels).item() == pytest.approx(wanted, rel=1e-6)


def test_a_kind_of_pair_that_is_not_there_adds_nothing():
    features = torch.randn(1, 2, 6, 11, generator=torch.Generator().manual_seed(0))
    near = likeness(features)
    everywhere = torch.zeros(1, 6, 11, dtype=torch.uint8)
    assert affinity_loss(near, everywhere).item() == pytest.approx(-0.25 * (near + 1e-5).log().mean().item(), rel=1e-4)
    assert affinity_loss(near, everywhere + IGNORE).item() == 0


def test_labels_where_the_crfs_are_sure():
    low = np.array([[0, 2, 2], [0, 0, 5]])
    high = np.array([[0, 2, 0], [1, 0, 5]])
    assert sure_labels(low, high).tolist() == [[0, 2, 0], [IGNORE, 0, 5]]
    fine = np.array([[1, 1, 0, 0, 4, 4, 4], [1, 0, 0, 2, 4, 4, 4], [3, 3, 3, 3, 0, 0, 4]])
    assert cell_labels(fine, 2, 4).tolist() == [[1, 0, 4]]
    with pytest.raises(InputError, match="the low alpha is above 0 and below the high one, got 8 and 4"):
        AffinityLabels("cam", 8, 4)


def shapes(count, seed):
    """Images (N, 3, 64, 96) of a coloured rectangle on grey noise, and its label in cells of 4 pixels."""
    rng = np.random.default_rng(seed)
    images = rng.integers(90, 150, (count, 3, 64, 96), dtype=np.uint8)
    labels = np.zeros((count, 16, 24), np.uint8)
    for n in range(count):
        y, x = rng.integers(1, 6), rng.integers(2, 10)
        images[n, :, 4 * y : 4 * y + 36, 4 * x : 4 * x + 44] = np.array([220, 40, 30])[:, None, None]
        labels[n, y : y + 9, x : x + 11] = 1
    return Drawings(torch.from_numpy(images), torch.from_numpy(labels))


@pytest.fixture(scope="module")
def trained():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "affinity.safetensors"
        network, history = train_affinity(
            path, BACKBONE, shapes(24, 0), AffinityLabels(), Schedule(4, batch=8), val=shapes(8, 1),
            progress=quiet, say=silent,
        )  # fmt: skip
        yield path, network, history


def test_it_learns_who_is_akin_and_leaves_the_early_stages(trained):
    path, network, history = trained
    assert history.epochs[-1]["val_loss"] < 0.5 * history.epochs[0]["val_loss"]
    before = read_checkpoint(BACKBONE).stages.state_dict()
    for key, value in network.stages.state_dict().items():
        changed = not torch.equal(value, before[key])
        assert changed == (int(key.partition(".")[0]) >= FROZEN and "num_batches" not in key) or "num_batches" in key
    read = read_affinity(path)
    assert isinstance(read, SceneAffinityNet)
    assert all(torch.equal(value, network.state_dict()[key]) for key, value in read.state_dict().items())


def test_the_walk_by_it_fills_the_object_and_stops_at_its_edge(trained):
    path, _, _ = trained
    held = shapes(1, 7)
    image, truth = held.images[0].permute(1, 2, 0).numpy(), held.targets[0].numpy() == 1
    whole = image.repeat(2, 0).repeat(2, 1)  # the short side at 128
    inside = np.argwhere(truth)
    y, x = inside[len(inside) // 2]
    maps = np.zeros((1, 16, 24), np.float32)
    maps[0, y - 1 : y + 2, x - 1 : x + 2] = 1
    *_, last = refiner(f"psa:{path}").steps(whole, maps)
    values = last.maps[0][4::8, 4::8]
    rim = np.zeros_like(truth)
    rim[:12, 4:20] = True  # where every pair is: borders have none
    assert values[truth & rim].min() > 3 * values[~truth & rim].mean()
    akin = read_affinity(path).akin(whole)
    assert (akin.size, akin.stride) == ((32, 48), 4)


def test_what_is_no_such_file_is_refused(trained, tmp_path):
    path, _, _ = trained
    with pytest.raises(InputError, match="is AffinityNet: give psa:"):
        refiner(f"irn:{path}")
    with pytest.raises(InputError, match="is of the format 'segmenter-1', want 'affinity-1'"):
        refiner(f"psa:{checkpoints_folder() / 'scenes-segmenter.safetensors'}")
    with pytest.raises(InputError, match="no network at nothing of that name"):
        refiner("psa:nothing of that name")
