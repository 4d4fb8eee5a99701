"""A figure with all that it is drawn from, as a folder from which one command draws it again.

| in the folder | what |
|---|---|
| `README.md` | the command, and what it needs |
| `figure.json` | the spec, its paths from the folder |
| `pictures/`, ... | images as PNG, `masks/`, `labels.csv`, `classes.json`: data sets as `folder:PATH` reads them |
| `maps/NAME/` | the files of maps by others, of these images |
| `networks/` | a checkpoint of one's own, where it fits; else the README says which file to put there |

A page draws the same figure from what it holds in memory: `FigureFolder.open` gives the data sets that the folder's
files are read as, so that the page needs no disk and the command has the same numbers. Our own.
"""

from __future__ import annotations

import io
import json
import re
import textwrap
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path, PurePosixPath

import numpy as np

from wsss_viz.data.files import read_bounded, readable_bytes
from wsss_viz.data.numbering import ClassNumbering
from wsss_viz.data.png import png
from wsss_viz.data.sample import Mask, Sample
from wsss_viz.data.sources import DataSet
from wsss_viz.data.sources import open as open_data
from wsss_viz.data.spreadsheets import csv_text
from wsss_viz.errors import InputError
from wsss_viz.figures.spec import FigureSpec
from wsss_viz.figures.spec_file import spec_bytes
from wsss_viz.interrupts import may_go_on
from wsss_viz.models.identity import digest_of
from wsss_viz.traces.file_names import file_stem
from wsss_viz.traces.map_folder import SETTINGS, read_settings
from wsss_viz.traces.trace_file import add_member
from wsss_viz.version import __version__

__all__ = ["MOST_BYTES", "MOST_NETWORK_BYTES", "FigureFolder", "NetworkFile", "PictureSet", "command"]

MOST_BYTES = 96 * 2**20
"""Of the archive, which is made in memory."""
MOST_NETWORK_BYTES = 64 * 2**20
"""Of a checkpoint in it, so that the images have room beside it."""
_NETWORKS = "networks"
_COMMAND = "python -m wsss_viz figure figure.json figure.pdf"
_TOP = "figure"
_READ_SETTINGS = ("format", "classes", "numbers", "threshold", "alpha")
"""Of maps' settings.json what a reader needs; the rest says where they were made."""
_MAPS_BEGIN = (b"\x89PNG\r\n\x1a\n", b"\x93NUMPY", b"PK\x03\x04")
_FORBIDDEN = re.compile(r'[\\:*?"<>|\x00-\x1f\x7f]')
_README = """# A figure

    {command}

draws it, in this folder, to the byte as it was on the page Figures; .png and .svg as well. `figure.json` describes it
(docs/how-to/figures.md), the images and masks are in the folders beside it.

Made with wsss_viz {version}, {packages}: other versions may give other pixels.
{networks}
{caption}
"""
_ABSENT = (
    "\nIt looks with a network that is not in this folder, which has room for files of at most {most}. Put the file "
    "there before:\n\n{lines}\n"
)


