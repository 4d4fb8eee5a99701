"""The class maps of a whole data set, one file per image, by any number of processes.

What is there already is skipped, so a run that was stopped or killed goes on; each file is written whole or not at all.
An image's file depends on the image and the settings alone, not on which rank computes it, nor after what.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from wsss_viz.data.files import only_one, remove_partial, write_first, write_whole
from wsss_viz.data.findings import Noticed
from wsss_viz.data.sample import Sample
from wsss_viz.data.subset import Subset, names_of
from wsss_viz.errors import InputError
from wsss_viz.methods.binding import Runner
from wsss_viz.methods.ranks import ALONE, Ranks
from wsss_viz.methods.reading import read_all
from wsss_viz.methods.views import Views
from wsss_viz.traces.map_folder import NUMBERED, SETTINGS, SUFFIXES, MapWriter, read_settings, remove_maps
from wsss_viz.traces.step import last_step
from wsss_viz.traces.storage import StoredMaps

__all__ = ["Progress", "RankReport", "maps_of", "numbered_by", "run_dataset"]

Progress = Callable[[Iterable[int]], Iterable[int]]
"""Shows how far it is: wraps the indices this rank goes through."""


@dataclass(frozen=True)
class RankReport:
    """What one rank did.

    Attributes:
        written: images whose maps it wrote.
        empty: of these, images that have none of the classes that were asked for.
        skipped: images of its share that were there already.
        seconds: from its first image to its last.
        noticed: what was noticed about its samples, and which could not be read.
    """

    written: int
    skipped: int
    seconds: float
    noticed: Noticed = field(default_factory=Noticed)
    empty: int = 0


def run_dataset(
    run: Runner,
    classes: Sequence[str],
    samples: Sequence[Sample],
    writer: MapWriter,
    *,
    views: Views,
    settings: dict[str, Any],
    about: dict[str, Any] | None = None,
    ranks: Ranks = ALONE,
    progress: Progress | None = None,
    strict: bool = False,
    overwrite: bool = False,
    only: Sequence[str] = (),
) -> list[RankReport]:
    """Writes the maps of each sample's labelled classes (the top class's where no labels are known of it).

    Of a sample that is labelled with nothing `classes` has, or nothing of `only`, no map is written: its file says so,
    and its pseudo mask is background, which is how `evaluate` counts it.

    Args:
        run: a bound method (`binding.bind`).
        classes: of its maps.
        samples: the same on every rank.
        writer: the folder and its format.
        settings: what the maps depend on (method, checkpoint, views); kept in the folder as settings.json, so that a
            second run with others is refused instead of mixed.
        about: what a person may want to know of them besides (paths); kept there too, and not compared.
        ranks: this process among the others.
        progress: shows how far this rank is.
        strict: a sample that cannot be read ends the run; else it is noted and the run goes on.
        overwrite: what is there of these samples is computed again; the maps of a run with other settings are removed.
        only: of `classes`, those whose maps are written, of samples without labels all of them; () for all. The maps
            are those of a run without it.

    Returns:
        What each rank did, on every rank.

    Raises:
        InputError: the folder holds the maps of another run, or another run is writing to it; two samples have one
            name, or one has none that can name a file; where `strict`, whatever reading a sample raises. On all ranks
            alike.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from wsss_viz.methods import bind
        >>> from wsss_viz.methods.views import SINGLE
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> network = colour_network()
        >>> run = bind("cam", network)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     writer = MapWriter(Path(folder), network.classes)
        ...     (report,) = run_dataset(run, network.classes, [flag()], writer, views=SINGLE, settings={})
        ...     sorted(path.name for path in Path(folder).iterdir()), report.written
        (['flag.npz', 'settings.json'], 1)
    """
    with contextlib.ExitStack() as held:

        def prepare() -> list[int]:
            names = names_of(samples)
            paths = _paths(writer, names)
            if ranks.rank != 0:
                return []
            stated = {**settings, **writer.settings()}
            if overwrite:
                _make_room(writer, names, stated, about or {})
            _claim(writer.folder, stated, about or {})
            held.enter_context(only_one(writer.folder / SETTINGS))
            remove_partial(writer.folder)
            return [index for index, path in enumerate(paths) if not path.exists()]

        missing = ranks.all_gather(ranks.run_on_all(prepare))[0]
        mine = missing[ranks.rank :: ranks.count]
        done = len(samples) - len(missing)
        skipped = len(range(done)[ranks.rank :: ranks.count])

        def work() -> RankReport:
            start = time.perf_counter()
            noticed, written, empty = Noticed(), 0, 0
            known = writer.classes if writer.format in NUMBERED else None
            for _, sample in read_all(Subset(samples, mine), ranks, progress or iter, noticed, strict=strict):
                try:
                    stored = maps_of(run, classes, sample, views, known, only)
                except InputError as error:
                    raise InputError(f"{sample.name}: {error}") from None
                writer.write(sample.name, stored, sample)
                written += 1
                empty += bool(only) and not stored.keys
            return RankReport(written, skipped, time.perf_counter() - start, noticed, empty)

        return ranks.all_gather(ranks.run_on_all(work))


def numbered_by(classes: Sequence[str], of_data: Sequence[str]) -> tuple[str, ...]:
    """The class list that numbers what is written: the data set's where it shares a class with the classifier's.

    Examples:
        >>> numbered_by(("cat", "dog"), ("bird", "cat")), numbered_by(("cat", "dog"), ("cow",))
        (('bird', 'cat'), ('cat', 'dog'))
    """
    return tuple(of_data) if set(classes) & set(of_data) else tuple(classes)


def maps_of(
    run: Runner,
    classes: Sequence[str],
    sample: Sample,
    views: Views,
    known: Sequence[str] | None = None,
    only: Sequence[str] = (),
) -> StoredMaps:
    """The maps of a sample's labelled classes as they are written, see `run_dataset`.

    Args:
        known: classes without which no map is kept: of an image without labels, the class with the top score may be
            one that the data set does not number.
        only: of `classes`, those that are asked for; () for all.

    Examples:
        >>> from wsss_viz.methods import bind
        >>> from wsss_viz.methods.views import SINGLE
        >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
        >>> run = bind("cam", colour_network())
        >>> maps_of(run, COLOURS, flag(), SINGLE).keys, maps_of(run, COLOURS, flag(), SINGLE, only=["blue"]).keys
        (('red', 'blue'), ('blue',))
    """
    if only and sample.labels is None:
        more = tuple(name for name in only if name not in sample.classes)
        sample = replace(sample, classes=(*sample.classes, *more), labels=tuple(only))
    if only and set(only).isdisjoint(sample.labels or ()):  # nothing of it is written: it need not be computed
        return StoredMaps(np.zeros((0, *sample.size), np.float32), np.zeros(0, np.float32), (), sample.size)
    step = last_step(run(sample, views))
    foreign = sample.labels is not None and not set(sample.labels) & set(classes)
    wanted = set(only or classes).intersection(classes if known is None else known)
    index = [] if foreign else [i for i in step.targets if classes[i] in wanted]
    return StoredMaps(
        step.maps[index],
        step.scores[index],
        tuple(classes[i] for i in index),
        sample.size,
        background=step.arrays.get("background"),
        centres=step.centres,
        grids=None if step.grids is None else step.grids.rows(index),
    )


def _paths(writer: MapWriter, names: Sequence[str]) -> list[Path]:
    """The file of each image. Raises InputError where two images would share one."""
    first: dict[Path, str] = {writer.folder / SETTINGS: "the settings"}
    paths = []
    for name in names:
        path = writer.path(name)
        if path in first:
            raise InputError(
                f"{name[:60]!r} and {first[path][:60]} would share {path.name}: give each image its own name"
            )
        first[path] = repr(name)
        paths.append(path)
    return paths


def _make_room(writer: MapWriter, names: Sequence[str], settings: dict[str, Any], about: dict[str, Any]) -> None:
    """Removes the maps of these images, or all of a run with other settings, whose folder is then this run's."""
    before = read_settings(writer.folder)
    if before is None:
        return
    path = writer.folder / SETTINGS
    with only_one(path):
        if _same(before, settings):
            for name in names:
                remove_maps(writer.path(name))
            return
        for file in writer.folder.glob(f"*{SUFFIXES.get(str(before.get('format')), '.npz')}"):
            if file != path:
                remove_maps(file)
        write_whole(path, _settings_bytes(settings, about))


