"""`load`: a Classifier by name or path."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from wsss_viz.errors import InputError
from wsss_viz.models.checkpoint import read_checkpoint
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.device import find_device
from wsss_viz.models.manifest import Entry, read_manifest, registered
from wsss_viz.models.network_file import Network, read_network
from wsss_viz.models.network_input import NOTHING, NetworkInput, source_of
from wsss_viz.models.preflight import part_of
from wsss_viz.models.suffixes import weight_suffix

__all__ = ["TORCHVISION_PREFIX", "is_path", "load", "load_network", "read_registered"]

TORCHVISION_PREFIX = "torchvision:"


def load(
    name: str | Path | nn.Module,
    device: str = "auto",
    *,
    classes: Sequence[str] | None = None,
    preprocessing: Any = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    short_side: int | None = None,
    stride: int | None = None,
) -> Classifier:
    """A classifier in evaluation mode, its weights frozen.

    Args:
        name: a name in a register, of the shipped checkpoints ("scenes-classifier") or of those trained with
            `python -m wsss_viz train` ("trained-classifier"), the path of a checkpoint (one of this
            project, or of an architecture in `models.architectures`; `FILE#part` for one of several networks in it), a
            torchvision model's name ("resnet50", "torchvision:resnet50"), which comes with its pretrained weights, or a
            module, which is adapted and stays as it is: trainable, in its mode, on its device.
        device: "auto" (the GPU where there is one), "cpu", "cuda", "cuda:1", "mps".
        classes: names of the head's rows, where they are not those of VOC, COCO or ImageNet.
        preprocessing: of a module, as `adapt` takes it.
        mean, std: of the input, RGB on the scale 0 to 1.
        short_side: pixels that the shorter side is brought to; 0: the image's own size.
        stride: pixels per cell of the maps, 32, 16 or 8, where the architecture can be dilated.

    What of the input nobody says is assumed, and `Classifier.input_from` calls it so.

    Raises:
        InputError: the name is unknown, the file missing, damaged, made to do harm or of an unknown architecture, the
            input or stride is none the network can have, or the device is not there.

    Examples:
        >>> from torchvision.models import resnet18
        >>> classifier = load(resnet18(num_classes=2), "cpu", classes=["cat", "dog"], stride=16)
        >>> classifier.classes, classifier.stride, classifier.input_from
        (('cat', 'dog'), 16, 'assumed')
    """
    target_device = find_device(device)
    given = NetworkInput(
        None if mean is None else tuple(mean), None if std is None else tuple(std), short_side, stride, None
    )
    if isinstance(name, str | Path):
        if preprocessing is not None:
            raise InputError("`preprocessing` is for a module: of a checkpoint give mean, std and short_side")
        classifier = _read(str(name), classes, given)
    else:
        from wsss_viz.models.adapter import adapt

        classifier = adapt(
            name, classes, preprocessing=preprocessing, mean=mean, std=std, short_side=short_side, stride=stride
        )
        classifier = _twin(classifier)
    return classifier.eval().requires_grad_(False).to(target_device)


def _twin(classifier: Classifier) -> Classifier:
    """The classifier in modules and parameters of its own, the numbers shared: freezing it changes no other."""
    tensors = itertools.chain(classifier.parameters(), classifier.buffers())
    return copy.deepcopy(classifier, {id(tensor): _alias(tensor) for tensor in tensors})


def _alias(tensor: Tensor) -> Tensor:
    return nn.Parameter(tensor.detach(), requires_grad=False) if isinstance(tensor, nn.Parameter) else tensor.detach()


def _read(name: str, classes: Sequence[str] | None, given: NetworkInput) -> Classifier:
    from wsss_viz.models.published import load_published

    entries = read_manifest()
    if name in entries:
        _no_names(classes, name)
        return read_registered(name, given)
    if not name.startswith(TORCHVISION_PREFIX) and is_path(name):
        return load_published(Path(name), classes, given=given)
    # Imported here: torchvision takes as long as torch itself, and the shipped checkpoints do not need it.
    from wsss_viz.models.adapter import is_torchvision_name, load_torchvision

    bare = name.removeprefix(TORCHVISION_PREFIX)
    if is_torchvision_name(bare):
        _no_names(classes, name)
        return load_torchvision(bare, given)
    if name.startswith(TORCHVISION_PREFIX):
        raise InputError(f"torchvision has no classification model {bare!r}: give resnet50, densenet121, ...")
    known = ", ".join(sorted(entries)) or "none yet: make them with `python -m wsss_viz train`"
    raise InputError(
        f"unknown checkpoint {name!r}: give a shipped one ({known}), a checkpoint's path or a torchvision model's name"
    )


def read_registered(name: str, given: NetworkInput = NOTHING) -> Classifier:
    """A classifier of the register; its digest is of the bytes that are read.

    Raises:
        InputError: there is none of that name, its file is missing, truncated or changed, or it cannot have the stride.

    Examples:
        >>> read_registered("scenes-classifier").stride
        8
    """
    entry, path = registered(name)
    try:
        classifier = read_checkpoint(path, entry.sha256, given.stride)
    except InputError as error:
        raise _with_remedy(error, entry) from None
    classifier.preprocessing = given.applied(classifier.preprocessing)
    classifier.input_from = source_of(given, NOTHING, classifier.input_from)
    return classifier


def _with_remedy(error: InputError, entry: Entry) -> InputError:
    text = str(error)
    return InputError(f"{text}; restore it, or run `{entry.command}`") if "digest" in text else error


def load_network(name: str, form: str, build: Callable[[Mapping[str, Any]], Network]) -> Network:
    """A network of the register that is no classifier, as `network_file.read_network` reads it.

    Raises:
        InputError: there is none of that name, or its file is missing, truncated, changed or of another form.

    Examples:
        >>> from wsss_viz.models.sequence_network import load_sequence_network
        >>> load_sequence_network().classes
        ('jump', 'kick', 'throw')
    """
    entry, path = registered(name)
    try:
        return read_network(path, form, build, entry.sha256)
    except InputError as error:
        raise _with_remedy(error, entry) from None


def is_path(name: str) -> bool:
    """Whether a name means a file: one that is there, or one that is written as a path; `FILE#part` too.

    Examples:
        >>> is_path("best.PTH.TAR"), is_path("runs/x"), is_path("a.pth#ema"), is_path("resnet50")
        (True, True, True, False)
    """
    return Path(name).is_file() or "/" in name or "\\" in name or bool(weight_suffix(part_of(Path(name))[0].name))


def _no_names(classes: Sequence[str] | None, name: str) -> None:
    if classes is not None:
        raise InputError(f"{name} has its own class names: --class-names is for a checkpoint's file")
