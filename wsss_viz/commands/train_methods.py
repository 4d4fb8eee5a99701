"""`train cse`, `gain`, `ae` and their control `classifier-longer`: networks that go on from the ordinary classifier."""

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
from wsss_viz.showcase.scenes import SHOWCASE_SCENES


def _continued(function: Any) -> Any:
    """The options of every training that goes on from the classifier."""
    for option in (
        click.option(
            "--watch",
            multiple=True,
            default=SHOWCASE_SCENES,
            help="A scene whose maps are recorded after every epoch, in showcase/ beside the checkpoint; repeatable.",
        ),
        click.option(
            "--rate", type=click.FloatRange(min=0, min_open=True), default=1e-3, help="Highest learning rate."
        ),
        click.option("--epochs", type=click.IntRange(1), default=3),
        checkpoint_option("--classifier", "scenes-classifier", "The ordinary classifier."),
        held_out_option,
        common,
    ):
        function = option(function)
    return function


@click.command()
@out_option("trained-cgnet")
@checkpoint_option("--start", None, "What CGNet starts from, a classifier or the backbone; default the classifier.")
@click.option("--alpha", type=click.FloatRange(min=0), default=0.3, help="Weight of L_cse in the first epoch.")
@click.option("--alpha-growth", type=float, default=0.05, help="What it grows by per epoch.")
@click.option(
    "--mask-maximum",
    type=click.Choice(["map", "batch"]),
    default="map",
    help="What masks are divided by: each map's own maximum, or the batch's, as in the official code.",
)
@click.option("--detach-maximum", is_flag=True, help="No gradient through that maximum.")
@click.option(
    "--frozen",
    type=click.IntRange(0, 4),
    help="Stages of CGNet that stay as they are; default as many as in the classifier's training.",
)
@click.option("--fixed-head", is_flag=True, help="CGNet's 1x1 classifier stays as it is.")
@click.option("--agnostic", is_flag=True, help="The control: one mask for all labels, all of which are to be gone.")
@_continued
def cse(
    *,
    start: Path | None,
    alpha: float,
    alpha_growth: float,
    mask_maximum: str,
    detach_maximum: bool,
    frozen: int | None,
    fixed_head: bool,
    agnostic: bool,
    **shared: Any,
) -> None:
    """Train CS-AE's CGNet against the frozen classifier.

    Our recipe, on the scenes: AdamW, no dropout, BatchNorm's affine part trained, each mask by its own maximum. The
    official one is `train oc-cse`.
    """
    from wsss_viz.training.cse import CseOptions, train_cse

    options = CseOptions(alpha, alpha_growth, mask_maximum, detach_maximum, agnostic, frozen, fixed_head)
    check_out(shared["out"])
    trained = train_cse(shared["out"], _run(shared), options, start)
    role, row = ("cgnet-agnostic", "cs-ae-agnostic") if agnostic else ("cgnet", "cs-ae")
    _finish(role, row, trained, shared)


@click.command()
@out_option("trained-gain")
@click.option("--alpha", type=click.FloatRange(min=0), default=1.0, help="Weight of L_am.")
@click.option("--sigma", type=float, default=0.5, help="Threshold of the soft mask.")
@click.option("--omega", type=click.FloatRange(min=0, min_open=True), default=10.0, help="Its steepness.")
@click.option(
    "--score", type=click.Choice(["probability", "logit"]), default="probability", help="What L_am brings down."
)
@click.option("--mask-range", type=click.Choice(["map", "batch"]), default="map", help="What attention is divided by.")
@_continued
def gain(*, alpha: float, sigma: float, omega: float, score: str, mask_range: str, **shared: Any) -> None:
    """Train GAIN: the classifier's own loss and the attention-mining loss, on shared weights."""
    from wsss_viz.training.gain import GainOptions, train_gain

    check_out(shared["out"])
    trained = train_gain(shared["out"], _run(shared), GainOptions(alpha, sigma, omega, score, mask_range))
    _finish("gain", "gain", trained, shared)


