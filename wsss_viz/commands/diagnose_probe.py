"""`diagnose probe`: what a reader finds in a classifier's layers, by region."""

from __future__ import annotations

import click

from wsss_viz.commands.options import Storing, storing_options, write_json
from wsss_viz.commands.progress import progress
from wsss_viz.errors import InputError


@click.command("probe")
@click.option("--data", "data_string", default="scenes:test", help="With masks and parts: scenes:SPLIT.")
@click.option(
    "--coats",
    default="singles:test",
    help="Drawings of one object, whose coats are known: singles:SPLIT; none leaves them out.",
)
@click.option("--images", type=click.IntRange(min=20), help="At most so many of each; 400 where not given.")
@click.option("--rib", "rib_images", type=click.IntRange(min=0), help="Images RIB tunes on; 400 where not given.")
@click.option("--steps", type=click.IntRange(min=1, max=50), help="RIB's iterations; 6 where not given.")
@click.option("--family", "families", multiple=True, help="logistic, mlp; repeatable, both where not given.")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Of the split, the probes and the bootstrap.")
@click.option("--classifier", "classifier_name", default="scenes-classifier", help="A name in the register.")
@storing_options("Write what the page Information opens with, beside the checkpoints.")
def command(
    *,
    data_string: str,
    coats: str,
    images: int | None,
    rib_images: int | None,
    steps: int | None,
    families: tuple[str, ...],
    seed: int,
    classifier_name: str,
    storing: Storing,
) -> None:
    """Held-out probe information of the class, and of the coat, by layer and region, also through RIB's iterations."""
    from wsss_viz.evaluation import layer_information
    from wsss_viz.information.estimator_names import FAMILIES

    unknown = [name for name in families if name not in FAMILIES]
    if unknown:
        raise InputError(f"--family is one of {', '.join(FAMILIES)}, got {unknown[0]!r}")
    if storing.from_stored:
        report = layer_information.read_stored()
    else:
        report = layer_information.measure_layers(
            classifier_name,
            data_string,
            coats=None if coats == "none" else coats,
            images=images or layer_information.IMAGES,
            rib_images=layer_information.RIB_IMAGES if rib_images is None else rib_images,
            rib_steps=steps or layer_information.RIB_STEPS,
            families=families or FAMILIES,
            seed=seed,
            device=storing.device,
            progress=progress,
        )
    click.echo(layer_information.table(report))
    if storing.store:
        click.echo(f"written: {layer_information.store(report)}")
    write_json(storing.json_path, report)
