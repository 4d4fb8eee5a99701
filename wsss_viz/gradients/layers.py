"""What each layer of a network says of a picture: layers by name, read without changing the network.

A reader is a function from inputs (N, C, H, W) to the layers' outputs by name, each (N, ...), in order. Three are
here: for a Classifier (its stages and the logit of a class), for a Classifier whose late part a method has tuned, and
for any network by the names of its modules.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from wsss_viz.errors import InputError
from wsss_viz.models.classifier import Classifier, channels_last
from wsss_viz.models.digit_network import DigitNetwork

__all__ = ["LOGIT", "Reader", "check_evaluation", "classifier_reader", "digit_reader", "network_reader"]

LOGIT = "logit"
Reader = Callable[[Tensor], dict[str, Tensor]]


def classifier_reader(classifier: Classifier, targets: Sequence[int], late: nn.Module | None = None) -> Reader:
    """The output of each stage, "stage 1" on, and "logit": y^c, raw, of one class for each picture.

    Args:
        classifier: in evaluation mode; left as it is, so any number of threads may read it.
        targets: N indices of classes, c of each picture.
        late: the last stages and the head as a Sequential, in place of the classifier's own: what RIB tunes
            (`methods.late_copy.LateCopy.module`).

    Raises:
        ValueError: BatchNorm or dropout in training mode: a gradient would depend on the other pictures, or on chance.

    >>> import torch
    >>> from wsss_viz import load
    >>> classifier = load("scenes-classifier", "cpu")
    >>> from wsss_viz.gradients.layers import classifier_reader
    >>> list(classifier_reader(classifier, [0])(torch.zeros(1, 3, 64, 96)))
    ['stage 1', 'stage 2', 'stage 3', 'stage 4', 'stage 5', 'logit']
    """
    check_evaluation(classifier)
    modules: list[Any] = [*classifier.stages, classifier.head]
    if late is not None:
        check_evaluation(late)
        tuned = list(late.children())
        modules[len(modules) - len(tuned) :] = tuned
    indices = torch.as_tensor(targets, device=classifier.device)

    def read(x: Tensor) -> dict[str, Tensor]:
        outputs: dict[str, Tensor] = {}
        x = channels_last(x)
        for number, stage in enumerate(modules[:-1], start=1):
            x = stage(x)
            outputs[f"stage {number}"] = x
        logits = classifier.pool(modules[-1](x).contiguous())
        outputs[LOGIT] = logits.gather(1, indices[:, None])[:, 0]
        return outputs

    return read


def digit_reader(network: DigitNetwork, labels: Sequence[int]) -> Reader:
    """The five convolutions after their ReLU, and "logit": z of the picture's own class, -z for a 2.

    >>> import torch
    >>> from wsss_viz.gradients.layers import digit_reader
    >>> from wsss_viz.models.digit_network import DigitNetwork
    >>> network = DigitNetwork("gap", (32, 40)).eval()
    >>> layers = digit_reader(network, [0, 1])(torch.zeros(2, 1, 32, 40))
    >>> layers["conv 1"].shape[2:], layers["logit"].shape
    (torch.Size([32, 40]), torch.Size([2]))
    """
    signs = torch.as_tensor(labels) * 2 - 1

    def read(x: Tensor) -> dict[str, Tensor]:
        *maps, z = network.layers(x)
        names = [f"conv {number}" for number in range(1, len(maps) + 1)]
        return {**dict(zip(names, maps, strict=True)), LOGIT: z * signs.to(z)}

    return read


def network_reader(network: nn.Module, names: Sequence[str], targets: Sequence[int] | None = None) -> Reader:
    """The outputs of modules of any network by their names, as `network.named_modules()` has them.

    The network itself is left as it is and no hook is put on it: each reading runs a copy of its modules that shares
    its parameters and buffers. What a later layer does in place is not done to what was read. Of a module that runs
    several times in one forward, its last output is read.

    Args:
        network: from (N, C, H, W).
        targets: N indices into the network's output (N, K), to read "logit" as well, y^c of each picture.

    Raises:
        InputError: no module of a name.
        ValueError: BatchNorm or dropout in training mode.

    >>> import torch
    >>> from wsss_viz.gradients.layers import network_reader
    >>> network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.Flatten(), torch.nn.Linear(24, 3)).eval()
    >>> layers = network_reader(network, ["0"], targets=[2])(torch.zeros(1, 1, 5, 6))
    >>> {name: tuple(values.shape) for name, values in layers.items()}
    {'0': (1, 2, 3, 4), 'logit': (1,)}
    """
    check_evaluation(network)
    known = dict(network.named_modules())
    for name in names:
        if not name or name not in known:
            near = ", ".join(itertools.islice((n for n in known if n), 12))
            raise InputError(f"the network has no layer {name!r}; it has {near or 'none'}{', ...' * (len(known) > 13)}")

    def read(x: Tensor) -> dict[str, Tensor]:
        shared: dict[int, object] = {id(t): t for t in itertools.chain(network.parameters(), network.buffers())}
        twin = copy.deepcopy(network, shared)
        modules = dict(twin.named_modules())
        outputs: dict[str, Tensor] = {}

        def keep(name: str) -> Callable[[nn.Module, Any, Any], Any]:
            def hook(module: nn.Module, given: Any, output: Any) -> Any:
                if not isinstance(output, Tensor):
                    raise InputError(
                        f"the layer {name!r} gives a {type(output).__name__}, not one tensor; take another"
                    )
                outputs[name] = output
                return output.clone()  # the network goes on with a copy, which it may change in place

            return hook

        for name in names:
            modules[name].register_forward_hook(keep(name))
        output = twin(x)
        missing = [name for name in names if name not in outputs]
        if missing:
            raise InputError(f"the layer {missing[0]!r} takes no part in the network's forward; take another")
        layers = {name: outputs[name] for name in names}
        if targets is not None:
            layers[LOGIT] = output.gather(1, torch.as_tensor(targets, device=output.device)[:, None])[:, 0]
        return layers

    return read


def check_evaluation(network: nn.Module) -> None:
    """Raises ValueError where BatchNorm or dropout is in training mode.

    >>> from torch import nn
    >>> from wsss_viz.gradients.layers import check_evaluation
    >>> check_evaluation(nn.Dropout2d().eval())
    """
    for name, module in network.named_modules():
        if module.training and isinstance(module, _BatchNorm | _DropoutNd):
            raise ValueError(f"`{name or type(module).__name__}` is in training mode: call the network's eval() first")
