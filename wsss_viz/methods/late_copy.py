"""A copy of a classifier's late part, tuned on one image while the classifier itself stays as it is.

What RIB and CS-AE on a single image share. A copy, and not `torch.func.functional_call` on the classifier's own
modules: that swaps their parameters for the time of the call, which other threads on the same classifier would see.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from wsss_viz.models.classifier import Classifier

__all__ = ["LateCopy", "early_features", "poly"]


def poly(step: int, steps: int, power: float) -> float:
    """(1 - t/T)^power, the field's schedule of the learning rate (`docs/sources.md#poly`); power 0: constant.

    Args:
        step: t, from 0.
        steps: T.

    Examples:
        >>> [poly(step, 4, 1.0) for step in range(4)], poly(3, 4, 0)
        ([1.0, 0.75, 0.5, 0.25], 1.0)
    """
    return float((1 - step / steps) ** power)


def early_features(classifier: Classifier, x: Tensor, split: int) -> Tensor:
    """What never changes while the late part is tuned: (N, 3, H, W) to (N, D, h, w) after `split` stages.

    The features are ordinary tensors also where the caller is in inference mode, so that they can be tuned upon.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network
        >>> x = torch.arange(24.0).view(1, 3, 2, 4)
        >>> early_features(colour_network(stride=2), x, 1)[0, 0].tolist()  # means of 2 x 2
        [[2.5, 4.5]]
    """
    with torch.inference_mode(False), torch.no_grad():
        z = classifier.early(x, split)
        return z.clone() if z.is_inference() else z


class LateCopy:
    """The stages after `split` and the head, copied, every parameter of the copy trainable.

    BatchNorm keeps its running statistics, its weight and bias are tuned (the "fixed" BatchNorm of IRN and
    RIB).

    Attributes:
        module: the stages and the head, a Sequential.
        head: the parameters of the 1x1 classifier.
        body: those of the stages before it.
    """

    def __init__(
        self, classifier: Classifier, split: int, *, head_rate: float = 10.0, momentum: float = 0.0, decay: float = 0.0
    ) -> None:
        """Copies the late part of `classifier`, which must be in evaluation mode.

        Args:
            split: 0 to the number of stages; at the latter the head alone is tuned.
            head_rate: how many times faster the head learns (RIB and IRN: 10).
            momentum, decay: of SGD, as `torch.optim.SGD` has them.

        Raises:
            ValueError: `split` is out of range, or the classifier is in training mode.
        """
        if not 0 <= split <= len(classifier.stages):
            raise ValueError(f"`split` is 0 to {len(classifier.stages)}, the number of stages, got {split}")
        if any(module.training for module in classifier.modules()):
            raise ValueError("the classifier is in training mode: call its eval() first")
        with torch.inference_mode(False):
            late = nn.Sequential(*classifier.stages[split:], classifier.head)
            self.module = copy.deepcopy(late).requires_grad_(True)
        self.head = list(self.module[-1].parameters())
        self.body = [p for stage in self.module[:-1] for p in stage.parameters()]
        self._head_rate, self._momentum, self._decay = head_rate, momentum, decay
        self._velocity: list[Tensor] | None = None
        self._bias = classifier.bias

    def maps(self, z: Tensor) -> Tensor:
        """Early features (N, D, h, w) to the class maps (N, C, h', w'), raw and signed, by the tuned parameters."""
        maps: Tensor = self.module(z)
        return maps

    def with_bias(self, logits: Tensor) -> Tensor:
        """Pooled maps (N, C) to logits (N, C): the classifier's bias is added where it has one; it is not tuned."""
        return logits if self._bias is None else logits + self._bias

    def descend(self, loss: Tensor, rate: float) -> float:
        """One step of SGD, theta <- theta - rate v, v <- momentum v + grad L + decay theta; the head at head_rate.

        Written out and held against `torch.optim.SGD` by the tests: the first instance of that class imports for three
        seconds, more than a whole trace takes.

        Returns:
            The length of the step, the 2-norm over all parameters.
        """
        parameters = self.body + self.head
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True)
        with torch.no_grad():
            directions = [g + self._decay * p if self._decay else g for g, p in zip(gradients, parameters, strict=True)]
            if self._momentum and self._velocity is not None:
                directions = [self._momentum * v + g for v, g in zip(self._velocity, directions, strict=True)]
            self._velocity = directions if self._momentum else None
            rates = [rate] * len(self.body) + [rate * self._head_rate] * len(self.head)
            square = 0.0
            for parameter, direction, step_rate in zip(parameters, directions, rates, strict=True):
                parameter.sub_(direction, alpha=step_rate)
                square += step_rate**2 * float(direction.square().sum())
        return square**0.5
