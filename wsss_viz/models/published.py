"""A file of weights as a Classifier: an architecture of the registry, or one of this project's own checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from wsss_viz.errors import InputError
from wsss_viz.models.architectures import Recognised, architecture
from wsss_viz.models.architectures.recognition import recognise
from wsss_viz.models.checkpoint import classifier_of
from wsss_viz.models.classifier import Classifier, Preprocessing
from wsss_viz.models.dilation import dilate
from wsss_viz.models.network_input import NOTHING, NetworkInput
from wsss_viz.models.preflight import part_of, report_on
from wsss_viz.models.reading import TensorFile, read_tensors
from wsss_viz.models.report import Report, refuse
from wsss_viz.models.self_check import OVERFLOW, self_check

__all__ = ["load_backbone", "load_published", "read_published", "save_tensors"]


def read_published(
    path: Path | str,
    classes: Sequence[str] | None = None,
    *,
    legacy: bool = True,
    pickles: bool = True,
    given: NetworkInput = NOTHING,
) -> tuple[Report, Classifier | None]:
    """The report on a file, and the network where nothing speaks against it; on the CPU, frozen, checked.

    Report, digest and weights are of the same bytes.

    Args:
        path: of the file; `FILE#part` for one of several networks in it.
        classes: names of the head's rows, see `preflight.preflight`.
        legacy: whether pickles from before torch 1.6 are read.
        pickles: whether anything but safetensors is.
        given: what is known of the network's input.

    Raises:
        InputError: the file is damaged or made to do harm, or its numbers are not finite, or names of one tensor
            differ.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.models.checkpoint import write_checkpoint
        >>> from wsss_viz.models.scene_network import scene_network
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = Path(folder.name) / "c.safetensors"
        >>> network = scene_network(["cat", "dog"], (8, 8, 8, 8, 8))
        >>> _ = nn.init.normal_(network.head.weight)
        >>> write_checkpoint(path, network, {"name": "scene-network", "widths": [8, 8, 8, 8, 8]})
        >>> report, classifier = read_published(path, given=NetworkInput(short_side=64))
        >>> report.input_from, classifier.preprocessing.short_side, classifier.digest == report.digest
        ('checkpoint+given', 64, True)
        >>> folder.cleanup()
    """
    path, part = part_of(Path(path))
    file = read_tensors(path, legacy=legacy, pickles=pickles)
    report, network = report_on(file, path, classes, given, part)
    if not report.ready:
        return report, None
    classifier = classifier_of(file, report.stride, path.parent) if network is None else _build(file, network, report)
    assert report.preprocessing is not None
    classifier.preprocessing = Preprocessing(**report.preprocessing)
    classifier.input_from, classifier.digest = report.input_from, report.digest
    if network is not None:
        try:
            checked = self_check(classifier, report.file)
        except InputError as error:
            return replace(report, problems=(str(error).removeprefix(f"{report.file}: "),)), None
        if not checked.finite:
            report = replace(report, notes=(OVERFLOW, *report.notes))
    return report, classifier


def load_published(
    path: Path | str,
    classes: Sequence[str] | None = None,
    *,
    legacy: bool = True,
    given: NetworkInput = NOTHING,
) -> Classifier:
    """As `read_published`. Raises InputError also where the report has a problem.

    Examples:
        >>> load_published("nothing.pth")
        Traceback (most recent call last):
        ...
        wsss_viz.errors.InputError: no checkpoint at nothing.pth: check the path
    """
    report, classifier = read_published(path, classes, legacy=legacy, given=given)
    refuse(report)
    assert classifier is not None
    return classifier


def save_tensors(path: Path | str, target: Path) -> None:
    """Writes the tensors of a file as safetensors: those of the network that is recognised in it, by its own names with
    whatever wrapped them taken off and names that mean nothing to it kept; of an unknown one all.

    Raises:
        InputError: the file is damaged or made to do harm.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.models.manifest import checkpoints_folder
        >>> folder = tempfile.TemporaryDirectory()
        >>> target = Path(folder.name) / "plain.safetensors"
        >>> save_tensors(checkpoints_folder() / "scenes-classifier.safetensors", target)
        >>> "head.weight" in read_tensors(target).tensors
        True
        >>> folder.cleanup()
    """
    path, part = part_of(Path(path))
    file = read_tensors(path)
    network = recognise(file.tensors, file.mappings, part)
    prefix = network.prefix if network else f"{part}." if part else ""
    names = {key.removeprefix(prefix): key for key in file.tensors if key.startswith(prefix)}
    if network is not None:
        names |= {
            short: sources[0] for short, sources in network.sources.items() if short in (network.head, network.bias)
        }
    file.save_as(target, names)


def load_backbone(path: Path | str) -> nn.Module:
    """The ResNet-38d of a file without a classifier (MXNet's `resnet_38d.params`): (N, 3, H, W) to f (N, D, h, w).

    It has no class maps until a head is trained on it; `Classifier(backbone.stages(), head, ...)` makes one of the two.

    Raises:
        InputError: the file is damaged, or holds no ResNet-38d.

    Examples:
        >>> load_backbone("nothing.params")
        Traceback (most recent call last):
        ...
        wsss_viz.errors.InputError: no checkpoint at nothing.params: check the path
    """
    path, part = part_of(Path(path))
    file = read_tensors(path)
    report, network = report_on(file, path, part=part)
    if network is None or network.architecture not in ("mxnet-resnet38d", "resnet38d", "seam-resnet38d"):
        raise InputError(f"{report.file} holds no ResNet-38d: give resnet_38d.params, or load a classifier")
    gaps = [key for key in network.missing if key != "fc8_20.weight"] or network.unexpected
    if gaps:
        raise InputError(f"{report.file} is not the whole ResNet-38d, or more than it (first {gaps[0]})")
    weights = {key: _tensor(file, network, key) for key in network.sources if key not in (network.head, network.bias)}
    return _filled(network, weights).eval().requires_grad_(False)


def _build(file: TensorFile, network: Recognised, report: Report) -> Classifier:
    known = architecture(network.architecture)
    assert known is not None
    weights = {key: _tensor(file, network, key) for key in network.sources}
    rows = weights.pop(network.head).flatten(1)
    bias = weights.pop(network.bias) if network.bias else None
    if report.background:
        rows, bias = rows[1:], None if bias is None else bias[1:]
    filled = _filled(network, weights)
    stages = known.stages(filled)
    dilate(stages, known.built_stride or known.stride, report.stride, known.title)
    head = nn.Conv2d(rows.shape[1], rows.shape[0], 1, bias=False)
    head.weight = nn.Parameter(rows[:, :, None, None].contiguous(), requires_grad=False)
    refinement = known.refinement(filled, head)
    classifier = Classifier(
        stages, head, report.classes, stride=report.stride, split=known.split, bias=bias, layout=known.name,
        recipe=known.recipe if refinement is None else "seam", refinement=refinement,
    )  # fmt: skip
    return classifier.eval().requires_grad_(False)


def _tensor(file: TensorFile, network: Recognised, key: str) -> Tensor:
    """The numbers of one of the network's tensors, float32; all names of it in the file must give the same."""
    first, *others = network.sources[key]
    tensor = file.read(first)
    for other in others:
        if file.aliases.get(other, other) != file.aliases.get(first, first) and not torch.equal(
            file.read(other), tensor
        ):
            raise InputError(
                f"{file.name}: {first} and {other} are two names of one tensor and differ: the file was put together "
                "from two, take it from its source"
            )
    return tensor.float()


def _filled(recognised: Recognised, weights: dict[str, Tensor]) -> nn.Module:
    """The network with its weights; BatchNorm's counters, which nothing reads, start at 0."""
    known = architecture(recognised.architecture)
    assert known is not None
    with torch.device("meta"):
        network = known.network(recognised.variant)
    counters = {key: torch.tensor(0) for key in network.state_dict() if key.endswith("num_batches_tracked")}
    names = known.module_names(recognised.variant)
    network.load_state_dict({names.get(key, key): value for key, value in weights.items()} | counters, assign=True)
    return network
