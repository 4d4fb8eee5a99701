"""Any torchvision network with global average pooling and a linear head, as a Classifier.

With GAP before the linear layer, W GAP(f) + b = GAP(W f) + b: the linear weight, read as a 1x1 convolution, gives the
class maps (`docs/sources.md#cam`). Where a network has anything between the pooling and the linear layer that
is not the identity in evaluation mode (VGG's hidden layers, ConvNeXt's normalisation), this does not hold, and it is
refused.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchvision import models

from wsss_viz.errors import InputError
from wsss_viz.models.classifier import Classifier, Preprocessing

LAYOUT = "torchvision"
_PROBE_SIZE = (96, 64)
_AUXILIARY = ("aux", "AuxLogits")


def is_torchvision_name(name: str) -> bool:
    """Whether torchvision has a classification model of that name."""
    return name in models.list_models(module=models)


def load_torchvision(name: str) -> Classifier:
    """A torchvision model with its default pretrained weights, ImageNet's class names, frozen.

    Raises:
        InputError: the weights cannot be fetched, or the network has no GAP and linear head.
    """
    weights: Any = models.get_model_weights(name)["DEFAULT"]
    try:
        model = models.get_model(name, weights=weights)
    except OSError as error:  # URLError is one
        raise InputError(
            f"the pretrained weights of {name} cannot be fetched ({error}): connect once, or put the file "
            f"{weights.url.rsplit('/', 1)[-1]} into {torch.hub.get_dir()}/checkpoints"
        ) from None
    return adapt(model, weights.meta["categories"])


def adapt(model: nn.Module, classes: Sequence[str] | None = None) -> Classifier:
    """The model as a Classifier. The model stays as it is: modules are copied, parameters and buffers shared.

    Args:
        model: a network whose children, in order, end in an average pooling (or a mean) and a Linear, as torchvision's
            ResNet, ResNeXt, RegNet, DenseNet, MobileNetV2, EfficientNet, ShuffleNetV2, MNASNet and GoogLeNet do.
        classes: C names; default "0", "1", ...

    Returns:
        A Classifier in evaluation mode whose stages are the model's own (for a ResNet: stem, layer1 to layer4).

    Raises:
        InputError: the maps' mean is not the model's logits, so that class activation maps are not defined.
    """
    if isinstance(model, Classifier):
        return model
    shared: dict[int, object] = {id(t): t for t in itertools.chain(model.parameters(), model.buffers())}
    twin = copy.deepcopy(model, shared).eval()
    kind = type(model).__name__
    linear = _last_linear(twin, kind)
    for module in twin.modules():
        if hasattr(module, "inplace"):
            setattr(module, "inplace", False)  # noqa: B010 - early features are kept and used again: nothing may write into them
    head = nn.Conv2d(linear.in_features, linear.out_features, 1, bias=False)
    head.weight = nn.Parameter(linear.weight.detach()[:, :, None, None], requires_grad=False)
    names = [str(i) for i in range(linear.out_features)] if classes is None else list(classes)
    bias = None if linear.bias is None else linear.bias.detach()
    for stages in (_stages(twin), _traced_stages(twin)):
        if stages is None:
            continue
        stride = _verified_stride(twin, stages, head, bias)
        if stride:
            split = len(stages) - 2 if len(stages) > 3 else 0
            classifier = Classifier(
                stages, head, names, stride=stride, split=split, bias=bias, layout=LAYOUT, preprocessing=Preprocessing()
            )
            return classifier.eval()
    raise InputError(
        f"{kind} has no global average pooling followed by one linear layer, so it has no class activation maps: "
        "take a network that has (resnet50, densenet121, efficientnet_b0, ...)"
    )


def _last_linear(model: nn.Module, kind: str) -> nn.Linear:
    own = [m for name, m in model.named_modules() if not name.startswith(_AUXILIARY)]
    linears = [module for module in own if isinstance(module, nn.Linear)]
    if not linears:
        raise InputError(f"{kind} has no linear head, so it has no class activation maps: take a network that has")
    return linears[-1]


def _stages(model: nn.Module) -> list[nn.Module] | None:
    """The children in order up to the pooling or the head; a stem of several modules becomes one stage."""
    flat: list[nn.Module] = []
    for name, child in model.named_children():
        if name.startswith(_AUXILIARY):
            continue
        if isinstance(child, nn.AdaptiveAvgPool2d | nn.Linear) or name in ("classifier", "fc"):
            break
        flat.extend(child if name in ("features", "layers") and isinstance(child, nn.Sequential) else [child])
    if type(model).__name__ == "DenseNet":
        flat.append(nn.ReLU(inplace=False))  # DenseNet's forward ends in one that is no module
    layers = [name for name, _ in model.named_children() if name == "layer1"]
    if layers:
        first = next(i for i, (name, _) in enumerate(model.named_children()) if name == "layer1")
        flat = [nn.Sequential(*flat[:first]), *flat[first:]]
    return flat or None


def _traced_stages(model: nn.Module) -> list[nn.Module] | None:
    """One stage: the graph up to the pooling's input, by torch.fx."""
    try:
        traced = torch.fx.symbolic_trace(model)
    except Exception:  # a network with control flow cannot be traced, and that is an answer
        return None
    modules = dict(traced.named_modules())
    for node in reversed(list(traced.graph.nodes)):
        pooled = node.op == "call_module" and isinstance(modules[str(node.target)], nn.AdaptiveAvgPool2d)
        pooled = pooled or node.target in ("mean", torch.mean, nn.functional.adaptive_avg_pool2d)
        if pooled:
            output = next(n for n in traced.graph.nodes if n.op == "output")
            output.args = (node.args[0],)
            traced.graph.eliminate_dead_code()
            traced.recompile()
            return [traced]
    return None


@torch.no_grad()
def _verified_stride(model: nn.Module, stages: list[nn.Module], head: nn.Conv2d, bias: Tensor | None) -> int | None:
    """The stride where GAP(maps) + b equals the model's own logits on a probe, else None."""
    x = torch.rand(1, 3, *_PROBE_SIZE, generator=torch.Generator().manual_seed(0)).to(head.weight)
    try:
        expected = model(x)
        z = x
        for stage in stages:
            z = stage(z)
        maps = head(z)
    except (RuntimeError, ValueError, TypeError, AssertionError):  # torchvision's own ways to refuse an input
        return None
    logits = maps.mean(dim=(2, 3)) + (0 if bias is None else bias)
    scale = expected.abs().max().clamp_min(1e-6)
    if logits.shape != expected.shape or not torch.all((logits - expected).abs() <= 1e-4 * scale):
        return None
    return 2 ** round(math.log2(_PROBE_SIZE[0] / maps.shape[2]))
