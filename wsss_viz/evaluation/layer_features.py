"""What a classifier's layers hold of an object's regions: one mean feature per layer, image and region.

    f_k(R) = sum_u w_R(u) T_k(u) / sum_u w_R(u)

with T_k the output of stage k and w_R the share of each of its cells that lies in region R. Every image asks about one
object, so that the regions of one table share labels and cap. A cell sees around it: what the features of one region
say may come from the next, as far as the receptive field reaches, and in early stages it reaches a few pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from wsss_viz.data import open as open_data
from wsss_viz.data.sample import BACKGROUND, DISCRIMINATIVE, NON_DISCRIMINATIVE, Sample
from wsss_viz.data.scenes.coats import COATS
from wsss_viz.data.scenes.dataset import Singles
from wsss_viz.data.subset import take
from wsss_viz.errors import InputError
from wsss_viz.methods import rib
from wsss_viz.methods.rib_companions import Companions, shipped_companions
from wsss_viz.models.classifier import Classifier

__all__ = [
    "FEWEST_CELLS",
    "SINGLES",
    "Array",
    "Asked",
    "LayerFeatures",
    "Progress",
    "asked_of",
    "layer_features",
    "rib_features",
]

FEWEST_CELLS = 0.5  # of a region, in every layer: with less, its mean is another region's
SINGLES = "singles"
Array = NDArray[np.float32]
Progress = Callable[[Iterable[int], str], Iterable[int]]


@dataclass(frozen=True, eq=False)
class Asked:
    """One image and the object in it that is asked about.

    Attributes:
        sample: with mask and parts.
        name: the object's class.
        coat: how it is marked, where that is known.
    """

    sample: Sample
    name: str
    coat: str | None = None

    def regions(self) -> NDArray[np.bool_]:
        """(3, H, W), as `layer_information.REGIONS`: the object's two kinds of parts, and what is no object at all."""
        mask, parts = self.sample.mask, self.sample.parts
        if mask is None or parts is None:
            raise InputError(f"{self.sample.name} has no mask with parts; take the drawn scenes")
        class_mask = self.sample.class_mask(self.name)
        return np.stack(
            [class_mask & (parts == DISCRIMINATIVE), class_mask & (parts == NON_DISCRIMINATIVE), mask == BACKGROUND]
        )


@dataclass(frozen=True, eq=False)
class LayerFeatures:
    """The features of n images.

    Attributes:
        layers: their names, in order.
        values: for each layer (n, 3, d), a row of `layer_information.REGIONS` each.
        targets: what may be asked of them: "class" and, where known, "coat"; (n,) names each.
        count: images that were looked at; the others lack a region of a size to be measured.
    """

    layers: tuple[str, ...]
    values: tuple[Array, ...]
    targets: dict[str, NDArray[np.str_]]
    count: int


def asked_of(data: str, limit: int | None = None) -> list[Asked]:
    """The first images of a data set with masks and parts, each with its largest object that shows both kinds of parts.

    Args:
        data: a data string (`scenes:test`), or `singles:SPLIT`, the drawings of one object, whose coats are known.

    Raises:
        InputError: no such data, or data without masks and parts.

    Examples:
        >>> [(asked.name, asked.coat) for asked in asked_of("singles:test", 2)]
        [('sheep', 'plain'), ('bird', 'spots')]
    """
    kind, _, split = data.partition(":")
    if kind == SINGLES:
        singles = Singles(split)
        rows = (singles[index] for index in range(min(limit or len(singles), len(singles))))
        drawn = ((row.sample, COATS[row.coat_index]) for row in rows)
        return [Asked(sample, sample.labels[0], coat) for sample, coat in drawn if sample.labels]
    candidates = (_largest(sample) for sample in take(open_data(data), limit))
    return [asked for asked in candidates if asked is not None]


def _largest(sample: Sample) -> Asked | None:
    if sample.parts is None or sample.mask is None or sample.labels is None:
        raise InputError(f"{sample.name} has no mask with parts; take the drawn scenes, such as scenes:test")
    sizes = {name: Asked(sample, name).regions()[:2].sum(axis=(1, 2)) for name in sample.labels}
    whole = {name: int(size.sum()) for name, size in sizes.items() if size.min() > 0}
    return Asked(sample, max(whole, key=lambda name: whole[name])) if whole else None


