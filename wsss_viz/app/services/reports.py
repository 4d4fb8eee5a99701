"""The reports that Results and the contact sheet read: the shipped one and those of workspaces. No Streamlit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from wsss_viz.app import workspace
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.results import SHIPPED
from wsss_viz.app.workspace import KIND, MAPS, Workspace
from wsss_viz.data.files import stamp_of
from wsss_viz.data.matching import matching
from wsss_viz.errors import InputError
from wsss_viz.evaluation.stored_results import RankedImage, ranked_images, read_report

_FOLDERS = re.compile(r"\b(voc|coco|folder):[^:]*[/\\]")
ReportRow = tuple[str, str]
"""The report's name in its workspace, and the row's in the report."""


@lru_cache(maxsize=8)
def _read(file: str, stamp: tuple[int, ...]) -> dict[str, Any]:
    return read_report(Path(file), "python -m wsss_viz evaluate --json FILE")


def read(file: str) -> dict[str, Any]:
    """A report of a workspace, read again once it has changed. Raises InputError where it is none."""
    return _read(file, stamp_of(Path(file)))


def strange(of: Workspace, file: str) -> str:
    """Why a report is not of a workspace's data set, in one line; "" where it may be. Raises as `read`."""
    return _strange(of.name, of.data, file, stamp_of(Path(file)))


@lru_cache(maxsize=16)
def _strange(name: str, data: str, file: str, stamp: tuple[int, ...]) -> str:
    samples, stored = workspace.samples_of(name), _read(file, stamp)
    named = str(stored["data"])
    ends = [text.replace("\\", "/").rpartition("/")[2] for text in (named, data)]
    kinds = [text.partition(":")[0] for text in (named, data)]
    classes = {name for _, *names in stored.get("images", ()) for name in names}
    unknown = matching(sorted(classes), samples.classes).unknown if samples.classes else ()
    last = max((_number(source) for source, *_ in stored.get("images", ())), default=0)
    if ends == [ends[0]] * 2 and kinds[0] == kinds[1] and not unknown and last < len(samples):
        return ""
    more = f", with classes such as {unknown[0]}" if unknown else ""
    return f"The report is of {ends[0]}{more}, not of {name}: its tables are as they are, its images are others."


def _number(source: str) -> int:
    index = source.rpartition(":")[2]
    return int(index) if index.isdecimal() and len(index) < 10 else -1


def rows_of(of: Workspace) -> dict[str, ReportRow]:
    """What images can be ordered by, by its title: the rows with scores of single images, of reports of this data."""
    rows: dict[str, ReportRow] = {}
    for name, file in of.reports.items():
        try:
            stored = read(file)
        except InputError:
            continue
        if stored.get("images") and not strange(of, file):
            ranked = [row for row, scores in stored["methods"].items() if scores.get("per_image")]
            for row in ranked:
                plain = len(of.reports) == 1 or (row.casefold() == name.casefold() and row not in rows)
                rows[row if plain else f"{row}, {name}"] = (name, row)
    return rows


def scored(of: Workspace, row: ReportRow, label: str = "") -> Mapping[int, RankedImage]:
    """The images of a report's row by number, with their IoUs.

    Args:
        label: the class whose IoU counts; "": the mean of an image's.
    """
    file = of.reports[row[0]]
    return _scored(file, stamp_of(Path(file)), row[1], label)


@lru_cache(maxsize=16)
def _scored(file: str, stamp: tuple[int, ...], method: str, label: str) -> Mapping[int, RankedImage]:
    return {_number(image.source): image for image in ranked_images(_read(file, stamp), method, label)}


def maps_of(of: Workspace, row: ReportRow) -> str:
    """The folder of the workspace, `maps:NAME`, that a row of `evaluate --maps` was counted on; "" where none is."""
    name, method = row
    counted = read(of.reports[name]).get("maps", "")
    same = [key for key, folder in of.maps.items() if Path(folder).resolve() == Path(counted).resolve()]
    alike = [key for key, folder in of.maps.items() if Path(folder).resolve().name == method]
    if not counted or (not same and (len(alike) != 1 or Path(counted).is_absolute())):
        return ""
    return f"{MAPS}{(same or alike)[0]}"


@dataclass(frozen=True)
class OpenedReport:
    """A report of a workspace on the page Results.

    Attributes:
        of: the workspace.
        name: of the report in it.
        content: as `evaluate --json` wrote it, but for the folders in data strings, which are nobody's business.
        strange: why it is of another data set, in one line; "" where it may be of this one.
    """

    of: Workspace
    name: str
    content: Mapping[str, Any]
    strange: str


def choices() -> dict[str, str]:
    """The reports that can be looked at, as the state names them, and their titles: the shipped one is the first."""
    named = {f"{of.name}:{name}": f"{of.name}: {name}" for of in workspace.workspaces().values() for name in of.reports}
    return {SHIPPED: workspace.SHIPPED["scenes"].name, **named}


def selected(state: ViewState) -> str:
    """Which of `choices` it is: the one asked for, else the first of the workspace looked at, else the shipped one."""
    if state.report:
        return state.report
    of = workspace.workspaces().get(state.workspace)
    return f"{of.name}:{next(iter(of.reports))}" if of and of.reports and state.source != "own" else SHIPPED


def opened(choice: str) -> OpenedReport:
    """A report of a workspace by its name in `choices`. Raises InputError where it cannot be read any more."""
    which, _, name = choice.partition(":")
    of = workspace.workspaces()[which]
    content = read(of.reports[name])
    short = {key: _FOLDERS.sub(r"\1:", str(content[key])) for key in ("data", "threshold_from")}
    return OpenedReport(of, name, {**content, **short}, strange(of, of.reports[name]))


def example_at(of: Workspace, index: int) -> str:
    """An image of the workspace as the state names it."""
    return f"{KIND}:{of.name}:{index}"
