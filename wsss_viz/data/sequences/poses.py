"""How the drawn athlete stands, runs, jumps, kicks and throws: joint angles, frame by frame."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np


class Pose(NamedTuple):
    """Angles in degrees, 0 hanging straight down, positive to the front (the right); lift in body heights.

    Attributes:
        torso: lean of the torso to the front.
        arm, forearm, other_arm, other_forearm: of the two arms, absolute, not against the torso.
        thigh, shank, other_thigh, other_shank: of the two legs, absolute.
        lift: of the hip above where it is when standing.
    """

    torso: float = 2
    arm: float = 8
    forearm: float = 14
    other_arm: float = -6
    other_forearm: float = 2
    thigh: float = 4
    shank: float = 0
    other_thigh: float = -4
    other_shank: float = -6
    lift: float = 0


STANDING = Pose()
MOMENTS: dict[str, tuple[Pose, ...]] = {
    "jump": (
        Pose(20, -60, -50, -70, -60, 40, -50, 30, -60, -0.06),
        Pose(8, 120, 130, 110, 120, 20, -20, -10, -40, 0.08),
        Pose(4, 160, 165, 150, 155, 75, -35, 60, -45, 0.17),
        Pose(6, 150, 155, 140, 150, 80, 10, 65, 0, 0.18),
        Pose(14, 100, 110, 90, 100, 50, 20, 35, 5, 0.07),
    ),
    "kick": (
        Pose(6, 40, 60, -50, -30, -55, -110, 12, 4, -0.02),
        Pose(-6, 0, 10, -20, 0, 20, -40, 4, -4, -0.02),
        Pose(-18, -50, -40, 50, 60, 85, 78, -6, -10, 0),
        Pose(-24, -60, -50, 60, 70, 108, 104, -8, -12, 0.01),
        Pose(-8, -20, 0, 20, 30, 60, 20, -4, -10, 0),
    ),
    "throw": (
        Pose(-20, -110, -140, 80, 80, 30, 20, -20, -40, -0.02),
        Pose(-22, -165, -190, 95, 90, 40, 25, -25, -45, -0.02),
        Pose(0, -200, -195, 60, 40, 45, 10, -30, -40, -0.04),
        Pose(24, -260, -255, -10, 0, 45, 0, -40, -60, -0.06),
        Pose(34, -310, -315, -40, -30, 40, -10, -30, -50, -0.05),
    ),
}
"""Key poses of the moment that gives each action away; -260 is 100 reached over the head."""


def running(phase: float) -> Pose:
    """A stride's pose; `phase` in strides, 0 to 1 and on, two steps a stride."""
    swing, other = math.sin(2 * math.pi * phase), -math.sin(2 * math.pi * phase)
    back, other_back = max(0.0, -math.cos(2 * math.pi * phase)), max(0.0, math.cos(2 * math.pi * phase))
    return Pose(
        torso=13,
        arm=42 * other,
        forearm=42 * other + 70,
        other_arm=42 * swing,
        other_forearm=42 * swing + 70,
        thigh=8 + 42 * swing,
        shank=8 + 42 * swing - 15 - 60 * other_back,
        other_thigh=8 + 42 * other,
        other_shank=8 + 42 * other - 15 - 60 * back,
        lift=0.03 * abs(math.cos(2 * math.pi * phase)),
    )


def between(first: Pose, second: Pose, share: float) -> Pose:
    """The pose `share` of the way from the first to the second, angle by angle."""
    return Pose(*(a + (b - a) * share for a, b in zip(first, second, strict=True)))


def moment(action: str, share: float) -> Pose:
    """The pose at `share`, 0 to 1, of the moment that gives `action` away."""
    keys = MOMENTS[action]
    position = min(max(share, 0.0), 1.0) * (len(keys) - 1)
    index = min(int(position), len(keys) - 2)
    return between(keys[index], keys[index + 1], position - index)


def jittered(pose: Pose, rng: np.random.Generator, degrees: float = 5) -> Pose:
    """The pose with every angle a little off, as no two people move alike."""
    off = rng.normal(0, degrees, len(pose) - 1)
    return Pose._make([*(angle + d for angle, d in zip(pose[:-1], off, strict=True)), pose.lift])
