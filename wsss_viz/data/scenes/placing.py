"""Placing: where the objects of a scene stand, how large, and in which pose. Units of the picture's height."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wsss_viz.data.scenes import animals, furniture

# Width and height of each object in its own units, and where its middle lies along its own x axis.
EXTENT = {
    "quadruped": (3.3, 2.75),
    "bird": (3.5, 2.4),
    "boat": (3.7, 3.1),
    "bus": (4.4, 2.0),
    "train": (4.7, 2.2),
    "sofa": (3.9, 1.95),
}
MIDDLE = {"quadruped": 0.25, "bird": 0.05, "boat": 0.08, "bus": -0.2, "train": 0.0, "sofa": 0.0}
# Among others, long things are drawn larger and birds smaller than the animals.
IN_COMPANY = {"sofa": 1.35, "bus": 1.2, "train": 1.25, "boat": 1.1, "bird": 0.85}
AFLOAT = ("boat", "bird")


@dataclass(frozen=True)
class Placed:
    """One object: what, where its foot stands (units of the picture's height), its scale, its pose."""

    name: str
    x: float
    y: float
    scale: float
    pose: str = "standing"


def kind(name: str) -> str:
    """The name under which `EXTENT` and `MIDDLE` list a class."""
    return "quadruped" if name in animals.QUADRUPEDS else name


def stage(rng: np.random.Generator, aspect: float, names: list[str], horizon: float) -> list[Placed]:
    """The named objects side by side in a random order, sized to share the picture, the nearer ones last."""
    count = len(names)
    order = rng.permutation(count)
    share = (0.87, 0.59, 0.47)[count - 1]
    placed = []
    for slot, index in enumerate(order.tolist()):
        name = names[index]
        width, height = EXTENT[kind(name)]
        fit = rng.uniform(0.8, 1.12)
        fit *= 1.0 if count == 1 else IN_COMPANY.get(name, 1.0)
        scale = min(share * aspect * fit / width, (0.86, 0.62, 0.51)[count - 1] * fit / height)
        x = aspect * ((slot + 0.5) / count + rng.uniform(-0.07, 0.07))
        # At most a fifth of an object's width lies outside the picture.
        inside = min(0.4 * width * scale * 0.9, aspect / 2)
        x = min(max(x, inside), aspect - inside)
        y = rng.uniform(max(horizon + 0.24, 0.74), 0.96)
        pose = animals.POSES[int(np.searchsorted((0.5, 0.86), rng.random(), side="right"))]
        placed.append(Placed(name, x, y, scale * (0.7 + 0.3 * (y - 0.5) / 0.45), pose))
    return sorted(placed, key=lambda p: p.y)


def on_sofa(rng: np.random.Generator, aspect: float, name: str | None) -> list[Placed]:
    """A large sofa, and on its seat the animal of that name; alone for None."""
    width, height = EXTENT["sofa"]
    scale = min(0.98 * aspect / width, 0.74 / height) * rng.uniform(0.82, 1.0)
    x, y = aspect * rng.uniform(0.44, 0.56), rng.uniform(0.84, 0.95)
    sofa = Placed("sofa", x, y, scale)
    if name is None:
        return [sofa]
    pose = "lying" if name != "bird" else "standing"
    size = scale * rng.uniform(0.74, 0.9) * (0.8 if name == "bird" else 1.0)
    rest = y + (furniture.SEAT_HEIGHT + rng.uniform(0.06, 0.3)) * scale
    return [sofa, Placed(name, x + rng.uniform(-0.45, 0.45) * scale, rest, size, pose)]


def settle(rng: np.random.Generator, items: list[Placed], setting: str) -> list[Placed]:
    """What the setting asks for: birds fly, swim or stand; boats stay off the near bank (see `has_bank`)."""
    bank = has_bank(items, setting)
    settled = []
    for item in items:
        placed = item
        if item.name == "bird":
            if setting != "room" and rng.random() < 0.3:
                high = max(item.y - rng.uniform(0.12, 0.3), 2.35 * item.scale)
                placed = replace(item, pose="flying", y=high)
            else:
                placed = replace(item, pose="swimming" if setting == "water" and not bank else "standing")
        elif item.name == "boat" and bank:
            placed = replace(item, y=rng.uniform(0.6, 0.68))
        settled.append(placed)
    return sorted(settled, key=lambda p: p.y)


def has_bank(items: list[Placed], setting: str) -> bool:
    """Whether a scene on the water shows the near bank: for those that neither swim nor float."""
    return setting == "water" and any(item.name not in AFLOAT for item in items)
