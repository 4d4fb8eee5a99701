"""AE in time: what is erased, what the combined map is, and that nothing else of the video changes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from wsss_viz.data.sequences import ACTIONS, Sequences
from wsss_viz.errors import InputError
from wsss_viz.methods.frame_by_frame import frame_probabilities
from wsss_viz.methods.temporal_erasing import erase_time
from wsss_viz.models.colour_network import colour_network, flag
from wsss_viz.models.sequence_network import SequenceNetwork, load_sequence_network, temporal_maps, to_input


def test_each_step_sees_the_video_without_the_frames_that_the_maps_before_show() -> None:
    network, video = load_sequence_network(), next(v for v in Sequences("test") if len(v.labels) == 2)
    labels = video.labels[::-1]
    steps = list(erase_time(network, video.frames, labels, erasings=2, delta=0.4))
    maps, logits = temporal_maps(network, video.frames)
    for row, label in enumerate(labels):
        c = ACTIONS.index(label)
        np.testing.assert_allclose(steps[0].maps[row], maps[c], rtol=1e-5, atol=1e-4)
        assert steps[0].logits[row] == pytest.approx(logits[c], abs=1e-5)
        erased = np.zeros(len(video.frames), dtype=bool)
        highest = combined = np.maximum(maps[c], 0)
        for before, after in itertools.pairwise(steps):
            values = np.maximum(before.maps[row], 0)
            erased |= values / (values.max() + 1e-5) > 0.4
            assert (after.erased[row] == erased).all()
            x = to_input(torch.from_numpy(video.frames))
            mean = x.mean(0)
            x[torch.from_numpy(erased)] = mean
            with torch.no_grad():
                alone = network.maps(x[None])[0, c].numpy()
            np.testing.assert_allclose(after.maps[row], alone, atol=1e-4)
            positive = np.where(erased, 0, np.maximum(after.maps[row], 0))
            ratio = highest.max() / max(np.maximum(after.maps[row], 0).max(), 1e-12)
            combined = np.maximum(combined, positive * (ratio if np.maximum(after.maps[row], 0).max() > 0 else 0))
            np.testing.assert_allclose(after.combined[row], combined, rtol=1e-4, atol=1e-4)
    assert steps[-1].erased.sum() > steps[1].erased.sum() > 0


def test_of_several_networks_each_sees_one_step_and_labels_are_erased_together() -> None:
    first, video = load_sequence_network(), next(v for v in Sequences("test") if len(v.labels) == 2)
    torch.manual_seed(0)
    second, third = (SequenceNetwork(ACTIONS).eval() for _ in range(2))
    steps = list(erase_time([first, second, third], video.frames, video.labels, erasings=3, delta=0.4))
    erased = np.zeros(len(video.frames), dtype=bool)
    for step, network in zip(steps, (first, second, third, third), strict=True):
        assert (step.erased == erased).all()
        x = to_input(torch.from_numpy(video.frames))
        x[torch.from_numpy(erased)] = x.mean(0)
        with torch.no_grad():
            maps = network.maps(x[None])[0, [ACTIONS.index(label) for label in video.labels]].numpy()
        np.testing.assert_allclose(step.maps, maps, atol=1e-4)
        positive = np.maximum(step.maps, 0)
        erased |= (positive / (positive.max(1, keepdims=True) + 1e-5) > 0.4).any(0)
    with pytest.raises(InputError, match="networks of different classes: each needs jump, kick, throw"):
        next(erase_time([first, SequenceNetwork(["hop", "jump", "kick"])], video.frames, video.labels))


def test_without_the_moment_the_network_sees_no_action() -> None:
    network = load_sequence_network()
    before, after = [], []
    for video in Sequences("val", 20):
        if video.labels:
            first, second = erase_time(network, video.frames, video.labels, erasings=1)
            before += first.logits.tolist()
            after += second.logits.tolist()
    assert min(before) > 0
    assert np.mean(np.array(after) < 0) > 0.8


def test_settings_out_of_range_are_refused() -> None:
    network, video = load_sequence_network(), Sequences("test")[0]
    with pytest.raises(InputError, match="knows no 'hop': its classes are jump, kick, throw"):
        next(erase_time(network, video.frames, ["hop"]))
    with pytest.raises(InputError, match="no class to erase"):
        next(erase_time(network, video.frames, []))
    with pytest.raises(InputError, match="delta in"):
        next(erase_time(network, video.frames, ["jump"], delta=1.0))


def test_frames_are_scored_one_by_one() -> None:
    network, image = colour_network(), flag().image
    frames = np.stack([image, image[:, ::-1], np.zeros_like(image)] * 4)
    probabilities = frame_probabilities(network, frames)
    assert probabilities.shape == (12, 3)
    with torch.no_grad():
        for frame, row in zip(frames, probabilities, strict=True):
            alone = network.logits(network.preprocess(frame)).softmax(1)[0].numpy()
            np.testing.assert_allclose(row, alone, atol=1e-6)
