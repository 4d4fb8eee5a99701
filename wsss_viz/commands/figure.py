"""`figure`: a spec drawn to a file."""

from __future__ import annotations

from pathlib import Path

import click

from wsss_viz.commands.options import threads_option
from wsss_viz.commands.progress import Reported, announce, log_options, progress, stoppable
from wsss_viz.interrupts import NOT_BEGUN


@click.command()
@click.argument("spec")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--device", default="cpu", help="cpu, whose figures are the same everywhere; auto, cuda, cuda:0, mps.")
@threads_option
@click.option("--again", is_flag=True, help="Compute every map again, whatever is kept of earlier figures.")
@log_options
@stoppable(lambda said: said or NOT_BEGUN)
def command(spec: str, out: Path, device: str, threads: int, again: bool) -> None:
    """Draw the figure that SPEC describes to OUT, a .png, .pdf or .svg.

    SPEC is a JSON file, or a preset: photographs, grid, masks, erasing, rib, curves, plane, hgr. Paths in it are from
    the folder that it lies in. The caption is printed. Maps are computed once and kept: drawn with another opacity,
    size or order, they are read.
    """
    from wsss_viz.data.files import read_bounded, write_whole
    from wsss_viz.errors import InputError
    from wsss_viz.figures import PRESETS, caption, preset, read_spec
    from wsss_viz.figures.paths import resolved
    from wsss_viz.figures.rendering import render
    from wsss_viz.figures.trace_cache import CACHE
    from wsss_viz.figures.tracing import Tracer
    from wsss_viz.figures.writing import KINDS

    kind = out.suffix.lstrip(".").lower()
    if kind not in KINDS:
        raise InputError(f"a figure is written as {', '.join(KINDS)}, not as {kind!r}: choose another ending")
    described = preset(spec) if spec in PRESETS else read_spec(read_bounded(Path(spec), 2**20), spec)
    tracer = Tracer(device, threads, CACHE, fresh=again, progress=progress, watched=Reported)
    goes_on = "the same command" if not again else "without --again the command"
    with stoppable(lambda _: f"maps computed and kept: {tracer.written}; {goes_on} goes on from there"):
        write_whole(out, render(resolved(described, Path(spec).parent), kind, tracer))
        announce(caption(described, tracer.companions, tracer.labels))
