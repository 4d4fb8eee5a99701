"""`docs/sources.md` and what cites it: every citation leads to an anchor there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "docs" / "sources.md"
FILES = sorted(
    path
    for folder in ("wsss_viz", "docs", "tests", "bench")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".md", ".ipynb") and path != Path(__file__)
)
_ANCHOR = re.compile(r'^<a id="([a-z0-9-]+)"></a>\n### \S', re.MULTILINE)
_CITATION = re.compile(r"sources\.md(?:#([\w-]*))?")


def anchors(text: str) -> list[str]:
    """The anchors of the document, each of which stands above a heading."""
    return _ANCHOR.findall(text)


def test_every_anchor_is_there_once_and_above_a_heading() -> None:
    text = SOURCES.read_text(encoding="utf-8")
    names = anchors(text)
    assert len(names) > 25
    assert len(set(names)) == len(names)
    assert text.count("<a id=") == len(names) == len(re.findall(r"^### ", text, re.MULTILINE))


def test_every_citation_leads_to_an_anchor() -> None:
    names = set(anchors(SOURCES.read_text(encoding="utf-8")))
    broken = [
        f"{path.relative_to(ROOT)}: {citation.group(0)}"
        for path in FILES
        for citation in _CITATION.finditer(path.read_text(encoding="utf-8"))
        if citation[1] is not None and citation[1] not in names
    ]
    assert broken == []


def test_links_within_the_document_lead_to_an_anchor() -> None:
    text = SOURCES.read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(#([\w-]+)\)", text)) <= set(anchors(text))


def test_every_source_is_cited_or_named_as_background() -> None:
    text = SOURCES.read_text(encoding="utf-8")
    background = set(anchors(text.partition("\n## Background\n")[2]))
    cited = {
        citation[1]
        for path in FILES
        if path != SOURCES
        for citation in _CITATION.finditer(path.read_text(encoding="utf-8"))
    }
    assert background
    assert set(anchors(text)) - background - cited == set()


def test_nothing_cites_a_document_that_is_not_there() -> None:
    absent = re.compile(r"\b(?:methods|diagnostics|scenes)\.md\b|\[[UP]\]")
    citing = {str(path.relative_to(ROOT)) for path in FILES if absent.search(path.read_text(encoding="utf-8"))}
    assert citing == set()


def test_a_module_that_names_a_paper_cites_where_it_stands() -> None:
    paper = re.compile(r"\bet al\.|\b(?:CVPR|ICCV|ECCV|NeurIPS|ICLR|ICML)\b")
    library = [path for path in FILES if path.suffix == ".py" and path.is_relative_to(ROOT / "wsss_viz")]
    silent = {
        path.relative_to(ROOT / "wsss_viz").as_posix()
        for path in library
        if paper.search(text := path.read_text(encoding="utf-8")) and "sources.md#" not in text
    }
    assert {path for path in silent if path.partition("/")[0] not in ("app", "commands")} == set()
