"""Names of strangers are text in a spreadsheet, and the same names again for who reads the file here."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from wsss_viz.app.pages.erasing import exports as erasing
from wsss_viz.app.pages.gradients import exports as gradients
from wsss_viz.app.services import downloads
from wsss_viz.data.folder import PictureFolder
from wsss_viz.data.numbering import default_numbering
from wsss_viz.data.sample import Sample
from wsss_viz.data.spreadsheets import csv_of, plain_cell, plain_rows, text_of_cell
from wsss_viz.figures.folder import PictureSet

CALL = '=HYPERLINK("http://evil.example","cow")'
FORMULAS = (CALL, "+1+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)", "\t=1", "\r=1", "＝1+1", "＠SUM(1)")


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text(text: str) -> None:
    assert plain_cell(text) == f"'{text}".replace("\t=", "\t'=").replace("\r=", "\r'=")


@pytest.mark.parametrize("value", ["cow", "-3", "+1e-5", "-inf", "a-b=c", "'tis", "", -3, -0.25, None])
def test_numbers_and_names_stay(value: object) -> None:
    assert plain_cell(value) == value


def test_behind_a_semicolon_begins_a_cell_too() -> None:
    assert plain_cell("cow;=1+1;@x") == "cow;'=1+1;'@x"


def test_different_texts_stay_different_and_come_back() -> None:
    random.seed(0)
    texts = {"".join(random.choices("'=-@;\ta5.", k=random.randint(0, 9))) for _ in range(20_000)}
    cells = {plain_cell(text) for text in texts}
    assert len(cells) == len(texts)
    assert all(text_of_cell(cast(str, plain_cell(text))) == text for text in texts)


def test_no_file_of_a_page_has_a_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    step = SimpleNamespace(scores=np.array([-1.5]), index=0)
    compared = cast(Any, [SimpleNamespace(method=CALL, scores={}, step=step, align="centre")])
    sample = Sample(np.zeros((4, 6, 3), np.uint8), (CALL,), (CALL,), "x")
    monkeypatch.setattr("wsss_viz.app.services.samples.credit", lambda _: "@who")
    curve = SimpleNamespace(taus=[0.1], layers=[CALL], regions=["-x"], values=np.zeros((1, 1, 1, 3)), counts=[2])
    files = [
        downloads.scores_csv(sample, compared, (CALL,), (CALL,)).decode(),
        erasing.scores_csv([cast(Any, SimpleNamespace(name=CALL, scores=np.array([-1.5])))], (CALL,), "@who"),
        gradients.curve_csv(cast(Any, curve), CALL).decode(),
        csv_of([{CALL: CALL}]).decode(),
    ]
    assert plain_rows([{"class": CALL, "IoU": -1.5}]) == [{"class": f"'{CALL}", "IoU": -1.5}]
    for file in files:
        cells = [cell for row in csv.reader(io.StringIO(file)) for cell in row]
        assert f"'{CALL}" in cells
        assert all(cell[:1] not in set("=+-@") or float(cell) == -1.5 for cell in cells)


def test_a_figures_folder_has_no_formula_and_is_read_as_it_was(tmp_path: Path) -> None:
    classes = ("=cow", "@cow", "-a+1", "cat;dog", "a|b")
    labels = [("=cow", "@cow"), ("cat;dog",), ("a|b",), ("-a+1",), ()]
    names = ["=1", "b;c", "'=1", "@x", "d;e"]
    image = np.zeros((8, 12, 3), np.uint8)
    samples = [Sample(image, classes, of, name) for name, of in zip(names, labels, strict=True)]
    pictures = PictureSet(samples, default_numbering(classes))
    for file in pictures.files():
        (tmp_path / file).write_bytes(pictures.content(file))
    assert "\n'=1.png,'=cow,'@cow\n" in (tmp_path / "labels.csv").read_text()
    read = PictureFolder(tmp_path)
    assert {read[i].name: read[i].labels for i in range(len(read))} == {one.name: one.labels for one in pictures}
