"""`train sequences`: the classifier of the drawn videos, and the maps that are shown at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from wsss_viz.commands.progress import progress
from wsss_viz.commands.train_common import check_out, out_option, register_network


@click.command()
@out_option("trained-sequences-classifier")
@click.option("--epochs", type=click.IntRange(1), default=12)
@click.option("--train-count", type=click.IntRange(16), default=600, help="Videos to train on.")
@click.option("--held-out", type=click.IntRange(8), default=300, help="Held-out videos scored at the end.")
@click.option("--seed", type=click.IntRange(0), default=0)
def sequences(*, out: Path, epochs: int, train_count: int, held_out: int, seed: int) -> None:
    """Train the drawn videos' classifier on video-level labels, and score when it sees the actions."""
    import numpy as np

    from wsss_viz.data.sequences import SPLITS, Sequences
    from wsss_viz.models.manifest import file_digest
    from wsss_viz.models.sequence_network import NAME, WIDTHS, temporal_maps, write_sequence_network
    from wsss_viz.showcase.sequences import COUNT, sequences_path, write_sequence_maps
    from wsss_viz.training.sequences import SEQUENCES_SCHEDULE, held_out_scores, train_sequences

    check_out(out)
    videos = list(progress(Sequences("train", train_count), f"drawing {train_count} videos"))
    schedule = replace(SEQUENCES_SCHEDULE, epochs=epochs, seed=seed)
    network, history = train_sequences(videos, schedule, progress, click.echo)
    write_sequence_network(out, network)
    val, test = Sequences("val", min(held_out, SPLITS["val"])), Sequences("test", held_out)
    scores, threshold = held_out_scores(network, val, test, progress)
    click.echo("held-out  " + "  ".join(f"{key} {value:.4g}" for key, value in scores.items()))
    predictions = [temporal_maps(network, test[i].frames) for i in range(min(COUNT, len(test)))]
    maps, logits = (np.stack(part) for part in zip(*predictions, strict=True))
    write_sequence_maps(sequences_path(out.parent), maps, logits, threshold, file_digest(out))
    architecture = {"name": NAME, "widths": list(WIDTHS)}
    register_network(out, architecture, network.classes, seed, history, {"sequences:test": scores}, {})
    click.echo(f"{out}: {history.seconds / 60:.1f} minutes of training")
