"""Our own checkpoints: safetensors that carry their architecture, classes and preprocessing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from wsss_viz.errors import InputError
from wsss_viz.models.architectures import architecture
from wsss_viz.models.class_lists import check_class_names
from wsss_viz.models.classifier import Classifier, Preprocessing
from wsss_viz.models.manifest import settings_of_digest
from wsss_viz.models.network_file import KEY, fill, read_native, write_weights
from wsss_viz.models.reading import TensorFile
from wsss_viz.models.reading.bounds import FORMATS
from wsss_viz.models.report import Report

__all__ = ["FORMAT", "classifier_of", "native_report", "read_checkpoint", "write_checkpoint"]

FORMAT = "classifier-1"


def write_checkpoint(path: Path, classifier: Classifier, description: dict[str, Any], *, half: bool = False) -> None:
    """Writes the classifier as safetensors, whole or not at all.

    Args:
        description: `{"name": ...}` of its architecture, with what its `described` builds the network from.
        half: whether numbers are written in half precision.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.models.scene_network import scene_network
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = Path(folder.name) / "c.safetensors"
        >>> network = scene_network(["cat", "dog"], (8, 8, 8, 8, 8))
        >>> write_checkpoint(path, network, {"name": "scene-network", "widths": [8, 8, 8, 8, 8]})
        >>> read_checkpoint(path).classes
        ('cat', 'dog')
        >>> folder.cleanup()
    """
    meta = {
        "format": FORMAT,
        "architecture": description,
        "classes": list(classifier.classes),
        "split": classifier.split,
        "preprocessing": classifier.preprocessing.as_dict(),
    }
    write_weights(path, classifier, meta, half=half)


def read_checkpoint(path: Path, sha256: str | None = None, stride: int | None = None) -> Classifier:
    """Reads what `write_checkpoint` wrote; on the CPU, in evaluation mode, frozen.

    Args:
        sha256: what the bytes that are read must digest to.
        stride: of the maps, where it is not the checkpoint's own.

    Raises:
        InputError: the file is missing, truncated, changed, not ours, of another architecture, or holds NaN or
            infinity.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.models.scene_network import scene_network
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = Path(folder.name) / "c.safetensors"
        >>> network = scene_network(["cat", "dog"], (8, 8, 8, 8, 8))
        >>> write_checkpoint(path, network, {"name": "scene-network", "widths": [8, 8, 8, 8, 8]}, half=True)
        >>> read_checkpoint(path).classes
        ('cat', 'dog')
        >>> folder.cleanup()
    """
    return classifier_of(read_native(path, sha256), stride, path.parent)


def classifier_of(file: TensorFile, stride: int | None = None, folder: Path | None = None) -> Classifier:
    """The classifier of one of our own checkpoints in memory, with its entry's settings.

    Args:
        stride: of the maps, where it is not the checkpoint's own.
        folder: it lies in, where there may be a register of its own.

    Raises:
        InputError: as `read_checkpoint` does.

    Examples:
        >>> from wsss_viz.models.manifest import checkpoints_folder
        >>> file = read_native(checkpoints_folder() / "scenes-classifier.safetensors")
        >>> classifier_of(file).digest == file.digest
        True
    """
    classifier = fill(file, _described(file, stride))
    classifier.digest, classifier.settings = file.digest, settings_of_digest(file.digest, folder)
    return classifier


def native_report(file: TensorFile) -> Report:
    """The report on one of our own checkpoints, from its header.

    Raises:
        InputError: the header does not describe its network.

    Examples:
        >>> from wsss_viz.models.manifest import checkpoints_folder
        >>> native_report(read_native(checkpoints_folder() / "scenes-classifier.safetensors")).stride
        8
    """
    classifier = _described(file)
    expected = {key: tuple(value.shape) for key, value in classifier.state_dict().items()}
    missing = tuple(key for key in expected if key not in file.tensors)
    unexpected = tuple(key for key in file.tensors if key not in expected)
    wrong = [key for key, shape in expected.items() if key in file.tensors and file.tensors[key].shape != shape]
    gaps = [f"{kind} {keys[0]}" for kind, keys in (("missing", missing), ("unexpected", unexpected)) if keys]
    gaps += [f"{key} has another shape" for key in wrong[:1]]
    name = json.loads(file.metadata[KEY])["architecture"]["name"]
    known = architecture(name)
    return Report(
        file.name,
        file.bytes,
        FORMATS[file.format],
        file.digest,
        layout=name,
        architecture=known.title if known else name,
        tensors=len(file.tensors),
        matched=len(expected) - len(missing),
        expected=len(expected),
        missing=missing,
        unexpected=unexpected,
        parameters=sum(parameter.numel() for parameter in classifier.parameters()),
        dtypes=tuple(sorted({info.dtype for info in file.tensors.values() if info.is_float})),
        classes=classifier.classes,
        classes_from="its own header",
        stride=classifier.stride,
        stride_from="checkpoint",
        preprocessing=classifier.preprocessing.as_dict(),
        input_from="checkpoint",
        problems=(f"it is of another architecture: {', '.join(gaps)}: it was made by another version",) if gaps else (),
    )


def _described(file: TensorFile, stride: int | None = None) -> Classifier:
    """The classifier that a header describes, without numbers."""
    name = file.name
    if KEY not in file.metadata:
        raise InputError(f"{name} is a safetensors file but not a classifier of this project")
    try:
        meta = json.loads(file.metadata[KEY])
        if meta["format"] != FORMAT:
            raise InputError(f"{name} holds a network of the format {meta['format']!r:.60}, no classifier ({FORMAT!r})")
        description = meta["architecture"]
        known = architecture(str(description["name"]))
        if known is None:
            raise InputError(
                f"{name} is of the architecture {description['name']!r:.60}, which this version cannot build"
            )
        if stride is not None:
            known.check_stride(stride)
            description = {**description, "stride": stride}
        classes = check_class_names(meta["classes"], name)
        with torch.device("meta"):  # nothing is allocated for what a header merely claims
            classifier = known.described(description, classes)
        classifier.preprocessing = Preprocessing.from_dict(meta["preprocessing"])
        split = meta["split"]
        if not isinstance(split, int) or not 0 <= split <= len(classifier.stages):
            raise ValueError(f"its split is {split!r:.60}, of {len(classifier.stages)} stages")
        classifier.split = split
        classifier.input_from = "checkpoint"
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{name} does not describe its network ({error!s:.160}): it was made by another version"
        ) from None
    return classifier
