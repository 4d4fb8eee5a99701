"""The registers of the checkpoints, `manifest.json` beside them: of those shipped and of those a person has trained.

Readable without torch.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from wsss_viz.data.file_status import file_status
from wsss_viz.data.files import write_whole
from wsss_viz.errors import InputError
from wsss_viz.resources import data_folder, shipped_folder

__all__ = [
    "FOLDER_VARIABLE",
    "Entry",
    "checkpoints_folder",
    "file_digest",
    "folder_of",
    "read_manifest",
    "register",
    "registered",
    "registered_path",
    "settings_of",
    "settings_of_digest",
    "settings_of_file",
    "trained_folder",
    "trained_names",
]

FOLDER_VARIABLE = "WSSS_VIZ_CHECKPOINTS"


def checkpoints_folder() -> Path:
    """The shipped `checkpoints/`, or in its place the folder named in the environment variable WSSS_VIZ_CHECKPOINTS.

    Examples:
        >>> (checkpoints_folder() / "manifest.json").is_file()
        True
    """
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else shipped_folder() / "checkpoints"


def trained_folder() -> Path:
    """Where `train` writes and `load` looks beside `checkpoints_folder`: in the person's data folder.

    The folder of WSSS_VIZ_CHECKPOINTS, where that is set, is this one too.

    Examples:
        >>> trained_folder().name
        'checkpoints'
    """
    return checkpoints_folder() if os.environ.get(FOLDER_VARIABLE) else data_folder() / "checkpoints"


@dataclass(frozen=True)
class Entry:
    """One checkpoint of the register.

    Attributes:
        file: name inside the checkpoints folder.
        sha256: digest of the file, hexadecimal.
        architecture: `{"name": ..., ...}`, what `models.checkpoint` builds the network from.
        classes: in the order of the maps.
        preprocessing: the fields of `Preprocessing`.
        command: the command line that made it.
        seed: of that command.
        trained: what else is known of the training (seconds, versions, epochs, what it started from).
        scores: what was measured, with the data it was measured on.
        settings: what methods are run with on this network, by the method's name, where it is not their defaults.
    """

    file: str
    sha256: str
    architecture: dict[str, Any]
    classes: tuple[str, ...]
    preprocessing: dict[str, Any]
    command: str
    seed: int
    trained: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)


def read_manifest(folder: Path | None = None) -> dict[str, Entry]:
    """The entries by name of a folder's register, or of both; empty where there is none.

    Of one name in both, the shipped one is meant.

    Raises:
        InputError: a register cannot be read.

    Examples:
        >>> read_manifest()["scenes-classifier"].architecture["name"]
        'scene-network'
    """
    if folder is None:
        return {**_read(trained_folder()), **_read(checkpoints_folder())}
    return _read(folder)


def _read(folder: Path) -> dict[str, Entry]:
    path = folder / "manifest.json"
    status = file_status(path)
    if status is None:
        return {}
    return dict(_entries(path, (status.st_ino, status.st_mtime_ns, status.st_size)))


@lru_cache(maxsize=8)
def _entries(path: Path, stamp: tuple[int, ...]) -> dict[str, Entry]:
    """The register as it is in the file of that inode, time and size: a page asks for it a dozen times."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["checkpoints"]
        return {name: Entry(**{**entry, "classes": tuple(entry["classes"])}) for name, entry in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is not a register of checkpoints ({error}): take it from the repository") from None


def folder_of(name: str) -> Path | None:
    """The folder in whose register a name is, None where there is none.

    Examples:
        >>> folder_of("scenes-classifier") == checkpoints_folder()
        True
    """
    return next((folder for folder in (checkpoints_folder(), trained_folder()) if name in _read(folder)), None)


def registered(name: str) -> tuple[Entry, Path]:
    """The entry of a name and its file. Raises InputError where there is none of that name, or no file.

    Examples:
        >>> registered("scenes-classifier")[0].classes[:2]
        ('bird', 'boat')
    """
    folder = folder_of(name)
    if folder is None:
        raise InputError(f"there is no checkpoint {name!r} in the register: make it with `python -m wsss_viz train`")
    entry = read_manifest(folder)[name]
    path = folder / entry.file
    if not path.is_file():
        raise InputError(f"{path.name} is missing: restore it, or run `{entry.command}`")
    return entry, path


def registered_path(name: str) -> Path:
    """The file of a checkpoint in the register. Raises InputError where there is none of that name, or no file.

    Examples:
        >>> registered_path("scenes-classifier").name
        'scenes-classifier.safetensors'
    """
    return registered(name)[1]


def trained_names(role: str, classifier_name: str) -> tuple[str, ...]:
    """The names of the networks of a role that were trained from this very classifier and are beside it, in order.

    A person's own network from a shipped classifier is not among them: a method takes it where it is named. Rounds of
    AE come by their number, others by name, the classifier's digest decides. Needs no network to be read.

    Examples:
        >>> trained_names("cgnet", "nothing of that name")
        ()
    """
    folder = folder_of(classifier_name)
    if folder is None:
        return ()
    entries = _read(folder)
    digest = entries[classifier_name].sha256

    def fits(entry: Entry) -> bool:
        return entry.trained.get("role") == role and entry.trained.get("classifier_sha256") == digest

    fitting = {name: entry for name, entry in entries.items() if fits(entry)}
    return tuple(sorted(fitting, key=lambda name: (fitting[name].trained.get("round", 0), name)))


def settings_of(name: str) -> dict[str, dict[str, Any]]:
    """The methods' settings of a classifier by its name in the register or its path; {} where there are none.

    Examples:
        >>> settings_of("nothing of that name")
        {}
    """
    entries = read_manifest()
    if name in entries:
        return _inherited_settings(entries[name])
    return settings_of_file(Path(name)) if Path(name).is_file() else {}


def settings_of_file(path: Path) -> dict[str, dict[str, Any]]:
    """The methods' settings in the entry of this very file, by its digest; {} where no entry is of it.

    An entry without its own has those of the classifier that it was trained from.

    Examples:
        >>> settings_of_file(checkpoints_folder() / "manifest.json")
        {}
    """
    size = path.stat().st_size
    alike = [entry for name, entry in read_manifest().items() if _size((folder_of(name) or path) / entry.file) == size]
    beside = any(entry.file == path.name for entry in _read_beside(path.parent))
    return settings_of_digest(file_digest(path), path.parent) if alike or beside else {}


def settings_of_digest(sha256: str, folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """The methods' settings in the entry of the file of that digest; {} where no entry is of it.

    Args:
        folder: whose register is asked too, such as the one that a training wrote beside its checkpoint.

    Examples:
        >>> settings_of_digest("0" * 64)
        {}
    """
    entries = (*read_manifest().values(), *(_read_beside(folder) if folder else ()))
    entry = next((entry for entry in entries if entry.sha256 == sha256), None)
    return {} if entry is None else _inherited_settings(entry)


def _read_beside(folder: Path) -> tuple[Entry, ...]:
    """The entries of the register in any folder; none where its manifest.json is something else."""
    try:
        return tuple(_read(folder).values())
    except InputError:
        return ()


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _inherited_settings(entry: Entry) -> dict[str, dict[str, Any]]:
    digest = entry.trained.get("classifier_sha256")
    if entry.settings or digest in (None, entry.sha256):
        return entry.settings
    parent = next((other for other in read_manifest().values() if other.sha256 == digest), None)
    return {} if parent is None else _inherited_settings(parent)


def register(name: str, entry: Entry, folder: Path | None = None) -> None:
    """Adds or replaces one entry, which keeps its settings; the register is written whole or not at all.

    Examples:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> register("mine", read_manifest()["scenes-classifier"], Path(folder.name))
        >>> list(read_manifest(Path(folder.name)))
        ['mine']
        >>> folder.cleanup()
    """
    folder = folder or trained_folder()
    entries = read_manifest(folder)
    if name in entries and not entry.settings:
        entry = replace(entry, settings=entries[name].settings)
    entries[name] = entry
    content = {"format": 1, "checkpoints": {key: asdict(entries[key]) for key in sorted(entries)}}
    write_whole(folder / "manifest.json", (json.dumps(content, indent=2) + "\n").encode())


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal.

    Examples:
        >>> entry = read_manifest()["scenes-classifier"]
        >>> file_digest(checkpoints_folder() / entry.file) == entry.sha256
        True
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
