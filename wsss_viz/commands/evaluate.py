"""`evaluate`: methods scored on a data set with masks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wsss_viz.commands.launch import bar_of, device_of, every_rank, processes_option, refiner_of
from wsss_viz.commands.networks import class_names_option, input_options, network_option, open_networks
from wsss_viz.commands.options import (
    also_option,
    check_broken,
    classifier_option,
    data_option,
    device_option,
    json_option,
    names_option,
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
from wsss_viz.traces.centres import ALIGNMENTS, FIELD

if TYPE_CHECKING:
    from wsss_viz.data.subset import Selection
    from wsss_viz.methods.binding import BoundMethod
    from wsss_viz.models.classifier import Classifier
    from wsss_viz.models.renaming import RenamedClassifier


@click.command()
@names_option("cam")
@also_option
@data_option
@classifier_option
@class_names_option
@input_options
@network_option
@settings_option
@official_option
@views_option("multi-scale")
@click.option(
    "--tune-on",
    default="auto",
    help="Where each threshold is chosen: a data string; none: the data itself, an oracle, as the field does; auto: "
    "the first 150 of scenes:val for scenes:test, else none.",
)
@click.option(
    "--threshold", type=click.FloatRange(0, 0.99), help="One threshold for every method, in place of --tune-on."
)
@click.option(
    "--maps", "maps_folder", type=click.Path(path_type=Path), help="Score the maps in this folder instead of methods."
)
@click.option(
    "--protocol",
    "protocol_name",
    type=click.Choice(["irn", "rib", "oc-cse", "seam"]),
    help="Score --maps as the script of that paper does, its thresholds and its mean over the classes, in place of "
    "ours.",
)
@click.option(
    "--align",
    type=click.Choice(ALIGNMENTS),
    default=FIELD,
    help="How maps are laid over images: field, stretched, as in papers; centres, each cell where its receptive field "
    "is centred.",
)
@refine_option
@selection_options
@strict_option
@skip_broken_option
@device_option
@threads_option
@processes_option
@log_options
@json_option
def command(
    *,
    names: tuple[str, ...],
    also: dict[str, str],
    data_string: str,
    classifier_name: str,
    class_names: Path | None,
    networks: tuple[str, ...],
    network_input: dict[str, Any],
    settings: tuple[str, ...],
    settings_from: str | None,
    views_name: str,
    tune_on: str,
    threshold: float | None,
    maps_folder: Path | None,
    protocol_name: str | None,
    align: str,
    refine: str | None,
    selection: Selection,
    strict: bool,
    skip_broken: bool,
    device: str,
    threads: int,
    json_path: Path | None,
) -> None:
    """Score methods on a data set with masks: mIoU over thresholds, precision, recall, by class and by part.

    What cannot be read is left out and listed at the end, with exit code 1.

    With several --processes each takes its share of the images. Nothing is kept on the way: for a long run, write the
    maps with `maps`, which goes on where it was stopped, and score them with --maps.
    """
    from wsss_viz import data
    from wsss_viz.commands.findings import end, say_report
    from wsss_viz.data.files import write_whole
    from wsss_viz.evaluation.report import bind_all, report_bytes, run_report, stored_report, table

    check_broken(strict, skip_broken)
    if protocol_name is not None and (maps_folder is None or align != FIELD or refine):
        raise InputError("--protocol scores files as a paper's script does: give --maps, no --align and no --refine")
    with every_rank() as ranks, _stoppable(maps_folder):
        by = refiner_of(refine, device_of(device, ranks))
        if maps_folder is not None:
            from wsss_viz.evaluation.protocols import protocol_named

            report = stored_report(
                maps_folder,
                data_string,
                limit=selection,
                ranks=ranks,
                progress=bar_of(ranks),
                strict=strict,
                align=align,
                protocol=None if protocol_name is None else protocol_named(protocol_name),
                refiner=by,
            )
        else:
            from wsss_viz.methods.catalogue import method, read_changes
            from wsss_viz.methods.precision import using_threads
            from wsss_viz.models.manifest import settings_of
            from wsss_viz.models.renaming import for_data_set

            for name in names:
                method(name)
            changes = read_changes(settings, names, {} if settings_from else settings_of(classifier_name))
            target_device = device_of(device, ranks)

            def prepare() -> tuple[Classifier | RenamedClassifier, dict[str, BoundMethod]]:
                samples = data.open(data_string)
                with busy(f"reading the checkpoint {classifier_name}") if ranks.rank == 0 else contextlib.nullcontext():
                    opened, paired = open_networks(
                        names, classifier_name, target_device, class_names, networks, network_input, samples
                    )
                classifier = for_data_set(opened, samples.classes)
                return classifier, bind_all(
                    classifier, classifier_name, names, also, target_device, paired, samples, changes, settings_from
                )

            classifier, runs = ranks.run_on_all(prepare)
            with using_threads(threads):
                report = run_report(
                    {row: Reported(run) for row, run in runs.items()},
                    classifier.classes,
                    data_string,
                    limit=selection,
                    tune_on=tune_on,
                    threshold=threshold,
                    views_name=views_name,
                    each_image=True,
                    ranks=ranks,
                    progress=bar_of(ranks),
                    strict=strict,
                    align=align,
                    refiner=by,
                )
            report["classifier"] = classifier_name
            report["settings"] = {row: run.settings.as_dict() for row, run in runs.items()}
        if ranks.rank == 0:
            say_report(report, data_string)
            announce(table(report))
            for note in getattr(classifier, "notes", ()) if maps_folder is None else ():
                click.echo(f"note: {note}", err=True)
            if json_path is not None:
                write_whole(json_path, report_bytes(report))
        end(ranks.all_gather(report.get("unreadable", []))[0], ranks, 0 if skip_broken else 1)


@contextlib.contextmanager
def _stoppable(maps_folder: Path | None) -> Iterator[None]:
    """Says, when it is stopped, that nothing is lost or kept."""
    try:
        yield
    except KeyboardInterrupt:
        remedy = "nothing is kept of an evaluation; `maps` goes on where it was stopped, and --maps scores it"
        raise KeyboardInterrupt(remedy if maps_folder is None else "no report was written") from None
