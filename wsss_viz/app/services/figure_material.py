"""What a figure of the basket is drawn from where it is no data string that every machine knows.

A person's own pictures and the images of a workspace become folders (`figures.folder`): the page draws from them in
memory, and the archive that is downloaded holds them, so that both give the same bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from wsss_viz.app import caching, methods, workspace
from wsss_viz.app.services.sent_pictures import sent
from wsss_viz.app.state.figures import UPLOAD, Item
from wsss_viz.app.workspace import KIND, MAPS, Workspace, parts_of
from wsss_viz.data.files import stamp_of
from wsss_viz.data.numbering import ClassNumbering, by_lines, default_numbering
from wsss_viz.data.photographs import read_photographs
from wsss_viz.data.sample import BACKGROUND, IGNORE, Sample
from wsss_viz.errors import InputError
from wsss_viz.figures.folder import FigureFolder, NetworkFile, PictureSet
from wsss_viz.figures.spec import FigureSpec
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.models.manifest import read_manifest
from wsss_viz.traces.file_names import file_stem
from wsss_viz.traces.map_folder import MapFolder

COMPANIONS = "companions"
MOST_COMPANIONS = 32
"""Images of a workspace that go along for RIB's companions, evenly spaced over it."""
_PICTURES = "pictures"


@dataclass(frozen=True, eq=False)
class Material:
    """What a figure is drawn from.

    Attributes:
        sets: folders of images, by their names.
        images: of an example in one of them, its data string.
        maps: files of maps by others, by the name of the maps.
        classifier: of a workspace's images, what looks at them; "": each image's usual network.
        private: whether something of it was uploaded: it goes to no disk, and to no other session.
    """

    sets: Mapping[str, PictureSet] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    maps: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    classifier: str = ""
    private: bool = False

    def data_string(self, example: str) -> str:
        """The data string of an example of the basket."""
        return self.images.get(example, example)

    def may_have_mask(self, example: str) -> bool:
        """Whether an example has a ground truth; of one that is none of these images it is taken for granted."""
        name, _, sample = self.images.get(example, "").removeprefix("folder:").partition(":")
        if name not in self.sets:
            return True
        pictures = self.sets[name]
        return any(one.mask is not None for one in pictures if pictures.position(one.name) == sample)

    @property
    def companions(self) -> str:
        """What RIB's companions are drawn from, where it goes along."""
        return f"folder:{COMPANIONS}" if COMPANIONS in self.sets else ""

    @property
    def digest(self) -> str:
        """Of all images, masks, labels and files."""
        parts = [f"{name}{paths}{[stamp_of(path) for path in paths]}" for name, paths in self.maps.items()]
        for name, pictures in self.sets.items():
            parts += [f"{name}{one.name}{one.labels}{caching.digest(one.image, one.mask)}" for one in pictures]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def folder(self, spec: FigureSpec) -> FigureFolder:
        """The folder of a figure of it."""
        path = Path(spec.classifier.partition("#")[0])
        networks = {path.name: NetworkFile.at(path)} if path.is_absolute() else {}
        return FigureFolder(spec, self.sets, {name: self.maps.get(name, ()) for name in spec.maps}, networks)


def material_of(items: Sequence[Item]) -> Material:
    """What the items of a basket are drawn from.

    Raises:
        InputError: an image of a workspace cannot be read, or its maps' numbers cannot be written down.
    """
    sets: dict[str, PictureSet] = {}
    images: dict[str, str] = {}
    maps: dict[str, list[Path]] = {}
    uploads = list(dict.fromkeys(item.example for item in items if item.example in sent()))
    if uploads:
        sets[_PICTURES] = _uploaded_pictures(uploads)
        images = {name: f"folder:{_PICTURES}:{UPLOAD}-{number}" for number, name in enumerate(uploads, 1)}
    by_workspace: dict[str, list[Item]] = {}
    for item in items:
        if item.example.startswith(f"{KIND}:"):
            by_workspace.setdefault(parts_of(item.example)[0], []).append(item)
    for number, (name, mine) in enumerate(by_workspace.items(), 1):
        of, samples = workspace.workspaces()[name], workspace.samples_of(name)
        folder = f"{_PICTURES}-{number}-{re.sub('[^A-Za-z0-9]+', '-', name).strip('-')}".rstrip("-")
        sets[folder] = pictures = _of_workspace(name, [parts_of(item.example)[1] for item in mine])
        taken = set(maps)  # of two workspaces' maps of one name, the first's
        for item in mine:
            sample = samples[parts_of(item.example)[1]]
            images[item.example] = f"folder:{folder}:{pictures.position(sample.name)}"
            for maps_name in set(_asked(item, of)) - taken:
                files = maps.setdefault(maps_name, [])
                files += [file for file in _map_files(of, maps_name, sample.name) if file not in files]
    classifier = ""
    if len(by_workspace) == 1 and all(item.example.startswith(f"{KIND}:") for item in items):
        (name,) = by_workspace
        classifier = next(iter(workspace.workspaces()[name].networks.values()))
        labelled = _companions(name) if classifier not in read_manifest() else []
        if labelled and any(
            METHODS[method].companions for item in items for method in item.methods if method in METHODS
        ):
            sets[COMPANIONS] = _of_workspace(name, labelled)
    return Material(sets, images, maps, classifier, bool(uploads))


