"""The drawn videos: one athlete, up to two actions, and which frame belongs to which.

Our own little world, made for one point. In temporal localisation a network learns from video-level labels ("a kick is
somewhere in here") and is asked when. As an object of the scenes, an action here has a **discriminative moment** (the
jump, the kick, the throw: five or six frames) and a **non-discriminative rest** that all actions share and that alone
does not tell them apart: the run-up before it and the run-out after it. Some videos have a run without any action, so
that running is no sign of one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.indexed import Indexed
from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE
from wsss_viz.data.sequences.drawing import Style, draw_frame, random_style
from wsss_viz.data.sequences.poses import STANDING, Pose, between, jittered, moment, running
from wsss_viz.errors import InputError

__all__ = ["ACTIONS", "FRAME_SIZE", "LENGTH", "SPLITS", "Sequences", "Video"]

ACTIONS = ("jump", "kick", "throw")
LENGTH = 64
FRAME_SIZE = 24
SPLITS = {"train": 600, "val": 200, "test": 300}
_ENTROPY = 20_261_126
_NOISE = 6.0
_STRIDE = 7.0
"""Frames a stride takes."""


@dataclass(frozen=True, eq=False)
class Video:
    """One video and what is known about it.

    Attributes:
        frames: (T, H, W, 3) uint8 RGB.
        labels: the actions in it, in the order of `ACTIONS`; all that a network is told in training.
        truth: (T,) uint8, index into `ACTIONS` + 1, 0 where there is no action: never told.
        moments: (T,) uint8, 1 the discriminative moment, 2 the rest of the action, 0 no action.
        name: unique within its split.
    """

    frames: NDArray[np.uint8]
    labels: tuple[str, ...]
    truth: NDArray[np.uint8]
    moments: NDArray[np.uint8]
    name: str

    def label_vector(self) -> NDArray[np.float32]:
        """(C,) float32 in {0, 1} over `ACTIONS`."""
        return np.array([action in self.labels for action in ACTIONS], dtype=np.float32)


@dataclass(frozen=True)
class _Part:
    """A stretch of the video: `kind` is "stand", "run", or an action's name for its moment."""

    kind: str
    frames: int
    action: str | None


class Sequences(Indexed[Video]):
    """The videos of a split, drawn one at a time as they are asked for.

    `count` videos (default 600 train, 200 val, 300 test) of 64 frames, `side` pixels a side. Video i depends on split
    and i alone; another side gives the same video drawn larger. Raises InputError for an unknown split, a negative
    count, or a side outside 16 to 512.
    """

    def __init__(self, split: str, count: int | None = None, side: int = FRAME_SIZE) -> None:
        if split not in SPLITS:
            raise InputError(f"there is no split {split!r} of the sequences: take one of {', '.join(SPLITS)}")
        if count is not None and count < 0:
            raise InputError(f"the count of sequences must not be negative, got {count}")
        if not 16 <= side <= 512:
            raise InputError(f"a frame of {side} pixels a side cannot be drawn: it must be from 16 to 512")
        self.split, self.things = split, f"sequences of split {split}"
        self.side = side
        self._count = SPLITS[split] if count is None else count

    def __len__(self) -> int:
        return self._count

    def at(self, position: int) -> Video:
        """Video `position`."""
        key = (list(SPLITS).index(self.split), position)
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(_ENTROPY, spawn_key=key)))
        return _draw(rng, self.side, f"{self.split}_{position:06d}")


def _draw(rng: np.random.Generator, side: int, name: str) -> Video:
    parts = _script(rng)
    style = random_style(rng)
    poses, speeds = _poses(rng, parts)
    travelled = np.cumsum(speeds)
    clean = np.stack([_frame(*frame, style, side) for frame in zip(poses, travelled, strict=True)])
    # drawn for the network's size and repeated, so that the noise does not depend on the size either
    noise = rng.normal(0, _NOISE, (LENGTH, FRAME_SIZE, FRAME_SIZE, 1))
    at = np.arange(side) * FRAME_SIZE // side
    light = rng.uniform(0.85, 1.12)
    frames = np.clip(clean * light + noise[:, at][:, :, at], 0, 255).astype(np.uint8)
    kinds = [(part.action, part.kind) for part in parts for _ in range(part.frames)]
    truth = np.array([0 if action is None else ACTIONS.index(action) + 1 for action, _ in kinds], dtype=np.uint8)
    moments = np.array(
        [0 if action is None else DISCRIMINATIVE if kind == action else NON_DISCRIMINATIVE for action, kind in kinds],
        dtype=np.uint8,
    )
    labels = tuple(action for i, action in enumerate(ACTIONS) if (truth == i + 1).any())
    return Video(frames, labels, truth, moments, name)


def _frame(pose: Pose, travelled: float, style: Style, side: int) -> NDArray[np.uint8]:
    return draw_frame(pose, style, float(travelled), side)


def _script(rng: np.random.Generator) -> list[_Part]:
    """Which stretches follow one another, `LENGTH` frames in all."""
    count = int(rng.choice(3, p=(0.15, 0.6, 0.25)))
    actions: list[str | None] = [ACTIONS[i] for i in rng.choice(len(ACTIONS), count, replace=False)]
    if count < 2 and rng.random() < 0.6:
        actions.append(None)  # a run and no action
    order = rng.permutation(len(actions))
    bouts: list[list[_Part]] = []
    for i in order:
        action = actions[i]
        if action is None:
            bouts.append([_Part("run", int(rng.integers(12, 20)), None)])
        else:
            before, after = int(rng.integers(8, 13)), int(rng.integers(4, 8))
            parts = [("run", before), (action, int(rng.integers(5, 7))), ("run", after)]
            bouts.append([_Part(kind, frames, action) for kind, frames in parts])
    spare = LENGTH - sum(part.frames for bout in bouts for part in bout)
    least = 3
    free = spare - least * (len(bouts) + 1)
    cuts = np.diff(np.concatenate([[0], np.sort(rng.integers(0, free + 1, len(bouts))), [free]])) + least
    script = [_Part("stand", int(cuts[0]), None)]
    for bout, gap in zip(bouts, cuts[1:], strict=True):
        script += [*bout, _Part("stand", int(gap), None)]
    return script


def _poses(rng: np.random.Generator, parts: list[_Part]) -> tuple[list[Pose], list[float]]:
    """The pose of every frame, and how far the athlete goes in it, in frame widths."""
    poses, speeds = [], []
    phase, speed = float(rng.random()), 0.0
    previous = STANDING
    for part in parts:
        wanted = 0.0 if part.kind == "stand" else float(rng.uniform(0.1, 0.15))
        for i in range(part.frames):
            speed += (wanted - speed) * 0.5
            phase += 1 / _STRIDE
            if part.kind == "stand":
                goal = STANDING
            elif part.kind == "run":
                goal = running(phase)
            else:
                goal = moment(part.kind, i / max(1, part.frames - 1))
            # one frame of passage between stretches
            pose = between(previous, goal, 0.6) if i == 0 else goal
            poses.append(jittered(pose, rng))
            speeds.append(speed)
            previous = goal
    return poses, speeds
