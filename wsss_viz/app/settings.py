"""What the server was started with: its device, the checkpoint files a page may choose, by name, and what may be
uploaded. Needs no torch.
"""

from __future__ import annotations

import os
from pathlib import Path

from wsss_viz.data.images import LIMITS
from wsss_viz.errors import InputError
from wsss_viz.models.manifest import checkpoints_folder, read_manifest, trained_folder
from wsss_viz.models.suffixes import weight_suffix

DEVICE_VARIABLE = "WSSS_VIZ_DEVICE"
THREADS_VARIABLE = "WSSS_VIZ_THREADS"
FOLDER_VARIABLE = "WSSS_VIZ_OWN_CHECKPOINTS"
UPLOAD_VARIABLE = "WSSS_VIZ_CHECKPOINT_UPLOAD"
PASSWORD_VARIABLE = "WSSS_VIZ_PASSWORD_FILE"
PICKLE_VARIABLE = "WSSS_VIZ_PICKLE_UPLOAD"
MOST_FILES = 200
PICTURE_MEGABYTES = LIMITS.file_bytes // 2**20
CHECKPOINT_MEGABYTES = 500
"""The largest upload of each kind, of 2**20 bytes each: what the fields say and the pages enforce."""
ENVELOPE_MEGABYTES = 1
"""What the server takes beyond the largest file, for what an HTTP upload wraps around it."""


def threads() -> int:
    """Of the CPU, for each piece of work: 1, or what `app --threads` said.

    It is one number as long as the server runs, for it decides a map's last bits.
    """
    return int(os.environ.get(THREADS_VARIABLE) or 1)


def user_folder() -> Path | None:
    """The folder that `app --checkpoints` named, or None."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else None


def upload_allowed() -> bool:
    """Whether the server was started with `--allow-checkpoint-upload`."""
    return os.environ.get(UPLOAD_VARIABLE) == "1"


def pickle_upload_allowed() -> bool:
    """Whether the server was started with `--allow-pickle-upload` as well: else uploads are safetensors."""
    return os.environ.get(PICKLE_VARIABLE) == "1"


def server_megabytes() -> int:
    """Streamlit's `server.maxUploadSize`: one for all fields, compared with the file and its wrapping."""
    return (CHECKPOINT_MEGABYTES if upload_allowed() else PICTURE_MEGABYTES) + ENVELOPE_MEGABYTES


def checkpoint_megabytes(server: int) -> int:
    """What the field for checkpoints takes on a server with that `server.maxUploadSize`.

    >>> checkpoint_megabytes(501), checkpoint_megabytes(51)
    (500, 50)
    """
    return min(CHECKPOINT_MEGABYTES, server - ENVELOPE_MEGABYTES)


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
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in sorted(entries, key=lambda entry: entry.name) if _is_offered(entry)]
    except OSError:
        return []


def _is_offered(entry: os.DirEntry[str]) -> bool:
    plain = entry.name.isprintable() and len(entry.name) <= 128 and not entry.name.startswith(".")
    return plain and bool(weight_suffix(entry.name)) and entry.is_file()
