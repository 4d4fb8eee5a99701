"""`maps` by the traces that figures and earlier runs have computed: the same bits, read where they are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsss_viz.commands.maps import Job
    from wsss_viz.commands.run_options import RunOptions
    from wsss_viz.data.sample import Sample
    from wsss_viz.figures.trace_cache import CachedRun
    from wsss_viz.methods.binding import Runner

__all__ = ["MOST_STORED", "cached"]

MOST_STORED = 200
"""Images of a run whose traces are kept: those of a whole data set would push out all others."""


def cached(
    run: Runner, job: Job, method: str, changes: dict[str, Any], options: RunOptions, data: str, count: int, reads: bool
) -> CachedRun:
    """The run, in the words of `Tracer`: what a figure has computed is read here, and the other way round.

    Args:
        count: images of the run.
        reads: whether what is there is read; what is computed is kept in either case, of `MOST_STORED` images at most.
    """
    from wsss_viz.data.fingerprints import data_digest
    from wsss_viz.data.matching import matching
    from wsss_viz.figures.companions import drawn_from
    from wsss_viz.figures.trace_cache import CachedRun, run_facts, trace_key
    from wsss_viz.methods.catalogue import METHODS
    from wsss_viz.models.class_lists import read_class_names
    from wsss_viz.models.manifest import trained_names

    role = METHODS[method].role
    given = [text.partition("=")[2] for text in options.networks if text.partition("=")[0] == role]
    facts = run_facts(
        method,
        classifier=options.classifier_name,
        class_names=read_class_names(options.class_names) if options.class_names else None,
        networks=given or (trained_names(role, options.classifier_name) if role else ()),
        network_input=options.network_input,
        settings=changes,
        views=options.views_name,
        device=str(job.classifier.device),
        threads=options.threads,
        data=data,
        classes=job.data.classes,
        companions=data_digest(job.data) if METHODS[method].companions else "",
    )
    words = {other: name for name, other in matching(job.data.classes, job.classifier.classes).renamed.items()}

    def key(sample: Sample) -> str:
        labels = None if sample.labels is None else tuple(words.get(label, label) for label in sample.labels)
        return trace_key(facts, sample, labels)

    classes = [words.get(one, one) for one in job.classifier.classes]
    companions = drawn_from(job.run) if METHODS[method].companions else None
    return CachedRun(run, key, classes, method, companions, keeps=count <= MOST_STORED, reads=reads)
