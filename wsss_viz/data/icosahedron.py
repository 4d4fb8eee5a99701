"""The 12-bit data set of the information-plane experiments, by rule: points on a sphere, invariant under rotation.

Twelve bits say which vertices of a regular icosahedron are on. The label is a function of three counts alone, so it is
the same for every rotated or mirrored pattern: the data set of Shwartz-Ziv and Tishby ("Opening the black box of deep
neural networks via information", 2017), which is otherwise passed on as a file. The rule below gives that file's 4096
labels, up to the order of the vertices.
"""

from __future__ import annotations

import itertools
from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["BITS", "GOLDEN_RATIO", "adjacency", "labels", "pair_counts", "patterns", "vertices"]

Array = TypeVar("Array", bound=NDArray)

BITS = 12
GOLDEN_RATIO = (1 + 5**0.5) / 2


@cache
def vertices() -> NDArray[np.float64]:
    """(12, 3) the unit vertices: the cyclic permutations of (0, +-1, +-phi), normalised; bit i is vertex i.

    >>> vertices().shape, float((vertices() ** 2).sum().round(6))
    ((12, 3), 12.0)
    """
    signs = itertools.product(range(3), (1, -1), (GOLDEN_RATIO, -GOLDEN_RATIO))
    corners = [np.roll((0.0, one, phi), shift) for shift, one, phi in signs]
    return _frozen(np.array(corners) / np.hypot(1, GOLDEN_RATIO))


@cache
def adjacency() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Two (12, 12) symmetric tables: which vertices share an edge (dot product 1/sqrt 5), which are antipodes (-1).

    >>> edges, antipodes = adjacency()
    >>> int(edges.sum()) // 2, int(antipodes.sum()) // 2
    (30, 6)
    """
    dots = vertices() @ vertices().T
    return _frozen(np.isclose(dots, 5**-0.5)), _frozen(np.isclose(dots, -1))


@cache
def patterns() -> NDArray[np.uint8]:
    """(4096, 12) every on/off pattern once, in binary order; the first bit is the most significant.

    >>> patterns().shape, patterns()[5].tolist()
    ((4096, 12), [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1])
    """
    return _frozen(np.array(list(itertools.product((0, 1), repeat=BITS)), dtype=np.uint8))


@cache
def pair_counts() -> NDArray[np.int64]:
    """(4096, 3) for every pattern: w vertices on, e adjacent pairs on, a antipodal pairs on.

    >>> pair_counts()[-1].tolist()
    [12, 30, 6]
    """
    bits = patterns().astype(np.int64)
    edges, antipodes = (table.astype(np.int64) for table in adjacency())
    pairs = [((bits @ table) * bits).sum(axis=1) // 2 for table in (edges, antipodes)]
    return _frozen(np.stack([bits.sum(axis=1), *pairs], axis=1))


@cache
def labels() -> NDArray[np.uint8]:
    """(4096,) the label of every pattern, 1 for 2118 of them, so H(Y) = 0.99916 bits and I(X;Y) = H(Y).

    y = 1 iff w >= 8; or w = 7, but not with e = 8 and a = 2; or w = 6 and (e >= 7, or e = 6 and a = 0); or w = 5 and
    e = 7. No linear rule in (w, e, a) does it.

    >>> int(labels().sum())
    2118
    """
    w, e, a = pair_counts().T
    seven = (w == 7) & ~((e == 8) & (a == 2))
    six = (w == 6) & ((e >= 7) | ((e == 6) & (a == 0)))
    five = (w == 5) & (e == 7)
    return _frozen(((w >= 8) | seven | six | five).astype(np.uint8))


def _frozen(array: Array) -> Array:
    array.setflags(write=False)
    return array
