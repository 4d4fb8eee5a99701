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
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torchvision import models

from wsss_viz.errors import InputError
from wsss_viz.models.classifier import Classifier, Preprocessing
from wsss_viz.models.dilation import dilate
from wsss_viz.models.network_input import NOTHING, NetworkInput, source_of
from wsss_viz.wording import quantity

__all__ = [
    "LAYOUT",
    "adapt",
    "default_weights",
    "is_torchvision_name",
    "load_torchvision",
    "read_preprocessing",
    "untrained",
]

LAYOUT = "torchvision"
_PROBE_SIZES = ((96, 64), (320, 256))
"""The second for networks that cannot take so small an image."""
_AUXILIARY = ("aux", "AuxLogits")


def is_torchvision_name(name: str) -> bool:
    """Whether torchvision has a classification model of that name.

    Examples:
        >>> is_torchvision_name("resnet50"), is_torchvision_name("resnet5000")
        (True, False)
    """
    return name in models.list_models(module=models)


def default_weights(name: str) -> Any:
    """The pretrained weights that torchvision names as a model's default: a member of its Weights enum.

    Examples:
        >>> default_weights("efficientnet_v2_l").transforms().mean
        [0.5, 0.5, 0.5]
    """
    return models.get_model_weights(name)["DEFAULT"]


def untrained(name: str) -> nn.Module:
    """A torchvision model with random numbers.

    Examples:
        >>> type(untrained("mobilenet_v2")).__name__
        'MobileNetV2'
    """
    with warnings.catch_warnings():  # of an initialisation that means nothing here
        warnings.simplefilter("ignore", FutureWarning)
        return models.get_model(name, weights=None)


def load_torchvision(name: str, given: NetworkInput = NOTHING) -> Classifier:
    """A torchvision model with its default pretrained weights, ImageNet's class names, frozen.

    Mean, standard deviation and the shorter side are those of the weights' own transforms (the side is what they resize
    to; they then crop a square, which no map of a whole image can).

    Raises:
        InputError: the weights cannot be fetched, or the network has no GAP and linear head.

    Examples:
        >>> load_torchvision("squeezenet1_1")
        Traceback (most recent call last):
        ...
        wsss_viz.errors.InputError: SqueezeNet has no linear head, so it has no class activation maps: ...
    """
    weights = default_weights(name)
    file = Path(torch.hub.get_dir()) / "checkpoints" / weights.url.rsplit("/", 1)[-1]
    if not file.is_file():
        adapt(untrained(name))  # a network without class maps is refused before its weights are fetched
    try:
        model = models.get_model(name, weights=weights)
    except OSError as error:  # URLError is one
        raise InputError(
            f"the pretrained weights of {name} cannot be fetched ({error}): connect once, or put the file "
            f"{file.name} into "
            f"{file.parent}"
        ) from None
    return adapt(
        model,
        preprocessing=weights,
        mean=given.mean,
        std=given.std,
        short_side=given.short_side,
        stride=given.stride,
    )


def adapt(
    model: nn.Module,
    classes: Sequence[str] | None = None,
    *,
    preprocessing: Any = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    short_side: int | None = None,
    stride: int | None = None,
) -> Classifier:
    """The model as a Classifier. The model stays as it is: modules are copied, parameters and buffers shared.

    Args:
        model: a network whose children, in order, end in an average pooling (or a mean) and a Linear, as torchvision's
            ResNet, ResNeXt, RegNet, DenseNet, MobileNetV2, EfficientNet, ShuffleNetV2, MNASNet and GoogLeNet do.
        classes: C names; default those of the weights where `preprocessing` is such, else "0", "1", ...
        preprocessing: a `Preprocessing`, torchvision's weights (`ResNet50_Weights.DEFAULT`), their `transforms()`, or a
            Compose of transforms that holds a Normalize. None: ImageNet's mean and std at the image's own size,
            assumed.
        mean, std: of the input, RGB on the scale 0 to 1, in place of the preprocessing's.
        short_side: pixels that the shorter side is brought to; 0: the image's own size.
        stride: pixels per cell of the maps, in place of the model's own: dilation in place of stride.

    Returns:
        A Classifier in evaluation mode whose stages are the model's own (for a ResNet: stem, layer1 to layer4), whose
        `input_from` says where the preprocessing is from: "given", "weights" or "assumed".

    Raises:
        InputError: the maps' mean is not the model's logits, so that class activation maps are not defined; or the
            preprocessing or the stride cannot be.

    Examples:
        >>> model = models.resnet18(num_classes=2)
        >>> classifier = adapt(model, ["cat", "dog"], mean=[0.5] * 3, std=[0.5] * 3, short_side=256)
        >>> classifier.preprocessing
        Preprocessing(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), short_side=256)
        >>> classifier.input_from, classifier.stride
        ('given', 32)
        >>> adapt(model, preprocessing=models.ResNet18_Weights.DEFAULT).preprocessing.short_side
        256
    """
    given = NetworkInput(
        None if mean is None else tuple(mean), None if std is None else tuple(std), short_side, stride, None
    )
    if isinstance(model, Classifier):
        return _as_it_is(model, classes, preprocessing, given)
    basis, source = read_preprocessing(preprocessing)
    shared: dict[int, object] = {id(t): t for t in itertools.chain(model.parameters(), model.buffers())}
    twin = copy.deepcopy(model, shared).eval()
    kind = type(model).__name__
    linear = _last_linear(twin, kind)
    for module in twin.modules():
        if hasattr(module, "inplace"):
            setattr(module, "inplace", False)  # noqa: B010 - early features are used again: nothing may write into them
    head = nn.Conv2d(linear.in_features, linear.out_features, 1, bias=False)
    head.weight = nn.Parameter(linear.weight.detach()[:, :, None, None], requires_grad=False)
    names = _names(classes, preprocessing, linear.out_features)
    bias = None if linear.bias is None else linear.bias.detach()
    for stages in (_stages(twin), _traced_stages(twin)):
        if stages is None:
            continue
        measured = _verified_stride(twin, stages, head, bias, kind)
        if measured:
            wanted = given.stride or measured
            dilate(stages, measured, wanted, kind)
            split = len(stages) - 2 if len(stages) > 3 else 0
            classifier = Classifier(
                stages, head, names, stride=wanted, split=split, bias=bias, layout=LAYOUT,
                preprocessing=given.applied(basis),
            )  # fmt: skip
            classifier.input_from = source_of(given, NOTHING, source)
            return classifier.eval()
    raise InputError(
        f"{kind} has no global average pooling followed by one linear layer, so it has no class activation maps: "
        "take a network that has (resnet50, densenet121, efficientnet_b0, ...)"
    )


