"""A real server on a free port, and a headless chromium that watches what the pages ask for and complain of."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.browser import chromium

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 60_000  # milliseconds: what a loaded machine may need, not what a person should wait
# Opened at /compare, Streamlit's page first asks below /compare where the server is; that answer is a 404 by design.
PROBES = re.compile(r"/\w+/_stcore/(health|host-config)$")
# A picture that was superseded before the browser asked for it is gone from the server; what a page shows in the end is
# looked at by itself.
SUPERSEDED = re.compile(r"/media/\w+\.\w+")
BROKEN = "[...document.images].filter(image => image.complete && !image.naturalWidth).map(image => image.src)"
OpenAt = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(item.fspath).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(program: str = "wsss_viz", **environment: str) -> Iterator[str]:
    """A fresh server, as `python -m wsss_viz app` starts it; gives its address and ends with the block."""
    port = free_port()
    command = [sys.executable, "-m", program, "app", "--port", str(port), "--headless"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while not _answers(address):
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise RuntimeError(f"the server did not start:\n{process.communicate()[0]}")
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of the server most tests share."""
    with serving() as address:
        yield address


@pytest.fixture(scope="session")
def unhurried() -> Iterator[str]:
    """The address of a server whose jobs take long enough to be cancelled in the middle."""
    with serving("tests.browser.unhurried") as address:
        yield address


@pytest.fixture(scope="session")
def window() -> Iterator[BrowserContext]:
    """Headless chromium with an empty profile: one for all tests, so that Streamlit's scripts are fetched once."""
    path = chromium.find()
    if path is None:
        pytest.fail("no chromium: run `make browser`, or name one in WSSS_VIZ_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield context
        browser.close()


@pytest.fixture
def open_at(server: str, window: BrowserContext) -> Iterator[OpenAt]:
    """Opens an address in a new tab, a session of its own.

    At the end no request may have left the machine, no error may stand in the browser's console, and no picture may be
    broken.
    """
    pages: list[Page] = []
    outside: list[str] = []
    errors: list[str] = []

    def watch(message: ConsoleMessage) -> None:
        place = message.location.get("url", "")
        if SUPERSEDED.search(message.text) or SUPERSEDED.search(place):
            return
        if message.type == "error" and not PROBES.search(urlsplit(place).path):
            errors.append(f"{message.text} ({place})")

    def note(request: Request) -> None:
        if urlsplit(request.url).hostname not in (None, "", "127.0.0.1", "localhost"):
            outside.append(request.url)

    def opened(path: str = "/", base: str = server, dark: bool = False) -> Page:
        page = window.new_page()
        pages.append(page)
        page.on("console", watch)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", note)
        if dark:
            page.emulate_media(color_scheme="dark")
        page.goto(base + path)
        settle(page)
        return page

    yield opened
    for page in pages:
        if not page.is_closed():
            page.wait_for_function(f"{BROKEN}.length === 0")
            page.close()
    assert not outside, "requests that left the machine"
    assert not errors, "errors in the browser's console"


def settle(page: Page) -> None:
    """Waits until the page is connected and its script has run."""
    page.wait_for_selector("[data-test-connection-state=CONNECTED]")
    page.wait_for_selector("[data-test-script-state=notRunning]")
