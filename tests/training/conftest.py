"""Drawings that several tiny trainings share are made once."""

import functools

import pytest

from wsss_viz.training import continued, erasing_rounds
from wsss_viz.training.drawings import draw_all

drawn_once = functools.lru_cache(maxsize=8)(draw_all)


@pytest.fixture(autouse=True)
def shared_drawings(monkeypatch):
    monkeypatch.setattr(continued, "draw_all", drawn_once)
    monkeypatch.setattr(erasing_rounds, "draw_all", drawn_once)
