"""`evaluate --html`: one file with everything in it, whose numbers are the report's."""

import base64
import html.parser
import io
import json
import re

import numpy as np
from PIL import Image

from tests.commands.test_run import checkpoint, run  # noqa: F401 - a fixture
from tests.evaluation.test_stored_results import made_up
from wsss_viz.figures.report_page import report_page


class Read(html.parser.HTMLParser):
    """Every attribute and text, and whether each element is closed where it was opened."""

    VOID = ("meta", "img", "br")

    def __init__(self, text):
        super().__init__()
        self.open, self.attributes, self.cells, self.tags = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.attributes += attributes

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th", "dd", "li", "h2", "h3"):
            self.cells.append(data)


def test_everything_is_in_the_file_and_nothing_is_asked_for(checkpoint, capsys, tmp_path):  # noqa: F811
    words = ["evaluate", "--data", "scenes:test", "--limit", 3, "--classifier", checkpoint, "--views", "single"]
    words += ["--threshold", 0.3, "--measures", "size", "--json", tmp_path / "r.json", "--html", tmp_path / "r.html"]
    assert run(capsys, *words)[0] == 0
    text = (tmp_path / "r.html").read_text()
    page, row = Read(text), json.loads((tmp_path / "r.json").read_text())["methods"]["cam"]
    addresses = [value for name, value in page.attributes if name in ("src", "href", "xlink:href", "action", "data")]
    assert addresses
    assert all(address.startswith(("data:image/jpeg;base64,", "#")) for address in addresses)
    assert not re.search(r"@import|url\((?!#)|<script|<link", text)
    assert page.tags.count("svg") == 2
    assert f"{row['miou']:.1f}" in page.cells
    assert f"{row['best_threshold']:.2f}" in page.cells
    assert {f"{value:.1f}" for value in row["per_class"].values() if value is not None} <= set(page.cells)
    assert {"scenes:test", "single", "outside: 0.30 for all", checkpoint} <= set(page.cells)
    assert any("by object size" in cell for cell in page.cells)
    pictures = [value.partition(",")[2] for value in addresses if value.startswith("data:")]
    assert len(pictures) == 3  # of three images the worst, none of which is among the best again
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(pictures[0]))))
    assert picture.std() > 10


def test_the_worst_of_files_and_of_finished_masks(checkpoint, capsys, tmp_path):  # noqa: F811
    data = ["--data", "scenes:test", "--limit", 2]
    for name, form in (("maps", "ours"), ("masks", "mask")):
        out = tmp_path / name
        words = ["maps", *data, "--classifier", checkpoint, "--views", "single", "--format", form, "--out", out]
        assert run(capsys, *words)[0] == 0
        assert run(capsys, "evaluate", *data, "--maps", out, "--html", tmp_path / f"{name}.html")[0] == 0
        page = Read((tmp_path / f"{name}.html").read_text())
        assert "Worst" in page.cells
        assert len([value for name, value in page.attributes if name == "src"]) == 2


def test_names_from_a_report_are_text_and_what_is_missing_is_a_dash():
    report = made_up()
    first = next(iter(report["methods"]))
    report["methods"]["<b>x</b>"] = {**report["methods"][first], "precision": None}
    report["data"] = 'voc:"><script>alert(1)</script>'
    text = report_page(report, {}).decode()
    assert "<script>" not in text
    page = Read(text)
    assert {"<b>x</b>", "–"} <= set(page.cells)
    assert text == report_page(report, {}).decode()
