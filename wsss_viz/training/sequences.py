"""The drawn videos' classifier: video-level labels alone, a minute of one core."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from wsss_viz.data.sequences import ACTIONS, LENGTH, Sequences, Video
from wsss_viz.evaluation.classification import classification_scores
from wsss_viz.evaluation.temporal import best_threshold, temporal_scores
from wsss_viz.methods.temporal_erasing import ERASINGS, claimed_frames, erase_frames
from wsss_viz.models.sequence_network import SequenceNetwork, temporal_maps, to_input
from wsss_viz.training.drawings import Progress
from wsss_viz.training.loop import Descent, History, Schedule

__all__ = ["SEQUENCES_SCHEDULE", "held_out_scores", "train_sequence_rounds", "train_sequences"]


SEQUENCES_SCHEDULE = Schedule(epochs=12, rate=1e-2, batch=16, decay=1e-2)
"""Our own choice."""


def train_sequences(
    videos: Sequence[Video],
    schedule: Schedule,
    progress: Progress,
    say: Callable[[str], None],
    erased: Tensor | None = None,
) -> tuple[SequenceNetwork, History]:
    """Trains by BCE on which actions are in a video; returned in evaluation mode, frozen.

    Args:
        erased: (N, T) bool, frames that are replaced by their video's mean frame; None: none.

    Raises:
        FloatingPointError: the loss is not finite.

    Examples:
        >>> schedule = Schedule(epochs=1, batch=2)
        >>> network, history = train_sequences(
        ...     Sequences("train", 2), schedule, lambda items, title: items, lambda line: None
        ... )
        >>> network.classes, round(history.epochs[0]["loss"], 1)
        (('jump', 'kick', 'throw'), 0.7)
    """
    frames = torch.from_numpy(np.stack([video.frames for video in videos]))
    targets = torch.from_numpy(np.stack([video.label_vector() for video in videos]))
    torch.manual_seed(schedule.seed)
    network = SequenceNetwork(ACTIONS).train()
    generator = torch.Generator().manual_seed(schedule.seed)
    per_epoch = len(videos) // schedule.batch
    descent = Descent(network, schedule.epochs * per_epoch, rate=schedule.rate, decay=schedule.decay)
    history, start = History(), time.perf_counter()
    for epoch in range(schedule.epochs):
        order = torch.randperm(len(videos), generator=generator)[: per_epoch * schedule.batch]
        total = 0.0
        for index in progress(order.view(per_epoch, -1).unbind(), f"epoch {epoch + 1}/{schedule.epochs}"):
            x = to_input(frames[index])
            if erased is not None:
                x = erase_frames(x, erased[index])
            loss = binary_cross_entropy_with_logits(network(_varied(x, generator)), targets[index])
            total += descent.step(loss, epoch)
        history.epochs.append({"epoch": epoch + 1, "loss": round(total / per_epoch, 5)})
        say(f"epoch {epoch + 1}  loss {total / per_epoch:.4f}")
    history.seconds = time.perf_counter() - start
    return network.eval().requires_grad_(False), history


def train_sequence_rounds(
    first: SequenceNetwork,
    videos: Sequence[Video],
    schedule: Schedule,
    progress: Progress,
    say: Callable[[str], None],
    rounds: int = ERASINGS + 1,
) -> Iterator[tuple[SequenceNetwork, History]]:
    """Erase and train again: rounds 2 to `rounds`, each a new network on what the ones before left of the videos.

    What a round finds of a video's labels is erased for all rounds after it, by `DELTA`. After Zhong et al., ACM MM
    2018 (`docs/sources.md#erasing-time`); they stop by how the network does, we after a number of rounds, our own.

    Args:
        first: round 1, the ordinary network.
        schedule: round k draws from its seed + k - 1.

    Examples:
        >>> from wsss_viz.models.sequence_network import load_sequence_network
        >>> first, videos = load_sequence_network(), Sequences("train", 2)
        >>> rounds = train_sequence_rounds(
        ...     first, videos, Schedule(1, batch=2), lambda items, title: items, lambda line: None, rounds=3
        ... )
        >>> [network.classes == first.classes for network, history in rounds]
        [True, True]
    """
    erased = torch.zeros(len(videos), LENGTH, dtype=torch.bool)
    network = first
    for number in range(2, rounds + 1):
        for row, video in enumerate(progress(videos, f"erasing what round {number - 1} finds")):
            erased[row] |= _claimed(network, video, erased[row])
        say(f"round {number}: {100 * erased.float().mean().item():.0f} percent of the frames are erased")
        of_round = replace(schedule, seed=schedule.seed + number - 1)
        network, history = train_sequences(videos, of_round, progress, say, erased)
        yield network, history


@torch.no_grad()
def _claimed(network: SequenceNetwork, video: Video, erased: Tensor) -> Tensor:
    """(T,) the frames that the network's maps of the video's labels show, once those of `erased` are gone."""
    rows = [network.classes.index(label) for label in video.labels]
    x = erase_frames(to_input(torch.from_numpy(video.frames)), erased)
    return claimed_frames(network.maps(x[None])[0, rows]).any(dim=0)


def _varied(x: Tensor, generator: torch.Generator) -> Tensor:
    """Inputs of a batch with each video's contrast and colour a little off."""
    count = len(x)
    gain = 1 + 0.2 * (torch.rand(count, 1, 1, 1, 1, generator=generator) - 0.5)
    offset = 0.3 * (torch.rand(count, 1, 3, 1, 1, generator=generator) - 0.5)
    return x * gain + offset


def held_out_scores(
    network: SequenceNetwork, val: Sequences, test: Sequences, progress: Progress
) -> tuple[dict[str, Any], float]:
    """mAP, F1 and the frame-level scores on `test`, at the threshold chosen on `val`; and that threshold.

    Examples:
        >>> from wsss_viz.models.sequence_network import load_sequence_network
        >>> val, test = Sequences("val", 4), Sequences("test", 4)
        >>> scores, threshold = held_out_scores(load_sequence_network(), val, test, lambda items, title: items)
        >>> scores["count"], scores["map"], scores["threshold"] == threshold
        (4, 1.0, True)
    """

    def seen(videos: Sequences) -> tuple[list[Video], list[NDArray], NDArray]:
        known = list(progress(videos, f"{len(videos)} {videos.split} videos"))
        predictions = [temporal_maps(network, video.frames) for video in known]
        return known, [maps for maps, _ in predictions], np.stack([logits for _, logits in predictions])

    known, maps, _ = seen(val)
    threshold = best_threshold(maps, known)
    known, maps, logits = seen(test)
    scores = classification_scores(logits, np.stack([video.label_vector() for video in known]))
    frame_level = temporal_scores(maps, known, threshold).as_dict()
    return {"count": len(known), "map": scores.map, "f1": scores.f1, **frame_level}, threshold
