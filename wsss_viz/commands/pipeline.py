"""`pipeline`: from image labels to a segmentation network, by one command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

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
from wsss_viz.commands.progress import progress
from wsss_viz.commands.train_common import checkpoint_option


@click.command()
@data_option
@click.option("--method", "name", default="cam", help="The method.")
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
    from wsss_viz.commands.maps import mask_threshold
    from wsss_viz.data import open as open_data
    from wsss_viz.data.fingerprints import data_digest
    from wsss_viz.data.subset import take
    from wsss_viz.evaluation.report import open_for
    from wsss_viz.methods.binding import bind
    from wsss_viz.methods.catalogue import method
    from wsss_viz.methods.dataset_run import numbered_by, run_dataset
    from wsss_viz.methods.paired_networks import load_paired
    from wsss_viz.methods.views import PRESETS
    from wsss_viz.models.device import find_device
    from wsss_viz.models.identity import digest_of
    from wsss_viz.models.loading import load
    from wsss_viz.models.renaming import for_data_set
    from wsss_viz.refinement import refined
    from wsss_viz.traces.map_folder import MapFolder, MapWriter
    from wsss_viz.training import pipeline

    method(name)
    by = refiner_of(refine, device)
    ground = mask_threshold(threshold, by)
    computing_on = str(find_device(device))
    classifier = for_data_set(load(classifier_name, computing_on), open_data(data_string).classes)
    samples = open_for(data_string, classifier.classes)
    classes = numbered_by(classifier.classes, samples.classes)
    wanted = take(samples, limit)
    held = "scenes:test" if score_on is None and data_string.startswith("scenes:") else score_on or data_string
    run = bind(name, classifier, load_paired([name], classifier_name, computing_on), samples)
    stated: dict[str, Any] = {
        "method": name,
        "classifier": digest_of(classifier_name),
        "views": views_name,
        "data": data_digest(samples),
        "settings": run.settings.as_dict(),
    }
    maps = MapWriter(out / "maps", classes)
    _written(run_dataset(run, classifier.classes, wanted, maps, views=PRESETS[views_name], settings=stated,
                         progress=lambda items: progress(items, name)), maps.folder)  # fmt: skip
    stored = pipeline.stored_run(MapFolder(maps.folder, samples.numbering), classes)
    stated["refine"] = None if by is None else f"{by.name}@{by.settings.background:g}"
    masks = MapWriter(out / "masks", classes, "mask", ground)
    _written(run_dataset(stored if by is None else refined(stored, by), classes, wanted, masks, views=PRESETS["single"],
                         settings=stated, progress=lambda items: progress(items, "masks")), masks.folder)  # fmt: skip
    made = MapFolder(masks.folder, samples.numbering)
    network, seconds = pipeline.trained(
        out / "segmenter.safetensors",
        segmenter,
        pipeline.training_set(made, wanted),
        classes,
        {**stated, "threshold": ground, "count": len(wanted)},
        replace(pipeline.SCHEDULE, epochs=epochs, seed=seed),
        progress,
    )
    report = {
        "data": data_string, "count": len(wanted), "method": name, "refine": stated["refine"], "threshold": ground,
        "pseudo_masks": pipeline.mask_scores(made, wanted),
        "scored_on": held, "network": pipeline.network_scores(network, take(open_data(held), score_limit)),
        "seconds_of_training": seconds,
    }  # fmt: skip
    write_json(out / "report.json", report)
    for title, key, of in (("pseudo masks", "pseudo_masks", data_string), ("segmentation network", "network", held)):
        scores = report[key]
        value = "no pixel masks to score on" if scores["miou"] is None else f"mIoU {scores['miou']:.1f}"
        click.echo(f"{title:<22}{value}, {scores['count']} images of {of}")


def _written(reports: Any, folder: Path) -> None:
    from wsss_viz.commands.maps import summary

    click.echo(summary(folder, reports))
    for source, message in reports[0].noticed.unreadable:
        click.echo(f"left out: {source}: {message}", err=True)
