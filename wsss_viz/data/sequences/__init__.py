"""Short drawn videos with video-level labels: the second task of the lecture, temporal localisation.

Our own drawings: `docs/sources.md#sequences`.
"""

from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE
from wsss_viz.data.sequences.dataset import (
    ACTIONS,
    FRAME_SIZE,
    LENGTH,
    SPLITS,
    Sequences,
    Video,
)

__all__ = [
    "ACTIONS",
    "DISCRIMINATIVE",
    "FRAME_SIZE",
    "LENGTH",
    "NON_DISCRIMINATIVE",
    "SPLITS",
    "Sequences",
    "Video",
]
