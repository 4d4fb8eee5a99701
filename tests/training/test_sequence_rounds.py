"""AE's rounds in time: what is erased for whom, and that erased frames are not trained on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from tests.training.test_training import quiet, silent
from wsss_viz.data.sequences import ACTIONS, LENGTH, Sequences, Video
from wsss_viz.methods.temporal_erasing import erase_time
from wsss_viz.models.sequence_network import load_sequence_network
from wsss_viz.training import sequences
from wsss_viz.training.loop import History, Schedule


def test_each_round_learns_without_what_all_rounds_before_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    first, videos = load_sequence_network(), [video for video in Sequences("train", 6) if video.labels][:3]
    torch.manual_seed(0)
    second = sequences.SequenceNetwork(ACTIONS).eval()
    given: list[Any] = []

    def trained(videos: Any, schedule: Schedule, progress: Any, say: Any, erased: torch.Tensor) -> Any:
        given.append((schedule.seed, erased.clone().numpy()))
        return second, History()

    monkeypatch.setattr(sequences, "train_sequences", trained)
    lines: list[str] = []
    assert len(list(sequences.train_sequence_rounds(first, videos, Schedule(1, seed=5), quiet, lines.append, 3))) == 2
    assert [seed for seed, _ in given] == [6, 7]
    for row, video in enumerate(videos):
        steps = list(erase_time([first, second], video.frames, video.labels, erasings=2))
        np.testing.assert_array_equal(given[0][1][row], steps[1].erased[0])
        np.testing.assert_array_equal(given[1][1][row], steps[2].erased[0])
    assert lines[0] == f"round 2: {100 * given[0][1].mean():.0f} percent of the frames are erased"


def test_what_is_erased_says_nothing_to_the_training() -> None:
    videos = list(Sequences("train", 2))
    backwards = [replace(video, frames=video.frames[::-1].copy()) for video in videos]
    schedule, everything = Schedule(epochs=1, batch=2), torch.ones(len(videos), LENGTH, dtype=torch.bool)

    def loss(of: list[Video], erased: torch.Tensor | None) -> float:
        return sequences.train_sequences(of, schedule, quiet, silent, erased)[1].epochs[0]["loss"]

    assert loss(videos, everything) == pytest.approx(loss(backwards, everything), abs=2e-5)
    assert abs(loss(videos, everything) - loss(videos, None)) > 1e-3
