"""The list of pages, and that opening one costs no more than it must."""

import subprocess
import sys

from streamlit.material_icon_names import ALL_MATERIAL_ICONS

from wsss_viz.app.catalogue import CATALOGUE, PAGES_FOLDER, available


def test_every_page_script_is_listed_and_only_existing_ones_are_offered() -> None:
    scripts = {path.stem for path in PAGES_FOLDER.glob("*.py")}
    assert {entry.name for entry in available()} == scripts
    assert {"start", "compare", "own", "about"} <= scripts


def test_pages_of_a_section_stand_together_and_icons_exist() -> None:
    sections = [entry.section for entry in CATALOGUE]
    assert len({name for i, name in enumerate(sections) if i == 0 or sections[i - 1] != name}) == len(set(sections))
    assert sum(i == 0 or sections[i - 1] != name for i, name in enumerate(sections)) == len(set(sections))
    assert all(entry.icon in ALL_MATERIAL_ICONS for entry in CATALOGUE)


def test_the_frame_and_the_panels_are_imported_without_torch() -> None:
    services = "downloads, provenance, samples, scores, traces, upload"
    code = "import sys; from wsss_viz.app import frame; from wsss_viz.app.widgets import panels; "
    code += f"from wsss_viz.app.services import {services}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0
