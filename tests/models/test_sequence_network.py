"""The videos' network: time for space, three frames at a time, and its file."""

import numpy as np
import pytest
import torch

from wsss_viz.data.sequences import ACTIONS, Sequences
from wsss_viz.errors import InputError
from wsss_viz.models import loading
from wsss_viz.models.network_file import read_network
from wsss_viz.models.sequence_network import (
    FORMAT,
    SequenceNetwork,
    _build,
    temporal_maps,
    to_input,
    write_sequence_network,
)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return SequenceNetwork(ACTIONS).eval().requires_grad_(False)


def test_logits_are_the_mean_over_time_and_maps_weights_times_features(network):
    video = Sequences("test")[3]
    maps, logits = temporal_maps(network, video.frames)
    assert maps.shape == (3, 64)
    assert np.allclose(logits, maps.mean(axis=1), atol=1e-6)
    f = network.features(to_input(torch.from_numpy(video.frames))[None])[0]
    by_hand = torch.einsum("cd,dt->ct", network.head.weight[:, :, 0], f)
    assert np.allclose(maps, by_hand.numpy(), atol=1e-5)


def test_a_map_sees_three_frames(network):
    frames = Sequences("test")[3].frames.copy()
    before, _ = temporal_maps(network, frames)
    frames[30] = 255 - frames[30]
    after, _ = temporal_maps(network, frames)
    changed = np.flatnonzero(np.abs(after - before).max(axis=0) > 1e-6)
    assert set(changed) <= {29, 30, 31}
    assert 30 in changed


def test_input_is_centred():
    x = to_input(torch.tensor([[[[0, 127.5, 255]]]]))
    assert x.shape == (1, 3, 1, 1)
    assert x.flatten().tolist() == [-2, 0, 2]


def test_file_and_back(network, tmp_path):
    path = tmp_path / "s.safetensors"
    write_sequence_network(path, network)
    again = read_network(path, FORMAT, _build)
    frames = Sequences("test")[0].frames
    assert (temporal_maps(again, frames)[0] == temporal_maps(network, frames)[0]).all()
    assert again.classes == ACTIONS
    assert not any(p.requires_grad for p in again.parameters())
    write_sequence_network(tmp_path / "twice.safetensors", again)
    assert (tmp_path / "twice.safetensors").read_bytes() == path.read_bytes()
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match="truncated"):
        read_network(path, FORMAT, _build)
    with pytest.raises(InputError, match="no checkpoint at"):
        read_network(tmp_path / "nothing", FORMAT, _build)


def test_what_is_not_finite_or_of_other_shapes_is_refused(network, tmp_path):
    path = tmp_path / "s.safetensors"
    network.head.weight[0, 0, 0] = torch.nan
    write_sequence_network(path, network)
    with pytest.raises(InputError, match="NaN or infinity"):
        read_network(path, FORMAT, _build)
    network.widths = (1, 2, 3)
    write_sequence_network(path, network)
    with pytest.raises(InputError, match="another architecture"):
        read_network(path, FORMAT, _build)
    network.widths = (10**9, 2, 3)
    write_sequence_network(path, network)
    with pytest.raises(InputError, match="does not describe its network"):
        read_network(path, FORMAT, _build)


def test_a_name_that_is_not_in_the_register_is_said():
    with pytest.raises(InputError, match="no checkpoint 'nothing' in the register"):
        loading.load_network("nothing", FORMAT, _build)
