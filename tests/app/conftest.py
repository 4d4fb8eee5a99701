"""A page of the app, run without a browser."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "wsss_viz" / "app" / "script" / "main.py"
OpenPage = Callable[..., AppTest]


def viewer_data(page: AppTest, name: str) -> dict[str, Any]:
    """What the browser gets for the viewer `name` of the page."""
    (viewer,) = [found for found in page.get("bidi_component") if found.proto.id.endswith(f"viewer_{name}")]
    data: dict[str, Any] = json.loads(viewer.proto.json)
    return data


def viewer_content(page: AppTest, name: str) -> dict[str, Any]:
    """What the viewer `name` shows, on a page without an error."""
    assert not page.exception
    assert not page.error, page.error[0].value
    found: dict[str, Any] = viewer_data(page, name)["content"]
    return found


def after_jobs(page: AppTest, name: str) -> AppTest:
    """The page once the jobs that its viewer waits for have ended; each run waits a moment for them."""
    for _ in range(400):
        panels = viewer_content(page, name)["panels"]
        waits = any(panel["missing"] in ("On its way.", "Computed next.") for panel in panels)
        if not waits and not page.get("progress"):
            return page
        page.run()
    raise AssertionError("the jobs do not end")


@pytest.fixture(scope="session", autouse=True)
def packages_are_read_once() -> Iterator[None]:
    """Each `AppTest` looks through all installed packages for components: a quarter of what a page costs here."""
    with pytest.MonkeyPatch.context() as patch:
        scanned = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scanned)
        yield


def _app() -> AppTest:
    return AppTest.from_file(str(SCRIPT), default_timeout=120)


@functools.cache
def _started() -> AppTest:
    """The app once a page has been run, from when on it knows its pages."""
    return _app().run()


@functools.cache
def _hash_of(name: str) -> str:
    """What a browser that opens the page's address asks for."""
    return _started()._resolve_page_hash(str(ROOT / "pages" / f"{name}.py"))


@pytest.fixture
def open_page() -> OpenPage:
    """Opens a page by name, at an address' parameters, as a fresh session; warm caches are kept between tests."""

    def opened(name: str = "start", **query: str) -> AppTest:
        app = _app()
        if name != "start":
            app._page_hash = _hash_of(name)
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    return opened


@pytest.fixture
def cold_caches() -> None:
    """Nothing cached: what the test changes on disk or in the environment is seen."""
    st.cache_data.clear()
    st.cache_resource.clear()
