"""`train oc-cse`: CGNet by OC-CSE's own recipe, on a data set of a person's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from wsss_viz.commands.options import data_option, device_option, limit_option
from wsss_viz.commands.progress import progress
from wsss_viz.commands.train_common import check_out

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("oc-cse")
@data_option
@click.option("--classifier", type=_FILE, required=True, help="The ordinary classifier: od_cam.pth, res38_cls.pth.")
@click.option("--start", type=_FILE, required=True, help="What CGNet starts from: resnet_38d.params, or a classifier.")
@click.option("--out", type=_FILE, required=True, help="The file to write, .safetensors.")
@click.option("--epochs", type=click.IntRange(1), default=15)
@click.option("--batch", type=click.IntRange(1), default=8)
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), default=0.01, help="The rate at the beginning.")
@click.option("--crop", type=click.IntRange(32), default=384, help="Side of the windows trained on, in pixels.")
@click.option(
    "--long-side",
    type=(click.IntRange(16), click.IntRange(16)),
    default=(256, 448),
    metavar="FROM TO",
    help="Between which an image's long side is brought.",
)
@click.option("--seed", type=click.IntRange(0), default=4242)
@limit_option
@device_option
def oc_cse(
    *,
    data_string: str,
    classifier: Path,
    start: Path,
    out: Path,
    epochs: int,
    batch: int,
    rate: float,
    crop: int,
    long_side: tuple[int, int],
    seed: int,
    limit: int | None,
    device: str,
) -> None:
    """Train CGNet as the official code does: SGD under a poly schedule, dropout, the first layers and BatchNorm frozen.

    What is written has the names of OC-CSE's NNNnet_er.pth and is its `--network cgnet=FILE`. Stopped and started again
    it goes on after its last epoch. `train cse` is another recipe, our own, on the drawn scenes.
    """
    from wsss_viz.data.subset import take
    from wsss_viz.errors import InputError
    from wsss_viz.evaluation.report import open_for
    from wsss_viz.models.device import find_device
    from wsss_viz.models.preflight import preflight
    from wsss_viz.models.random_window import RandomWindow
    from wsss_viz.training.oc_cse import OFFICIAL_SCHEDULE, train_official

    check_out(out)
    if long_side[0] > long_side[1]:
        raise InputError(f"--long-side {long_side[0]} {long_side[1]}: give the smaller one first")
    whole = open_for(data_string, preflight(classifier).classes)
    _, history = train_official(
        out,
        classifier,
        start,
        take(whole, limit),
        whole.classes,
        replace(OFFICIAL_SCHEDULE, epochs=epochs, batch=batch, rate=rate, seed=seed),
        data=data_string,
        window=RandomWindow(*long_side, crop),
        device=str(find_device(device)),
        progress=progress,
        say=click.echo,
    )
    click.echo(f"{out}: {history.seconds / 60:.1f} minutes of training")
