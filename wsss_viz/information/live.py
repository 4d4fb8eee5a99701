"""A training of the 12-bit networks in a process of its own, with one thread: whoever watches stays quick.

The process prints one JSON line every few epochs; `stream` reads them as they come and ends the process with itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from wsss_viz.errors import InputError
from wsss_viz.information.runs import Recipe, Snapshot
from wsss_viz.resources import package_folder

__all__ = ["UPDATES", "Update", "stream", "updates"]

UPDATES = 40
_PACKAGE_ROOT = package_folder().parent


@dataclass(frozen=True, eq=False)
class Update:
    """How far a training is.

    Attributes:
        epoch: epochs done.
        snapshots: that have come since the update before.
    """

    epoch: int
    snapshots: tuple[Snapshot, ...]


def updates(recipe: Recipe) -> int:
    """How many updates a training gives: one for every equal share of its epochs.

    >>> from wsss_viz.information.live import updates
    >>> from wsss_viz.information.runs import recipe
    >>> updates(recipe("ci", "tanh"))
    41
    """
    stride = _stride(recipe)
    return -(-recipe.epochs // stride) + 1


def stream(recipe: Recipe) -> Iterator[Update]:
    """Trains a recipe in another process; the last update is that of the last epoch. Closing it ends the process.

    Raises:
        InputError: the process ended before the training did.

    >>> from wsss_viz.information.live import stream
    >>> from wsss_viz.information.runs import Recipe
    >>> for update in stream(Recipe("tanh", epochs=1, seeds=1, snapshots=1)):
    ...     print(update.epoch, [snapshot.epoch for snapshot in update.snapshots])
    0 [0]
    1 [1]
    """
    with tempfile.TemporaryFile("w+") as trouble:
        process = subprocess.Popen(
            [sys.executable, "-m", "wsss_viz.information.live", json.dumps(asdict(recipe))],
            stdout=subprocess.PIPE,
            stderr=trouble,
            text=True,
            cwd=_PACKAGE_ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        assert process.stdout is not None
        done = -1
        try:
            for line in process.stdout:
                message = json.loads(line)
                done = message["epoch"]
                yield Update(done, tuple(_snapshot(values) for values in message["snapshots"]))
            if done != recipe.epochs:
                process.wait()
                trouble.seek(0)
                last = ([line for line in trouble.read().splitlines() if line.strip()] or ["no reason given"])[-1]
                raise InputError(f"the training ended after {max(done, 0)} of {recipe.epochs} epochs: {last}")
        finally:
            process.stdout.close()
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5)
            if process.poll() is None:
                process.kill()
                process.wait()


def _stride(recipe: Recipe) -> int:
    return max(1, recipe.epochs // UPDATES)


def _values(snapshot: Snapshot) -> dict[str, Any]:
    values = {field.name: getattr(snapshot, field.name) for field in fields(snapshot)}
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}


def _snapshot(values: dict[str, Any]) -> Snapshot:
    arrays: dict[str, Any] = {
        name: np.array(value, np.float32) if isinstance(value, list) else value for name, value in values.items()
    }
    return Snapshot(**arrays)


def _main(text: str) -> None:
    """Trains the recipe of a JSON text and prints the updates."""
    recipe, unsent = Recipe(**json.loads(text)), []

    import torch

    from wsss_viz.information.networks import epochs

    torch.set_num_threads(1)
    for epoch, snapshot in epochs(recipe):
        unsent += [] if snapshot is None else [_values(snapshot)]
        if epoch % _stride(recipe) == 0 or epoch == recipe.epochs:
            print(json.dumps({"epoch": epoch, "snapshots": unsent}), flush=True)
            unsent = []


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        _main(sys.argv[1])