def layer_features(
    classifier: Classifier, asked: Sequence[Asked], progress: Progress = lambda items, _: items
) -> LayerFeatures:
    """The mean features of every stage's output and of the class maps, by region.

    Raises:
        InputError: no image has all three regions.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network
        >>> features = layer_features(colour_network(stride=8), asked_of("scenes:test", 4))
        >>> features.layers, features.values[-1].shape, features.targets["class"].tolist()
        (('stage 1', 'stage 2', 'class maps'), (4, 3, 3), ['bus', 'bus', 'horse', 'cow'])
    """
    names = (*(f"stage {k}" for k in range(1, len(classifier.stages) + 1)), "class maps")

    def features_of(one: Asked) -> list[Tensor]:
        return list(_outputs(classifier.preprocess(one.sample.image), [*classifier.stages, classifier.head]))

    (features,) = _collect(asked, names, 1, lambda one: [features_of(one)], progress, "layers")
    return features


def rib_features(
    classifier: Classifier, asked: Sequence[Asked], steps: int, progress: Progress = lambda items, _: items
) -> list[LayerFeatures]:
    """The same after each of RIB's iterations 0 to `steps`, of the stages that it tunes and of the class maps.

    RIB is told no label here: it tunes on the class that the classifier scores highest. Told the label, its features
    would say what it was told, and not what the image says. An image at which it stops keeps its last features.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network
        >>> network = colour_network(stride=8)
        >>> network.settings = {"rib": {"rate": 0.001, "explode_share": 1.0}}
        >>> before, after = rib_features(network, asked_of("scenes:test", 4), 1)
        >>> before.layers, bool((before.values[-1] == after.values[-1]).any())  # RIB has moved them all
        (('stage 2', 'class maps'), False)
    """
    split = classifier.split
    tuned = range(split + 1, len(classifier.stages) + 1)
    names = (*(f"stage {k}" for k in tuned), "class maps")
    companions = Companions.of(classifier, shipped_companions(classifier.classes), split)

    def features_of(one: Asked) -> list[list[Tensor]]:
        z = classifier.early(classifier.preprocess(one.sample.image))
        seen: list[list[Tensor]] = []

        def watch(_: int, module: nn.Module) -> None:
            with torch.no_grad():
                seen.append(list(_outputs(z, list(module.children()))))

        unlabelled = replace(one.sample, labels=None)
        # By "before" RIB would end at theta_{steps-1}.
        for _ in rib(
            classifier, unlabelled, steps=steps, accumulate="after", companion_samples=companions, callback=watch
        ):
            pass
        return seen + [seen[-1]] * (steps + 1 - len(seen))

    return _collect(asked, names, steps + 1, features_of, progress, "RIB")


def _outputs(z: Tensor, modules: Sequence[nn.Module]) -> Iterator[Tensor]:
    for module in modules:
        z = module(z)
        yield z


def _collect(
    asked: Sequence[Asked],
    names: tuple[str, ...],
    tables: int,
    features_of: Callable[[Asked], list[list[Tensor]]],
    progress: Progress,
    title: str,
) -> list[LayerFeatures]:
    rows: list[list[list[Array]]] = [[[] for _ in names] for _ in range(tables)]
    measured = []
    for index in progress(range(len(asked)), title):
        with torch.no_grad():
            outputs = features_of(asked[index])
            regions = torch.from_numpy(asked[index].regions()).float()
            means = [[_means(T, regions) for T in layers] for layers in outputs]
        if any(mean is None for layers in means for mean in layers):
            continue
        measured.append(asked[index])
        for table, layers in zip(rows, means, strict=True):
            for column, mean in zip(table, layers, strict=True):
                assert mean is not None
                column.append(mean)
    if not measured:
        raise InputError(f"of {len(asked)} images none shows both kinds of parts and the background; take more")
    targets = {"class": np.array([one.name for one in measured])}
    if all(one.coat is not None for one in measured):
        targets["coat"] = np.array([one.coat for one in measured])
    return [LayerFeatures(names, tuple(np.stack(column) for column in table), targets, len(asked)) for table in rows]


def _means(T: Tensor, regions: Tensor) -> Array | None:
    """(3, d) of one image's T (1, d, h, w) and its regions (3, H, W); None where a region has too few cells."""
    weights = functional.interpolate(regions[None], T.shape[-2:], mode="area")[0].to(T.device)
    mass = weights.sum(dim=(1, 2))
    if float(mass.min()) < FEWEST_CELLS:
        return None
    means: Array = (torch.einsum("rhw,dhw->rd", weights, T[0]) / mass[:, None]).float().cpu().numpy()
    return means