def _settings_bytes(settings: dict[str, Any], about: dict[str, Any]) -> bytes:
    content = {**settings, **({"about": about} if about else {})}
    return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()


def _same(there: Mapping[str, Any], settings: dict[str, Any]) -> bool:
    return {key: value for key, value in there.items() if key != "about"} == json.loads(json.dumps(settings))


def _claim(folder: Path, settings: dict[str, Any], about: dict[str, Any]) -> None:
    """Makes the folder this run's: it is new or empty, or holds the same settings."""
    path = folder / SETTINGS
    if not path.exists() and folder.exists() and any(_visible(folder)):
        raise InputError(f"{folder} is not empty and not a folder of maps: give another --out")
    if write_first(path, _settings_bytes(settings, about)):
        return
    there, given = read_settings(folder) or {}, json.loads(json.dumps(settings))
    if not _same(there, settings):
        differ = sorted(key for key in {*there, *given} - {"about"} if there.get(key) != given.get(key))
        raise InputError(
            f"{folder} holds the maps of another run (see {SETTINGS} there; other: {', '.join(differ)}): give another "
            "--out, or --overwrite it"
        )


def _visible(folder: Path) -> Iterator[Path]:
    """What is in the folder but the remains of a run that was killed before it began."""
    return (file for file in folder.iterdir() if not (file.name.startswith(".") and file.name.endswith(".part")))
