"""The samples that pages show: photographs, drawn scenes, a person's own picture. Kept, and left as they are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app import caching
from wsss_viz.app.encoded import Ground
from wsss_viz.app.services import checkpoints, thumbnails, traces, workspaces
from wsss_viz.app.services.drawn_scenes import drawn_ground, drawn_scene
from wsss_viz.app.turns import turn, turns
from wsss_viz.app.widgets.rendering import DISPLAY_SIDE
from wsss_viz.app.workspace import KIND
from wsss_viz.data import photographs
from wsss_viz.data.photographs import PHOTOGRAPHS, Photograph, Photographs, read_photographs
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes.dataset import DEFAULT_SIZE
from wsss_viz.errors import InputError
from wsss_viz.showcase.photograph_lessons import BESIDE
from wsss_viz.showcase.photographs import few_classes, first_guesses, photograph_source, with_classes

OFFERED = 8
"""Of the thousand classes, how many are offered of a picture that nobody has labelled."""
_FINE = (DISPLAY_SIDE, DISPLAY_SIDE)
LONGEST_ASPECT = 6
"""How many times longer one side may be: the network sees the shorter one at 320 pixels."""


def example(source: str) -> Sample:
    """The sample of an example, as the state has it; to be left as it is."""
    if source.startswith(f"{KIND}:"):
        return workspaces.example(source)
    return scene(source) if source.startswith("scenes:") else photograph(source.partition(":")[2])


def ground(sample: Sample) -> Ground | None:
    """A drawn scene with more pixels, for the eye alone; None for any other image, which is shown as it is."""
    return _ground(sample.source) if sample.source.startswith("scenes:") else None


def enlarged(sample: Sample) -> Sample | None:
    """The same, for what works on its pixels."""
    return fine_scene(sample.source) if sample.source.startswith("scenes:") else None


@st.cache_resource(max_entries=1024, show_spinner=False)
def scene(example: str) -> Sample:
    """The sample of a data string `scenes:SPLIT:INDEX`; drawn once, and to be left as it is."""
    with turns().aside():
        return drawn_scene(example, DEFAULT_SIZE)


@st.cache_resource(max_entries=16, show_spinner=False)
def fine_scene(example: str) -> Sample:
    """The same scene drawn with more pixels: for the eye alone, the classifier sees `scene` and is measured on it."""
    with turns().aside():
        return drawn_scene(example, _FINE)


@st.cache_resource(max_entries=512, show_spinner=False)
@turn("image", short=True)
def _ground(example: str) -> Ground:
    with turns().aside():
        return drawn_ground(example, _FINE)


@st.cache_resource(max_entries=64, show_spinner=False)
def _photograph(name: str) -> Sample:
    known = Photographs()
    return replace(known[known.names.index(name)], source=photograph_source(name))


@st.cache_data(max_entries=64, show_spinner=False)
@turn("thumbnail", short=True)
def thumbnail(name: str) -> bytes:
    """The JPEG of a photograph that ships, small (`thumbnails.small`)."""
    return thumbnails.small(_photograph(name).image)


@st.cache_resource(max_entries=64, show_spinner=False)
def _with_classes(name: str, classes: tuple[str, ...]) -> Sample:
    return with_classes(_photograph(name), classes)


@st.cache_data(max_entries=64, show_spinner=False)
@turn("recognition", short=True)
def _few_classes(name: str, checkpoint: str) -> tuple[str, ...]:
    return few_classes(checkpoints.classifier(checkpoints.PHOTOGRAPHS), _photograph(name))


def photograph(name: str) -> Sample:
    """One of the photographs that ship, with outlines; of its classes its own and those that score highest."""
    stored = traces.photograph_traces()
    classes = stored.classes.get(photograph_source(name)) if stored else None
    return _with_classes(name, classes or _few_classes(name, checkpoints.entry(checkpoints.PHOTOGRAPHS).sha256))


def about(sample: Sample) -> Photograph | None:
    """Author, licence and names of the photograph that a sample is; None for any other image."""
    name = sample.source.removeprefix("photos:")
    return next((photo for photo in read_photographs() if photo.name == name), None)


def credit(sample: Sample) -> str:
    """Author, licence and source of the photograph that a sample is, of two in one picture of both, for what is taken
    away; "" for any other image."""
    photo = about(sample)
    names = sample.name.split(BESIDE) if BESIDE in sample.name else [photo.name] if photo else []
    return " ".join(photo.credit for photo in read_photographs() if photo.name in names)


@dataclass(frozen=True)
class Guesses:
    """What the network takes an image for: its first classes and their softmax probabilities, the highest first."""

    names: tuple[str, ...]
    probabilities: tuple[float, ...]


def guesses(sample: Sample) -> Guesses:
    """The first classes of ImageNet's thousand on an image; of a photograph that ships those that were stored."""
    stored = traces.photograph_traces()
    rows = stored.guesses.get(sample.source) if stored and sample.source else None
    if rows is None:
        name = checkpoints.entry(checkpoints.PHOTOGRAPHS).sha256
        read = _private_guesses if caching.is_private(sample) else _shared_guesses
        rows = read(name, caching.digest(sample.image), sample)
    return Guesses(tuple(name for name, _ in rows), tuple(p for _, p in rows))


def _first(sample: Sample) -> tuple[tuple[str, float], ...]:
    return first_guesses(checkpoints.classifier(checkpoints.PHOTOGRAPHS), sample, OFFERED)


@st.cache_data(max_entries=64, show_spinner=False)
@turn("recognition", short=True)
def _shared_guesses(checkpoint: str, image: str, _sample: Sample) -> tuple[tuple[str, float], ...]:
    return _first(_sample)


@st.cache_data(max_entries=8, scope="session", show_spinner=False)
@turn("recognition", short=True)
def _private_guesses(checkpoint: str, image: str, _sample: Sample) -> tuple[tuple[str, float], ...]:
    return _first(_sample)


def sklearn_photograph(name: str, wanted: tuple[str, ...] = ()) -> Sample:
    """One of scikit-learn's two sample photographs, which nobody has labelled."""
    if name not in PHOTOGRAPHS:
        raise InputError(f"no photograph {name!r}: give one of {', '.join(PHOTOGRAPHS)}")
    return user_sample(photographs.photograph(name), name, wanted)


def check_aspect(size: tuple[int, int]) -> None:
    """Raises InputError where one side of a picture (H, W) is more than `LONGEST_ASPECT` times the other."""
    height, width = size
    if max(size) > LONGEST_ASPECT * min(size):
        raise InputError(
            f"the picture has {width} x {height} pixels, one side more than {LONGEST_ASPECT} times the other: crop it"
        )


def user_sample(image: NDArray[np.uint8], name: str, wanted: tuple[str, ...] = ()) -> Sample:
    """An image without labels or masks as a sample of the classes that ImageNet's network finds most likely.

    Args:
        wanted: classes that are looked at, which count as its labels; none of ImageNet's: the most likely one.
    """
    known = checkpoints.entry(checkpoints.PHOTOGRAPHS).classes
    first = guesses(Sample(image, (), None, name)).names
    labels = tuple(dict.fromkeys(one for one in wanted if one in known))[:OFFERED] or first[:1]
    classes = tuple(dict.fromkeys((*first, *labels)))
    return Sample(image, classes, tuple(one for one in classes if one in labels), name)
