"""The classifiers that ship and the networks trained from them, read once for all sessions.

Drawn scenes are looked at by the classifier that was trained on them, everything else by ImageNet's network.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import streamlit as st

from wsss_viz.app.methods import METHODS
from wsss_viz.app.settings import DEVICE_VARIABLE
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.models.manifest import Entry, read_manifest, trained_names
from wsss_viz.showcase import photographs

if TYPE_CHECKING:
    from wsss_viz.models.classifier import Classifier

SCENES = "scenes-classifier"
PHOTOGRAPHS = photographs.CLASSIFIER
REBUILD = "python -m wsss_viz train classifier --data scenes --out checkpoints/scenes-classifier.safetensors"


def name_for(sample: Sample) -> str:
    """The name, in the register, of the classifier that looks at a sample."""
    return SCENES if sample.source.startswith("scenes:") else PHOTOGRAPHS


def entry(name: str = SCENES) -> Entry:
    """A classifier's entry in the register of checkpoints; read without torch.

    Raises:
        InputError: it is not in the register.
    """
    entries = read_manifest()
    if name not in entries:
        train = f", or train it with `{REBUILD}`" if name == SCENES else ""
        raise InputError(f"The checkpoint `{name}` is missing: restore `checkpoints/`{train}.")
    return entries[name]


def wanted_device() -> str:
    """The device the server was started with, "auto" by default."""
    return os.environ.get(DEVICE_VARIABLE) or "auto"


@st.cache_resource(max_entries=3, show_spinner=False)
def _classifier(name: str, device: str, digest: str) -> Classifier:
    import wsss_viz

    return wsss_viz.load(name, device)


def classifier(name: str = SCENES) -> Classifier:
    """A classifier, read once for all sessions: its forward leaves it as it was, so threads share it.

    Raises:
        InputError: the checkpoint is missing or damaged, or the device is not there.
    """
    return _classifier(name, wanted_device(), entry(name).sha256)


def classifier_for(sample: Sample) -> Classifier:
    """What looks at a sample, with its classes alone."""
    from wsss_viz.models.narrowing import narrow

    name = name_for(sample)
    return classifier(name) if name == SCENES else narrow(classifier(name), sample.classes)


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


@st.cache_resource(max_entries=4, show_spinner=False)
def _networks(method: str, name: str, device: str, digests: tuple[str, ...]) -> dict[str, tuple[Classifier, ...]]:
    from wsss_viz.methods.paired_networks import load_paired

    return load_paired((method,), name, device)


def networks_of(method: str, name: str = SCENES) -> dict[str, tuple[Classifier, ...]]:
    """The networks the method looks with beside the classifier `name`, by role; read once for all sessions."""
    return _networks(method, name, wanted_device(), checkpoints_of(method, name))


def checkpoints_of(method: str, name: str = SCENES) -> tuple[str, ...]:
    """The digests of the classifier `name` and of the networks the method looks with beside it."""
    role = METHODS[method].role
    names = (name, *(trained_names(role, name) if role else ()))
    return tuple(entry(one).sha256 for one in names)


def trained(method: str) -> Classifier:
    """The network a method looks with beside the classifier; of several the first.

    Raises:
        InputError: there is none.
    """
    role = METHODS[method].role
    networks = networks_of(method).get(role or "", ())
    if not networks:
        raise InputError(f"There is no network of {METHODS[method].title}: python -m wsss_viz train --help")
    return networks[0]
