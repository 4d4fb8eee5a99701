"""Our own checkpoints: safetensors that carry their architecture, classes and preprocessing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from wsss_viz.errors import InputError
from wsss_viz.models import efficientnet_lite, scene_network
from wsss_viz.models.classifier import Classifier, Preprocessing
from wsss_viz.models.layouts.result import TITLES
from wsss_viz.models.manifest import settings_of_file
from wsss_viz.models.network_file import KEY, read_weights, write_weights
from wsss_viz.models.preflight import Report
from wsss_viz.models.reading.bounds import FORMATS, SAFETENSORS
from wsss_viz.models.reading.safetensors_header import read_header

FORMAT = "classifier-1"


def write_checkpoint(path: Path, classifier: Classifier, architecture: dict[str, Any], *, half: bool = False) -> None:
    """Writes the classifier as safetensors, whole or not at all; `half` in float16, see `write_weights`."""
    meta = {
        "format": FORMAT,
        "architecture": architecture,
        "classes": list(classifier.classes),
        "split": classifier.split,
        "preprocessing": classifier.preprocessing.as_dict(),
    }
    write_weights(path, classifier, meta, half=half)


def read_checkpoint(path: Path) -> Classifier:
    """Reads what `write_checkpoint` wrote; on the CPU, in evaluation mode, frozen, with its entry's settings.

    Raises:
        InputError: the file is missing, truncated, not ours, of another architecture, or holds NaN or infinity.
    """

    def build(description: str | None) -> Classifier:
        if description is None:
            raise InputError(f"{path.name} is a safetensors file but not a classifier of this project")
        return _build(description, path.name)

    classifier = read_weights(path, build)
    classifier.settings = settings_of_file(path)
    return classifier


def own_report(path: Path) -> Report:
    """The preflight report of one of our own checkpoints, from its header.

    Raises:
        InputError: the container is damaged, or the header does not describe its network.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        header = read_header(file, size, path.name)
    classifier = _build(header.metadata[KEY], path.name)
    scenes = not classifier.layout
    expected = {key: tuple(value.shape) for key, value in classifier.state_dict().items()}
    missing = tuple(key for key in expected if key not in header.tensors)
    unexpected = tuple(key for key in header.tensors if key not in expected)
    wrong = [key for key, shape in expected.items() if key in header.tensors and header.tensors[key].shape != shape]
    gaps = [f"{kind} {keys[0]}" for kind, keys in (("missing", missing), ("unexpected", unexpected)) if keys]
    gaps += [f"{key} has another shape" for key in wrong[:1]]
    return Report(
        path.name,
        size,
        FORMATS[SAFETENSORS],
        layout=scene_network.NAME if scenes else classifier.layout,
        architecture="this project's network for scenes" if scenes else TITLES[classifier.layout],
        tensors=len(header.tensors),
        matched=len(expected) - len(missing),
        expected=len(expected),
        missing=missing,
        unexpected=unexpected,
        parameters=sum(parameter.numel() for parameter in classifier.parameters()),
        dtypes=tuple(sorted({info.dtype for info in header.tensors.values() if info.is_float})),
        classes=classifier.classes,
        classes_from="its own header",
        stride=classifier.stride,
        preprocessing=classifier.preprocessing.as_dict(),
        problems=(f"it is of another architecture: {', '.join(gaps)}: it was made by another version",) if gaps else (),
    )


def _scene_network(classes: list[str], architecture: dict[str, Any]) -> Classifier:
    widths = [int(width) for width in architecture["widths"]]
    if len(widths) != len(scene_network.STRIDES) or not all(1 <= width <= 4096 for width in widths):
        raise InputError(f"it declares widths {widths}, want {len(scene_network.STRIDES)} of 1 to 4096")
    return scene_network.scene_network(classes, widths)


def _efficientnet_lite(classes: list[str], architecture: dict[str, Any]) -> Classifier:
    return efficientnet_lite.efficientnet_lite(classes, architecture["variant"], architecture["stride"])


_BUILDERS = {scene_network.NAME: _scene_network, efficientnet_lite.NAME: _efficientnet_lite}


def _build(description: str, name: str) -> Classifier:
    try:
        meta = json.loads(description)
        if meta["format"] != FORMAT:
            raise InputError(f"{name} holds a network of the format {meta['format']!r}, no classifier ({FORMAT!r})")
        architecture = meta["architecture"]
        if architecture["name"] not in _BUILDERS:
            raise InputError(f"{name} is of the architecture {architecture['name']!r}, which this version cannot build")
        with torch.device("meta"):  # nothing is allocated for what a header merely claims
            classifier = _BUILDERS[architecture["name"]]([str(c) for c in meta["classes"]], architecture)
        classifier.preprocessing = Preprocessing.from_dict(meta["preprocessing"])
        classifier.split = int(meta["split"])
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name} does not describe its network ({error}): it was made by another version") from None
    return classifier
