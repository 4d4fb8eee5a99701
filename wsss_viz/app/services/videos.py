"""Videos and their class scores over time: drawn ones, frames of a person's own, scores that others computed.

What is uploaded stays in its session.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.runtime.uploaded_file_manager import UploadedFile

from wsss_viz.app.services import checkpoints
from wsss_viz.app.services.held import held
from wsss_viz.app.services.uploaded_files import forget
from wsss_viz.app.turns import turn
from wsss_viz.data import animations
from wsss_viz.data.class_scores import read_class_scores
from wsss_viz.data.sequences import ACTIONS, Sequences, Video
from wsss_viz.errors import InputError
from wsss_viz.evaluation.detection import DetectionScores
from wsss_viz.evaluation.temporal_detection import score_videos
from wsss_viz.showcase.sequences import SequenceMaps, maps_of, network_names, read_sequence_maps, sequences_path

if TYPE_CHECKING:
    from wsss_viz.methods.temporal_erasing import TimeStep
    from wsss_viz.models.sequence_network import SequenceNetwork

MOST_FILES = animations.LIMITS.stored
OFFERED = 8
_FRAMES, _SCORES = "videos_frames", "videos_scores"


@st.cache_resource(max_entries=1, show_spinner=False)
def _stored(stamp: int) -> tuple[SequenceMaps, tuple[Video, ...]]:
    stored = read_sequence_maps()
    return stored, tuple(stored.video(index) for index in range(len(stored)))


def stored() -> tuple[SequenceMaps, tuple[Video, ...]]:
    """The maps that ship, with their videos. Raises InputError where there are none."""
    path = sequences_path()
    return _stored(path.stat().st_mtime_ns if path.is_file() else 0)


@st.cache_resource(max_entries=64, show_spinner=False)
def _erased(index: int, method: str, digests: tuple[str, ...]) -> tuple[TimeStep, ...]:
    from wsss_viz.methods.temporal_erasing import erase_time

    video = Sequences("test")[index]  # in the size that the network takes, as `stored` has not
    with turn("erasing time", short=True):
        return tuple(erase_time(_networks(method), video.frames, video.labels))


def erased(index: int, method: str) -> tuple[TimeStep, ...]:
    """The steps of "ae" or "ae-rounds" on a drawn video that has an action."""
    return _erased(index, method, _digests(method))


def _networks(method: str) -> list[SequenceNetwork]:
    from wsss_viz.models.sequence_network import load_sequence_network

    return [load_sequence_network(name) for name in network_names(method)]


def _digests(method: str) -> tuple[str, ...]:
    """Of the networks that a method looks with. Raises InputError where they are missing."""
    return tuple(checkpoints.entry(name).sha256 for name in network_names(method))


@st.cache_resource(max_entries=2, show_spinner=False)
def _erased_maps(method: str, digests: tuple[str, ...]) -> list[NDArray[np.float32]]:
    with turn("erasing time"):
        return maps_of(_networks(method), Sequences("test", len(stored()[0])), method)[0]


@st.cache_data(max_entries=256, show_spinner=False)
def _scores(method: str, threshold: float, digests: tuple[str, ...]) -> DetectionScores:
    maps, videos = stored()
    of_method: Sequence[NDArray] = list(maps.maps) if method == "cam" else _erased_maps(method, digests)
    return score_videos(videos, of_method, list(maps.logits), threshold)


def scores(method: str, threshold: float) -> DetectionScores:
    """mAP of "cam", "ae" or "ae-rounds" on all stored videos at a threshold."""
    return _scores(method, threshold, _digests(method))


@dataclass(frozen=True, eq=False)
class Scored:
    """Class scores over time of something that a person brought.

    Attributes:
        name: of its file.
        values: (T, N), not negative, of the classes that are offered alone, so that a session holds no more.
        classes: names of all C classes.
        first: which N of them are offered, the highest first.
        frames: (T, H, W, 3) uint8; None of scores alone.
        said: what is to be said of how it was read.
    """

    name: str
    values: NDArray[np.float32]
    classes: tuple[str, ...]
    first: tuple[int, ...]
    frames: NDArray[np.uint8] | None
    said: str


def user_frames() -> Scored | None:
    """The field for an animation or several frames, and what ImageNet's network says of each frame; None: nothing yet.

    Raises:
        InputError: it cannot be read, or has too many frames.
    """
    files = st.file_uploader(
        "An animated GIF, WebP or PNG, or the frames as pictures",
        type=[*animations.SUFFIXES, ".jpg", ".jpeg"],
        accept_multiple_files=True,
        max_upload_size=animations.LIMITS.file_bytes // 2**20,
        key="videos_upload",
    )
    return _remembered(_FRAMES, files, _read_frames)


def user_scores() -> Scored | None:
    """The field for class scores; None: nothing yet. Raises InputError where the file cannot be read."""
    file = st.file_uploader("Class scores: a .npy of frames x classes", type=[".npy"], key="scores_upload")
    return _remembered(_SCORES, [file] if file else [], _read_scores)


def _remembered(
    key: str, files: Sequence[UploadedFile], read: Callable[[Sequence[UploadedFile]], Scored]
) -> Scored | None:
    """What was read of the files, once; forgotten when they are taken out. Why they could not be read is raised."""
    names = tuple(file.file_id for file in files)
    if not names:
        st.session_state.pop(key, None)
        return None
    before, result = st.session_state.get(key, ((), None))
    if before != names:
        with turn("upload"):
            try:
                result = read(files)
            except InputError as error:
                result = str(error)
        for file in files:
            forget(file)
        st.session_state[key] = (names, result)
    if isinstance(result, str):
        raise InputError(result)
    scored: Scored | None = result
    return scored


def _read_frames(files: Sequence[UploadedFile]) -> Scored:
    from wsss_viz.methods.frame_by_frame import frame_probabilities

    if len(files) > MOST_FILES:
        raise InputError(f"{len(files)} files; at most {MOST_FILES} frames make a video here")
    if any(not file.getvalue() for file in files):
        raise InputError(
            "a frame is empty, or was read with others before: take all out, and drop all frames of the video at once"
        )
    if len(files) == 1:
        video = animations.read_animation(files[0].getvalue(), files[0].name)
    else:
        video = animations.read_frames([(file.name, file.getvalue()) for file in files])
    held().hold(video.frames)
    classifier = checkpoints.classifier(checkpoints.PHOTOGRAPHS)
    values = frame_probabilities(classifier, video.frames)
    stride = f", every {video.numbers[1]}th of {video.count}" if len(video.frames) < video.count else ""
    said = f"{len(video.frames)} frames{stride}"
    return _offered(files[0].name, values, tuple(classifier.classes), video.frames, said)


def _read_scores(files: Sequence[UploadedFile]) -> Scored:
    values = read_class_scores(files[0].getvalue(), files[0].name)
    said = f"{len(values):,} frames of {values.shape[1]:,} classes"
    if (values < 0).any():
        said += "; what is negative counts as 0, as in a map"
    names = tuple(f"class {c}" for c in range(values.shape[1]))
    return _offered(files[0].name, values, names, None, said)


def _offered(
    name: str, values: NDArray[np.float32], classes: tuple[str, ...], frames: NDArray[np.uint8] | None, said: str
) -> Scored:
    """The columns with the highest values, first the highest."""
    first = np.argsort(-values.max(axis=0), kind="stable")[:OFFERED]
    return Scored(name, held().hold(np.maximum(values[:, first], 0)), classes, tuple(first.tolist()), frames, said)


def drawn_name(index: int, video: Video) -> str:
    """What a drawn video is called in a list."""
    return f"{index + 1}: {', '.join(video.labels) or 'no action'}"


def label_rows(labels: Sequence[str]) -> list[int]:
    """The rows of the actions in a map of all."""
    return [ACTIONS.index(label) for label in labels]
