"""`load`: a Classifier by name or path."""

from __future__ import annotations

from pathlib import Path

from wsss_viz.errors import InputError
from wsss_viz.models.checkpoint import read_checkpoint
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.device import find_device
from wsss_viz.models.manifest import checkpoints_folder, file_digest, read_manifest


def load(name: str, device: str = "auto") -> Classifier:
    """A classifier in evaluation mode, its weights frozen.

    Args:
        name: a name in `checkpoints/manifest.json` ("scenes-classifier"), the path of a checkpoint of this project
            (.safetensors), or a torchvision model's name ("resnet50"), which comes with its pretrained weights.
        device: "auto" (the GPU where there is one), "cpu", "cuda", "cuda:1", "mps".

    Raises:
        InputError: the name is unknown, the file missing, damaged or of another architecture, the device not there.
    """
    place = find_device(device)
    return _read(name).eval().requires_grad_(False).to(place)


def _read(name: str) -> Classifier:
    entries = read_manifest()
    if name in entries:
        return read_checkpoint(registered_path(name))
    if name.endswith(".safetensors") or Path(name).is_file():
        return read_checkpoint(Path(name))
    # Imported here: torchvision takes as long as torch itself, and the shipped checkpoints do not need it.
    from wsss_viz.models.torchvision_adapter import is_torchvision_name, load_torchvision

    if is_torchvision_name(name):
        return load_torchvision(name)
    known = ", ".join(sorted(entries)) or "none yet: make them with `python -m wsss_viz train`"
    raise InputError(
        f"unknown checkpoint {name!r}: give a shipped one ({known}), a .safetensors path or a torchvision model's name"
    )


def registered_path(name: str) -> Path:
    """The file of a checkpoint in the register, its digest checked.

    Raises:
        InputError: there is none of that name, or its file is missing, truncated or changed.
    """
    entries = read_manifest()
    if name not in entries:
        raise InputError(f"there is no checkpoint {name!r} in the register: make it with `python -m wsss_viz train`")
    path = checkpoints_folder() / entries[name].file
    if not path.is_file():
        raise InputError(f"{path.name} is missing: restore it, or run `{entries[name].command}`")
    if file_digest(path) != entries[name].sha256:
        raise InputError(
            f"{path.name} does not match its digest in the register: it is truncated or changed; restore it, or "
            f"run `{entries[name].command}`"
        )
    return path
