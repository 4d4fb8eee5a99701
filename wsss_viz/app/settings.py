"""What the server was started with: its device, and the checkpoint files a page may choose, by name. Needs no torch."""

from __future__ import annotations

import os
from pathlib import Path

from wsss_viz.errors import InputError
from wsss_viz.models.manifest import checkpoints_folder, read_manifest, trained_folder
from wsss_viz.models.suffixes import weight_suffix

DEVICE_VARIABLE = "WSSS_VIZ_DEVICE"
FOLDER_VARIABLE = "WSSS_VIZ_OWN_CHECKPOINTS"
UPLOAD_VARIABLE = "WSSS_VIZ_CHECKPOINT_UPLOAD"
MOST_FILES = 200


def user_folder() -> Path | None:
    """The folder that `app --checkpoints` named, or None."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else None


def upload_allowed() -> bool:
    """Whether the server was started with `--allow-checkpoint-upload`."""
    return os.environ.get(UPLOAD_VARIABLE) == "1"


def checkpoint_files() -> dict[str, Path]:
    """The files by name: in `user_folder`, where `train` writes to, and in `checkpoints/` beside the shipped ones.

    Only what is found here can be named in an address; a path never can.
    """
    try:
        shipped = {entry.file for entry in read_manifest(checkpoints_folder()).values()}
    except InputError:
        shipped = set()
    files: dict[str, Path] = {}
    folders = dict.fromkeys((user_folder(), trained_folder(), checkpoints_folder()))
    for folder in folders:
        left_out = shipped if folder == checkpoints_folder() else set()
        for path in _files(folder):
            if path.name not in left_out and path.name not in files and len(files) < MOST_FILES:
                files[path.name] = path
    return files


def _files(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    try:
        listed = sorted(folder.iterdir(), key=lambda path: path.name)
        return [path for path in listed if _is_offered(path)]
    except OSError:
        return []


def _is_offered(path: Path) -> bool:
    plain = path.name.isprintable() and len(path.name) <= 128 and not path.name.startswith(".")
    return plain and bool(weight_suffix(path.name)) and path.is_file()
