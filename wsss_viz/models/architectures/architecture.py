"""What an architecture says of itself, and what was recognised of it in a file. Needs no torch."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from wsss_viz.errors import InputError
from wsss_viz.models.imagenet import IMAGENET_MEAN, IMAGENET_STD
from wsss_viz.models.reading.bounds import TensorInfo

if TYPE_CHECKING:
    from torch import nn

    from wsss_viz.models.classifier import Classifier

__all__ = ["COUNTER", "Architecture", "Recognised", "Shapes", "Tensors", "norm_shapes"]

Tensors = Mapping[str, TensorInfo]
Shapes = dict[str, tuple[int, ...]]
"""A network's tensors by name."""

COUNTER = "num_batches_tracked"


@dataclass(frozen=True)
class Recognised:
    """A network recognised in a file.

    Attributes:
        architecture: its name in the registry.
        prefix: what all its names in the file begin with, "" for nothing.
        sources: for each tensor of the network its names in the file: the first is read, the others must equal it.
        shapes: of the network's tensors, the head's as `head`.
        missing: of the network's tensors, those that are not in the file.
        unexpected: of the file's tensors, those that would take part in a forward and have no place in the network.
        unused: names of the file that are known and not needed, and what they are.
        head: the classifier's name in `shapes`; "" where there is none.
        bias: the name of its bias in `shapes`; "" where it has none.
        rows: of the head, its classes with a background where it has one.
        variant: what tells networks of one architecture apart (depths, widths), as `Architecture.variant` has it.
        networks: other networks in the file, as `FILE#...` names them.
        problems: why no classifier can be made of it, one line each.
        notes: what is worth knowing, one line each.
    """

    architecture: str
    prefix: str
    sources: dict[str, tuple[str, ...]]
    shapes: Shapes
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    unused: dict[str, str] = field(default_factory=dict)
    head: str = ""
    bias: str = ""
    rows: int = 0
    variant: Any = None
    networks: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def matched(self) -> int:
        """How many of the network's tensors are there."""
        return len(self.shapes) - len(self.missing)

    @property
    def parameters(self) -> int:
        """Numbers in the network's tensors."""
        return sum(TensorInfo("F32", shape).count for shape in self.shapes.values())


class Architecture:
    """One architecture. What it is told by name and shape needs no torch; building does.

    Attributes:
        name: in checkpoints and in `Classifier.layout`.
        title: in words.
        anchors: patterns, each of a name that a file of the network must hold; what stands before a match is its
            prefix.
        heads: names of the classifier's module, the likelier first; of another name it is taken where it is the only
            layer that reads the network's features.
        same_heads: whether several of these names are names of one tensor.
        asked_heads: heads beside the usual one, by the first part of their names, and why one of the two must be asked
            for (`FILE#NAME`).
        stride: pixels per cell of the maps, where nobody says another.
        built_stride: of what `network` builds; 0: the same.
        strides: those that can be chosen when it is loaded; a smaller one dilates where the network would shrink.
        split: stages that its own training left as they were, which methods leave alone too.
        mean, std, short_side: of its input, the fields of `Preprocessing`.
        input_source: where these are from: "published" with the network's code, or "assumed".
        recipe: how its maps become an image's, of `traces.layout_maps.RECIPES`.
        maps_are: in words, which maps `refinement` gives in place of the head's; "" for none.
    """

    name = ""
    title = ""
    anchors: tuple[str, ...] = ()
    heads: tuple[str, ...] = ("fc", "classifier", "head")
    same_heads = False
    asked_heads: Mapping[str, str] = MappingProxyType({})
    stride = 32
    built_stride = 0
    strides: tuple[int, ...] = (32,)
    split = 3
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    short_side: int | None = None
    input_source = "assumed"
    recipe = "irn"
    maps_are = ""

    def prefixes(self, names: Sequence[str]) -> list[str]:
        """Where in a file networks of this architecture begin."""
        pattern = re.compile(rf"(?P<prefix>(?:.*\.)?)(?:{'|'.join(self.anchors)})") if self.anchors else None
        matches = [pattern.fullmatch(name) for name in names] if pattern else []
        return list(dict.fromkeys(match["prefix"] for match in matches if match))

    def network_name(self, key: str) -> str:
        """The network's name of a tensor that the file calls `key`; "" for what is none of the network's."""
        return key

    def variant(self, tensors: Tensors) -> Any:
        """Which of the networks of this architecture the tensors, by the network's names, are of."""
        return None

    def shapes(self, variant: Any) -> Shapes:
        """The network's tensors without head and counters."""
        raise NotImplementedError(self.name)

    def width(self, variant: Any) -> int:
        """Channels of the features that the head reads."""
        raise NotImplementedError(self.name)

    def unused(self, key: str) -> str:
        """What a tensor of the file is that the class maps do not need; "" where it is none such."""
        return ""

    def without_head(self, tensors: Tensors) -> str:
        """Why the tensors have no classifier, and the remedy."""
        return f"there is no linear head ({self.heads[0]}.weight): a backbone has no class maps, give a classifier"

    def remarks(self, tensors: Tensors, variant: Any) -> tuple[list[str], list[str]]:
        """Problems and notes that are this architecture's own."""
        return [], []

    def network(self, variant: Any) -> nn.Module:
        """The network without head and without numbers, its tensors named as in `shapes`."""
        raise NotImplementedError(self.name)

    def module_names(self, variant: Any) -> Mapping[str, str]:
        """By the names in `shapes` those of the module that `network` builds, where they differ."""
        return {}

    def stages(self, network: nn.Module) -> list[nn.Module]:
        """The network as modules applied in order."""
        raise NotImplementedError(self.name)

    def refinement(self, network: nn.Module, head: nn.Conv2d) -> nn.Module | None:
        """What makes the maps that are looked at of the head's (`Classifier.localise`); None: they are the head's."""
        return None

    def described(self, description: Mapping[str, Any], classes: Sequence[str]) -> Classifier:
        """The classifier, without numbers, that a checkpoint of this project describes in its header.

        Raises:
            ValueError, KeyError, TypeError: the description is of no such network.
        """
        raise ValueError(f"no checkpoint of this project is of the architecture {self.name!r}")

    def check_stride(self, stride: int) -> None:
        """Raises InputError for a stride that the network cannot have."""
        if stride not in self.strides:
            raise InputError(
                f"{self.title} has maps of stride {' or '.join(map(str, self.strides))}, not {stride}: leave "
                "the stride "
                "out or give one of these"
            )


def norm_shapes(at: str, width: int) -> Shapes:
    """The tensors of a BatchNorm of `width` channels, without its counter.

    Examples:
        >>> norm_shapes("bn1", 64)["bn1.bias"]
        (64,)
    """
    return {f"{at}.{part}": (width,) for part in ("weight", "bias", "running_mean", "running_var")}
