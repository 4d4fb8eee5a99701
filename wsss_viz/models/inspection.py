"""What can be said of a network by whatever name `load` takes, and the network where it can be loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from wsss_viz.errors import InputError
from wsss_viz.models.adapter import LAYOUT, adapt, default_weights, is_torchvision_name, load_torchvision, untrained
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.loading import TORCHVISION_PREFIX, is_path
from wsss_viz.models.manifest import read_manifest, registered_path
from wsss_viz.models.network_input import NOTHING, NetworkInput
from wsss_viz.models.preflight import preflight
from wsss_viz.models.published import read_published
from wsss_viz.models.report import Report

__all__ = ["inspect"]


def inspect(
    name: str, classes: Sequence[str] | None = None, *, given: NetworkInput = NOTHING, numbers: bool = True
) -> tuple[Report, Classifier | None]:
    """The report on a checkpoint's path, a name in the register or a torchvision model, and the network.

    Args:
        classes: names of the head's rows, for a path.
        given: what is known of the network's input.
        numbers: whether the network is loaded; without it is None.

    Raises:
        InputError: as `load` does, but for what is in the report's `problems`.

    Examples:
        >>> report, _ = inspect("efficientnet_b0", numbers=False)
        >>> report.stride, report.preprocessing["short_side"], report.input_from
        (32, 256, 'weights')
    """
    bare = name.removeprefix(TORCHVISION_PREFIX)
    path = registered_path(name) if name in read_manifest() else Path(name)
    if path == Path(name) and not is_path(name) and is_torchvision_name(bare):
        return _torchvision(bare, given, numbers)
    if not numbers:
        return preflight(path, classes, given=given), None
    return read_published(path, classes, given=given)


def _torchvision(name: str, given: NetworkInput, numbers: bool) -> tuple[Report, Classifier | None]:
    weights = default_weights(name)
    model = untrained(name)
    basis = Report(
        name,
        round(weights.meta.get("_file_size", 0) * 1e6),
        f"torchvision's pretrained weights ({weights.name})",
        layout=LAYOUT,
        architecture=f"torchvision's {name}",
        tensors=len(model.state_dict()),
        matched=len(model.state_dict()),
        expected=len(model.state_dict()),
        parameters=weights.meta["num_params"],
        dtypes=("F32",),
        classes=tuple(weights.meta["categories"]),
        classes_from="ImageNet, by the weights",
    )
    try:
        classifier = adapt(
            model,
            preprocessing=weights,
            mean=given.mean,
            std=given.std,
            short_side=given.short_side,
            stride=given.stride,
        )
    except InputError as error:
        return replace(basis, problems=(str(error),)), None
    report = replace(
        basis,
        stride=classifier.stride,
        stride_from="given" if given.stride else "weights",
        preprocessing=classifier.preprocessing.as_dict(),
        input_from=classifier.input_from,
    )
    if not numbers:
        return report, None
    try:
        return report, load_torchvision(name, given)
    except InputError as error:
        return replace(report, problems=(str(error),)), None
