"""`load`: a Classifier by name or path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wsss_viz.errors import InputError
from wsss_viz.models.checkpoint import read_checkpoint
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.device import find_device
from wsss_viz.models.manifest import file_digest, folder_of, read_manifest

TORCHVISION_PREFIX = "torchvision:"


def load(name: str, device: str = "auto", *, classes: Sequence[str] | None = None) -> Classifier:
    """A classifier in evaluation mode, its weights frozen.

    Args:
        name: a name in a register, of the shipped checkpoints ("scenes-classifier") or of those trained with
            `python -m wsss_viz train` ("trained-classifier"), the path of a checkpoint (one of this
            project, or a published one of a layout that `models.layouts` knows), or a torchvision model's name
            ("resnet50", "torchvision:resnet50"), which comes with its pretrained weights.
        device: "auto" (the GPU where there is one), "cpu", "cuda", "cuda:1", "mps".
        classes: names of a published checkpoint's classes, where they are not those of VOC, COCO or ImageNet.

    Raises:
        InputError: the name is unknown, the file missing, damaged, made to do harm or of an unknown architecture, or
            the device is not there.
    """
    place = find_device(device)
    return _read(name, classes).eval().requires_grad_(False).to(place)


def _read(name: str, classes: Sequence[str] | None) -> Classifier:
    entries = read_manifest()
    if name in entries:
        _no_names(classes, name)
        return read_checkpoint(registered_path(name))
    if not name.startswith(TORCHVISION_PREFIX) and is_path(name):
        from wsss_viz.models.published import load_published

        return load_published(Path(name), classes)
    # Imported here: torchvision takes as long as torch itself, and the shipped checkpoints do not need it.
    from wsss_viz.models.torchvision_adapter import is_torchvision_name, load_torchvision

    bare = name.removeprefix(TORCHVISION_PREFIX)
    if is_torchvision_name(bare):
        _no_names(classes, name)
        return load_torchvision(bare)
    if name.startswith(TORCHVISION_PREFIX):
        raise InputError(f"torchvision has no classification model {bare!r}: give resnet50, densenet121, ...")
    known = ", ".join(sorted(entries)) or "none yet: make them with `python -m wsss_viz train`"
    raise InputError(
        f"unknown checkpoint {name!r}: give a shipped one ({known}), a checkpoint's path or a torchvision model's name"
    )


def registered_path(name: str) -> Path:
    """The file of a checkpoint in the register, its digest checked.

    Raises:
        InputError: there is none of that name, or its file is missing, truncated or changed.
    """
    folder = folder_of(name)
    if folder is None:
        raise InputError(f"there is no checkpoint {name!r} in the register: make it with `python -m wsss_viz train`")
    entry = read_manifest(folder)[name]
    path = folder / entry.file
    if not path.is_file():
        raise InputError(f"{path.name} is missing: restore it, or run `{entry.command}`")
    if file_digest(path) != entry.sha256:
        raise InputError(
            f"{path.name} does not match its digest in the register: it is truncated or changed; restore it, or "
            f"run `{entry.command}`"
        )
    return path


def is_path(name: str) -> bool:
    """Whether a name means a file: one that is there, or one that is written as a path."""
    return Path(name).is_file() or "/" in name or "\\" in name or Path(name).suffix in SUFFIXES


SUFFIXES = (".safetensors", ".pth", ".pt", ".params")
"""What files of weights end in."""


def _no_names(classes: Sequence[str] | None, name: str) -> None:
    if classes is not None:
        raise InputError(f"{name} has its own class names: --class-names is for a checkpoint's file")
