"""`pipeline`: from image labels to a segmentation network, by one command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wsss_viz.commands.options import (
    classifier_option,
    data_option,
    device_option,
    limit_option,
    refine_option,
    views_option,
    write_json,
)
from wsss_viz.commands.progress import progress, stoppable
from wsss_viz.commands.train_common import checkpoint_option
from wsss_viz.interrupts import NOT_BEGUN
from wsss_viz.wording import quantity

if TYPE_CHECKING:
    from wsss_viz.data.sample import Sample
    from wsss_viz.methods.binding import Runner
    from wsss_viz.traces.map_folder import MapWriter

_GOES_ON = "the same command goes on from there"


@click.command()
@data_option
@click.option("--method", "name", default="cam", help="The method; `methods` lists them.")
@refine_option
@checkpoint_option("--segmenter", "scenes-backbone", "The checkpoint the segmentation network starts from.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="The folder to write to.")
@click.option(
    "--score-on",
    help="Data with pixel masks that the network is scored on; default scenes:test of scenes, else --data itself.",
)
@click.option("--score-limit", type=click.IntRange(min=1), default=150, help="Only the first N of these.")
@click.option("--threshold", type=click.FloatRange(0, 0.99), help="Of pseudo masks without a CRF; default 0.15.")
@click.option("--epochs", type=click.IntRange(1), default=8)
@click.option("--seed", type=click.IntRange(0), default=0)
@classifier_option
@views_option("multi-scale")
@limit_option
@device_option
@stoppable(lambda said: said or NOT_BEGUN)
def command(
    *,
    data_string: str,
    name: str,
    refine: str | None,
    segmenter: Path,
    out: Path,
    score_on: str | None,
    score_limit: int,
    threshold: float | None,
    epochs: int,
    seed: int,
    classifier_name: str,
    views_name: str,
    limit: int | None,
    device: str,
) -> None:
    """Maps, refined pseudo masks, a segmentation network trained on them, and the score of each stage.

    Image labels train, pixel masks score alone. Started again with the same settings, it goes on where it was; with
    others it says so. The network is a small one and sees images at 128 x 128.
    """
    from wsss_viz.commands.launch import refiner_of
    from wsss_viz.commands.maps import count_of, mask_threshold, open_job
    from wsss_viz.commands.networks import open_networks
    from wsss_viz.data import open as open_data
    from wsss_viz.data.fingerprints import data_digest
    from wsss_viz.data.subset import take
    from wsss_viz.methods.catalogue import method
    from wsss_viz.methods.dataset_run import numbered_by
    from wsss_viz.models.device import find_device
    from wsss_viz.models.identity import digest_of
    from wsss_viz.refinement import refined
    from wsss_viz.traces.map_folder import MapFolder, MapWriter
    from wsss_viz.training import pipeline

    method(name)
    by = refiner_of(refine, device)
    ground = mask_threshold(threshold, by)
    job = open_job(
        name, data_string, {}, lambda _: open_networks([name], classifier_name, str(find_device(device)), None, ())
    )
    samples, classes = job.samples, numbered_by(job.classifier.classes, job.samples.classes)
    stated: dict[str, Any] = {
        "method": name,
        "classifier": digest_of(classifier_name),
        "views": views_name,
        "data": data_digest(samples),
        "settings": job.run.settings.as_dict(),
    }
    wanted = take(samples, limit)
    maps = MapWriter(out / "maps", classes)
    with stoppable(lambda _: f"{count_of(maps, wanted)}; {_GOES_ON}"):
        _write(job.run, job.classifier.classes, wanted, maps, views_name, stated, name)
    stored = pipeline.stored_run(MapFolder(maps.folder, samples.numbering), classes)
    stated["refine"] = None if by is None else f"{by.name}@{by.settings.background:g}"
    masks = MapWriter(out / "masks", classes, "mask", ground)
    with stoppable(lambda _: f"all maps and {count_of(masks, wanted)}; {_GOES_ON}"):
        _write(stored if by is None else refined(stored, by), classes, wanted, masks, "single", stated, "masks")
    made = MapFolder(masks.folder, samples.numbering)
    with stoppable(lambda said: f"all maps and masks are in {out}; {said or _GOES_ON}"):
        network, seconds = pipeline.trained(
            out / "segmenter.safetensors",
            segmenter,
            pipeline.training_set(made, wanted),
            classes,
            {**stated, "threshold": ground, "count": len(wanted)},
            replace(pipeline.SCHEDULE, epochs=epochs, seed=seed),
            progress,
        )
        held = "scenes:test" if score_on is None and data_string.startswith("scenes:") else score_on or data_string
        report = {
            "data": data_string, "count": len(wanted), "method": name, "refine": stated["refine"], "threshold": ground,
            "pseudo_masks": pipeline.mask_scores(made, wanted),
            "scored_on": held, "network": pipeline.network_scores(network, take(open_data(held), score_limit)),
            "seconds_of_training": seconds,
        }  # fmt: skip
        write_json(out / "report.json", report)
        for title, key, of in (
            ("pseudo masks", "pseudo_masks", data_string),
            ("segmentation network", "network", held),
        ):
            scores = report[key]
            value = "no pixel masks to score on" if scores["miou"] is None else f"mIoU {scores['miou']:.1f}"
            click.echo(f"{title:<22}{value}, {quantity(scores['count'], 'image')} of {of}")


def _write(
    run: Runner,
    classes: Sequence[str],
    samples: Sequence[Sample],
    writer: MapWriter,
    views_name: str,
    settings: dict[str, Any],
    title: str,
) -> None:
    """A stage's files, those that are not there yet, and what could not be read."""
    from wsss_viz.commands.maps import summary
    from wsss_viz.methods.dataset_run import run_dataset
    from wsss_viz.methods.views import PRESETS

    reports = run_dataset(
        run,
        classes,
        samples,
        writer,
        views=PRESETS[views_name],
        settings=settings,
        progress=lambda items: progress(items, title),
    )
    click.echo(summary(writer.folder, reports))
    for source, message in reports[0].noticed.unreadable:
        click.echo(f"left out: {source}: {message}", err=True)
