"""Drawings that several tiny trainings share are made once."""

import functools

import pytest

from wsss_viz.training import continued, erasing_rounds
from wsss_viz.training.drawings import draw_all

drawn_once = functools.lru_cache(maxsize=8)(draw_all)


@pytest.fixture(scope="module", autouse=True)
def shared_drawings():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(continued, "draw_all", drawn_once)
        patch.setattr(erasing_rounds, "draw_all", drawn_once)
        yield
