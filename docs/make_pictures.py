"""Makes the README's pictures of the pages, by a server and a headless chromium: `python -m docs.make_pictures`.

The name of the language in the navigation needs a font that has it.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.browser.conftest import FLAGS, settle
from tests.serving import serving

PAGES = {
    "start": "/",
    "compare": "/compare",
    "erasing": "/erasing",
    "learn": "/learn?step=4&answered=1",
}
SIZE = {"width": 1440, "height": 900}
REST = 3000  # milliseconds, until charts and maps have been drawn


def main() -> None:
    """Writes a picture of each page beside this file."""
    with serving(sys.executable, "-m", "wsss_viz") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS)
        page = browser.new_page(viewport=SIZE, reduced_motion="reduce", color_scheme="light")
        for name, path in PAGES.items():
            page.goto(address + path)
            settle(page)
            page.wait_for_timeout(REST)
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(256)
            picture.save(Path(__file__).with_name(f"{name}.png"), optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
