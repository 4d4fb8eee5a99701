"""The viewer's parts on a page: its controls by their labels, its panels by their number."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


def viewer(page: Page) -> Locator:
    found = page.locator(".viewer[data-drawn]")
    expect(found).to_have_count(1)
    return found


def control(page: Page, name: str) -> Locator:
    """The control of that name, in sight: what is changed seldom is opened first."""
    display = viewer(page).locator(".display")
    if display.get_by_label(name, exact=True).count() and not display.is_visible():
        viewer(page).locator("[name=display]").click()
    return viewer(page).get_by_label(name, exact=True)


def canvas(page: Page, number: int) -> Locator:
    return viewer(page).locator("canvas").nth(number)


def pictured(page: Page) -> None:
    """Waits until the picture under the maps, decoded beside the script, has been drawn: in all panels at once."""
    colours = "canvas => new Set(new Uint32Array(canvas.getContext('2d').getImageData(0, 0, 150, 60).data.buffer)).size"
    page.wait_for_function(f"canvas => ({colours})(canvas) > 50", arg=canvas(page, 0).element_handle())


def look(page: Page, number: int) -> str:
    """The pixels of a panel."""
    address: str = canvas(page, number).evaluate("canvas => canvas.toDataURL()")
    return address
