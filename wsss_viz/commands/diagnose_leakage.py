"""`diagnose leakage`: what of a class's map lies on the other object, where objects touch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from wsss_viz.commands.options import (
    also_option,
    classifier_option,
    device_option,
    json_option,
    limit_option,
    names_option,
    views_option,
)
from wsss_viz.commands.progress import progress


@click.command("leakage")
@names_option("cam,gain,cs-ae")
@also_option
@click.option("--data", "data_string", default="scenes:test", help="Data with masks; the touching scenes of it count.")
@click.option("--reference", default="cs-ae", help="The row the others are compared with.")
@classifier_option
@views_option("multi-scale")
@limit_option
@device_option
@json_option
def command(
    *,
    names: tuple[str, ...],
    also: dict[str, str],
    data_string: str,
    reference: str,
    classifier_name: str,
    views_name: str,
    limit: int | None,
    device: str,
    json_path: Path | None,
) -> None:
    """Measure, at matched recall, how much of each method's maps lies on another labelled object."""
    from wsss_viz import data
    from wsss_viz.data.files import write_whole
    from wsss_viz.data.scenes.dataset import touching
    from wsss_viz.data.subset import take
    from wsss_viz.evaluation.leakage_report import leakage_report, leakage_table
    from wsss_viz.evaluation.report import bind_all
    from wsss_viz.methods.views import PRESETS
    from wsss_viz.models import load

    samples = progress(take(data.open(data_string), limit), "looking for touching objects")
    meeting = [sample for sample in samples if sample.mask is not None and touching(sample.mask)]
    classifier = load(classifier_name, device)
    runs = bind_all(classifier, classifier_name, names, also, device)
    views = PRESETS[views_name]
    measured = leakage_report(runs, classifier.classes, meeting, reference=reference, views=views, progress=progress)
    report: dict[str, Any] = {"data": data_string, "views": views_name, "classifier": classifier_name, **measured}
    click.echo(leakage_table(report))
    if json_path is not None:
        write_whole(json_path, (json.dumps(report, indent=2) + "\n").encode())
