"""Workspaces: a data set, the networks that look at it, folders of maps by others, stored reports.

A server knows those it was started with (`app --data`, `app --workspace FILE`) and no others: an address names them, a
path never stands in one. Needs neither torch nor Streamlit.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from wsss_viz.data import sources
from wsss_viz.data.files import expanded, explained, read_bounded
from wsss_viz.data.sources import DataSet
from wsss_viz.data.synonyms import nearest
from wsss_viz.errors import InputError
from wsss_viz.evaluation.stored_results import read_report
from wsss_viz.figures.spec import PHOTOGRAPHS_CLASSIFIER, SCENES_CLASSIFIER
from wsss_viz.models.identity import absolute_network
from wsss_viz.models.manifest import read_manifest
from wsss_viz.traces.map_folder import MapFolder

VARIABLE = "WSSS_VIZ_WORKSPACES"
KIND = "workspace"
"""What an example's address begins with, before the workspace's name and the image's number."""
MAPS = "maps:"
"""What the name of a folder of maps begins with where methods are named."""
KEYS = ("data", "networks", "maps", "reports")
MOST, MOST_BYTES = 40, 2**20
RESERVED = ("photos", "scenes", "own")
MOST_PARTS = 20
_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+"""
_LONG_KEY = re.compile(rf"(?:^|[\[{{,])[ \t]*+(?:{_PART}\.[ \t]*+){{{MOST_PARTS}}}", re.MULTILINE)
"""A key of so many parts, which `tomllib` reads in the square of their number: 0.3 s for 8 kB, hours for 1 MB."""
_NAME = re.compile(r"[^\W_]([^\W_]|[ ()+-]){0,39}")
_BLANKS = '; a name with blanks stands in quotes, ["My data"], and a text as well'
_NAMED = "letters, digits, blanks and ( ) + -, at most 40 characters, a letter or digit first"


@dataclass(frozen=True)
class Workspace:
    """What belongs together.

    Attributes:
        name: of the workspace, in addresses and in the source bar.
        data: the data string.
        networks: by name what `load` takes: a checkpoint's absolute path, a name in the register, a torchvision model.
        maps: by name an absolute path of a folder of maps.
        reports: by name an absolute path of a report of `evaluate --json`.

    >>> Workspace("toy", "scenes:val").networks
    {'scenes-classifier': 'scenes-classifier'}
    """

    name: str
    data: str
    networks: Mapping[str, str] = field(default_factory=dict)
    maps: Mapping[str, str] = field(default_factory=dict)
    reports: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.networks:
            name = SCENES_CLASSIFIER if self.data.startswith("scenes:") else PHOTOGRAPHS_CLASSIFIER
            object.__setattr__(self, "networks", {name: name})


SHIPPED = {"photos": Workspace("Photographs", "photos"), "scenes": Workspace("Drawn scenes", "scenes:test")}
"""What every server has, by the first word of their examples' data strings."""


def read_file(path: Path) -> tuple[Workspace, ...]:
    """The workspaces in a TOML file, a table each; its relative paths are from the file's folder.

    Raises:
        InputError: no such file, no TOML, an unknown or missing key, or what `check` says; in one line.
    """
    if not path.is_file():
        raise InputError(f"--workspace {path}: no such file; give a TOML file (docs/how-to/own-data.md)")
    data = read_bounded(path, MOST_BYTES)
    try:
        text = data.decode("utf-8-sig")
        if _LONG_KEY.search(text):
            raise InputError(f"{path.name}: a key of {MOST_PARTS} parts or more: write [NAME] and its keys below it")
        content = tomllib.loads(text)
    except InputError:
        raise
    except (ValueError, RecursionError) as error:  # of numbers of 4,300 digits, of arrays within arrays
        raise InputError(f"{path.name} is no TOML: {' '.join(str(error).split())[:200]}{_BLANKS}") from None
    if not content:
        raise InputError(f'{path.name} names no workspace: write [NAME] and below it data = "voc:PATH:SPLIT"')
    if len(content) > MOST:
        raise InputError(f"{path.name}: {len(content)} workspaces; at most {MOST} on one server")
    return tuple(_of_table(name, table, path) for name, table in content.items())


