"""Which images of a workspace fit a search, and their order: by name, label, or score in a report. No Streamlit.

Labels that only masks tell are read beside the server, image by image; until then an image has none.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache

from wsss_viz.app import workspace
from wsss_viz.app.services import ranking, reports, thumbnails
from wsss_viz.app.state import ViewState
from wsss_viz.app.workspace import Workspace
from wsss_viz.errors import InputError

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


def row_pair(row: str, other: str, rows: Sequence[str]) -> tuple[str, str]:
    """The row that counts and the one it is held against, of `rows`: those asked for, else the first that there are.

    >>> row_pair("", "", ("cam", "rib")), row_pair("rib", "", ("cam", "rib")), row_pair("", "", ("cam",))
    (('cam', 'rib'), ('rib', 'cam'), ('cam', ''))
    """
    first = row if row in rows else next(iter(rows), "")
    others = [name for name in rows if name != first]
    return first, other if other in others else next(iter(others), "")


def ordered(of: Workspace, state: ViewState) -> tuple[list[int], dict[int, str]]:
    """The images that fit the view's search in its order, and in words the scores of those that have one."""
    fitting = matches(of.name, state.find)
    rows = reports.rows_of(of)
    first, other = row_pair(state.sheet_row, state.sheet_other, list(rows))
    classes = workspace.samples_of(of.name).classes
    label = next((name for name in classes if name.casefold() == state.find.casefold()), "")
    ranked = reports.scored(of, rows[first], label) if first else {}
    words = {index: f"{image.score:.1f}" for index, image in ranked.items()}
    if state.sheet_order in ranking.ORDERS and ranked:
        beside = reports.scored(of, rows[other], label) if other else {}
        if state.sheet_order == "disagreement":
            words = {index: f"{word} | {beside[index].score:.1f}" for index, word in words.items() if index in beside}
        among = set(fitting)
        return [index for index in ranking.ordered(ranked, beside, state.sheet_order) if index in among], words
    if state.sheet_order == "name":
        return sorted(fitting, key=lambda i: name_at(of.name, i)), words
    if state.sheet_order == "label":
        labels = labels_of(of.name).labels
        return sorted(fitting, key=lambda i: (labels.get(i, ("\uffff",)), i)), words
    return fitting, words


def picture(of: Workspace, index: int) -> bytes:
    """The thumbnail of an image. Raises InputError where there is none and the image cannot be read."""
    samples = workspace.samples_of(of.name)
    size = getattr(samples.source, "size_in_bytes", None)
    weight = size(samples.indices[index]) if size else 0
    key = f"{of.data}/{index}/{name_at(of.name, index)}/{weight}"
    return thumbnails.thumbnail(key, lambda: samples[index].image)
