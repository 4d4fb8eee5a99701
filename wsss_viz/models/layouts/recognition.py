"""Which network a file of tensors holds. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping

from wsss_viz.models.layouts import efficientnet_lite, resnet, resnet38d
from wsss_viz.models.layouts.result import Recognised
from wsss_viz.models.reading.bounds import TensorInfo

_PREFIXES = ("module.", "model.", "net.", "network.", "_orig_mod.")
KNOWN = "IRN's ResNet-50, PSA's ResNet-38d, MXNet's ResNet-38d, torchvision's ResNets, EfficientNet-Lite"


def common_prefix(names: Mapping[str, object]) -> str:
    """What all names begin with of what wrappers put there: `module.` of DataParallel, `model.` of Lightning, ..."""
    prefix = ""
    while True:
        found = next((p for p in _PREFIXES if all(name.startswith(prefix + p) for name in names)), None)
        if found is None or not names:
            return prefix
        prefix += found


def recognise(tensors: Mapping[str, TensorInfo]) -> Recognised | None:
    """The network of a file by the names of its tensors, a common prefix left out; None for none that is known.

    What is missing, unexpected or of another shape is in what is returned, not raised.
    """
    for fits, read in (
        (resnet.is_irn, resnet.recognise_irn),
        (resnet38d.is_resnet38d, resnet38d.recognise_resnet38d),
        (resnet38d.is_mxnet, resnet38d.recognise_mxnet),
        (resnet.is_resnet, resnet.recognise_resnet),
        (efficientnet_lite.is_efficientnet_lite, efficientnet_lite.recognise_efficientnet_lite),
    ):
        if fits(tensors):
            return read(tensors)
    return None