def _of_table(name: str, table: Any, path: Path) -> Workspace:
    where = f"{path.name}, [{''.join(letter if letter.isprintable() else '?' for letter in name[:60])}]"
    if not isinstance(table, dict):
        raise InputError(f"{path.name}: {name[:60]!r} stands in no table: write [NAME] above it, a workspace's name")
    for key in table:
        if key not in KEYS:
            like = nearest(key, KEYS)
            raise InputError(
                f"{where}: unknown key {key[:60]!r}; " + (f"did you mean {like}?" if like else f"{', '.join(KEYS)}")
            )
    if not isinstance(table.get("data"), str):
        raise InputError(f'{where}: the key data is missing or no text: write data = "voc:PATH:SPLIT"')
    for key in KEYS[1:]:
        values = table.get(key, {})
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            raise InputError(f'{where}: {key} is a table of texts: write {key} = {{ Ours = "PATH" }}')
    return made(name, table["data"], *(table.get(key, {}) for key in KEYS[1:]), base=path.resolve().parent, where=where)


def made(
    name: str,
    data: str,
    networks: Mapping[str, str],
    maps: Mapping[str, str],
    reports: Mapping[str, str],
    *,
    base: Path,
    where: str = "",
) -> Workspace:
    """A workspace whose paths are absolute, checked.

    Args:
        name: "": made of the data string.
        base: what relative paths are from.
        where: what messages begin with.

    Raises:
        InputError: as `check`.
    """
    try:
        with explained("a path in it"):
            workspace = Workspace(
                name or name_of(data),
                sources.absolute(data, base),
                {key: absolute_network(value, base) for key, value in networks.items()},
                {key: str(base / expanded(value)) for key, value in maps.items()},
                {key: str(base / expanded(value)) for key, value in reports.items()},
            )
            check(workspace)
    except InputError as error:
        raise InputError(f"{where}: {error}" if where else str(error)) from None
    return workspace


def name_of(data: str) -> str:
    """A workspace's name from its data string.

    >>> name_of("voc:/data/VOC2012:train_aug"), name_of("scenes:val")
    ('VOC2012 train aug', 'scenes val')
    """
    kind, _, rest = data.partition(":")
    stem = re.split(r"[/\\]", rest.rstrip("/\\"))[-1] if kind in ("voc", "coco", "folder") else data
    return plain_name(stem) or "data"


def plain_name(text: str) -> str:
    """The text with blanks for what may not stand in a name.

    >>> plain_name("res50_cam.v2")
    'res50 cam v2'
    """
    return re.sub(r" +", " ", re.sub(r"[^\w()+-]|_", " ", text)).strip(" ()+-")[:40].strip()


def check(workspace: Workspace) -> None:
    """Raises InputError, in one line, where something of a workspace cannot be used: a name, the data set, a file."""
    for name in (workspace.name, *workspace.networks, *workspace.maps, *workspace.reports):
        if not _NAME.fullmatch(name):
            raise InputError(f"the name {name[:60]!r}: a name is of {_NAMED}")
    if workspace.name.lower() in RESERVED:
        raise InputError(f"the name {workspace.name!r} is taken: give the workspace another one")
    for key in KEYS[1:]:
        if len(getattr(workspace, key)) > MOST:
            raise InputError(f"{key}: at most {MOST}, got {len(getattr(workspace, key))}")
    samples = sources.open(workspace.data)
    if not len(samples):
        raise InputError(f"{workspace.data} has no image")
    if samples.numbering.undecided:
        raise InputError(samples.numbering.question)
    for name, network in workspace.networks.items():
        _check_network(name, network)
    for name, folder in workspace.maps.items():
        try:
            MapFolder(Path(folder), samples.numbering)
        except InputError as error:
            raise InputError(f"the maps {name}: {error}") from None
    for name, file in workspace.reports.items():
        if not Path(file).is_file():
            raise InputError(f"the report {name}: no file {file}; `evaluate --json` writes one")
        read_report(Path(file), f"python -m wsss_viz evaluate --json {Path(file).name}")


