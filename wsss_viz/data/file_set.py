"""What the folders of images with masks have in common, whatever their layout: a Sample from each image's files."""

from __future__ import annotations

import functools
from pathlib import Path

from wsss_viz.data.class_sets import ClassList, class_file, read_class_list
from wsss_viz.data.findings import Note
from wsss_viz.data.numbering import ClassNumbering
from wsss_viz.data.readings import decide
from wsss_viz.data.sample import Sample
from wsss_viz.data.source_files import evidence_of, sample_of

__all__ = ["FileSet"]


class FileSet:
    """Images, and by their names masks and labels; a layout says which. Samples are read when asked for.

    Attributes:
        classes: the class set; () where nothing tells.
        names: of the samples.
        notes: (sample's name or "", what was noticed) about the folder.
    """

    files: list[Path]
    names: list[str]
    classes: tuple[str, ...]
    labels_from: str
    """Where labels are known from, in words."""
    said: str
    """The folder as a data string."""
    _masks: dict[str, Path]
    _candidates: list[ClassNumbering]

    def __init__(self, path: Path | str, numbering: str | None, turned: bool) -> None:
        self.path, self._form, self._turned = Path(path), numbering, turned
        self.notes: list[tuple[str, Note]] = []

    @functools.cached_property
    def listed(self) -> ClassList | None:
        """The class list in the folder; None where there is none."""
        file = class_file(self.path)
        return None if file is None else read_class_list(file)

    @functools.cached_property
    def numbering(self) -> ClassNumbering:
        """The classes' numbers in masks, and where they come from."""
        masks = [(self._masks[name], self._labels_of(name)) for name in self.names if name in self._masks]
        return decide(self._candidates, lambda: evidence_of(masks), self._form, self.said)

    def _labels_of(self, name: str) -> tuple[str, ...] | None:
        raise NotImplementedError

    def labels_at(self, index: int) -> tuple[str, ...] | None:
        """The labels of a sample as they are listed, without reading it; None where only its mask may tell."""
        return self._labels_of(self.names[index])

    def size_in_bytes(self, index: int) -> int:
        """The size of an image's file, -1 where there is none."""
        file = self.files[index]
        return file.stat().st_size if file.exists() else -1

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Sample:
        name = self.names[index]
        return sample_of(
            name,
            self.files[index],
            self._masks.get(name),
            self._labels_of(name),
            self.numbering,
            turned=self._turned,
            labels_from=self.labels_from,
        )
