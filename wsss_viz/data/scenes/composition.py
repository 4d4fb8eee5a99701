"""Composition: a scene drawn from its cast, its setting and one random generator."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sample import IGNORE
from wsss_viz.data.scenes import animals, backgrounds, furniture, indoors, landmarks, vehicles
from wsss_viz.data.scenes.canvas import Canvas, decode
from wsss_viz.data.scenes.casting import COMPANY, OUTDOORS, WHERE, cast, pick
from wsss_viz.data.scenes.coats import choose_coat
from wsss_viz.data.scenes.palette import Colour, mix, random_style
from wsss_viz.data.scenes.placing import AFLOAT, EXTENT, MIDDLE, Placed, has_bank, kind, on_sofa, settle, stage

CLASSES = ("bird", "boat", "bus", "cat", "cow", "dog", "horse", "sheep", "sofa", "train")
VISIBLE_PIXELS = 40  # at 128 x 128: a class with fewer is no label, and its pixels are 255

_HILLS: dict[str, Colour] = {"sand": (208, 178, 140), "snow": (176, 196, 220), "earth": (160, 140, 120)}
_WOODED: Colour = (112, 156, 104)
_COUNTRY = ("grass", "grass", "earth", "sand", "snow")
# How deep a boat and a swimming bird lie in the water, in their own units: sunk, and hidden below the waterline.
_DRAUGHT = {"boat": (0.16, 0.34), "bird": (0.55, 0.36)}
_WATERLINE = {"boat": 3.6, "bird": 2.3}


@dataclass(frozen=True, eq=False)
class Drawing:
    """A drawn picture: image (H, W, 3), mask (H, W), parts (H, W), labels, and the setting it plays in."""

    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    parts: NDArray[np.uint8]
    labels: tuple[str, ...]
    setting: str


def _paint(canvas: Canvas, rng: np.random.Generator, item: Placed, coat_name: str | None) -> None:
    mirrored = rng.random() < 0.5
    class_index = CLASSES.index(item.name)
    style = random_style(rng, coat_name or choose_coat(rng, item.name))
    vehicle = item.name in vehicles.VEHICLES or item.name == "sofa"
    tilt = rng.uniform(-0.05, 0.05) * (0.6 if vehicle else 1.0)
    stretch = rng.uniform(0.9, 1.1)
    middle = MIDDLE[kind(item.name)] * (-1 if mirrored else 1)
    brush = canvas.scene().at(item.x - middle * item.scale * stretch, item.y, item.scale, tilt, mirrored, stretch)
    if item.name in vehicles.VEHICLES:
        vehicles.VEHICLES[item.name](brush, rng, class_index, style)
    elif item.name == "sofa":
        furniture.sofa(brush, rng, class_index, style)
    elif item.name == "bird":
        animals.bird(brush, rng, class_index, style, item.pose)
    else:
        animals.quadruped(brush, rng, item.name, class_index, style, item.pose)


def _background(canvas: Canvas, rng: np.random.Generator, setting: str, horizon: float) -> tuple[Colour, Colour] | None:
    """Paints the setting; returns the far and the near colour of the water where there is some."""
    if setting == "photograph":
        indoors.photograph(canvas, rng)
        return None
    if setting == "room":
        indoors.room(canvas, rng, horizon + 0.2)
        return None
    backgrounds.sky(canvas, rng, horizon)
    if setting == "road" and rng.random() < 0.75:
        landmarks.town(canvas, rng, horizon)
        backgrounds.ground(canvas, rng, "grass", horizon + 0.03)
        return None
    country = setting if setting in backgrounds.GROUNDS else _COUNTRY[int(rng.integers(len(_COUNTRY)))]
    backgrounds.hills(canvas, rng, horizon, _HILLS.get(country, _WOODED))
    if setting == "water":
        return backgrounds.water(canvas, rng, horizon)
    backgrounds.ground(canvas, rng, country, horizon)
    landmarks.props(canvas, rng, country, horizon)
    return None


def _finish(canvas: Canvas, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Reduced picture with a colour cast, exposure and mild grain, and the codes."""
    picture, codes = canvas.finished()
    gain = (rng.uniform(0.94, 1.06, 3) * rng.uniform(0.9, 1.08)).astype(np.float32)
    lift, grain = np.float32(rng.uniform(-6, 8)), np.float32(rng.uniform(0.5, 4.0))
    h, w = codes.shape
    # The grain is one fixed tile repeated, so that what is drawn from `rng` does not depend on the picture's size.
    tile = rng.standard_normal((128, 128), dtype=np.float32) * grain
    noise = np.tile(tile, (-(-h // 128), -(-w // 128)))[:h, :w, None]
    image = np.asarray(picture, dtype=np.float32) * gain + (noise + lift)
    return np.clip(image, 0, 255).astype(np.uint8), codes


def labelled(codes: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8], tuple[str, ...]]:
    """(mask, parts, labels) of a plane of codes; a class of which too little is visible is ignored (255, part 0)."""
    mask, parts = decode(codes)
    least = VISIBLE_PIXELS * codes.size / 128**2
    counts = np.bincount(mask.ravel(), minlength=len(CLASSES) + 1)[1:]
    for index in np.flatnonzero((counts > 0) & (counts < least)).tolist():
        hidden = mask == index + 1
        mask[hidden], parts[hidden] = IGNORE, 0
    return mask, parts, tuple(name for name, n in zip(CLASSES, counts.tolist(), strict=True) if n >= least)


def _perform(
    canvas: Canvas,
    rng: np.random.Generator,
    setting: str,
    items: list[Placed],
    horizon: float,
    coat_name: str | None = None,
) -> Drawing:
    water = _background(canvas, rng, setting, horizon)
    if setting == "rails":
        landmarks.rails(canvas, max((i.y for i in items if i.name == "train"), default=0.84))
    if setting == "road":
        landmarks.road(canvas, rng, max((i.y for i in items if i.name == "bus"), default=0.84))
    bank = has_bank(items, setting)
    painted_bank = False
    for item in items:
        if bank and not painted_bank and item.name != "boat" and item.pose != "flying":
            landmarks.bank(canvas, rng)
            painted_bank = True
        if water is not None and item.name in AFLOAT and not (bank and item.name == "bird") and item.pose != "flying":
            near = min(1.0, (item.y - horizon) / (1 - horizon))
            _float(canvas, rng, item, mix(water[0], water[1], near), coat_name)
            continue
        if item.pose != "flying":
            width = EXTENT[kind(item.name)][0] * item.scale
            landmarks.puddle(canvas.scene(), item.x, item.y, width * 0.82)
        _paint(canvas, rng, item, coat_name)
    if setting == "water" and rng.random() < 0.3:
        landmarks.reeds(canvas, rng)
    image, codes = _finish(canvas, rng)
    return Drawing(image, *labelled(codes), setting)


def _float(canvas: Canvas, rng: np.random.Generator, item: Placed, surface: Colour, coat_name: str | None) -> None:
    """An object in the water: sunk a little, with waves before it."""
    sunk, hidden = _DRAUGHT[item.name]
    _paint(canvas, rng, replace(item, y=item.y + sunk * item.scale), coat_name)
    width = _WATERLINE[item.name] * item.scale
    landmarks.ripples(canvas.scene(), rng, (item.x, item.y), width, hidden * item.scale, surface)


def draw_scene(rng: np.random.Generator, width: int, height: int) -> Drawing:
    """One scene: one to three objects in a setting; sofas in half of the cases with an animal on them."""
    canvas = Canvas(width, height, light=-1.0 if rng.random() < 0.5 else 1.0)
    setting, names = cast(rng)
    horizon = rng.uniform(0.36, 0.52)
    if names[0] == "sofa" and rng.random() < 0.5:
        items = on_sofa(rng, canvas.aspect, pick(rng, COMPANY["room"]))
    elif names == ["sofa"]:
        items = on_sofa(rng, canvas.aspect, None)
    else:
        items = settle(rng, stage(rng, canvas.aspect, names, horizon), setting)
    return _perform(canvas, rng, setting, items, horizon)


def draw_single(rng: np.random.Generator, width: int, height: int, class_name: str, coat_name: str) -> Drawing:
    """One object alone, of the given class, in the given coat."""
    canvas = Canvas(width, height, light=-1.0 if rng.random() < 0.5 else 1.0)
    setting = pick(rng, WHERE.get(class_name, OUTDOORS))
    horizon = rng.uniform(0.36, 0.52)
    if class_name == "sofa":
        items = on_sofa(rng, canvas.aspect, None)
    else:
        items = settle(rng, stage(rng, canvas.aspect, [class_name], horizon), setting)
    return _perform(canvas, rng, setting, items, horizon, coat_name)
