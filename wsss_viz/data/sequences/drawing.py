"""A frame of a drawn video: sky, track and one athlete of sticks, in any size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from wsss_viz.data.sequences.poses import Pose

Colour = tuple[int, int, int]
_SUPERSAMPLING = 3
_GROUND = 0.86
_HIP = 0.30
_THIGH, _SHANK, _TORSO, _ARM, _FOREARM, _HEAD = 0.15, 0.16, 0.23, 0.12, 0.12, 0.075


@dataclass(frozen=True)
class Style:
    """What stays the same through a video.

    Attributes:
        sky, ground, shirt, skin, legs: colours.
        size: of the athlete, 1 the usual.
        spacing: of the posts along the track, in frame widths.
    """

    sky: Colour
    ground: Colour
    shirt: Colour
    skin: Colour
    legs: Colour
    size: float
    spacing: float


def random_style(rng: np.random.Generator) -> Style:
    """Colours and sizes of one video."""

    def near(colour: Colour, spread: int) -> Colour:
        red, green, blue = np.clip(np.array(colour) + rng.integers(-spread, spread + 1, 3), 0, 255).tolist()
        return red, green, blue

    skies: tuple[Colour, ...] = ((168, 205, 236), (222, 214, 196), (196, 214, 222), (236, 206, 188))
    grounds: tuple[Colour, ...] = ((176, 92, 66), (96, 142, 84), (150, 140, 120), (88, 112, 128))
    shirts: tuple[Colour, ...] = ((200, 40, 60), (30, 80, 170), (240, 180, 40), (40, 120, 90), (110, 60, 140))
    skins: tuple[Colour, ...] = ((232, 190, 160), (190, 138, 104), (126, 86, 62))
    return Style(
        near(skies[rng.integers(len(skies))], 14),
        near(grounds[rng.integers(len(grounds))], 14),
        near(shirts[rng.integers(len(shirts))], 20),
        skins[rng.integers(len(skins))],
        near((48, 52, 66), 16),
        float(rng.uniform(0.8, 0.94)),
        float(rng.uniform(0.5, 0.8)),
    )


def draw_frame(pose: Pose, style: Style, travelled: float, side: int) -> NDArray[np.uint8]:
    """One frame, (side, side, 3) uint8 RGB. The camera goes along; the track passes by.

    Args:
        travelled: how far the athlete is along the track, in frame widths.
    """
    whole = side * _SUPERSAMPLING
    image = Image.new("RGB", (whole, whole), style.sky)
    pen = ImageDraw.Draw(image)
    ground = _GROUND * whole
    _track(pen, style, travelled, whole, ground)
    _athlete(pen, pose, style, whole, ground)
    return np.asarray(image.reduce(_SUPERSAMPLING))


def _track(pen: ImageDraw.ImageDraw, style: Style, travelled: float, whole: int, ground: float) -> None:
    red, green, blue = (max(0, channel - 34) for channel in style.ground)
    dark = (red, green, blue)
    first = -((travelled / style.spacing) % 1) * style.spacing
    for number in range(math.ceil(1 / style.spacing) + 2):
        x = (first + number * style.spacing) * whole
        pen.rectangle((x, ground - 0.16 * whole, x + 0.025 * whole, ground), fill=dark)
    pen.rectangle((0, ground - 0.13 * whole, whole, ground - 0.105 * whole), fill=dark)
    pen.rectangle((0, ground, whole, whole), fill=style.ground)


def _athlete(pen: ImageDraw.ImageDraw, pose: Pose, style: Style, whole: int, ground: float) -> None:
    unit = whole * style.size
    width = max(1, round(0.055 * unit))

    def limb(start: tuple[float, float], angle: float, length: float, colour: Colour) -> tuple[float, float]:
        end = (
            start[0] + length * unit * math.sin(math.radians(angle)),
            start[1] + length * unit * math.cos(math.radians(angle)),
        )
        pen.line((*start, *end), fill=colour, width=width)
        for x, y in (start, end):
            pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=colour)
        return end

    hip = (0.47 * whole, ground - (_HIP + pose.lift) * unit)
    shoulder = (
        hip[0] + _TORSO * unit * math.sin(math.radians(pose.torso)),
        hip[1] - _TORSO * unit * math.cos(math.radians(pose.torso)),
    )
    far_legs, far_skin = _shaded(style.legs), _shaded(style.skin)
    limb(limb(shoulder, pose.other_arm, _ARM, _shaded(style.shirt)), pose.other_forearm, _FOREARM, far_skin)
    limb(limb(hip, pose.other_thigh, _THIGH, far_legs), pose.other_shank, _SHANK, far_legs)
    limb(limb(hip, pose.thigh, _THIGH, style.legs), pose.shank, _SHANK, style.legs)
    limb(hip, 180 - pose.torso, _TORSO, style.shirt)
    neck = (
        shoulder[0] + 1.25 * _HEAD * unit * math.sin(math.radians(pose.torso)),
        shoulder[1] - 1.25 * _HEAD * unit * math.cos(math.radians(pose.torso)),
    )
    radius = _HEAD * unit
    pen.ellipse((neck[0] - radius, neck[1] - radius, neck[0] + radius, neck[1] + radius), fill=style.skin)
    limb(limb(shoulder, pose.arm, _ARM, style.shirt), pose.forearm, _FOREARM, style.skin)


def _shaded(colour: Colour) -> Colour:
    red, green, blue = (round(channel * 0.72) for channel in colour)
    return red, green, blue
