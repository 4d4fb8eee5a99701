"""What is kept between reruns: the classifier, the samples, the traces.

Arrays are never hashed (of large ones Streamlit looks at a sample only): everything is keyed on digests of bytes and on
the parameters it was computed with. What comes from an upload is kept for its own session alone.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app.methods import METHODS
from wsss_viz.app.settings import DEVICE_VARIABLE
from wsss_viz.app.widgets.rendering import DISPLAY_SIDE
from wsss_viz.data import photographs
from wsss_viz.data.photographs import PHOTOGRAPHS
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import Scenes
from wsss_viz.errors import InputError
from wsss_viz.models.manifest import Entry, checkpoints_folder, read_manifest, trained_names
from wsss_viz.showcase import Showcase, read_showcase, showcase_path
from wsss_viz.traces import Step, Trace

if TYPE_CHECKING:
    from wsss_viz.models.classifier import Classifier

CLASSIFIER = "scenes-classifier"
REBUILD = "python -m wsss_viz train classifier --data scenes --out checkpoints/scenes-classifier.safetensors"


def entry(name: str = CLASSIFIER) -> Entry:
    """The classifier's entry in the register of checkpoints; read without torch.

    Raises:
        InputError: it is not in the register.
    """
    entries = read_manifest()
    if name not in entries:
        raise InputError(f"The checkpoint `{name}` is missing: restore `checkpoints/`, or train it with `{REBUILD}`.")
    return entries[name]


def wanted_device() -> str:
    """The device the server was started with, "auto" by default."""
    return os.environ.get(DEVICE_VARIABLE) or "auto"


@st.cache_resource(max_entries=2, show_spinner=False)
def _classifier(name: str, device: str, digest: str) -> Classifier:
    import wsss_viz

    return wsss_viz.load(name, device)


def classifier(name: str = CLASSIFIER) -> Classifier:
    """The classifier, read once for all sessions: its forward leaves it as it was, so threads share it.

    Raises:
        InputError: the checkpoint is missing or damaged, or the device is not there.
    """
    return _classifier(name, wanted_device(), entry(name).sha256)


@st.cache_data(show_spinner=False)
def _device_label(device: str) -> str:
    from wsss_viz.models.device import device_label, find_device

    return device_label(find_device(device))


def device_label() -> str:
    """What computes: "CPU", or the GPU's name.

    Raises:
        InputError: the device that was asked for is not there.
    """
    return _device_label(wanted_device())


@st.cache_resource(max_entries=256, show_spinner=False)
def scene(example: str) -> Sample:
    """The sample of a data string `scenes:SPLIT:INDEX`; drawn once, and to be left as it is."""
    _, split, index = example.split(":")
    return Scenes(split)[int(index)]


@st.cache_resource(max_entries=64, show_spinner=False)
def fine_scene(example: str) -> Sample:
    """The same scene drawn with more pixels: for the eye alone, the classifier sees `scene` and is measured on it."""
    _, split, index = example.split(":")
    return Scenes(split, size=(DISPLAY_SIDE, DISPLAY_SIDE))[int(index)]


@st.cache_resource(max_entries=len(PHOTOGRAPHS), show_spinner=False)
def photograph(name: str) -> Sample:
    """One of scikit-learn's two sample photographs."""
    return own_sample(photographs.photograph(name), name)


def own_sample(image: np.ndarray, name: str) -> Sample:
    """An image without labels or masks as a sample of the classifier's classes."""
    return Sample(image, entry().classes, None, name)


def digest(*values: NDArray | None) -> str:
    """SHA-256 of arrays: their shapes, types and bytes."""
    found = hashlib.sha256()
    for value in values:
        found.update(b"none" if value is None else f"{value.shape}{value.dtype}".encode())
        found.update(b"" if value is None else np.ascontiguousarray(value).data)
    return found.hexdigest()


def is_private(sample: Sample) -> bool:
    """Whether the sample came from a person: what is computed of it stays in its session."""
    return not sample.source and sample.name not in PHOTOGRAPHS


@st.cache_data(max_entries=192, show_spinner=False)
def _shared_picture(key: tuple[object, ...], _draw: Callable[[], bytes]) -> bytes:
    return _draw()


@st.cache_data(max_entries=16, scope="session", show_spinner=False)
def _private_picture(key: tuple[object, ...], _draw: Callable[[], bytes]) -> bytes:
    return _draw()


def picture(sample: Sample, key: tuple[object, ...], draw: Callable[[], bytes]) -> bytes:
    """The bytes that `draw` makes, made once for each `key`: all that the drawing depends on, arrays as digests."""
    return (_private_picture if is_private(sample) else _shared_picture)(key, draw)


