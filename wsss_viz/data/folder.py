"""A folder of a person's own pictures as a data set."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from wsss_viz.data.files import explained
from wsss_viz.data.images import SUFFIXES, read_image
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError


class PictureFolder:
    """The PNG, JPEG and WebP files that lie directly in a folder, sorted by name, read when asked for.

    Folders inside, hidden files and files of other kinds are passed over. Nothing is known about the pictures:
    `classes` is empty, labels and masks are None. A picture's name is its file's without the suffix, or with it
    where two files would share the name.

    Raises:
        InputError: no such folder, a file in its place, or no picture in it; reading a picture raises what
            `read_image` does.
    """

    classes: tuple[str, ...] = ()

    def __init__(self, path: Path | str) -> None:
        path = Path(path)
        self.files = sorted(_pictures(path), key=lambda file: file.name)
        if not self.files:
            raise InputError(f"{path}: no picture in this folder; put files ending in {', '.join(SUFFIXES)} into it")
        stems = Counter(file.stem for file in self.files)
        self.names = [file.stem if stems[file.stem] == 1 else file.name for file in self.files]

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> Sample:
        return Sample(image=read_image(self.files[index]), classes=(), labels=None, name=self.names[index])


def _pictures(path: Path) -> list[Path]:
    with explained(path):
        if not path.exists():
            raise InputError(f"{path}: no such folder; check the path")
        if not path.is_dir():
            raise InputError(f"{path}: a file, not a folder; give the folder that it lies in")
        return [
            file
            for file in path.iterdir()
            if file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file()
        ]
