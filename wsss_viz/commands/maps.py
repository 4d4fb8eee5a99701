"""`maps`: the class maps of a whole data set, one file per image."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from wsss_viz.commands.cached import cached
from wsss_viz.commands.launch import bar_of, every_rank
from wsss_viz.commands.options import classes_option, data_option
from wsss_viz.commands.progress import Reported, announce, stoppable
from wsss_viz.commands.run_options import RunOptions, run_options
from wsss_viz.errors import InputError
from wsss_viz.interrupts import NOT_BEGUN
from wsss_viz.version import __version__
from wsss_viz.wording import quantity

if TYPE_CHECKING:
    from wsss_viz.data.sample import Sample
    from wsss_viz.data.sources import DataSet
    from wsss_viz.methods.binding import BoundMethod, Runner
    from wsss_viz.methods.dataset_run import RankReport
    from wsss_viz.models.classifier import Classifier
    from wsss_viz.models.renaming import RenamedClassifier
    from wsss_viz.refinement.refiners import Refiner
    from wsss_viz.traces.map_folder import MapWriter


@click.command()
@click.option("--method", "name", default="cam", help="The method; `methods` lists them.")
@data_option
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="The folder to write to.")
@click.option(
    "--format",
    "map_format",
    type=click.Choice(["ours", "irn", "psa", "crf", "mask", "fiftyone", "overlay"]),
    default="ours",
    help="ours: .npz, raw; irn: IRN's .npy dictionary (keys, cam, high_res); psa: PSA's ({class: map}); crf: the form "
    "of PSA's and SEAM's CRF files (0 the background, class + 1), without the CRF; mask: pseudo masks as palette PNG; "
    "fiftyone: an 8-bit PNG per class, with its range; overlay: a PNG to look at, with title, contour and colour bar.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(min=0, max=1, max_open=True),
    help="The background's score in pseudo masks (--format mask), and the contour of overlays; 0.15, IRN's on "
    "VOC, by default. A CRF's is said in --refine.",
)
@click.option(
    "--precision",
    type=click.Choice(["float32", "bf16"]),
    default="float32",
    help="bf16: mixed, for GPUs; slow on most CPUs.",
)
@click.option(
    "--resume/--overwrite",
    "resume",
    default=True,
    help="Go on where a run with the same settings was stopped, or compute again what is there; of a run with other "
    "settings, --overwrite removes the maps in the folder.",
)
@click.option(
    "--alpha",
    type=click.FloatRange(min=0, min_open=True),
    help="The background's power in --format crf, (1 - highest map)^alpha; 4, PSA's and SEAM's lower one, by default "
    "(their higher ones: 32 and 24).",
)
@classes_option
@run_options
@stoppable(lambda said: said or NOT_BEGUN)
def command(
    *,
    name: str,
    data_string: str,
    out: Path,
    map_format: str,
    threshold: float | None,
    alpha: float | None,
    precision: str,
    resume: bool,
    only: tuple[str, ...],
    options: RunOptions,
) -> None:
    """Write the class maps of a whole data set. Started again with the same settings, it goes on where it was.

    What cannot be read is left out and listed at the end, with exit code 1.

    With several --processes, each takes its share, and the files are the same, byte for byte.
    """
    import torch

    from wsss_viz.commands.findings import end, say_findings, say_source
    from wsss_viz.data.findings import Noticed
    from wsss_viz.data.matching import named_classes
    from wsss_viz.data.numbering import default_numbering
    from wsss_viz.data.subset import take
    from wsss_viz.methods.catalogue import METHODS
    from wsss_viz.methods.dataset_run import numbered_by, run_dataset
    from wsss_viz.methods.precision import computing, using_threads
    from wsss_viz.methods.views import PRESETS
    from wsss_viz.refinement import refined
    from wsss_viz.traces.irn_maps import CRF_ALPHA
    from wsss_viz.traces.map_folder import MapWriter

    if alpha is not None and map_format != "crf":
        raise InputError("--alpha is of the background in --format crf: give that, or leave it out")
    changes = options.changes([name]).get(name, {})
    with every_rank() as ranks:
        by = options.refiner(ranks)

        def prepare() -> tuple[Job, MapWriter, tuple[str, ...]]:
            networks = partial(options.open_networks, [name], ranks=ranks)
            job = open_job(name, data_string, changes, networks, options.settings_from)
            names = numbered_by(job.classifier.classes, job.samples.classes)
            numbering = job.samples.numbering if names == job.samples.classes else None
            ground = mask_threshold(threshold, by)
            wanted = named_classes(only, job.classifier.classes, numbering or default_numbering(names))
            title = METHODS[name].title
            return job, MapWriter(out, names, map_format, ground, numbering, title, alpha or CRF_ALPHA), wanted

        job, writer, wanted = ranks.run_on_all(prepare)
        if ranks.rank == 0:
            say_source(job.samples)
        part = take(job.samples, options.selection)
        run: Runner = Reported(job.run)
        shared = None
        if precision == "float32" and options.settings_from is None and not data_string.startswith("photos"):
            run = shared = cached(run, job, name, changes, options, data_string, len(part), reads=resume)
        goes_on = f"{'the same command' if resume else 'without --overwrite the command'} goes on from there"
        stopping = stoppable(lambda _: f"{count_of(writer, part)}; {goes_on}")
        with using_threads(options.threads), computing(precision, job.classifier.device), stopping:
            reports = run_dataset(
                run if by is None else refined(run, by),
                job.classifier.classes,
                part,
                writer,
                views=PRESETS[options.views_name],
                settings=_stated(name, job, precision, by, options, wanted),
                about={
                    "classifier": options.classifier_name,
                    "data": data_string,
                    "networks": list(options.networks),
                    "wsss_viz": __version__,
                    "torch": torch.__version__,
                },
                ranks=ranks,
                progress=lambda indices: bar_of(ranks)(indices, name),
                strict=options.strict,
                overwrite=not resume,
                only=wanted,
            )
            noticed = Noticed(job.samples.set_notes())
            for report in reports:
                noticed.add(report.noticed)
            read = sum(ranks.all_gather(0 if shared is None else shared.read))
            if ranks.rank == 0:
                announce(summary(out, reports, read))
                say_findings(noticed, data_string)
            end(noticed.unreadable, ranks, options.code_of_broken)


class Job(NamedTuple):
    """The data set under its own names and under the classifier's, and the method bound to its networks."""

    data: DataSet
    samples: DataSet
    classifier: Classifier | RenamedClassifier
    run: BoundMethod


