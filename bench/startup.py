"""Starting up: imports, a cold server's first page, each page's weight: `python -m bench.startup`.

Every import and every server is a fresh process. The first meaningful paint is the moment the page's heading and its
main picture are there, in headless chromium with an empty profile.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator

from playwright.sync_api import Browser, Page, Response, sync_playwright

from bench.tables import Table, percentile, show, spread
from tests.browser import chromium
from tests.browser.conftest import FLAGS, serving, settle
from wsss_viz.app import catalogue

IMPORTS = ("wsss_viz", "wsss_viz.app.state", "streamlit", "torch")
MAIN_CONTENT = "canvas:visible, img:visible, .js-plotly-plot, [data-testid=stTable], [data-testid=stDataFrame]"


def imports_table(rounds: int = 5) -> Table:
    """Seconds from nothing to the imported module, less those of an empty interpreter; and whether torch came along."""
    rows = []
    for module in IMPORTS:
        seconds = []
        loaded = ""
        for _ in range(rounds):
            code = (
                f"import sys, time; start = time.perf_counter(); import {module}; "
                "print(time.perf_counter() - start, 'torch' in sys.modules)"
            )
            answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
            value, loaded = answer.stdout.split()
            seconds.append(float(value))
        rows.append((f"`import {module}`", spread(seconds), "yes" if loaded == "True" else "no"))
    return Table(
        "Imports", ("", "seconds, median (range)", "torch with it"), rows, ["Goal: `import wsss_viz` < 0.3 s."]
    )


@contextlib.contextmanager
def browsing() -> Iterator[Browser]:
    """Headless chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        yield browser
        browser.close()


def _painted(page: Page, address: str) -> float:
    """Seconds from the request to the heading and the first picture."""
    start = time.perf_counter()
    page.goto(address)
    page.wait_for_selector("h1")
    page.wait_for_selector(MAIN_CONTENT)
    return time.perf_counter() - start


def cold_table(rounds: int = 3) -> Table:
    """A server that was just started, its first visitor, and the second."""
    answers, firsts, seconds = [], [], []
    with browsing() as browser:
        for _ in range(rounds):
            start = time.perf_counter()
            with serving() as address:
                answers.append(time.perf_counter() - start)
                for found in (firsts, seconds):
                    context = browser.new_context(viewport={"width": 1440, "height": 900})
                    found.append(_painted(context.new_page(), address))
                    context.close()
    rows = [
        ("process start to first answer", spread(answers, digits=2)),
        ("first visitor: request to first meaningful paint", spread(firsts, digits=2)),
        ("second visitor, empty cache", spread(seconds, digits=2)),
    ]
    return Table("A cold server", ("", "seconds, median (range)"), rows, ["Budget: 2 s cold, 1 s warm."])


def pages_table(rounds: int = 3) -> Table:
    """Each page on a warm server: what a first visitor fetches, and the time with the browser's cache warm."""
    table = Table(
        "Pages on a warm server",
        ("page", "fetched, kB", "of it scripts, kB", "first visit, s", "again, s, median (range)"),
        notes=["Fetched: bytes of all answers to an empty cache, websocket messages not counted. Budget: 1 s again."],
    )
    with serving() as address, browsing() as browser:
        for entry in catalogue.available():
            path = "/" if entry.name == catalogue.START else f"/{entry.name}"
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            page = context.new_page()
            sizes: list[tuple[str, int]] = []

            def weigh(response: Response, sizes: list[tuple[str, int]] = sizes) -> None:
                with contextlib.suppress(Exception):  # a picture that was superseded has no body any more
                    sizes.append((response.url, len(response.body())))

            page.on("response", weigh)
            first = _painted(page, address + path)
            settle(page)
            again = []
            for _ in range(rounds):
                again.append(_painted(page, address + path))
                settle(page)
            context.close()
            once = dict(sizes)
            scripts = sum(size for url, size in once.items() if ".js" in url)
            table.rows.append(
                (
                    entry.title,
                    f"{sum(once.values()) / 1000:.0f}",
                    f"{scripts / 1000:.0f}",
                    f"{first:.2f}",
                    spread(again, digits=2),
                )
            )
    return table


def changes_table(rounds: int = 7) -> Table:
    """From a click on a page's name beside Start to the page: its heading and its main picture."""
    table = Table(
        "From page to page, in one session",
        ("to", "seconds, median", "95th percentile"),
        notes=["From Start to the page and back. Budget: 1 s."],
    )
    with serving() as address, browsing() as browser:
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        start = next(entry for entry in catalogue.available() if entry.name == catalogue.START)
        page.goto(address)
        settle(page)
        home = page.locator("h1").inner_text()
        links = page.locator("[data-testid=stSidebar]")
        for entry in catalogue.available():
            if entry is start or not entry.listed:
                continue
            seconds = []
            for _ in range(rounds + 1):
                page.wait_for_timeout(300)
                begun = time.perf_counter()
                links.get_by_role("link", name=entry.title, exact=True).click()
                page.locator("h1").filter(has_not_text=home).wait_for()
                page.wait_for_selector(MAIN_CONTENT)
                seconds.append(time.perf_counter() - begun)
                settle(page)
                links.get_by_role("link", name=start.title, exact=True).click()
                page.locator("h1").filter(has_text=home).wait_for()
                settle(page)
            table.rows.append(
                (entry.title, f"{percentile(seconds[1:], 0.5):.2f}", f"{percentile(seconds[1:], 0.95):.2f}")
            )
    return table


def main() -> list[Table]:
    """All tables of this file."""
    return [imports_table(), cold_table(), pages_table(), changes_table()]


if __name__ == "__main__":
    show(main())
