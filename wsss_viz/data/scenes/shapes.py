"""Outlines as (N, 2) arrays of points: ovals, rounded boxes, smooth closed curves, limbs. x to the right, y down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Pair = tuple[float, float]


@lru_cache(maxsize=8)
def _catmull_rom(steps: int) -> Points:
    """(steps, 4): weights of four consecutive knots for points between the inner two."""
    t = np.arange(steps) / steps
    columns = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3)
    return 0.5 * np.stack(columns, axis=1)


@lru_cache(maxsize=128)
def _neighbours(count: int, closed: bool) -> NDArray[np.intp]:
    """(4, spans): for each span the indices of the knot before it, its two, and the one after it."""
    spans = np.arange(count if closed else count - 1) + np.arange(-1, 3)[:, None]
    return spans % count if closed else spans.clip(0, count - 1)


def smooth(knots: Sequence[Pair] | Points, steps: int = 5) -> Points:
    """The closed Catmull-Rom curve through `knots`: (len(knots) * steps, 2)."""
    p = np.asarray(knots, dtype=np.float64)
    return np.einsum("sk,knd->nsd", _catmull_rom(steps), p[_neighbours(len(p), True)]).reshape(-1, 2)


def curve(knots: Sequence[Pair] | Points, steps: int = 5) -> Points:
    """The open Catmull-Rom curve through `knots`, ends included: ((len(knots) - 1) * steps + 1, 2)."""
    p = np.asarray(knots, dtype=np.float64)
    inner = np.einsum("sk,knd->nsd", _catmull_rom(steps), p[_neighbours(len(p), False)]).reshape(-1, 2)
    return np.concatenate((inner, p[-1:]))


@lru_cache(maxsize=32)
def _circle(count: int) -> Points:
    angles = np.arange(count) * (2 * math.pi / count)
    return np.stack((np.cos(angles), np.sin(angles)), axis=1)


def oval(x: float, y: float, rx: float, ry: float | None = None, angle: float = 0.0, count: int = 24) -> Points:
    """An ellipse about (x, y) with half axes rx and ry (default: a circle), turned by `angle` radians."""
    points = _circle(count) * (rx, rx if ry is None else ry)
    if angle:
        c, s = math.cos(angle), math.sin(angle)
        points = points @ np.array(((c, s), (-s, c)))
    return points + np.array((x, y))


def box(x0: float, y0: float, x1: float, y1: float, radius: float = 0.0) -> Points:
    """A rectangle, its corners rounded by `radius`."""
    if radius <= 0:
        return np.array(((x0, y0), (x1, y0), (x1, y1), (x0, y1)), dtype=np.float64)
    corner, inward = _corners()
    return np.array(((x1, y1), (x0, y1), (x0, y0), (x1, y0)))[corner] + inward * radius


@lru_cache(maxsize=1)
def _corners() -> tuple[NDArray[np.intp], Points]:
    """For each point of a rounded box: the corner it belongs to, and its place from that corner in radii."""
    centres = np.repeat(np.array(((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))), 5, axis=0)
    angles = np.concatenate([np.linspace(0, math.pi / 2, 5) + i * math.pi / 2 for i in range(4)])
    return np.repeat(np.arange(4), 5), centres + np.stack((np.cos(angles), np.sin(angles)), axis=1)


def limb(knots: Sequence[Pair] | Points, start: float, end: float, steps: int = 4) -> Points:
    """A band along the open curve through `knots`, `start` wide where it begins and `end` where it ends, ends round."""
    spine = curve(knots, steps)
    along = np.empty_like(spine)
    along[1:-1] = spine[2:] - spine[:-2]
    along[0], along[-1] = spine[1] - spine[0], spine[-1] - spine[-2]
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    normal = along[:, ::-1] * np.array((-1.0, 1.0))
    half = start / 2 + (end - start) / 2 * (np.arange(len(spine)) / (len(spine) - 1))[:, None]
    tip = spine[-1] + along[-1] * end * 0.4
    root = spine[0] - along[0] * start * 0.4
    return np.concatenate((root[None], spine + normal * half, tip[None], (spine - normal * half)[::-1]))