def read_preprocessing(source: Any) -> tuple[Preprocessing, str]:
    """The preprocessing that a Preprocessing, torchvision's weights, their transforms or a Compose mean, and its
    origin.

    Raises:
        InputError: it is none of these.

    Examples:
        >>> read_preprocessing(models.EfficientNet_V2_L_Weights.DEFAULT)
        (Preprocessing(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), short_side=480), 'weights')
        >>> read_preprocessing(None)[1]
        'assumed'
    """
    if source is None:
        return Preprocessing(), "assumed"
    if isinstance(source, Preprocessing):
        return source, "given"
    if isinstance(source, models.WeightsEnum):
        return read_preprocessing(source.transforms())[0], "weights"
    parts = list(getattr(source, "transforms", [source]))
    mean = next((part.mean for part in parts if hasattr(part, "mean") and hasattr(part, "std")), None)
    std = next((part.std for part in parts if hasattr(part, "mean") and hasattr(part, "std")), None)
    if mean is None or std is None:
        raise InputError(
            f"no mean and std can be read from a {type(source).__name__}: give a Preprocessing, torchvision's "
            "weights or "
            "their transforms(), or mean=, std= and short_side="
        )
    sizes = [getattr(part, "resize_size", None) or getattr(part, "size", None) for part in parts]
    side = next((size for size in sizes if size), None)
    if isinstance(side, Sequence):
        side = side[0] if len(side) == 1 or len(set(side)) == 1 else None
    said = NetworkInput(tuple(mean), tuple(std), side)
    return said.applied(Preprocessing()), "weights" if hasattr(source, "resize_size") else "given"


def _as_it_is(model: Classifier, classes: object, preprocessing: object, given: NetworkInput) -> Classifier:
    if classes is not None or preprocessing is not None or given:
        raise InputError("a Classifier has its own classes, input and stride: set its attributes")
    return model


def _names(classes: Sequence[str] | None, preprocessing: Any, rows: int) -> list[str]:
    """Names of the head's rows."""
    if classes is not None:
        if len(classes) != rows:
            raise InputError(
                f"{quantity(len(classes), 'class name')} for the {quantity(rows, 'row')} of the head: give one per row"
            )
        return list(classes)
    if isinstance(preprocessing, models.WeightsEnum) and len(preprocessing.meta.get("categories", ())) == rows:
        return list(preprocessing.meta["categories"])
    return [str(i) for i in range(rows)]


def _last_linear(model: nn.Module, kind: str) -> nn.Linear:
    modules = [m for name, m in model.named_modules() if not name.startswith(_AUXILIARY)]
    linears = [module for module in modules if isinstance(module, nn.Linear)]
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
def _verified_stride(
    model: nn.Module, stages: list[nn.Module], head: nn.Conv2d, bias: Tensor | None, kind: str
) -> int | None:
    """The stride where GAP(maps) + b equals the model's own logits on a probe, else None.

    Raises:
        InputError: they are equal, and a cell of the maps is not a fixed number of pixels.
    """
    for size in _PROBE_SIZES:
        x = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0)).to(head.weight)
        try:
            expected = model(x)
            z = x
            for stage in stages:
                z = stage(z)
            maps = head(z)
        except (RuntimeError, ValueError, TypeError, AssertionError):  # torchvision's own ways to refuse an input
            continue
        logits = maps.mean(dim=(2, 3)) + (0 if bias is None else bias)
        scale = expected.abs().max().clamp_min(1e-6)
        if logits.shape != expected.shape or not torch.all((logits - expected).abs() <= 1e-4 * scale):
            return None
        stride = 2 ** round(math.log2(size[0] / maps.shape[2]))
        if tuple(maps.shape[2:]) != tuple(math.ceil(side / stride) for side in size):
            raise InputError(
                f"{kind} has class activation maps that do not lie over the image: its convolutions have no "
                "padding, so "
                f"{size[0]} x {size[1]} pixels give {maps.shape[2]} x {maps.shape[3]} cells and no whole number "
                "of pixels "
                "per cell; take a network with padding (resnet50, googlenet, ...)"
            )
        return stride
    return None
