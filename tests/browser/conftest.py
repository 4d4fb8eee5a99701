"""A real server on a free port, and a headless chromium that watches what the pages ask for and complain of."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.browser import chromium
from tests.serving import serving

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 90_000  # milliseconds: what a loaded machine may need, not what a person should wait
COLD = 300_000  # the same where a page's first script imports what it needs
SIDEBAR = 200  # pixels it takes at least
# Opened at /compare, Streamlit's page first asks below /compare where the server is; that answer is a 404 by design.
PROBES = re.compile(r"/\w+/_stcore/(health|host-config)$")
# A picture that was superseded before the browser asked for it is gone from the server; what a page shows in the end is
# looked at by itself.
SUPERSEDED = re.compile(r"/media/\w+\.\w+")
BROKEN = "[...document.images].filter(image => image.complete && !image.naturalWidth).map(image => image.src)"
# Everything that moved by itself since the page was opened, as web-vitals adds it up; good is below 0.1.
_SHIFT = """() => new Promise(done => new PerformanceObserver(list => done(
    list.getEntries().reduce((sum, entry) => sum + (entry.hadRecentInput ? 0 : entry.value), 0)
)).observe({ type: "layout-shift", buffered: true }))"""
OpenAt = Callable[..., Page]


@pytest.fixture(scope="package")
def server() -> Iterator[str]:
    """The address of the server most tests share; see `unhurried`."""
    with serving(sys.executable, "-m", "tests.browser.unhurried") as address:
        yield address


@pytest.fixture(scope="package")
def window() -> Iterator[BrowserContext]:
    """Headless chromium with an empty profile: one for all tests here, so that Streamlit's scripts are fetched once.

    It ends with the package: until then its event loop runs in this thread, where no other test could start one.
    """
    path = chromium.find()
    if path is None:
        pytest.fail("no chromium: run `make browser`, or name one in WSSS_VIZ_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
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
        page.goto(base + path, timeout=COLD)
        page.wait_for_selector("[data-testid=stMain] h1", timeout=COLD)  # before its script has begun, it does not run
        done = "[data-test-script-state=notRunning], .st-key-cancel button"  # a job's page runs on
        page.wait_for_selector(done, timeout=COLD)
        return page

    yield opened
    for page in pages:
        if not page.is_closed():
            page.wait_for_function(f"{BROKEN}.length === 0")
            page.close()
    assert not outside, "requests that left the machine"
    assert not errors, "errors in the browser's console"


def fits(page: Page, width: int) -> None:
    """Waits until nothing in the page, drawn in a window so wide, reaches beyond it."""
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_function("width => innerWidth === width", arg=width)
    reach = "document.querySelector('[data-testid=stMain]').scrollWidth"
    page.wait_for_function(f"width => {reach} <= width", arg=width - SIDEBAR)


def shifted(page: Page) -> float:
    """How much the page has moved by itself since it was opened (cumulative layout shift)."""
    total: float = page.evaluate(_SHIFT)
    return total


def settle(page: Page) -> None:
    """Waits until the page is connected and its script has run."""
    page.wait_for_selector("[data-test-connection-state=CONNECTED]")
    page.wait_for_selector("[data-test-script-state=notRunning]")
