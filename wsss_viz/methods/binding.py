"""A method with its networks and settings, so that only a sample and the views are left to give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wsss_viz.data.photographs import Photographs
from wsss_viz.data.sample import Sample
from wsss_viz.data.sources import open as open_data
from wsss_viz.data.subset import Subset
from wsss_viz.errors import InputError
from wsss_viz.methods.availability import why_not
from wsss_viz.methods.catalogue import method
from wsss_viz.methods.core import resolve
from wsss_viz.methods.rib_companions import shipped_companions
from wsss_viz.methods.settings import Settings
from wsss_viz.methods.views import Views
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.renaming import RenamedClassifier
from wsss_viz.traces.step import Step

__all__ = ["BoundMethod", "Networks", "RenamedMethod", "Runner", "bind"]

Runner = Callable[[Sample, Views], Iterator[Step]]
"""A method bound to its networks: a sample and the views to its Steps."""

Networks = Mapping[str, Sequence[Classifier]]
"""Trained networks by the role they have in the register of checkpoints."""


def bind(
    name: str,
    classifier: Classifier | RenamedClassifier,
    networks: Networks | None = None,
    samples: Sequence[Sample] = (),
    settings: Settings | str | None = None,
    **changes: Any,
) -> BoundMethod:
    """The method of that name on a classifier; gives what a direct call of it gives.

    Args:
        networks: what `paired_networks.load_paired` loaded; those of other roles are left alone.
        samples: the data set at hand, which RIB's companions are drawn from where it has labels that the classifier
            knows, and nothing that ships is for this classifier (`rib_companions.shipped_companions`).
        settings: None: the classifier's own for the method, else the official ones; "official": these in any case.
        changes: of single settings, or `classes`, `companion_samples` and `callback` as the method has them.

    Raises:
        InputError: the method is unknown, a setting makes no sense, or the paired network is not there.

    Examples:
        >>> from wsss_viz.methods.views import SINGLE
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> run = bind("ae", colour_network(), threshold=0.25, classes=("blue",))
        >>> (step, *more) = run(flag(), SINGLE)
        >>> step.settings["threshold"], step.targets
        (0.25, (2,))
    """
    if isinstance(classifier, RenamedClassifier):
        return RenamedMethod.of(bind(name, classifier.classifier, networks, samples, settings, **changes), classifier)
    entry = method(name)
    inputs: dict[str, Any] = {
        key: changes.pop(key) for key in ("classes", "companion_samples", "callback") if key in changes
    }
    resolved = resolve(entry.settings, entry.settings_name, classifier, settings, changes)
    paired = tuple((networks or {}).get(entry.role or "", ()))
    reason = why_not(name, classifier.classes, {entry.role: [n.classes for n in paired]} if entry.role else {})
    if reason:
        raise InputError(reason)
    if entry.role is not None:
        inputs[entry.parameter] = paired if entry.several else paired[0]
    if entry.companions and "companion_samples" not in inputs and not shipped_companions(classifier.classes):
        labelled = len(samples) > 0 and not set(samples[0].labels or ()).isdisjoint(classifier.classes)
        inputs["companion_samples"] = samples if labelled else ()
    return BoundMethod(name, classifier, resolved, inputs)


@dataclass(frozen=True, eq=False)
class BoundMethod:
    """A method that only a sample and the views are left to give.

    Attributes:
        name: of the method.
        classifier: it runs on.
        settings: it runs with.
        inputs: what else it is given: paired networks, companions' images.
    """

    name: str
    classifier: Classifier
    settings: Settings
    inputs: Mapping[str, Any]

    def __call__(self, sample: Sample, views: Views) -> Iterator[Step]:
        """The Steps on one sample."""
        run = method(self.name).load()
        steps: Iterator[Step] = run(self.classifier, sample, views=views, settings=self.settings, **self.inputs)
        return steps


@dataclass(frozen=True, eq=False)
class RenamedMethod(BoundMethod):
    """A method on a classifier under a data set's names: for each image the rows that fit it, then the method as ever.

    RIB's companions are the shipped photographs that show none of the image's classes, each by its ImageNet class. The
    maps are those of `renamed.classes`, then those of the companions' classes.
    """

    renamed: RenamedClassifier

    @classmethod
    def of(cls, bound: BoundMethod, renamed: RenamedClassifier) -> RenamedMethod:
        """Raises InputError for a method with a second network, whose rows would have to be chosen too."""
        if method(bound.name).role is not None:
            raise InputError(
                f"{bound.name} looks with a second network, which has no rows under these names: leave it out"
            )
        return cls(bound.name, bound.classifier, bound.settings, bound.inputs, renamed)

    def __call__(self, sample: Sample, views: Views) -> Iterator[Step]:
        """The Steps on one sample; of one without labels, those that are recognised are looked at."""
        labels = self.renamed.recognise(sample.image) if sample.labels is None else sample.labels
        inputs, also = dict(self.inputs), []
        if method(self.name).companions:
            excluded, photographs = self.renamed.synset_names(labels), Photographs()
            eligible = [i for i, names in enumerate(photographs.labels) if excluded.isdisjoint(names)]
            also = [name for i in eligible for name in photographs.labels[i]]
            inputs["companion_samples"] = Subset(open_data("photos"), eligible)
        classifier = self.renamed.for_image(sample.image, also)
        bound = BoundMethod(self.name, classifier, self.settings, inputs)
        return bound(replace(sample, labels=labels), views)
