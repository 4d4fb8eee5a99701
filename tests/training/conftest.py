"""Drawings that several tiny trainings share are made once, and of a quarter of the pixels."""

import functools

import pytest

from wsss_viz.training import continued, erasing_rounds, recipes
from wsss_viz.training.drawings import Drawings, draw_all


@functools.lru_cache(maxsize=8)
def _drawn(kind, split, count):
    drawings = draw_all(kind, split, count, lambda items, title: items)
    return Drawings(drawings.images[:, :, ::2, ::2].contiguous(), drawings.targets)


def drawn_once(kind, split, count, progress):
    return _drawn(kind, split, count)


@pytest.fixture(scope="module", autouse=True)
def shared_drawings():
    with pytest.MonkeyPatch.context() as patch:
        for module in (continued, erasing_rounds, recipes):
            patch.setattr(module, "draw_all", drawn_once)
        yield