def open_job(
    name: str,
    data_string: str,
    changes: dict[str, Any],
    networks: Callable[[DataSet], tuple[Classifier, dict[str, tuple[Classifier, ...]]]],
    settings: str | None = None,
) -> Job:
    """The method of that name on the data set; `networks` opens the classifier and the paired ones for it."""
    from wsss_viz import data
    from wsss_viz.evaluation.report import open_for
    from wsss_viz.methods.binding import bind
    from wsss_viz.methods.precision import laid_out
    from wsss_viz.models.renaming import for_data_set

    whole = data.open(data_string)
    opened, paired = networks(whole)
    for network in (opened, *itertools.chain.from_iterable(paired.values())):
        laid_out(network)
    classifier = for_data_set(opened, whole.classes)
    samples = open_for(data_string, classifier.classes)
    return Job(whole, samples, classifier, bind(name, classifier, paired, samples, settings, **changes))


def _stated(
    name: str, job: Job, precision: str, by: Refiner | None, options: RunOptions, wanted: Sequence[str]
) -> dict[str, Any]:
    """What the maps depend on, as their folder keeps it."""
    from wsss_viz.data.fingerprints import data_digest
    from wsss_viz.models.identity import digest_of

    stated: dict[str, Any] = {
        "method": name,
        "classifier": digest_of(options.classifier_name),
        "views": options.views_name,
        "data": data_digest(job.data),
        "precision": precision,
        "settings": job.run.settings.as_dict(),
    }
    if wanted:
        stated["only_classes"] = list(wanted)
    if options.network_input:
        stated["input"] = {key: list(v) if isinstance(v, tuple) else v for key, v in options.network_input.items()}
    if by is not None:
        stated["refine"] = f"{by.name}@{by.settings.background:g}"
    if options.class_names:
        stated["class_names"] = list(job.classifier.classes)
    if options.networks:
        pairs = [text.partition("=") for text in options.networks]
        stated["networks"] = [f"{role}={digest_of(checkpoint)}" for role, _, checkpoint in pairs]
    return stated


def count_of(writer: MapWriter, samples: Sequence[Sample]) -> str:
    """How many of the samples' files are there, in words."""
    from wsss_viz.data.subset import names_of

    done = sum(writer.path(name).exists() for name in names_of(samples))
    return f"{done} of {quantity(len(samples), 'image')} {'is' if len(samples) == 1 else 'are'} in {writer.folder}"


def mask_threshold(given: float | None, by: Refiner | None) -> float:
    """Of pseudo masks; 0 where a CRF makes them. Raises InputError where both are said."""
    from wsss_viz.traces.map_folder import IRN_THRESHOLD

    if by is None or not by.finishes:
        preset = IRN_THRESHOLD if by is None else by.settings.background
        return preset if given is None else given
    if given is not None:
        raise InputError(f"a CRF's masks have no threshold: give its background's score as --refine {by.name}@...")
    return 0.0


def summary(out: Path, reports: Sequence[RankReport], read: int = 0) -> str:
    """What all ranks did, then each of them where there are several.

    Args:
        read: how many traces were read from the cache; then no speed is said, which would not be the method's.
    """
    written, skipped = sum(report.written for report in reports), sum(report.skipped for report in reports)
    seconds = max(report.seconds for report in reports)
    how = f"; {read} of them by maps computed before, {seconds:.1f} s" if read else _speed(written, seconds)
    there = f"{skipped} {'was' if skipped == 1 else 'were'} there already"
    lines = [f"{quantity(written, 'file')} written to {out}, {there}{how}"]
    if empty := sum(report.empty for report in reports):
        lines.append(f"  {quantity(empty, 'file')} without a map: the image has none of --classes")
    if len(reports) > 1:
        lines += [
            f"  rank {rank}: {report.written} written, {report.skipped} there already"
            f"{'' if read else _speed(report.written, report.seconds)}"
            for rank, report in enumerate(reports)
        ]
    return "\n".join(lines)


def _speed(images: int, seconds: float) -> str:
    return f"; {seconds:.1f} s, {images / seconds:.2f} images/s" if images and seconds else ""
