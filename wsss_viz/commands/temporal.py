"""`temporal`: when an action is, in the drawn videos or in files of others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wsss_viz.commands.options import json_option, write_json
from wsss_viz.commands.progress import progress
from wsss_viz.errors import InputError
from wsss_viz.wording import quantity

if TYPE_CHECKING:
    from wsss_viz.evaluation.detection import DetectionScores

METHODS = ("cam", "ae", "ae-rounds")


def _tious(context: click.Context, parameter: click.Parameter, value: str) -> tuple[float, ...]:
    """Numbers separated by commas, above 0 and at most 1."""
    try:
        tious = tuple(float(part) for part in value.split(","))
    except ValueError:
        tious = ()
    if not tious or not all(0 < tiou <= 1 for tiou in tious):
        raise click.BadParameter(f"{value!r} wants numbers above 0 and at most 1, such as 0.3,0.5", context, parameter)
    return tious


tiou_option = click.option(
    "--tiou", "tious", default="0.1,0.2,0.3,0.4,0.5,0.6,0.7", callback=_tious, help="Thresholds of the temporal IoU."
)


@click.group("temporal")
def command() -> None:
    """Localise actions in time and score it by mAP over temporal IoU, as ActivityNet's evaluator does."""


@command.command()
@click.option("--methods", "names", default="cam,ae,ae-rounds", help="cam, ae, ae-rounds: names, separated by commas.")
@click.option("--split", type=click.Choice(["val", "test"]), default="test")
@click.option("--limit", type=click.IntRange(1), default=100, help="Only the first N videos.")
@click.option(
    "--threshold", type=click.FloatRange(0, 1), help="Of the normalised map; default: the best on the split val."
)
@tiou_option
@json_option
def evaluate(
    *, names: str, split: str, limit: int, threshold: float | None, tious: tuple[float, ...], json_path: Path | None
) -> None:
    """Score CAM and AE in time, frozen and retrained, on the drawn videos."""
    from wsss_viz.data.sequences import SPLITS, Sequences
    from wsss_viz.evaluation.temporal_detection import (
        as_report,
        best_detection_threshold,
        detection_table,
        score_videos,
    )
    from wsss_viz.models.sequence_network import load_sequence_network
    from wsss_viz.showcase.sequences import maps_of, network_names

    methods = tuple(dict.fromkeys(name.strip() for name in names.split(",")))
    if strange := [name for name in methods if name not in METHODS]:
        raise InputError(f"there is no method {strange[0]!r} in time: take {', '.join(METHODS)}")
    networks = {name: [load_sequence_network(one) for one in network_names(name)] for name in methods}
    videos = list(progress(Sequences(split, min(limit, SPLITS[split])), f"drawing {split} videos"))
    rows: dict[str, DetectionScores] = {}
    thresholds: dict[str, float] = {}
    for name in methods:
        if threshold is None:
            held = list(progress(Sequences("val", min(limit, SPLITS["val"])), f"{name} on val"))
            thresholds[name] = best_detection_threshold(held, *maps_of(networks[name], held, name))
        else:
            thresholds[name] = threshold
        rows[name] = score_videos(videos, *maps_of(networks[name], videos, name), thresholds[name], tious)
    click.echo(detection_table(rows))
    where = "given" if threshold is not None else "the best on val"
    click.echo("threshold  " + "  ".join(f"{name} {value:.2f}" for name, value in thresholds.items()) + f"  ({where})")
    report = {name: {"threshold": thresholds[name], **as_report(scores)} for name, scores in rows.items()}
    write_json(json_path, {"data": f"sequences:{split}", "count": len(videos), "methods": report})


@command.command()
@click.option("--truth", "truth_path", type=click.Path(path_type=Path), required=True, help="True segments, JSON.")
@click.option("--detections", "path", type=click.Path(path_type=Path), required=True, help="Detections, JSON.")
@click.option("--subset", default="", help="Which videos of the truth count, such as validation; default: all.")
@tiou_option
@json_option
def score(*, truth_path: Path, path: Path, subset: str, tious: tuple[float, ...], json_path: Path | None) -> None:
    """Score detections of others against true segments, both in the form of ActivityNet's files."""
    from wsss_viz.evaluation.detection import detection_scores
    from wsss_viz.evaluation.detection_files import read_detections, read_truth
    from wsss_viz.evaluation.temporal_detection import as_report, detection_table

    truth, detections = read_truth(truth_path, subset), read_detections(path)
    scores = detection_scores(truth, detections, tious)
    click.echo(detection_table({"mAP": scores}))
    click.echo(
        f"{quantity(len(truth), 'true segment')} of {quantity(len(scores.labels), 'label')}, "
        f"{quantity(len(detections), 'detection')}"
    )
    write_json(json_path, {"truth": str(truth_path), "detections": str(path), **as_report(scores)})


@command.command()
@click.argument("scores_path", type=click.Path(path_type=Path), metavar="SCORES.npy")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--classes", required=True, help="Names of the columns, separated by commas, or @FILE, one per line.")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.3, help="Of the normalised scores of a class.")
@click.option("--fps", type=click.FloatRange(0, 100_000, min_open=True), default=1.0, help="Rows per second.")
@click.option("--video", default="", help="Its name in OUT; default: the file's.")
def segments(*, scores_path: Path, out: Path, classes: str, threshold: float, fps: float, video: str) -> None:
    """Write the segments in which class scores (frames x classes) are above a threshold, as ActivityNet's JSON.

    Each class is divided by its own maximum over time; a segment's score is the mean of the scores in it.
    """
    from wsss_viz.data.class_scores import read_class_scores
    from wsss_viz.data.files import write_whole
    from wsss_viz.evaluation.detection_files import detections_json
    from wsss_viz.evaluation.temporal_detection import score_detections

    array = read_class_scores(scores_path)
    names = _class_names(classes)
    if len(names) != array.shape[1]:
        raise InputError(
            f"{scores_path} has {quantity(array.shape[1], 'column')}, --classes {quantity(len(names), 'name')}: name "
            "each column"
        )
    detections = score_detections(video or scores_path.stem, array, names, threshold, fps)
    write_whole(out, detections_json(detections))
    click.echo(
        f"{out}: {quantity(len(detections), 'segment')} of {quantity(len({one.label for one in detections}), 'class')}"
    )


def _class_names(text: str) -> tuple[str, ...]:
    if text.startswith("@"):
        try:
            text = ",".join(Path(text[1:]).read_text(encoding="utf-8").splitlines())
        except (OSError, UnicodeDecodeError):
            raise InputError(f"{text[1:]} cannot be read as text: --classes @FILE wants a name per line") from None
    return tuple(name.strip() for name in text.split(",") if name.strip())
