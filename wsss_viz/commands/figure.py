"""`figure`: a spec drawn to a file."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("spec")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def command(spec: str, out: Path) -> None:
    """Draw the figure that SPEC describes to OUT, a .png, .pdf or .svg.

    SPEC is a JSON file, or a preset: grid, masks, erasing, rib, curves, plane, hgr. The caption is printed.
    """
    from wsss_viz.data.files import read_bounded, write_whole
    from wsss_viz.figures import PRESETS, caption, preset, read_spec
    from wsss_viz.figures.rendering import render

    described = preset(spec) if spec in PRESETS else read_spec(read_bounded(Path(spec), 2**20), spec)
    write_whole(out, render(described, out.suffix.lstrip(".").lower()))
    click.echo(caption(described))