@st.cache_resource(max_entries=2, show_spinner=False)
def _showcase(stamps: tuple[tuple[str, int], ...]) -> Showcase | str:
    try:
        return read_showcase()
    except InputError as error:
        return str(error)


def _read_showcase() -> Showcase | str:
    """The showcase, or why there is none; read again once its file or the register has changed."""
    files = (showcase_path(), checkpoints_folder() / "manifest.json")
    return _showcase(tuple((str(file), file.stat().st_mtime_ns if file.is_file() else 0) for file in files))


def showcase() -> Showcase | None:
    """The traces that were computed beforehand; None where there are none of these checkpoints."""
    found = _read_showcase()
    return None if isinstance(found, str) else found


def showcase_note() -> str:
    """Why there is no showcase and how to make it, in one line; "" where it is there."""
    found = _read_showcase()
    return found if isinstance(found, str) else ""


def is_precomputed(sample: Sample, method: str, views: str) -> bool:
    """Whether the method's defaults on this sample are in the showcase."""
    shown = showcase()
    return shown is not None and not is_private(sample) and shown.has(method, sample.source, views)


@st.cache_resource(max_entries=64, show_spinner=False)
def _stored_trace(stamp: int, method: str, source: str, _shown: Showcase) -> Trace:
    return _shown.trace(method, source)


def precomputed(sample: Sample, method: str, views: str) -> Trace | None:
    """The trace of the method's defaults on this sample from the showcase, without torch; None where it has none."""
    shown = showcase()
    if shown is None or not is_precomputed(sample, method, views):
        return None
    return _stored_trace(showcase_path().stat().st_mtime_ns, method, sample.source, shown)


def origin(sample: Sample, method: str, views: str) -> str:
    """Where a trace of the method's defaults comes from, for the page to say."""
    return "precomputed" if is_precomputed(sample, method, views) else "computed now"


def _cam(name: str, sample: Sample, views: str) -> Trace:
    import wsss_viz
    from wsss_viz.methods.views import PRESETS

    looking = classifier(name)
    return Trace.collect(wsss_viz.methods.cam(looking, sample, views=PRESETS[views]), "cam", looking.classes)


@st.cache_data(max_entries=256, show_spinner=False)
def _shared_trace(checkpoint: str, image: str, views: str, _name: str, _sample: Sample) -> Trace:
    return _cam(_name, _sample, views)


@st.cache_data(max_entries=8, scope="session", show_spinner=False)
def _private_trace(checkpoint: str, image: str, views: str, _name: str, _sample: Sample) -> Trace:
    return _cam(_name, _sample, views)


def trace(sample: Sample, views: str, name: str = CLASSIFIER) -> Trace:
    """The CAM trace of a sample: from the showcase, else computed once for each checkpoint, image and views."""
    digests = entry(name).sha256, digest(sample.image)
    stored = precomputed(sample, "cam", views) if name == CLASSIFIER else None
    if stored is not None:
        return stored
    compute = _private_trace if is_private(sample) else _shared_trace
    return compute(*digests, views, name, sample)


@st.cache_resource(max_entries=4, show_spinner=False)
def _networks(method: str, device: str, digests: tuple[str, ...]) -> dict[str, tuple[Classifier, ...]]:
    from wsss_viz.methods.paired_networks import load_paired

    return load_paired((method,), CLASSIFIER, device)


def checkpoints_of(method: str) -> tuple[str, ...]:
    """The digests of the classifier and of the networks the method looks with beside it."""
    role = METHODS[method].role
    names = (CLASSIFIER, *(trained_names(role, CLASSIFIER) if role else ()))
    return tuple(entry(name).sha256 for name in names)


def trained(method: str) -> Classifier:
    """The network a method looks with beside the classifier; of several the first.

    Raises:
        InputError: there is none.
    """
    role = METHODS[method].role
    found = _networks(method, wanted_device(), checkpoints_of(method)).get(role or "", ())
    if not found:
        raise InputError(f"There is no network of {METHODS[method].title}: python -m wsss_viz train --help")
    return found[0]


def steps_of(method: str, sample: Sample, views: str, **options: Any) -> Iterator[Step]:
    """The method's Steps on the sample, computed as they are asked for; may be run by any thread."""
    from wsss_viz.methods import bind
    from wsss_viz.methods.views import PRESETS

    networks = _networks(method, wanted_device(), checkpoints_of(method))
    return bind(method, classifier(), networks, **options)(sample, PRESETS[views])
