"""The page About, run without a browser."""

from __future__ import annotations

import re

from tests.app.conftest import OpenPage
from wsss_viz.app.pages.about import texts
from wsss_viz.app.pages.about.texts import PAPERS
from wsss_viz.methods.catalogue import METHODS


def test_it_names_every_kind_of_method_the_limits_the_keys_and_what_to_cite(open_page: OpenPage) -> None:
    page = open_page("about")
    assert not page.exception
    assert not page.error
    text = "\n".join(block.value for block in page.markdown)
    for name in ("CAM", "AE", "GAIN", "CS-AE", "RIB"):
        assert f"({name})" in text or f"**{name}" in text
    assert "PASCAL VOC" in text
    assert [heading.value for heading in page.header][-2:] == ["Shortcuts", "To cite"]
    assert len(page.get("download_button")) == 1
    (photographs,) = [block.value for block in page.markdown if "wikimedia.org" in block.value]
    links = re.findall(r"^- \[(.+)\]\(<(https://\S+)>\)$", photographs, re.MULTILINE)
    assert len(links) >= 15, "each by a name, not by its address"
    assert len({name for name, _ in links}) == len(links)


def test_the_entries_are_bibtex_with_keys_of_their_own() -> None:
    entries = texts.bibtex().decode()
    assert entries.count("{") == entries.count("}")
    keys = re.findall(r"^@\w+\{(\w+),$", entries, re.MULTILINE)
    assert len(keys) == len(set(keys)) == len(PAPERS) + 1
    assert len(re.findall(r"^ *title +=", entries, re.MULTILINE)) == len(keys)


def test_every_method_here_has_its_paper() -> None:
    named = " ".join(PAPERS)
    for method in METHODS.values():
        (paper,) = re.findall(r"\w+ et al\., \w+ \d{4}", method.source)
        assert paper in named
