"""`train sequences-ae`: the rounds of AE in time, each a new network on what the ones before left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from wsss_viz.commands.progress import progress
from wsss_viz.commands.train_common import check_out, out_option, register_network


@click.command("sequences-ae")
@out_option("trained-sequences-ae", " Round 2 is written to ...-2.safetensors, and so on.")
@click.option("--rounds", type=click.IntRange(2, 9), default=4, help="Networks in the end, the ordinary one included.")
@click.option("--epochs", type=click.IntRange(1), default=12)
@click.option("--train-count", type=click.IntRange(16), default=600, help="Videos to train on.")
@click.option("--held-out", type=click.IntRange(8), default=300, help="Held-out videos scored at the end.")
@click.option("--seed", type=click.IntRange(0), default=0)
def sequences_ae(*, out: Path, rounds: int, epochs: int, train_count: int, held_out: int, seed: int) -> None:
    """Train AE in time: erase the frames that are found, train a new network on what is left, and score them together.

    After Zhong et al., ACM MM 2018, on the drawn videos, from the shipped network of these; video-level labels alone.
    """
    from wsss_viz.data.sequences import SPLITS, Sequences
    from wsss_viz.models.manifest import read_manifest
    from wsss_viz.models.sequence_network import NAME, WIDTHS, load_sequence_network, write_sequence_network
    from wsss_viz.showcase.sequences import CHECKPOINT, ROUNDS_ROLE
    from wsss_viz.training.erasing_rounds import round_path
    from wsss_viz.training.sequences import SEQUENCES_SCHEDULE, train_sequence_rounds

    check_out(out)
    networks = [load_sequence_network()]
    videos = list(progress(Sequences("train", train_count), f"drawing {train_count} videos"))
    val, test = Sequences("val", min(held_out, SPLITS["val"])), Sequences("test", held_out)
    schedule = replace(SEQUENCES_SCHEDULE, epochs=epochs, seed=seed)
    trained = train_sequence_rounds(networks[0], videos, schedule, progress, click.echo, rounds)
    for number, (network, history) in enumerate(trained, start=2):
        networks.append(network)
        path = round_path(out, number)
        write_sequence_network(path, network)
        scores = _held_out(networks, list(progress(val, "val")), list(progress(test, "test")))
        click.echo(f"{path}: mAP over tIoU {scores['average']:.1f} at the threshold {scores['threshold']:.2f}")
        start = {
            "role": ROUNDS_ROLE,
            "classifier": CHECKPOINT,
            "classifier_sha256": read_manifest()[CHECKPOINT].sha256,
            "round": number,
        }
        architecture = {"name": NAME, "widths": list(WIDTHS)}
        register_network(path, architecture, network.classes, seed, history, {"sequences:test": scores}, start)


def _held_out(networks: list[Any], val: list[Any], test: list[Any]) -> dict[str, Any]:
    """Average mAP over tIoU and the frame-level scores on `test`, at the thresholds chosen on `val`."""
    from wsss_viz.evaluation.temporal import best_threshold, temporal_scores
    from wsss_viz.evaluation.temporal_detection import as_report, best_detection_threshold, score_videos
    from wsss_viz.showcase.sequences import maps_of

    maps, logits = maps_of(networks, val, "ae-rounds")
    threshold, of_frames = best_detection_threshold(val, maps, logits), best_threshold(maps, val)
    maps, logits = maps_of(networks, test, "ae-rounds")
    report = as_report(score_videos(test, maps, logits, threshold))
    frame_level = temporal_scores(maps, test, of_frames).as_dict()
    return {"count": len(test), "threshold": threshold, "average": report["average"], "frame_level": frame_level}