class PictureSet:
    """Images in memory, as `PictureFolder` reads the files that are made of them here.

    Args:
        samples: of one list of classes; their names become those of files.
        numbering: the classes, and their numbers in masks on disk.

    Attributes:
        classes: as the samples have them.
        names: of the samples, in the order of their files, which is that of the set.

    Raises:
        InputError: two of one name, or one that no file can have.

    >>> from wsss_viz.data.numbering import default_numbering
    >>> from wsss_viz.models.colour_network import COLOURS, flag
    >>> pictures = PictureSet([flag()], default_numbering(COLOURS))
    >>> pictures.names, list(pictures.files())
    (['flag'], ['flag.png', 'masks/flag.png', 'labels.csv', 'classes.json'])
    """

    def __init__(self, samples: Sequence[Sample], numbering: ClassNumbering) -> None:
        self.numbering, self.classes = numbering, numbering.names
        named = {file_stem(sample.name): sample for sample in samples}
        if len(named) < len(samples):
            raise InputError("two images of one name in one folder: send one of them")
        self.names = sorted(named, key=lambda name: f"{name}.png")
        self._samples = [self._as_read(name, named[name]) for name in self.names]
        self._sizes: dict[int, int] = {}

    def _as_read(self, name: str, sample: Sample) -> Sample:
        labels = sample.labels
        if labels is not None:
            labels = tuple(one for one in self.classes if one in labels)
        return Sample(sample.image, self.classes, labels, name, sample.mask)

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> Sample:
        return self._samples[index]

    def __iter__(self) -> Iterator[Sample]:
        return iter(self._samples)

    def position(self, sample: str) -> str:
        """What stands behind the folder in the data string of the sample of that name: the name, else its number."""
        name = file_stem(sample)
        return str(self.names.index(name)) if name.isdecimal() else name

    def size_in_bytes(self, index: int) -> int:
        """The size that an image's file will have, by which the set here and the folder have one digest."""
        if index not in self._sizes:
            self._sizes[index] = len(self.content(f"{self.names[index]}.png"))
        return self._sizes[index]

    @property
    def labels_in_use(self) -> tuple[str, ...]:
        """The classes that are some image's label; all of them where no labels are known."""
        used = {label for sample in self._samples for label in sample.labels or ()}
        return tuple(name for name in self.classes if name in used) if used else self.classes

    def files(self) -> Iterator[str]:
        """The paths of the files in its folder; `content` gives each."""
        yield from (f"{name}.png" for name in self.names)
        yield from (f"masks/{sample.name}.png" for sample in self._samples if sample.mask is not None)
        if any(sample.labels is not None for sample in self._samples):
            yield "labels.csv"
        if self.classes:
            yield "classes.json"

    def content(self, file: str) -> bytes:
        """The bytes of one of `files`."""
        if file == "labels.csv":
            return self._labels()
        if file == "classes.json":
            numbered = zip(self.numbering.numbers, self.classes, strict=True)
            listed = [{"id": number, "name": name} for number, name in numbered]
            return (json.dumps(listed, indent=1) + "\n").encode()
        sample = self[self.names.index(file.removeprefix("masks/").removesuffix(".png"))]
        mask = sample.mask if file.startswith("masks/") else None
        return png(sample.image if mask is None else self._on_disk(mask))

    def _on_disk(self, mask: Mask) -> Mask:
        numbers = np.arange(256, dtype=np.uint8)
        numbers[1 : len(self.classes) + 1] = self.numbering.numbers
        written: Mask = numbers[mask]
        return written

    def _labels(self) -> bytes:
        rows = [_label_row(f"{one.name}.png", one.labels) for one in self._samples if one.labels is not None]
        return csv_text([["name", "labels"], *rows]).encode()


def _label_row(file: str, labels: Sequence[str]) -> list[str]:
    """The row of an image in `labels.csv`, in which no semicolon or bar of a name is read as a separator.

    >>> _label_row("a.png", ["cat", "dog"]), _label_row("a.png", ["cat;dog"])
    (['a.png', 'cat', 'dog'], ['a.png', 'cat;dog', ''])
    """
    row = [file, *labels]
    is_split = len(labels) < 2 and any(mark in cell for cell in row for mark in ";|")
    return [*row, ""] if is_split else row


@dataclass(frozen=True)
class NetworkFile:
    """A checkpoint's file here, and what is written of it.

    Attributes:
        path: of the file.
        digest: its SHA-256.
        size: in bytes.
    """

    path: Path
    digest: str
    size: int

    @classmethod
    def at(cls, path: Path) -> NetworkFile:
        """The file there. Raises InputError where there is none."""
        if not path.is_file():
            raise InputError(f"the checkpoint {path.name} is not there any more: put it back")
        return cls(path, digest_of(str(path)), path.stat().st_size)