def _uploaded_pictures(names: Sequence[str]) -> PictureSet:
    """Of the classes looked for, and those of the photographs that ship, which RIB's companions are of."""
    labels = [label for name in names for label in sent()[name].labels or ()]
    photographs = [photo.imagenet for photo in read_photographs()]
    classes = tuple(dict.fromkeys((*labels, *photographs)))
    samples = [
        replace(_in_classes(sent()[name], classes), name=f"{UPLOAD}-{number}") for number, name in enumerate(names, 1)
    ]
    return PictureSet(samples, by_lines(classes, "the classes looked for"))


def _in_classes(sample: Sample, classes: tuple[str, ...]) -> Sample:
    """The sample, its mask numbered by another list, which has its labels."""
    table = np.zeros(256, dtype=np.uint8)
    table[BACKGROUND], table[IGNORE] = BACKGROUND, IGNORE
    for number, name in enumerate(sample.classes, 1):
        if name in classes:
            table[number] = classes.index(name) + 1
    mask = None if sample.mask is None else table[sample.mask]
    return Sample(sample.image, classes, sample.labels, sample.name, mask)


def _of_workspace(name: str, indices: Sequence[int]) -> PictureSet:
    samples = workspace.samples_of(name)
    return PictureSet([samples[index] for index in dict.fromkeys(indices)], _numbering(name))


def _numbering(name: str) -> ClassNumbering:
    """How the folder's masks number a workspace's classes: as its own do, where 0 is the background."""
    numbering = workspace.samples_of(name).numbering
    if numbering.background != BACKGROUND or not all(0 < number < IGNORE for number in numbering.numbers):
        numbering = default_numbering(numbering.names)
    return ClassNumbering(numbering.names, numbering.numbers, form="numbers", names_from="the workspace")


def _asked(item: Item, of: Workspace) -> Iterator[str]:
    """The names of the maps that an item asks for."""
    names = (method.removeprefix(MAPS) for method in item.methods if methods.is_maps(method))
    return (name for name in names if name in of.maps)


def _map_files(of: Workspace, name: str, sample: str) -> list[Path]:
    """The files of an image in a folder of maps, those that are there. Raises InputError as `MapFolder` does."""
    samples = workspace.samples_of(of.name)
    maps = MapFolder(Path(of.maps[name]), samples.numbering)
    maps.masks_of(sample)  # tells masks from PNGs of one class each
    if maps.format not in ("ours", "fiftyone") and _numbering(of.name).numbers != samples.numbering.numbers:
        raise InputError(f"the maps {name} number a class 0, which a folder of pictures cannot: leave them out")
    path, stem = maps.path(sample), file_stem(sample)
    files = [path] if path.is_file() else []
    if maps.format in ("pngs", "fiftyone") and (maps.folder / stem).is_dir():
        return files + sorted((maps.folder / stem).glob("*.png"))
    if maps.format == "pngs":
        return sorted(one for one in maps.folder.glob("*.png") if one.name.startswith(f"{stem}_"))
    return files


def _companions(name: str) -> list[int]:
    """The numbers of images with labels, evenly spaced over a workspace."""
    samples = workspace.samples_of(name)
    labels_at = getattr(samples.source, "labels_at", lambda number: ("unknown",))
    step = max(1, len(samples) // MOST_COMPANIONS)
    numbers = list(range(0, len(samples), step))[:MOST_COMPANIONS]
    return [number for number in numbers if labels_at(number) != ()]
