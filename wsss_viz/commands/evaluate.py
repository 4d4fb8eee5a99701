"""`evaluate`: methods scored on a data set with masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wsss_viz.commands.launch import bar_of, device_of, every_rank
from wsss_viz.commands.options import also_option, data_option, json_option, names_option
from wsss_viz.commands.progress import Reported, announce, stoppable
from wsss_viz.commands.run_options import RunOptions, run_options
from wsss_viz.errors import InputError
from wsss_viz.traces.centres import ALIGNMENTS, FIELD

if TYPE_CHECKING:
    from wsss_viz.data.sample import Mask, Sample
    from wsss_viz.figures.report_pictures import Drawn
    from wsss_viz.methods.binding import BoundMethod
    from wsss_viz.methods.ranks import Ranks
    from wsss_viz.models.classifier import Classifier
    from wsss_viz.models.renaming import RenamedClassifier
    from wsss_viz.traces.storage import StoredMaps


_NO_REPORT = "nothing is kept of an evaluation; `maps` goes on where it was stopped, and --maps scores it"


@click.command()
@names_option("cam")
@also_option
@data_option
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
@click.option(
    "--measures",
    "measures_text",
    default="",
    metavar="A,B|all",
    help="Beside mIoU: size, mIoU by object size; boundary, mIoU near boundaries; boxes, MaxBoxAcc and MaxBoxAccV2; "
    "pointing, the pointing game; or all.",
)
@json_option
@click.option(
    "--html",
    "html_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A page of the report for any browser: table, curves, worst and best images, settings; one file.",
)
@run_options
@stoppable(lambda said: said or _NO_REPORT)
def command(
    *,
    names: tuple[str, ...],
    also: dict[str, str],
    data_string: str,
    tune_on: str,
    threshold: float | None,
    maps_folder: Path | None,
    protocol_name: str | None,
    align: str,
    measures_text: str,
    json_path: Path | None,
    html_path: Path | None,
    options: RunOptions,
) -> None:
    """Score methods on a data set with masks: mIoU over thresholds, precision, recall, by class and by part.

    What cannot be read is left out and listed at the end, with exit code 1.

    With several --processes each takes its share of the images. Nothing is kept on the way: for a long run, write the
    maps with `maps`, which goes on where it was stopped, and score them with --maps.
    """
    from wsss_viz.commands.findings import end, say_report
    from wsss_viz.data.files import write_whole
    from wsss_viz.evaluation.measures import read_measures
    from wsss_viz.evaluation.report_text import report_bytes, table

    measures = read_measures(measures_text)
    if protocol_name is not None and (maps_folder is None or align != FIELD or options.refine or measures):
        raise InputError(
            "--protocol scores files as a paper's script does: give --maps, no --align, no --refine and no --measures"
        )
    with every_rank() as ranks, stoppable(lambda _: _NO_REPORT if maps_folder is None else "no report was written"):
        notes: tuple[str, ...] = ()
        if maps_folder is not None:
            report = _score_maps(maps_folder, data_string, protocol_name, align, measures, options, ranks)
            drawn = _from_files(maps_folder, data_string, report)
        else:
            report, drawn, notes = _score_methods(
                names, also, data_string, tune_on, threshold, align, measures, options, ranks
            )
        if ranks.rank == 0:
            say_report(report, data_string)
            announce(table(report))
            for note in notes:
                click.echo(f"note: {note}", err=True)
            if json_path is not None:
                write_whole(json_path, report_bytes(report))
            if html_path is not None:
                from wsss_viz.figures.report_page import report_page
                from wsss_viz.figures.report_pictures import ranked_pictures

                write_whole(html_path, report_page(report, ranked_pictures(report, drawn)))
        end(ranks.all_gather(report.get("unreadable", []))[0], ranks, options.code_of_broken)


def _score_maps(
    folder: Path,
    data_string: str,
    protocol_name: str | None,
    align: str,
    measures: tuple[str, ...],
    options: RunOptions,
    ranks: Ranks,
) -> dict[str, Any]:
    from wsss_viz.evaluation.protocols import protocol_named
    from wsss_viz.evaluation.stored_report import stored_report

    return stored_report(
        folder,
        data_string,
        limit=options.selection,
        ranks=ranks,
        progress=bar_of(ranks),
        strict=options.strict,
        align=align,
        protocol=None if protocol_name is None else protocol_named(protocol_name),
        refiner=options.refiner(ranks),
        measures=measures,
    )


def _score_methods(
    names: tuple[str, ...],
    also: dict[str, str],
    data_string: str,
    tune_on: str,
    threshold: float | None,
    align: str,
    measures: tuple[str, ...],
    options: RunOptions,
    ranks: Ranks,
) -> tuple[dict[str, Any], dict[str, Drawn], tuple[str, ...]]:
    """The report, what its rows have of an image, and what is to be said of classes that go by the data set's names."""
    from wsss_viz import data
    from wsss_viz.evaluation.report import bind_all, run_report
    from wsss_viz.methods.precision import using_threads
    from wsss_viz.models.renaming import for_data_set

    by, changes = options.refiner(ranks), options.changes(names)

    def prepare() -> tuple[Classifier | RenamedClassifier, dict[str, BoundMethod]]:
        samples = data.open(data_string)
        opened, paired = options.open_networks(names, samples, ranks)
        classifier, device = for_data_set(opened, samples.classes), device_of(options.device, ranks)
        return classifier, bind_all(
            classifier, options.classifier_name, names, also, device, paired, samples, changes, options.settings_from
        )

    classifier, runs = ranks.run_on_all(prepare)
    with using_threads(options.threads):
        report = run_report(
            {row: Reported(run) for row, run in runs.items()},
            classifier.classes,
            data_string,
            limit=options.selection,
            tune_on=tune_on,
            threshold=threshold,
            views_name=options.views_name,
            each_image=True,
            ranks=ranks,
            progress=bar_of(ranks),
            strict=options.strict,
            align=align,
            refiner=by,
            measures=measures,
        )
    report["classifier"] = options.classifier_name
    report["settings"] = {row: run.settings.as_dict() for row, run in runs.items()}
    drawn = _from_runs(runs, classifier.classes, options.views_name)
    return report, drawn, getattr(classifier, "notes", ())


def _from_files(folder: Path, data_string: str, report: dict[str, Any]) -> dict[str, Drawn]:
    """What the report's one row has of an image, read from the folder."""
    from wsss_viz.data.sources import open as open_data
    from wsss_viz.evaluation.stored_maps import read_sample_maps
    from wsss_viz.traces.map_folder import MapFolder

    def drawn(source: str) -> tuple[Sample, StoredMaps | Mask]:
        read = read_sample_maps(maps, open_data(source)[0])
        if read.mask is not None:
            return replace(read.sample, classes=read.keys, labels=None, mask=None), read.mask
        assert read.stored is not None
        return read.sample, read.stored

    maps = MapFolder(folder, open_data(data_string).numbering)
    return dict.fromkeys(report.get("methods", ()), drawn)


def _from_runs(runs: dict[str, BoundMethod], classes: Sequence[str], views_name: str) -> dict[str, Drawn]:
    """What each method has of an image, computed again."""
    from wsss_viz.evaluation.report import open_for
    from wsss_viz.methods.dataset_run import maps_of
    from wsss_viz.methods.views import PRESETS

    def of(run: BoundMethod) -> Drawn:
        def drawn(source: str) -> tuple[Sample, StoredMaps | Mask]:
            sample = open_for(source, classes)[0]
            return sample, maps_of(run, classes, sample, PRESETS[views_name])

        return drawn

    return {row: of(run) for row, run in runs.items()}
