"""`evaluate`: methods scored on a data set with masks."""

from __future__ import annotations

from pathlib import Path

import click

from wsss_viz.commands.options import (
    also_option,
    classifier_option,
    data_option,
    device_option,
    json_option,
    limit_option,
    names_option,
    progress,
    views_option,
)


@click.command()
@names_option("cam")
@also_option
@data_option
@classifier_option
@views_option("multi-scale")
@click.option(
    "--tune-on",
    default="auto",
    help="Where each threshold is chosen: a data string; none: the data itself, an oracle, as the field does; auto: "
    "the first 150 of scenes:val for scenes:test, else none.",
)
@click.option(
    "--maps", "maps_folder", type=click.Path(path_type=Path), help="Score the maps in this folder instead of methods."
)
@limit_option
@device_option
@json_option
def command(
    *,
    names: tuple[str, ...],
    also: dict[str, str],
    data_string: str,
    classifier_name: str,
    views_name: str,
    tune_on: str,
    maps_folder: Path | None,
    limit: int | None,
    device: str,
    json_path: Path | None,
) -> None:
    """Score methods on a data set with masks: mIoU over thresholds, precision, recall, by class and by part."""
    from wsss_viz.data.files import write_whole
    from wsss_viz.evaluation.report import report_bytes, stored_report, table

    if maps_folder is not None:
        report = stored_report(maps_folder, data_string, limit=limit, progress=progress)
    else:
        from wsss_viz.evaluation.report import bind_all, run_report
        from wsss_viz.models import load

        classifier = load(classifier_name, device)
        report = run_report(
            bind_all(classifier, classifier_name, names, also, device),
            classifier.classes,
            data_string,
            limit=limit,
            tune_on=tune_on,
            views_name=views_name,
            each_image=True,
            progress=progress,
        )
        report["classifier"] = classifier_name
    click.echo(table(report))
    if json_path is not None:
        write_whole(json_path, report_bytes(report))
