"""The videos that are shown at once: their temporal class maps, computed beforehand. Read without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.archives import read_archive, write_archive
from wsss_viz.data.sequences import ACTIONS, LENGTH, Sequences, Video
from wsss_viz.errors import InputError
from wsss_viz.models.manifest import checkpoints_folder, read_manifest, trained_names

if TYPE_CHECKING:
    from wsss_viz.models.sequence_network import SequenceNetwork

__all__ = [
    "CHECKPOINT",
    "COUNT",
    "REBUILD",
    "SequenceMaps",
    "maps_of",
    "network_names",
    "read_sequence_maps",
    "sequences_path",
    "write_sequence_maps",
]

CHECKPOINT = "sequences-classifier"
REBUILD = "python -m wsss_viz train sequences"
ROUNDS_ROLE = "sequences-ae"
COUNT = 40
"""Videos of the test split that maps are stored of, from the first."""


@dataclass(frozen=True, eq=False)
class SequenceMaps:
    """Maps of the first videos of the test split.

    Attributes:
        maps: (N, C, T) temporal class maps, raw and signed, C as in `ACTIONS`.
        logits: (N, C).
        threshold: chosen on the val split.
    """

    maps: NDArray[np.float32]
    logits: NDArray[np.float32]
    threshold: float

    def __len__(self) -> int:
        return len(self.maps)

    def video(self, index: int, side: int = 96) -> Video:
        """The video of `maps[index]`, drawn `side` pixels a side."""
        return Sequences("test", side=side)[index]


def network_names(method: str) -> tuple[str, ...]:
    """The names in the register of the networks that a method in time looks with, in order.

    Args:
        method: "cam", "ae" or "ae-rounds".

    Raises:
        InputError: no rounds of AE were trained from the drawn videos' network.

    Examples:
        >>> network_names("ae"), network_names("ae-rounds")[1]
        (('sequences-classifier',), 'sequences-ae-2')
    """
    rounds = trained_names(ROUNDS_ROLE, CHECKPOINT) if method == "ae-rounds" else ()
    if method == "ae-rounds" and not rounds:
        raise InputError(f"No rounds of AE in time were trained from {CHECKPOINT} yet: `{REBUILD}-ae`.")
    return (CHECKPOINT, *rounds)


def maps_of(
    networks: SequenceNetwork | Sequence[SequenceNetwork], videos: Sequence[Video], method: str
) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
    """The maps (C, T) and the logits (C,) of every video; AE's erase the actions that CAM sees.

    Args:
        networks: the ordinary one; for "ae-rounds" it and those that were trained on what is left, in order.
        method: "cam", "ae" or "ae-rounds".

    Examples:
        >>> from wsss_viz.models.sequence_network import load_sequence_network
        >>> network, video = load_sequence_network(), Sequences("test")[0]
        >>> (cam,), (ae,) = (maps_of(network, [video], method)[0] for method in ("cam", "ae"))
        >>> cam.shape == ae.shape == (3, 64), bool((ae >= cam).all())
        (True, True)
    """
    from wsss_viz.methods.temporal_erasing import erase_time
    from wsss_viz.models.sequence_network import SequenceNetwork, temporal_maps

    first = networks if isinstance(networks, SequenceNetwork) else networks[0]
    maps, logits = [], []
    for video in videos:
        video_maps, video_logits = temporal_maps(first, video.frames)
        seen = np.flatnonzero(video_logits > 0)
        if method != "cam" and seen.size:
            by = first if method == "ae" else networks
            *_, last = erase_time(by, video.frames, [first.classes[c] for c in seen])
            video_maps = video_maps.copy()
            video_maps[seen] = np.maximum(video_maps[seen], last.combined)
        maps.append(video_maps)
        logits.append(video_logits)
    return maps, logits


def sequences_path(folder: Path | None = None) -> Path:
    """Where the maps are: in `showcase/` beside the checkpoints.

    Examples:
        >>> sequences_path(Path("mine")).as_posix()
        'mine/showcase/sequences.npz'
    """
    return (folder or checkpoints_folder()) / "showcase" / "sequences.npz"


def write_sequence_maps(path: Path, maps: NDArray, logits: NDArray, threshold: float, digest: str) -> None:
    """Writes the maps (N, C, T) and logits (N, C) with the digest of the checkpoint, whole or not at all.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "sequences.npz"
        ...     write_sequence_maps(path, np.zeros((2, 3, 4)), np.ones((2, 3)), 0.25, "0" * 64)
        ...     header, arrays = read_archive(path)
        >>> header["threshold"], arrays["maps"].shape, arrays["logits"].dtype.name
        (0.25, (2, 3, 4), 'float32')
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {"maps": maps.astype(np.float32), "logits": logits.astype(np.float32)}
    write_archive(path, {"sha256": digest, "threshold": threshold}, arrays)


def read_sequence_maps(path: Path | None = None) -> SequenceMaps:
    """The maps that ship.

    Raises:
        InputError: the file is missing or damaged, or of another checkpoint than the register's.

    Examples:
        >>> read_sequence_maps().maps.shape
        (40, 3, 64)
    """
    path = path or sequences_path()
    if not path.is_file():
        raise InputError(f"There are no maps of the drawn videos yet. Compute them: `{REBUILD}`.")
    header, arrays = read_archive(path)
    entry = read_manifest().get(CHECKPOINT)
    if entry is None or header.get("sha256") != entry.sha256:
        raise InputError(f"The maps of the drawn videos are of another checkpoint. Compute them again: `{REBUILD}`.")
    maps, logits = arrays["maps"], arrays["logits"]
    if maps.shape[1:] != (len(ACTIONS), LENGTH) or logits.shape != maps.shape[:2]:
        raise InputError(f"{path.name} is of another version of this project. Compute it again: `{REBUILD}`.")
    return SequenceMaps(maps, logits, float(header["threshold"]))
