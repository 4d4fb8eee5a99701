"""`train segmenter`: the segmentation network of the pipeline, from pseudo masks."""

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
@out_option("trained-segmenter")
@checkpoint_option("--backbone", "scenes-backbone", "What the network starts from.")
@click.option("--method", default="cam", help="Makes the pseudo masks, with the networks in the register.")
@click.option("--band", type=click.FloatRange(0, 0.5), default=0.05, help="Around the threshold: left out of the loss.")
@click.option("--epochs", type=click.IntRange(1), default=8)
@click.option("--train-count", type=click.IntRange(16), default=1000, help="Scenes to train on.")
@click.option("--val-count", type=click.IntRange(10), default=150, help="Scenes the threshold is chosen on.")
@click.option("--seed", type=click.IntRange(0), default=0)
@held_out_option
def segmenter(
    *,
    out: Path,
    backbone: Path,
    method: str,
    band: float,
    epochs: int,
    train_count: int,
    val_count: int,
    seed: int,
    held_out: int,
) -> None:
    """Train the segmentation network on pseudo masks, and score it beside them on held-out scenes."""
    from wsss_viz import data
    from wsss_viz.data.scenes import CLASSES
    from wsss_viz.data.subset import take
    from wsss_viz.evaluation.runner import count_run
    from wsss_viz.evaluation.scores import summarise
    from wsss_viz.methods import METHODS, bind
    from wsss_viz.methods.paired_networks import load_paired
    from wsss_viz.models.loading import load
    from wsss_viz.models.manifest import file_digest, read_manifest, trained_names
    from wsss_viz.models.segmenter import NAME
    from wsss_viz.training import segmenter as recipe

    check_out(out)
    classifier = load("scenes-classifier", "cpu")
    run = bind(method, classifier, load_paired([method], "scenes-classifier", "cpu"))
    val = take(data.open("scenes:val"), val_count)
    counts, _ = count_run(run, classifier.classes, progress(val, f"{method}, choosing its threshold"))
    masks = recipe.PseudoMasks(method, summarise(counts, CLASSES).best_threshold, band)
    click.echo(f"{method}: threshold {masks.threshold:.2f} from {len(val)} of scenes:val")
    scenes = take(data.open("scenes:train"), train_count)
    training = recipe.draw_training_set(run, progress(scenes, "pseudo masks"), masks)
    validating = recipe.draw_training_set(run, progress(val, "pseudo masks to validate on"), masks)
    schedule = replace(recipe.SEGMENTER_SCHEDULE, epochs=epochs, seed=seed)
    network, history = recipe.train_segmenter(
        out, backbone, training, masks, schedule, val=validating, progress=progress, say=click.echo
    )
    held = take(data.open("scenes:test"), held_out)
    scores = recipe.held_out_scores(network, run, classifier.classes, progress(held, "held-out scenes"), masks)
    for name in ("network", "network_told_the_labels", "pseudo_masks"):
        click.echo(f"{name:<26}mIoU {scores[name]['miou']:.1f}")
    role = METHODS[method].role
    names = ("scenes-classifier", *(trained_names(role, "scenes-classifier") if role else ()))
    entries = read_manifest()
    start = {
        "role": "segmenter",
        "backbone": backbone.name,
        "backbone_sha256": file_digest(backbone),
        "pseudo_masks": {"method": method, "threshold": masks.threshold, "band": band, "scenes": len(training)},
        "pseudo_masks_of": {name: entries[name].sha256 for name in names},
    }
    architecture = {"name": NAME, "widths": list(network.widths)}
    preprocessing = network.preprocessing.as_dict()
    evaluated = {"scenes:test": scores}
    register_network(out, architecture, network.classes, seed, history, evaluated, start, preprocessing)
    click.echo(f"{out}: {history.seconds / 60:.1f} minutes of training")
