"""Casting: which objects a scene holds, and where it plays; as in VOC, boats are on water and trains on rails."""

from __future__ import annotations

import numpy as np

_PRIMARY = {
    "bird": 0.5,
    "boat": 1.85,
    "bus": 1.25,
    "cat": 0.5,
    "cow": 1.05,
    "dog": 0.8,
    "horse": 0.95,
    "sheep": 0.7,
    "sofa": 1.75,
    "train": 1.65,
}
OUTDOORS = {
    "grass": 5.0,
    "sand": 2.0,
    "snow": 2.0,
    "earth": 2.0,
    "water": 0.5,
    "rails": 0.4,
    "road": 0.9,
    "photograph": 1.6,
}
WHERE = {
    "boat": {"water": 95.0, "sand": 2.0, "grass": 3.0},
    "train": {"rails": 95.0, "grass": 2.5, "snow": 2.5},
    "bus": {"road": 65.0, "grass": 9.0, "sand": 6.0, "snow": 5.0, "earth": 5.0, "photograph": 10.0},
    "sofa": {"room": 86.0, "grass": 5.0, "earth": 3.0, "photograph": 6.0},
    "cat": {**OUTDOORS, "room": 2.5},
    "dog": {**OUTDOORS, "room": 2.5},
}
COMPANY = {
    "room": {"cat": 1.0, "dog": 1.0, "bird": 0.6, "sheep": 0.4, "cow": 0.2},
    "water": {"boat": 1.6, "bird": 2.2, "cow": 0.7, "horse": 0.7, "sheep": 0.7, "dog": 0.5, "cat": 0.4},
    "rails": {"train": 0.3, "cow": 1.0, "horse": 1.0, "sheep": 1.0, "bird": 1.0, "bus": 1.0, "dog": 0.5, "cat": 0.5},
    "road": {"bus": 0.8, "dog": 1.0, "cat": 1.0, "horse": 1.0, "bird": 1.0, "cow": 0.8, "sheep": 0.8},
}
_FIELD = {
    "bird": 1.1,
    "bus": 0.7,
    "cat": 0.9,
    "cow": 1.0,
    "dog": 0.9,
    "horse": 1.1,
    "sheep": 1.0,
    "boat": 0.03,
    "train": 0.03,
    "sofa": 0.08,
}


def pick(rng: np.random.Generator, weights: dict[str, float]) -> str:
    """One of the keys, with probability in proportion to its weight."""
    shares = np.array(list(weights.values()))
    return list(weights)[int(np.searchsorted(np.cumsum(shares / shares.sum())[:-1], rng.random(), side="right"))]


def cast(rng: np.random.Generator) -> tuple[str, list[str]]:
    """The setting, and the classes on stage."""
    first = pick(rng, _PRIMARY)
    setting = pick(rng, WHERE.get(first, OUTDOORS))
    count = int(np.searchsorted((0.42, 0.76), rng.random(), side="right")) + 1
    if first == "sofa":
        count = min(count, 2)
    names = [first]
    company = COMPANY.get(setting, _FIELD)
    for _ in range(count - 1):
        name = pick(rng, company)
        # Two long vehicles, or two sofas, would only hide each other.
        if not (name in names and name in ("bus", "train", "sofa", "boat")) and not (
            first == "sofa" and name in ("bus", "train", "boat")
        ):
            names.append(name)
    return setting, names
