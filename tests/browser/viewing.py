"""The viewer's parts on a page: its controls by their labels, its panels by their number."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


def viewer(page: Page) -> Locator:
    found = page.locator(".viewer[data-drawn]")
    expect(found).to_have_count(1)
    return found


def control(page: Page, name: str) -> Locator:
    return viewer(page).get_by_label(name, exact=True)


def canvas(page: Page, number: int) -> Locator:
    return viewer(page).locator("canvas").nth(number)


def look(page: Page, number: int) -> str:
    """The pixels of a panel."""
    address: str = canvas(page, number).evaluate("canvas => canvas.toDataURL()")
    return address
