"""The frame around a page costs little: it is drawn at every click of everybody."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from wsss_viz.app import navigation
from wsss_viz.data import file_status as module
from wsss_viz.models.manifest import checkpoints_folder


def test_a_page_asks_for_each_file_once(open_page: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    page, asked, really = open_page("compare", example="scenes:test:129", methods="cam"), Counter[Path](), module._asked

    def counted(path: Path) -> os.stat_result | None:
        asked[path] += 1
        return really(path)

    monkeypatch.setattr(module, "_asked", counted)
    page.run()
    assert checkpoints_folder() / "manifest.json" in asked
    assert set(asked.values()) == {1}


def test_pages_are_made_once_and_each_run_marks_its_copy(
    open_page: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page("compare", example="scenes:test:129", methods="cam")
    made = dict(navigation._pages())
    assert len(made) == len(navigation.catalogue.CATALOGUE)
    page.run()
    assert not page.exception
    assert all(navigation._pages()[name] is one for name, one in made.items())
    assert not any(one._can_be_called for one in made.values())  # those that all sessions share
