"""The published tables, row by row against a copy of their own."""

from __future__ import annotations

from wsss_viz.evaluation.published import published_results

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
