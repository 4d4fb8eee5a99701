"""The class maps of a whole data set, one file an image; started again, it goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from wsss_viz.data.files import write_whole
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.methods.registry import Runner
from wsss_viz.methods.views import Views
from wsss_viz.traces.storage import StoredMaps, write_maps

SETTINGS = "settings.json"


def run_dataset(
    run: Runner,
    classes: Sequence[str],
    samples: Iterable[Sample],
    folder: Path,
    *,
    views: Views,
    settings: dict[str, object],
) -> tuple[int, int]:
    """Writes `NAME.npz` for each sample into `folder`: the labelled classes' maps (the top class's where unlabelled).

    Args:
        run: a bound method (`registry.bind`).
        classes: of its maps.
        settings: what the maps depend on (method, checkpoint, views); kept in the folder as settings.json, so that a
            second run with others is refused instead of mixed.

    Returns:
        How many files were written, and how many were there already.

    Raises:
        InputError: the folder holds the maps of another run.
    """
    _claim(folder, settings)
    written = skipped = 0
    for sample in samples:
        path = folder / f"{sample.name}.npz"
        there = path.exists()
        if there:
            skipped += 1
        else:
            *_, step = run(sample, views)
            index = list(step.targets)
            keys = tuple(classes[i] for i in index)
            write_maps(path, StoredMaps(step.maps[index], step.scores[index], keys, sample.size))
            written += 1
    return written, skipped


def _claim(folder: Path, settings: dict[str, object]) -> None:
    path = folder / SETTINGS
    content = json.dumps(settings, indent=2, sort_keys=True) + "\n"
    if path.exists():
        if path.read_text(encoding="utf-8") != content:
            raise InputError(f"{folder} holds the maps of another run (see {SETTINGS} there): give another --out")
        return
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty and not a folder of maps: give another --out")
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(path, content.encode())
