"""`train affinity`: AffinityNet on the scenes, whose random walk refines maps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from wsss_viz.commands.progress import progress
from wsss_viz.commands.train_common import (
    check_out,
    checkpoint_option,
    held_out_option,
    out_option,
    register_network,
)


@click.command()
@out_option("trained-affinity")
@checkpoint_option("--backbone", "scenes-backbone", "What the network starts from.")
@click.option("--method", default="cam", help="Whose maps the labels are made from, with the networks in the register.")
@click.option("--low", type=float, default=4.0, help="alpha of the CRF whose objects are believed.")
@click.option("--high", type=float, default=32.0, help="alpha of the CRF whose background is believed.")
@click.option("--epochs", type=click.IntRange(1), default=8)
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), default=3e-3, help="Highest learning rate.")
@click.option("--train-count", type=click.IntRange(16), default=1000, help="Scenes to train on.")
@click.option("--val-count", type=click.IntRange(10), default=150, help="Scenes the background's score is chosen on.")
@click.option("--seed", type=click.IntRange(0), default=0)
@held_out_option
def affinity(
    *,
    out: Path,
    backbone: Path,
    method: str,
    low: float,
    high: float,
    epochs: int,
    rate: float,
    train_count: int,
    val_count: int,
    seed: int,
    held_out: int,
) -> None:
    """Train AffinityNet on the drawn scenes, from what CAM and a CRF are sure of; `--refine psa:FILE` walks by it.

    Image labels alone. Our recipe: AdamW, the scenes' small network at stride 4, its early stages frozen; the labels
    and the loss are PSA's.
    """
    from wsss_viz import data
    from wsss_viz.data.subset import take
    from wsss_viz.evaluation.report import run_report
    from wsss_viz.evaluation.report_text import table
    from wsss_viz.methods import bind
    from wsss_viz.methods.paired_networks import load_paired
    from wsss_viz.models.loading import load
    from wsss_viz.models.manifest import file_digest, registered_path
    from wsss_viz.refinement import refiner
    from wsss_viz.refinement.scene_affinity import NAME
    from wsss_viz.training import affinity as recipe

    check_out(out)
    labels = recipe.AffinityLabels(method, low, high)
    classifier = load("scenes-classifier", "cpu")
    run = bind(method, classifier, load_paired([method], "scenes-classifier", "cpu"))
    scenes = take(data.open("scenes:train"), train_count)
    training = recipe.draw_affinity_set(run, progress(scenes, "maps and CRFs"), classifier.classes, labels)
    val = take(data.open("scenes:val"), val_count)
    validating = recipe.draw_affinity_set(run, progress(val, "the same to validate on"), classifier.classes, labels)
    schedule = replace(recipe.AFFINITY_SCHEDULE, epochs=epochs, rate=rate, seed=seed)
    network, history = recipe.train_affinity(
        out, backbone, training, labels, schedule, val=validating, progress=progress, say=click.echo
    )
    scores = {}
    for refine in ("", "crf:psa", f"psa:{out}"):
        report = run_report(
            {method: run},
            classifier.classes,
            "scenes:test",
            limit=held_out,
            refiner=refiner(refine) if refine else None,
            progress=progress,
        )
        name = refine.partition(":")[0] or "map alone"
        click.echo(f"{name}\n{table(report)}")
        for row in report["methods"].values():
            row.pop("seconds_per_image", None)  # of this machine, not of the checkpoint
        scores[name] = report
    start = {
        "role": "affinity",
        "backbone": backbone.name,
        "backbone_sha256": file_digest(backbone),
        "labels": {"method": method, "low": low, "high": high, "scenes": len(training)},
        "labels_of": file_digest(registered_path("scenes-classifier")),
    }
    architecture = {"name": NAME, "widths": list(network.widths)}
    register_network(out, architecture, (), seed, history, scores, start, network.preprocessing.as_dict())
    click.echo(f"{out}: {history.seconds / 60:.1f} minutes of training; --refine psa:{out.stem} walks by it")
