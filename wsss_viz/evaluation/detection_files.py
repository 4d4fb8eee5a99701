"""True and detected segments in the JSON files of ActivityNet, the form that others of the field write as well.

    truth       {"database": {VIDEO: {"subset": ..., "annotations": [{"label": ..., "segment": [start, end]}]}}}
    detections  {"results": {VIDEO: [{"label": ..., "score": ..., "segment": [start, end]}]}}

Source: `docs/sources.md#activitynet`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from wsss_viz.data.files import read_bounded
from wsss_viz.errors import InputError
from wsss_viz.evaluation.detection import Detection, Segment
from wsss_viz.version import __version__

__all__ = ["LARGEST", "detections_json", "read_detections", "read_truth", "truth_json"]

LARGEST = 400 * 2**20
"""Bytes; ActivityNet's own ground truth has 7 MB, its detections up to some hundred."""
_Read = TypeVar("_Read", bound=Segment)


def read_truth(path: Path, subset: str = "") -> list[Segment]:
    """The true segments of a file.

    Args:
        subset: which videos count, such as "validation"; "": all.

    Raises:
        InputError: in one line, for a file that is missing, of another form, or has no video of that subset.

    >>> _ = Path("truth.json").write_bytes(truth_json([Segment("a", "kick", 1, 4)], "test"))
    >>> read_truth(Path("truth.json"), "test")
    [Segment(video='a', label='kick', start=1.0, end=4.0)]
    """
    content = _content(path, "database")
    segments: list[Segment] = []
    subsets: set[str] = set()
    for video, entry in content.items():
        listed, of = _member(path, entry, "annotations"), str(entry.get("subset", ""))
        subsets.add(of)
        if not subset or of == subset:
            segments += _segments(path, video, listed, Segment)
    if not segments:
        known = f"; there are {', '.join(sorted(subsets)[:6])}" if subset and subsets else ""
        raise InputError(f"{path} has no true segment{f' of subset {subset!r}' if subset else ''}{known}")
    return segments


def read_detections(path: Path) -> list[Detection]:
    """The detections of a file. Raises InputError as `read_truth` does.

    >>> _ = Path("found.json").write_bytes(detections_json([Detection("a", "kick", 1, 4, 0.5)]))
    >>> read_detections(Path("found.json"))
    [Detection(video='a', label='kick', start=1.0, end=4.0, score=0.5)]
    """

    def detection(video: str, label: str, start: float, end: float, score: float = float("nan")) -> Detection:
        return Detection(video, label, start, end, score)

    return [
        one
        for video, listed in _content(path, "results").items()
        for one in _segments(path, video, listed, detection, ("score",))
    ]


def _content(path: Path, key: str) -> Mapping[str, Any]:
    try:
        content = json.loads(read_bounded(path, LARGEST))
    except (ValueError, RecursionError):
        raise InputError(f"{path} is no JSON file, or cut off: write it again") from None
    inner = content.get(key) if isinstance(content, dict) else None
    if not isinstance(inner, dict):
        raise InputError(f"{path} has no {key!r}: it is read in ActivityNet's form, an object of videos under that key")
    return inner


def _member(path: Path, entry: Any, key: str) -> Any:
    if not isinstance(entry, dict) or key not in entry:
        raise InputError(f"{path}: a video without {key!r}: it is read in ActivityNet's form")
    return entry[key]


def _segments(path: Path, video: str, listed: Any, make: Callable[..., _Read], more: Sequence[str] = ()) -> list[_Read]:
    if not isinstance(listed, list):
        raise InputError(f"{path}: {video!r} has no list of segments: it is read in ActivityNet's form")
    segments = []
    for entry in listed:
        try:
            start, end = (float(value) for value in entry["segment"])
            segments.append(make(str(video), str(entry["label"]), start, end, *(float(entry[key]) for key in more)))
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
        except (KeyError, TypeError, ValueError):
            wanted = ", ".join(("label", "segment [start, end]", *more))
            raise InputError(f"{path}: a segment of {video!r} lacks one of {wanted}, or it is no number") from None
    return segments


def truth_json(segments: Iterable[Segment], subset: str) -> bytes:
    """The true segments as a file of ActivityNet's form.

    >>> json.loads(truth_json([Segment("a", "kick", 1, 4)], "test"))["database"]["a"]["annotations"]
    [{'label': 'kick', 'segment': [1, 4]}]
    """
    database: dict[str, Any] = {}
    for one in segments:
        video = database.setdefault(one.video, {"subset": subset, "annotations": []})
        video["annotations"].append({"label": one.label, "segment": [one.start, one.end]})
    return _written({"version": f"wsss_viz {__version__}", "taxonomy": [], "database": database})


def detections_json(detections: Iterable[Detection]) -> bytes:
    """Detections as a file of ActivityNet's form.

    >>> json.loads(detections_json([Detection("a", "kick", 1, 4, 0.5)]))["results"]["a"]
    [{'label': 'kick', 'score': 0.5, 'segment': [1, 4]}]
    """
    results: dict[str, Any] = {}
    for one in detections:
        results.setdefault(one.video, []).append(
            {"label": one.label, "score": one.score, "segment": [one.start, one.end]}
        )
    return _written({"version": f"wsss_viz {__version__}", "external_data": {}, "results": results})


def _written(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=1) + "\n").encode()
