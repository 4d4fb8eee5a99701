"""`maps`: the class maps of a whole data set, one file an image."""

from __future__ import annotations

from pathlib import Path

import click

from wsss_viz.commands.options import (
    classifier_option,
    data_option,
    device_option,
    limit_option,
    progress,
    views_option,
)


@click.command()
@click.option("--method", "name", default="cam", help="The method.")
@data_option
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="The folder to write to.")
@classifier_option
@views_option("multi-scale")
@limit_option
@device_option
def command(
    *,
    name: str,
    data_string: str,
    out: Path,
    classifier_name: str,
    views_name: str,
    limit: int | None,
    device: str,
) -> None:
    """Write the class maps of a whole data set. Started again with the same settings, it goes on where it was."""
    from wsss_viz import data
    from wsss_viz.data.subset import take
    from wsss_viz.methods.dataset_run import run_dataset
    from wsss_viz.methods.partners import load_trained
    from wsss_viz.methods.registry import bind
    from wsss_viz.methods.views import PRESETS
    from wsss_viz.models import load

    samples = take(data.open(data_string), limit)
    settings: dict[str, object] = {
        "method": name,
        "classifier": classifier_name,
        "views": views_name,
        "data": data_string,
    }
    classifier = load(classifier_name, device)
    run = bind(name, classifier, load_trained([name], classifier_name, device))
    written, skipped = run_dataset(
        run, classifier.classes, progress(samples, name), out, views=PRESETS[views_name], settings=settings
    )
    click.echo(f"{written} files written to {out}, {skipped} were there already")
