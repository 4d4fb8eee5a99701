"""Methods on a classifier under a data set's names: for each image the rows that fit it, then the method as ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from wsss_viz import data
from wsss_viz.data.photographs import Photographs
from wsss_viz.data.sample import Sample
from wsss_viz.data.subset import Chosen
from wsss_viz.methods.views import Views
from wsss_viz.models.renaming import RenamedClassifier
from wsss_viz.traces.step import Step

Bind = Callable[..., Callable[[Sample, Views], Iterator[Step]]]


def run_renamed(bind: Bind, renamed: RenamedClassifier, sample: Sample, views: Views) -> Iterator[Step]:
    """A method's Steps on one image; its maps' classes are `renamed.classes`, then those of the companions at hand.

    RIB's companions are the shipped photographs that show none of the image's classes, each by its ImageNet class.

    Args:
        bind: from a classifier and `samples`, the companions, to a bound method.
        sample: without labels, those that are recognised are looked at.
    """
    labels = renamed.recognise(sample.image) if sample.labels is None else sample.labels
    excluded = renamed.synset_names(labels)
    photographs = Photographs()
    free = [i for i, names in enumerate(photographs.labels) if excluded.isdisjoint(names)]
    also = [name for i in free for name in photographs.labels[i]]
    classifier = renamed.for_image(sample.image, also)
    companions = Chosen(data.open("photos"), free)
    return bind(classifier, samples=companions)(replace(sample, labels=labels), views)
