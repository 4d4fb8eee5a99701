"""AE's rounds at a toy size: what is erased, what is trained on it, and a run that was stopped between rounds."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.methods.test_erasing import channels
from tests.training.test_cse import run_of, write_random
from tests.training.test_training import KillError, killed_after
from wsss_viz.models.classifier import Preprocessing
from wsss_viz.training.drawings import Drawings
from wsss_viz.training.erasing_rounds import AeOptions, erase_drawings, mean_colour, round_path, train_rounds
from wsss_viz.training.recipes import state_path


def test_labels_are_erased_together_and_become_the_mean_colour():
    assert mean_colour(Preprocessing()).flatten().tolist() == [124, 116, 104]
    red = torch.tensor([[[200, 100, 10]], [[200, 100, 10]]], dtype=torch.uint8)
    green = torch.tensor([[[0, 30, 250]], [[0, 30, 250]]], dtype=torch.uint8)
    images = torch.stack([red, green, torch.full_like(red, 7)], dim=1)  # (2, 3, 1, 3)
    data = Drawings(images, torch.tensor([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]]))
    erased = erase_drawings(channels().float(), data, AeOptions(threshold=0.6), run_of(None))
    # mean 0: the first image loses red's maximum and green's, the second green's alone
    assert erased.images[0, 0, 0].tolist() == [0, 100, 0]
    assert erased.images[0, 2, 0].tolist() == [0, 7, 0]
    assert erased.images[1, 0, 0].tolist() == [200, 100, 0]
    assert torch.equal(erased.targets, data.targets)
    assert images[0, 0, 0].tolist() == [200, 100, 10]


def test_rounds_go_on_from_each_other_and_are_taken_up_where_they_stopped(tmp_path):
    classifier = write_random(tmp_path / "classifier.safetensors")
    out, again = tmp_path / "ae.safetensors", tmp_path / "again.safetensors"
    rounds = list(train_rounds(out, run_of(classifier), AeOptions(rounds=3)))
    assert [path.name for path, _ in rounds] == ["ae-2.safetensors", "ae-3.safetensors"]
    assert [trained.growth.method for _, trained in rounds] == ["ae-2", "ae-3"]
    second, third = (load_file(path) for path, _ in rounds)
    assert not torch.equal(second["head.weight"], third["head.weight"])
    assert torch.equal(second["stages.1.conv1.weight"], load_file(classifier)["stages.1.conv1.weight"])
    # round 3 starts from round 2, and what is watched are the scenes as they are
    np.testing.assert_array_equal(rounds[1][1].growth.maps[0], rounds[0][1].growth.maps[-1])
    with pytest.raises(KillError):  # in round 3: two epochs of two batches make round 2
        list(train_rounds(again, run_of(classifier, progress=killed_after(5)), AeOptions(rounds=3)))
    assert round_path(again, 2).exists()
    assert not round_path(again, 3).exists()
    said = []
    list(train_rounds(again, run_of(classifier, say=said.append), AeOptions(rounds=3)))
    assert said[0] == "taken up after epoch 2 of 2"
    for number in (2, 3):
        assert round_path(again, number).read_bytes() == round_path(out, number).read_bytes()
        assert not state_path(round_path(again, number)).exists()
