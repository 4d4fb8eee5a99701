"""`diagnose`: what the information says, as numbers; every number that the pages plot."""

from __future__ import annotations

from pathlib import Path

import click

from wsss_viz.commands.diagnose_gradients import command as gradient_ratio
from wsss_viz.commands.diagnose_leakage import command as leakage
from wsss_viz.commands.diagnose_probe import command as probe
from wsss_viz.commands.options import json_option, write_json
from wsss_viz.commands.progress import counting, progress
from wsss_viz.errors import InputError


@click.group("diagnose")
def command() -> None:
    """Measure information and gradients, and print the numbers behind the pages."""


command.add_command(gradient_ratio)
command.add_command(leakage)
command.add_command(probe)


@command.command("information-plane")
@click.option("--activation", default="tanh", help="tanh, relu, sigmoid, softsign, elu, linear.")
@click.option("--preset", default="fast", help="ci (seconds), fast (a minute), paper (many minutes).")
@click.option(
    "--estimator",
    "--ruler",
    "estimators",
    multiple=True,
    default=("default",),
    help="default, bins:30, idnns:30, width:0.07, range:100, quantile:30, preactivation:30, mixture:0.001, "
    "noise:0.001, noisy:0.1, ross:3, probe:logistic; may be given several times, nothing is trained again.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="The first network's seed.")
@click.option("--seeds", type=click.IntRange(min=1, max=100), help="How many networks; the preset's where not given.")
@click.option(
    "--run",
    "run_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Measure this stored run in place of training one; `stored` for the one that ships.",
)
@click.option(
    "--save",
    "save_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Store the trained run here (NAME.npz), and what is measured beside it (NAME.ESTIMATOR.npz).",
)
@click.option("--half", is_flag=True, help="Store, and measure, weights rounded to 16 bits: the files that ship.")
@json_option
def information_plane(
    *,
    activation: str,
    preset: str,
    estimators: tuple[str, ...],
    seed: int,
    seeds: int | None,
    run_path: Path | None,
    save_path: Path | None,
    half: bool,
    json_path: Path | None,
) -> None:
    """Train the 12-bit networks, or read a stored run, and measure every layer's place in the information plane."""
    from wsss_viz.information.estimator_names import check_estimator
    from wsss_viz.information.plane import measure, plane_name
    from wsss_viz.information.report import report, table
    from wsss_viz.information.runs import Run, recipe, stored_run

    if run_path is not None and save_path is not None:
        raise InputError("--save stores a run that is trained; leave it out with --run")
    for name in estimators:
        check_estimator(name)
    wanted = recipe(preset, activation, seed, seeds)
    if run_path is None:
        import torch

        from wsss_viz.information.networks import snapshots

        torch.set_num_threads(1)  # matrices this small are no faster on two, and far slower where others use them
        with counting(wanted.epochs, f"{activation}, epochs") as reach:
            run = Run.collect(wanted, snapshots(wanted, reach))
    else:
        run = stored_run(activation) if str(run_path) == "stored" else Run.load(run_path)
    if save_path is not None:
        run.save(save_path, half)
        run = Run.load(save_path)
    planes = []
    for name in estimators:
        planes.append(measure(run, name, progress=progress))
        click.echo(table(run, planes[-1]))
        if save_path is not None:
            planes[-1].save(save_path.with_name(plane_name(save_path.stem, planes[-1].estimator)))
    if json_path is not None:
        write_json(json_path, report(run, planes))