@dataclass(frozen=True, eq=False)
class FigureFolder:
    """A figure and what its folder holds.

    Attributes:
        spec: as it is drawn here: images in `sets` are `folder:SET:NAME`, other paths are this machine's.
        sets: images, by the name of their folder.
        maps: by the name in the spec's `maps`, the files of the figure's images, in that folder.
        networks: of a file that the spec names, by its name in the folder: the file here, and its SHA-256.
    """

    spec: FigureSpec
    sets: Mapping[str, PictureSet] = field(default_factory=dict)
    maps: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    networks: Mapping[str, NetworkFile] = field(default_factory=dict)

    def open(self, data: str) -> DataSet:
        """The data set of a data string, or the one sample: one of the folder, else as `data.sources.open`."""
        name, _, sample = data.removeprefix("folder:").partition(":")
        if not data.startswith("folder:") or name not in self.sets:
            return open_data(data)
        pictures = self.sets[name]
        indices: Sequence[int] = range(len(pictures))
        if sample:
            position = int(sample) if sample.isdecimal() else pictures.names.index(sample)
            indices = range(position, position + 1)
        return DataSet(f"folder:{name}", pictures.classes, pictures, indices)

    def portable(self) -> FigureSpec:
        """The spec as it stands in the folder: every path is from there."""
        classifier = self.spec.classifier
        if Path(classifier.partition("#")[0]).name in self.networks:
            classifier = f"{_NETWORKS}/{Path(classifier).name}"
        return replace(self.spec, maps={name: f"maps/{name}" for name in self.spec.maps}, classifier=classifier)

    @property
    def absent(self) -> tuple[str, ...]:
        """The names of the networks that are too large for the folder."""
        return tuple(name for name, network in self.networks.items() if network.size > MOST_NETWORK_BYTES)

    def archive(self, caption: str, threads: int = 1) -> bytes:
        """The folder as a ZIP archive, without dates: the same figure gives the same bytes.

        Args:
            caption: of the figure, for its README.
            threads: of the CPU that the figure was computed with, which its last bits depend on.

        Raises:
            InputError: it has more than `MOST_BYTES`, or a file's name would lead out of it.
        """
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in self._files(caption, threads):
                may_go_on()
                if buffer.tell() + len(content) > MOST_BYTES:
                    raise InputError(
                        f"the images and maps have more than {readable_bytes(MOST_BYTES)}: take rows out of the basket"
                    )
                add_member(archive, f"{_TOP}/{_inside(name)}", content)
        return buffer.getvalue()

    def _files(self, caption: str, threads: int) -> Iterator[tuple[str, bytes]]:
        yield "README.md", self._readme(caption, threads).encode()
        yield "figure.json", spec_bytes(self.portable())
        for name, pictures in self.sets.items():
            yield from ((f"{name}/{file}", pictures.content(file)) for file in pictures.files())
        for name, paths in self.maps.items():
            folder = Path(self.spec.maps[name])
            settings = read_settings(folder)
            if settings is not None:
                reader = {key: settings[key] for key in _READ_SETTINGS if key in settings}
                yield f"maps/{name}/{SETTINGS}", (json.dumps(reader) + "\n").encode()
            for path in paths:
                content = read_bounded(path, MOST_BYTES)
                begins = (b"{", b"[") if path.suffix == ".json" else _MAPS_BEGIN
                if not content.startswith(begins):  # a link in a stranger's folder may lead anywhere
                    raise InputError(f"{path.name} of the maps {name} is none of these maps: take them out")
                yield f"maps/{name}/{path.relative_to(folder).as_posix()}", content
        for name, network in self.networks.items():
            if name not in self.absent:
                yield f"{_NETWORKS}/{name}", read_bounded(network.path, MOST_NETWORK_BYTES)

    def _readme(self, caption: str, threads: int) -> str:
        packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "torch", "matplotlib", "pillow"))
        lines = "\n".join(
            f"- `{_NETWORKS}/{name}`, {readable_bytes(self.networks[name].size)}, SHA-256 {self.networks[name].digest}"
            for name in self.absent
        )
        networks = _ABSENT.format(lines=lines, most=readable_bytes(MOST_NETWORK_BYTES)) if lines else ""
        # as code: names of classes and images are other people's, and may be links in Markdown
        as_code = textwrap.fill(caption, 116, initial_indent="    ", subsequent_indent="    ")
        return _README.format(
            command=command(threads), version=__version__, packages=packages, networks=networks, caption=as_code
        )


def command(threads: int = 1) -> str:
    """What draws `figure.json`, beside it, as it is drawn with so many threads.

    >>> command(2)
    'python -m wsss_viz figure figure.json figure.pdf --threads 2'
    """
    return _COMMAND if threads == 1 else f"{_COMMAND} --threads {threads}"


def _inside(name: str) -> str:
    """The path of a member, which stays in its folder on any system. Raises InputError where it would not.

    >>> _inside("pictures/a.png")
    'pictures/a.png'
    >>> _inside("a/../../b.png")
    Traceback (most recent call last):
    wsss_viz.errors.InputError: 'a/../../b.png' would lead out of the figure's folder: rename the image or the maps
    """
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or _FORBIDDEN.search(name):
        raise InputError(f"{name[:60]!r} would lead out of the figure's folder: rename the image or the maps")
    return name
