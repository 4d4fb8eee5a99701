"""The published tables, row by row against a copy of their own."""

from __future__ import annotations

from wsss_viz.app.pages.results import since
from wsss_viz.evaluation.published import published_results
from wsss_viz.evaluation.published.since import SUPERVISIONS, published_since
from wsss_viz.figures.chart import Points

CS_AE = """
AdvErasing   | VGG16     | CVPR 2017 | 55.0 55.7
GAIN         | VGG16     | CVPR 2018 | 55.3 56.8
AffinityNet  | ResNet38  | CVPR 2018 | 61.7 63.7
ICD          | ResNet101 | CVPR 2020 | 64.1 64.3
IRNet        | ResNet50  | CVPR 2019 | 63.5 64.8
SSDD         | ResNet38  | ICCV 2019 | 64.9 65.5
SEAM         | ResNet38  | CVPR 2020 | 64.5 65.7
Sub-category | ResNet101 | CVPR 2020 | 66.1 65.9
RRM          | ResNet101 | AAAI 2020 | 66.3 66.5
BES          | ResNet101 | ECCV 2020 | 65.7 66.6
CS-AE (OC-CSE) | ResNet38 | ICCV 2021 | 68.4 68.2
"""
RIB = """
Song et al. | box   | CVPR 2019 | 70.2 -
BBAM        | box   | CVPR 2021 | 73.7 73.7
IRN         | image | CVPR 2019 | 63.5 64.8
SEAM        | image | CVPR 2020 | 64.5 65.7
BES         | image | ECCV 2020 | 65.7 66.6
Chang et al. (Sub-category) | image | CVPR 2020 | 66.1 65.9
RRM         | image | AAAI 2020 | 66.3 66.5
CONTA       | image | NeurIPS 2020 | 66.1 66.7
RIB         | image | NeurIPS 2021 | 68.3 68.6
"""


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def test_the_table_of_cs_ae() -> None:
    rows = [row for row in published_results() if row.table == "CS-AE"]
    shown = [[row.method, row.backbone, row.venue, f"{number(row.val)} {number(row.test)}"] for row in rows]
    assert shown == cells(CS_AE)
    assert {row.supervision for row in rows} == {"image"}


def test_the_table_of_rib() -> None:
    rows = [row for row in published_results() if row.table == "RIB"]
    shown = [[row.method, row.supervision, row.venue, f"{number(row.val)} {number(row.test)}"] for row in rows]
    assert shown == cells(RIB)
    assert all("RIB" in row.source for row in rows)


def test_every_later_number_has_a_source_and_a_kind_of_supervision() -> None:
    published = published_since()
    assert len(published) > 25
    assert {one.supervision for one in published} == set(SUPERVISIONS)
    for one in published:
        assert "README" in one.read_in or "lecture's table" in one.read_in or "abstract" in one.read_in, one.method
        assert 2021 <= one.year <= 2026
        numbers = [value for value in (one.val, one.test, one.coco) if value is not None]
        assert numbers
        assert all(30 < value < 90 for value in numbers)
    assert len({(one.method, one.network) for one in published}) == len(published)


def test_the_timeline_and_the_table_agree_and_agree_with_the_lectures() -> None:
    published = published_since()
    (panel,) = since.timeline(published).panels
    drawn = sorted(
        (mark.name, round(x - since.SHIFT * ([*SUPERVISIONS.values()].index(mark.name) - 1.5)), y)
        for mark in panel.marks
        if isinstance(mark, Points)
        for x, y in zip(mark.x, mark.y, strict=True)
    )
    table = since.rows(published)
    assert drawn == sorted((r["supervision"], r["year"], r["VOC val"]) for r in table if r["VOC val"] is not None)
    assert all(row["read in"] for row in table)
    by_name = {row["method"]: row for row in table}
    for one in published_results():
        if one.method in since.NAMED:
            assert (by_name[one.method]["VOC val"], by_name[one.method]["VOC test"]) == (one.val, one.test)
    (named,) = [mark for mark in panel.marks if isinstance(mark, Points) and mark.text_at == "left"]
    assert named.text[0] == "RIB,<br>CS-AE", "left of their marks: on the right are those with saliency maps"
    assert {(x, y) for x, y in zip(named.x, named.y, strict=True)} == {(2020.915, 68.3), (2020.915, 68.4)}
    for kind in SUPERVISIONS.values():
        assert f"{kind} {max(y for name, _, y in drawn if name == kind):.1f}" in since.said(published)
