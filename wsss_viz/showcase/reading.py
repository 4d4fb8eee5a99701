"""The showcase as pages read it: refused where it is not of the checkpoints that are there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wsss_viz.errors import InputError
from wsss_viz.models.manifest import checkpoints_folder, read_manifest
from wsss_viz.showcase.scenes import VIEWS, trace_name
from wsss_viz.traces import Trace
from wsss_viz.traces.trace_file import TraceFile

__all__ = ["FORMAT", "REBUILD", "Showcase", "read_showcase", "showcase_path"]

REBUILD = "python -m wsss_viz showcase"
FORMAT = 1


def showcase_path() -> Path:
    """Where the showcase is: in `showcase/` beside the checkpoints.

    Examples:
        >>> showcase_path().parts[-3:]
        ('checkpoints', 'showcase', 'traces.zip')
    """
    return checkpoints_folder() / "showcase" / "traces.zip"


@dataclass(frozen=True, eq=False)
class Showcase:
    """Traces of a few scenes by the methods' defaults, in the views `scenes.VIEWS`.

    Attributes:
        version: of the code that computed them.
        experiment: the erasing experiment's averages (`evaluation.erasing_experiment.experiment`), with the data they
            are of; {} where it was not computed.
    """

    version: str
    experiment: dict[str, Any]
    _file: TraceFile

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods it has traces of."""
        return tuple(dict.fromkeys(name.partition("/")[0] for name in self._file))

    @property
    def scenes(self) -> tuple[str, ...]:
        """The scenes it has traces of, as data strings."""
        return tuple(dict.fromkeys(name.partition("/")[2] for name in self._file))

    def has(self, method: str, source: str, views: str = VIEWS) -> bool:
        """Whether the trace is in it."""
        return views == VIEWS and trace_name(method, source) in self._file

    def trace(self, method: str, source: str) -> Trace:
        """The trace of a method's defaults on a scene.

        Raises:
            InputError: it is not in the showcase, or the file is damaged.
        """
        return self._file.trace(trace_name(method, source))


def read_showcase(path: Path | None = None) -> Showcase:
    """The shipped showcase, or the one at `path`.

    Raises:
        InputError: it is missing, damaged, of another format, or computed with checkpoints that are not these.

    Examples:
        >>> showcase = read_showcase()
        >>> showcase.trace("cam", showcase.scenes[0]).maps.shape
        (10, 16, 16)
    """
    path = path or showcase_path()
    if not path.is_file():
        raise InputError(f"There is no showcase yet, so pages compute what they show. Compute it once: `{REBUILD}`.")
    file = TraceFile(path)
    about = file.about
    if about.get("format") != FORMAT:
        raise InputError(f"The showcase is of another version of this project. Compute it again: `{REBUILD}`.")
    entries = read_manifest()
    for name, digest in about["checkpoints"].items():
        if name not in entries or entries[name].sha256 != digest:
            raise InputError(
                f"The showcase was computed with another `{name}` than the one that is here, so it is not shown. "
                f"Compute it again: `{REBUILD}`."
            )
    return Showcase(about["version"], about["experiment"], file)