def _check_network(name: str, network: str) -> None:
    file = Path(network.partition("#")[0])
    if network in read_manifest() or network.startswith("torchvision:") or file.is_file():
        return
    if file.is_absolute():
        raise InputError(f"the network {name}: no file {file}; give a checkpoint, a shipped network or a torchvision "
                         "model")  # fmt: skip
    from wsss_viz.models.adapter import is_torchvision_name

    if not is_torchvision_name(network):
        known = ", ".join(sorted(read_manifest()))
        raise InputError(f"the network {name}: {network[:60]!r} is no file, no torchvision model and none of {known}")


def without_folders(text: str, of: Workspace) -> str:
    """A message with the workspace's paths cut to their last names: no visitor needs to know where they lie.

    >>> without_folders("no maps at /data/ours/a.npy", Workspace("toy", "scenes:val", maps={"Ours": "/data/ours"}))
    'no maps at ours/a.npy'
    """
    kind, _, rest = of.data.partition(":")
    data = rest.rpartition(":")[0] if kind in ("voc", "coco") else rest.partition("@")[0] if kind == "folder" else ""
    networks = [network.partition("#")[0] for network in of.networks.values()]
    for path in sorted((data, *of.maps.values(), *of.reports.values(), *networks), key=len, reverse=True):
        if Path(path).is_absolute():
            text = text.replace(path, Path(path).name)
    return text


def publish(workspaces: Sequence[Workspace]) -> None:
    """Has the server that this process becomes know them, by the environment.

    Raises:
        InputError: two of the same name, or more than `MOST`.
    """
    names = [workspace.name for workspace in workspaces]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"two workspaces are called {twice!r}: give one of them another name")
    if len(names) > MOST:
        raise InputError(f"{len(names)} workspaces; at most {MOST} on one server")
    os.environ[VARIABLE] = json.dumps([asdict(workspace) for workspace in workspaces])


def workspaces() -> Mapping[str, Workspace]:
    """Those the server was started with, by name."""
    return _read(os.environ.get(VARIABLE, ""))


@lru_cache(maxsize=4)
def _read(text: str) -> dict[str, Workspace]:
    return {entry["name"]: Workspace(**entry) for entry in (json.loads(text) if text else ())}


def samples_of(name: str) -> DataSet:
    """The data set of a workspace; its lists of names are read once.

    Raises:
        InputError: it cannot be opened any more, or there is no such workspace.
    """
    if name not in workspaces():
        raise InputError(f"no workspace {name[:60]!r} on this server")
    return _opened(workspaces()[name].data)


@lru_cache(maxsize=8)
def _opened(data: str) -> DataSet:
    return sources.open(data)


def parts_of(example: str) -> tuple[str, int]:
    """The workspace's name and the image's number in `workspace:NAME:INDEX`.

    >>> parts_of("workspace:VOC val:17")
    ('VOC val', 17)
    """
    _, name, index = example.split(":")
    return name, int(index)


def all_names(of: Callable[[Workspace], Mapping[str, str]]) -> tuple[str, ...]:
    """The names of the networks, maps or reports of all workspaces, each once."""
    return tuple(dict.fromkeys(name for workspace in workspaces().values() for name in of(workspace)))


def map_names() -> tuple[str, ...]:
    """The folders of maps of all workspaces, as methods are named: `maps:Ours`."""
    return tuple(f"{MAPS}{name}" for name in all_names(lambda workspace: workspace.maps))


def classes() -> frozenset[str]:
    """The classes of all workspaces' data sets, as far as these can be opened."""
    known: set[str] = set()
    for name in workspaces():
        try:
            known.update(samples_of(name).classes)
        except InputError:
            continue
    return frozenset(known)
