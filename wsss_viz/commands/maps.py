"""`maps`: the class maps of a whole data set, one file per image."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wsss_viz.commands.launch import bar_of, device_of, every_rank, processes_option, refiner_of
from wsss_viz.commands.networks import class_names_option, input_options, network_option, open_networks
from wsss_viz.commands.options import (
    check_broken,
    classifier_option,
    data_option,
    device_option,
    official_option,
    refine_option,
    selection_options,
    settings_option,
    skip_broken_option,
    strict_option,
    threads_option,
    views_option,
)
from wsss_viz.commands.progress import Reported, announce, busy, log_options
from wsss_viz.errors import InputError
from wsss_viz.version import __version__

if TYPE_CHECKING:
    from wsss_viz.data.sample import Sample
    from wsss_viz.data.subset import Selection
    from wsss_viz.methods.dataset_run import RankReport
    from wsss_viz.refinement.refiners import Refiner
    from wsss_viz.traces.map_folder import MapWriter


@click.command()
@click.option("--method", "name", default="cam", help="The method.")
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
    "--alpha",
    type=click.FloatRange(min=0, min_open=True),
    help="The background's power in --format crf, (1 - highest map)^alpha; 4, PSA's and SEAM's lower one, by default "
    "(their higher ones: 32 and 24).",
)
@classifier_option
@class_names_option
@input_options
@network_option
@settings_option
@official_option
@views_option("multi-scale")
@click.option(
    "--precision",
    type=click.Choice(["float32", "bf16"]),
    default="float32",
    help="bf16: mixed, for GPUs; slow on most CPUs.",
)
@refine_option
@selection_options
@click.option(
    "--resume/--overwrite",
    "resume",
    default=True,
    help="Go on where a run with the same settings was stopped, or compute again what is there; of a run with other "
    "settings, --overwrite removes the maps in the folder.",
)
@strict_option
@skip_broken_option
@device_option
@threads_option
@processes_option
@log_options
def command(  # noqa: PLR0915 - what a run is, once over
    *,
    name: str,
    data_string: str,
    out: Path,
    map_format: str,
    threshold: float | None,
    alpha: float | None,
    classifier_name: str,
    class_names: Path | None,
    networks: tuple[str, ...],
    network_input: dict[str, Any],
    settings: tuple[str, ...],
    settings_from: str | None,
    views_name: str,
    precision: str,
    refine: str | None,
    selection: Selection,
    resume: bool,
    strict: bool,
    skip_broken: bool,
    device: str,
    threads: int,
) -> None:
    """Write the class maps of a whole data set. Started again with the same settings, it goes on where it was.

    What cannot be read is left out and listed at the end, with exit code 1.

    With several --processes, each takes its share, and the files are the same, byte for byte.
    """
    import torch

    from wsss_viz import data
    from wsss_viz.commands.findings import end, say_findings, say_source
    from wsss_viz.data.findings import Noticed
    from wsss_viz.data.fingerprints import data_digest
    from wsss_viz.data.subset import take
    from wsss_viz.evaluation.report import open_for
    from wsss_viz.methods.binding import bind
    from wsss_viz.methods.catalogue import METHODS, method, read_changes
    from wsss_viz.methods.dataset_run import numbered_by, run_dataset
    from wsss_viz.methods.precision import computing, laid_out, using_threads
    from wsss_viz.methods.views import PRESETS
    from wsss_viz.models.identity import digest_of
    from wsss_viz.models.manifest import settings_of
    from wsss_viz.models.renaming import for_data_set
    from wsss_viz.refinement import refined
    from wsss_viz.traces.irn_maps import CRF_ALPHA
    from wsss_viz.traces.map_folder import MapWriter

    method(name)
    if alpha is not None and map_format != "crf":
        raise InputError("--alpha is of the background in --format crf: give that, or leave it out")
    check_broken(strict, skip_broken)
    changes = read_changes(settings, [name], {} if settings_from else settings_of(classifier_name)).get(name, {})
    given: dict[str, Any] = {}
    if network_input:
        given["input"] = {key: list(v) if isinstance(v, tuple) else v for key, v in network_input.items()}
    with every_rank() as ranks:
        by = refiner_of(refine, device_of(device, ranks))

        def prepare() -> tuple[Any, ...]:
            target_device = device_of(device, ranks)
            whole = data.open(data_string)
            with busy(f"reading the checkpoint {classifier_name}") if ranks.rank == 0 else contextlib.nullcontext():
                opened, paired = open_networks(
                    [name], classifier_name, target_device, class_names, networks, network_input, whole
                )
            for network in (opened, *(network for group in paired.values() for network in group)):
                laid_out(network)
            classifier = for_data_set(opened, whole.classes)
            samples = open_for(data_string, classifier.classes)
            names = numbered_by(classifier.classes, samples.classes)
            numbering = samples.numbering if names == samples.classes else None
            ground = mask_threshold(threshold, by)
            writer = MapWriter(out, names, map_format, ground, numbering, METHODS[name].title, alpha or CRF_ALPHA)
            run = bind(name, classifier, paired, samples, settings_from, **changes)
            stated = {
                "method": name,
                "classifier": digest_of(classifier_name),
                "views": views_name,
                "data": data_digest(whole),
                "precision": precision,
                "settings": run.settings.as_dict(),
                **given,
                **({} if by is None else {"refine": f"{by.name}@{by.settings.background:g}"}),
                **({"class_names": list(classifier.classes)} if class_names else {}),
                **({"networks": [_network_digest(text) for text in networks]} if networks else {}),
            }
            return samples, classifier, run, writer, stated

        samples, classifier, run, writer, stated = ranks.run_on_all(prepare)
        if ranks.rank == 0:
            say_source(samples)
        part = take(samples, selection)
        with using_threads(threads), computing(precision, classifier.device), _stoppable(writer, part):
            reports = run_dataset(
                Reported(run) if by is None else refined(Reported(run), by),
                classifier.classes,
                part,
                writer,
                views=PRESETS[views_name],
                settings=stated,
                about={
                    "classifier": classifier_name,
                    "data": data_string,
                    "networks": list(networks),
                    "wsss_viz": __version__,
                    "torch": torch.__version__,
                },
                ranks=ranks,
                progress=lambda indices: bar_of(ranks)(indices, name),
                strict=strict,
                overwrite=not resume,
            )
        noticed = Noticed(samples.set_notes())
        for report in reports:
            noticed.add(report.noticed)
        if ranks.rank == 0:
            announce(summary(out, reports))
            say_findings(noticed, data_string)
        end(noticed.unreadable, ranks, 0 if skip_broken else 1)


@contextlib.contextmanager
def _stoppable(writer: MapWriter, samples: Sequence[Sample]) -> Iterator[None]:
    """Says, when it is stopped, what is there."""
    from wsss_viz.data.subset import names_of

    try:
        yield
    except KeyboardInterrupt:
        done = sum(writer.path(name).exists() for name in names_of(samples))
        raise KeyboardInterrupt(
            f"{done} of {len(samples)} images are in {writer.folder}; the same command goes on from there"
        ) from None


def mask_threshold(given: float | None, by: Refiner | None) -> float:
    """Of pseudo masks; 0 where a CRF makes them. Raises InputError where both are said."""
    from wsss_viz.traces.map_folder import IRN_THRESHOLD

    if by is None or not by.finishes:
        preset = IRN_THRESHOLD if by is None else by.settings.background
        return preset if given is None else given
    if given is not None:
        raise InputError(f"a CRF's masks have no threshold: give its background's score as --refine {by.name}@...")
    return 0.0


def _network_digest(text: str) -> str:
    """ROLE=DIGEST of ROLE=CHECKPOINT."""
    from wsss_viz.models.identity import digest_of

    role, _, checkpoint = text.partition("=")
    return f"{role}={digest_of(checkpoint)}"


def summary(out: Path, reports: Sequence[RankReport]) -> str:
    """What all ranks did, then each of them where there are several."""
    written, skipped = sum(report.written for report in reports), sum(report.skipped for report in reports)
    seconds = max(report.seconds for report in reports)
    lines = [f"{written} files written to {out}, {skipped} were there already{_speed(written, seconds)}"]
    if len(reports) > 1:
        lines += [
            f"  rank {rank}: {report.written} written, {report.skipped} there already"
            f"{_speed(report.written, report.seconds)}"
            for rank, report in enumerate(reports)
        ]
    return "\n".join(lines)


def _speed(images: int, seconds: float) -> str:
    return f"; {seconds:.1f} s, {images / seconds:.2f} images/s" if images and seconds else ""