@click.command("classifier-longer")
@out_option("trained-control")
@_continued
def classifier_longer(**shared: Any) -> None:
    """Train the control: as many epochs more of the classification loss alone."""
    from wsss_viz.training.continued import train_control

    check_out(shared["out"])
    _finish("control", "control", train_control(shared["out"], _run(shared)), shared)


@click.command()
@out_option("trained-ae", " Round 2 is written to ...-2.safetensors, and so on.")
@click.option(
    "--rounds", type=click.IntRange(2, 9), default=3, help="Classifiers in the end, the ordinary one included."
)
@click.option("--mask", type=click.Choice(["hard", "top"]), default="hard", help="What is erased of a map.")
@click.option("--threshold", type=click.FloatRange(0, 1), default=0.5, help="Of the hard mask, a share of the maximum.")
@click.option("--share", type=click.FloatRange(0, 1, min_open=True), default=0.2, help="Of the top mask, of the area.")
@_continued
def ae(*, rounds: int, mask: str, threshold: float, share: float, **shared: Any) -> None:
    """Train AE's rounds: erase the regions of the maps, train again on what remains."""
    from wsss_viz.evaluation.report import run_report
    from wsss_viz.evaluation.report_text import table
    from wsss_viz.methods import bind
    from wsss_viz.training.continued import read_ordinary
    from wsss_viz.training.erasing_rounds import AeOptions, train_rounds

    check_out(shared["out"])
    ordinary = read_ordinary(shared["classifier"])
    options, networks = AeOptions(rounds, mask, threshold, share), []
    for number, (path, trained) in enumerate(train_rounds(shared["out"], _run(shared), options), start=2):
        networks.append(trained.classifier)
        run = bind("ae-rounds", ordinary, {"ae": networks}, mask=mask, threshold=threshold, share=share)
        report = run_report(
            {f"ae-{number}": run}, ordinary.classes, "scenes:test", limit=shared["held_out"], progress=progress
        )
        click.echo(table(report))
        start = {"round": number, "mask": mask, "threshold": threshold, "share": share}
        _register("ae", path, trained, shared, report, start)


def _run(shared: dict[str, Any]) -> Any:
    """The `Run` of a training from the options all of them have."""
    from wsss_viz.training.continued import CONTINUED_SCHEDULE, Run

    schedule = replace(CONTINUED_SCHEDULE, epochs=shared["epochs"], rate=shared["rate"], seed=shared["seed"])
    schedule = replace(schedule, crop=shared["crop"])
    return Run(
        shared["classifier"],
        progress,
        click.echo,
        schedule,
        train_count=shared["train_count"],
        val_count=shared["val_count"],
        watch=tuple(shared["watch"]),
    )


def _finish(role: str, row: str, trained: Any, shared: dict[str, Any]) -> None:
    """Scores the network's CAM, which is the method's map, on held-out scenes, and registers it."""
    from wsss_viz.evaluation.report import method_report
    from wsss_viz.evaluation.report_text import table

    out = shared["out"]
    report = method_report(
        trained.classifier, out.stem, ["cam"], "scenes:test", limit=shared["held_out"], progress=progress
    )
    report["methods"] = {row: report["methods"].pop("cam")}
    click.echo(table(report))
    _register(role, out, trained, shared, report, {})


def _register(
    role: str, written: Path, trained: Any, shared: dict[str, Any], report: dict[str, Any], start: dict[str, Any]
) -> None:
    """The checkpoint's entry, and the maps of the watched scenes."""
    from wsss_viz.models.manifest import file_digest
    from wsss_viz.traces.growth import write_growth

    history, ordinary = trained.history, shared["classifier"]
    for row in report["methods"].values():
        row.pop("seconds_per_image", None)  # of this machine, not of the checkpoint
    if trained.growth is not None:
        write_growth(written.parent / "showcase" / f"{written.stem}.growth.npz", trained.growth)
    scores = {"scenes:val": {"count": shared["val_count"], **history.epochs[-1]}, "evaluate": report}
    start = {"role": role, "classifier": ordinary.name, "classifier_sha256": file_digest(ordinary), **start}
    register_checkpoint(written, trained.classifier, shared["seed"], history, scores, start)
    click.echo(f"{written}: {history.seconds / 60:.1f} minutes of training")
