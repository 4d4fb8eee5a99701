"""Which images of a workspace fit a search, and their order: by name, label, or score in a report. No Streamlit.

Labels that only masks tell are read beside the server, image by image; until then an image has none.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from wsss_viz.app import workspace
from wsss_viz.app.services import thumbnails
from wsss_viz.app.state import ViewState
from wsss_viz.app.workspace import Workspace
from wsss_viz.data.matching import matching
from wsss_viz.errors import InputError
from wsss_viz.evaluation.stored_results import RankedImage, ranked_images, read_report

PAGE = 24


class LabelIndex:
    """The labels of a data set's images, as far as they have been read; the rest is read by a thread of its own."""

    def __init__(self, name: str) -> None:
        self.samples = workspace.samples_of(name)
        self.count = len(self.samples)
        self.labels: dict[int, tuple[str, ...]] = {}
        self.done = 0
        threading.Thread(target=self._read, name=f"labels-{name}", daemon=True).start()

    def _read(self) -> None:
        at = getattr(self.samples.source, "labels_at", None)
        for index in range(self.count):
            try:
                known = at(self.samples.indices[index]) if at else None
                known = self.samples[index].labels if known is None else known
            except (InputError, OSError):
                known = None
            if known:
                self.labels[index] = known
            self.done = index + 1


@lru_cache(maxsize=4)
def labels_of(name: str) -> LabelIndex:
    """The labels of a workspace's images; asked for the first time, their reading begins."""
    return LabelIndex(name)


def labels_note(name: str) -> str:
    """How many labels are still to be read, in words; "" where none."""
    index = labels_of(name)
    if index.done >= index.count:
        return ""
    return f"labels of {index.done:,} of {index.count:,} images read so far"


def matches(name: str, find: str) -> list[int]:
    """The images whose label is `find`, where a class is called so; else those with it in their names, any case."""
    samples = workspace.samples_of(name)
    if not find:
        return list(range(len(samples)))
    wanted = find.casefold()
    for one in samples.classes:
        if one.casefold() == wanted:
            labels = labels_of(name).labels
            return [index for index in range(len(samples)) if one in labels.get(index, ())]
    return [index for index, called in enumerate(_names(name)) if wanted in called.casefold()]


@lru_cache(maxsize=8)
def _names(name: str) -> list[str]:
    samples = workspace.samples_of(name)
    if getattr(samples.source, "names", None) is None:
        return [str(index) for index in range(len(samples))]
    return samples.sample_names()


def name_at(name: str, index: int) -> str:
    """What an image is called, without reading it."""
    return _names(name)[index]


def first_fitting(state: ViewState, find: str) -> dict[str, object]:
    """What a search changes: the image is the first that fits, unless this one does."""
    name, index = workspace.parts_of(state.example)
    fitting = matches(name, find.strip())
    changed: dict[str, object] = {"find": find.strip(), "sheet_from": 0}
    return changed if index in fitting or not fitting else {**changed, **at(name, fitting[0])}


def at(name: str, index: int) -> dict[str, object]:
    """What another image of the workspace changes."""
    return {"example": f"{workspace.KIND}:{name}:{index}", "source": "scene", "classes": (), "focus": ""}


def moved(state: ViewState, by: int) -> dict[str, object]:
    """The image so many further on among those that fit the search; any of them for 0."""
    import random

    name, index = workspace.parts_of(state.example)
    fitting = matches(name, state.find)
    if not fitting:
        return {}
    if not by:
        return at(name, random.choice(fitting))
    if by > 0:
        return at(name, next((other for other in fitting if other > index), fitting[0]))
    return at(name, next((other for other in reversed(fitting) if other < index), fitting[-1]))


@lru_cache(maxsize=8)
def _report(file: str, stamp: int) -> dict[str, Any]:
    return read_report(Path(file), "python -m wsss_viz evaluate --json FILE")


def report(file: str) -> dict[str, Any]:
    """A report of a workspace, read again once it has changed. Raises InputError where it is none."""
    path = Path(file)
    return _report(file, path.stat().st_mtime_ns if path.is_file() else 0)


def strange(of: Workspace, stored: Mapping[str, Any]) -> str:
    """Why a report is not of a workspace's data set, in one line; "" where it may be."""
    samples = workspace.samples_of(of.name)
    named = str(stored["data"])
    ends = [text.replace("\\", "/").rpartition("/")[2] for text in (named, of.data)]
    kinds = [text.partition(":")[0] for text in (named, of.data)]
    classes = {name for _, *names in stored.get("images", ()) for name in names}
    unknown = matching(sorted(classes), samples.classes).unknown if samples.classes else ()
    last = max((_number(source) for source, *_ in stored.get("images", ())), default=0)
    if ends == [ends[0]] * 2 and kinds[0] == kinds[1] and not unknown and last < len(samples):
        return ""
    more = f", with classes such as {unknown[0]}" if unknown else ""
    return f"The report is of {named}{more}, not of {of.name}: its tables are as they are, its images are others."


def _number(source: str) -> int:
    index = source.rpartition(":")[2]
    return int(index) if index.isdecimal() else -1


def rows_of(of: Workspace) -> dict[str, tuple[str, str]]:
    """What images can be ordered by: by its title the report's name and the row, of reports of this data set."""
    rows: dict[str, tuple[str, str]] = {}
    for name, file in of.reports.items():
        try:
            stored = report(file)
        except InputError:
            continue
        if stored.get("images") and not strange(of, stored):
            ranked = [row for row, scores in stored["methods"].items() if scores.get("per_image")]
            rows.update({f"{row}, {name}" if len(of.reports) > 1 else row: (name, row) for row in ranked})
    return rows


def scores(of: Workspace, title: str, label: str = "") -> dict[int, RankedImage]:
    """The images of a report's row by number, with their IoUs.

    Args:
        title: a key of `rows_of`.
        label: the class whose IoU counts; "": the mean of an image's.
    """
    name, row = rows_of(of)[title]
    stored = report(of.reports[name])
    return {_number(image.source): image for image in ranked_images(stored, row, label)}


def ordered(of: Workspace, state: ViewState) -> tuple[list[int], dict[int, RankedImage]]:
    """The images that fit the view's search in its order, and the scores of those that have one."""
    fitting = matches(of.name, state.find)
    rows = rows_of(of)
    title = state.sheet_row if state.sheet_row in rows else next(iter(rows), "")
    classes = workspace.samples_of(of.name).classes
    label = next((name for name in classes if name.casefold() == state.find.casefold()), "")
    ranked = scores(of, title, label) if title else {}
    if state.sheet_order in ("worst", "best") and ranked:
        sign = 1 if state.sheet_order == "worst" else -1
        return sorted((i for i in fitting if i in ranked), key=lambda i: sign * ranked[i].score), ranked
    if state.sheet_order == "name":
        return sorted(fitting, key=lambda i: name_at(of.name, i)), ranked
    if state.sheet_order == "label":
        labels = labels_of(of.name).labels
        return sorted(fitting, key=lambda i: (labels.get(i, ("\uffff",)), i)), ranked
    return fitting, ranked


def picture(of: Workspace, index: int) -> bytes:
    """The thumbnail of an image. Raises InputError where there is none and the image cannot be read."""
    samples = workspace.samples_of(of.name)
    size = getattr(samples.source, "size_in_bytes", None)
    weight = size(samples.indices[index]) if size else 0
    key = f"{of.data}/{index}/{name_at(of.name, index)}/{weight}"
    return thumbnails.thumbnail(key, lambda: samples[index].image)
