"""`train backbone` and `train classifier`: the two stages of the ordinary classifier."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from wsss_viz.commands.progress import progress
from wsss_viz.commands.train_common import (
    check_out,
    checkpoint_option,
    common,
    held_out_option,
    out_option,
    register_checkpoint,
)

SCENES_CLASSIFIER = "scenes-classifier"


@click.command()
@out_option("trained-backbone")
@click.option("--epochs", type=click.IntRange(1), default=12)
@common
def backbone(*, out: Path, epochs: int, seed: int, crop: float, train_count: int, val_count: int) -> None:
    """Pretrain the network on single drawings with fine-grained labels."""
    from wsss_viz.training.recipes import BACKBONE_SCHEDULE, train_backbone

    schedule = replace(BACKBONE_SCHEDULE, epochs=epochs, seed=seed, crop=crop)
    check_out(out)
    classifier, history = train_backbone(
        out, schedule, train_count=train_count, val_count=val_count, progress=progress, say=click.echo
    )
    scores = {"scenes:val singles": {"count": val_count, **history.epochs[-1]}}
    register_checkpoint(out, classifier, seed, history, scores, None)
    click.echo(f"{out}: {history.seconds / 60:.1f} minutes of training")


@click.command()
@click.option("--data", "data_name", type=click.Choice(["scenes"]), default="scenes")
@checkpoint_option("--backbone", "scenes-backbone")
@out_option("trained-classifier")
@click.option("--epochs", type=click.IntRange(1), default=12)
@held_out_option
@common
def classifier(
    *,
    data_name: str,
    backbone: Path,
    out: Path,
    epochs: int,
    held_out: int,
    seed: int,
    crop: float,
    train_count: int,
    val_count: int,
) -> None:
    """Train the classifier on image-level labels, and score it on held-out scenes."""
    from wsss_viz.evaluation.report import method_report
    from wsss_viz.evaluation.report_text import table
    from wsss_viz.models.manifest import file_digest, settings_of
    from wsss_viz.training.recipes import CLASSIFIER_SCHEDULE, held_out_classification, train_classifier

    schedule = replace(CLASSIFIER_SCHEDULE, epochs=epochs, seed=seed, crop=crop)
    check_out(out)
    trained, history = train_classifier(
        out,
        backbone,
        schedule,
        train_count=train_count,
        val_count=val_count,
        progress=progress,
        say=click.echo,
    )
    scores: dict[str, Any] = {"scenes:val": {"count": val_count, **history.epochs[-1]}}
    scores["scenes:test"] = held_out_classification(trained, progress)
    click.echo("held-out  " + "  ".join(f"{key} {value:.4g}" for key, value in scores["scenes:test"].items()))
    report = method_report(trained, out.stem, ["cam"], "scenes:test", limit=held_out, progress=progress)
    click.echo(table(report))
    for row in report["methods"].values():
        del row["seconds_per_image"]  # of this machine, not of the checkpoint
    scores["evaluate"] = report
    start = {"backbone": backbone.name, "backbone_sha256": file_digest(backbone)}
    settings = settings_of(SCENES_CLASSIFIER)  # chosen on the same scenes for the same architecture
    register_checkpoint(out, trained, seed, history, scores, start, settings)
    click.echo(f"{out}: {history.seconds / 60:.1f} minutes of training")
