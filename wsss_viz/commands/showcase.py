"""`showcase`: the traces that pages show before anything is computed."""

from __future__ import annotations

import time
from pathlib import Path

import click

from wsss_viz.commands.options import device_option
from wsss_viz.commands.progress import progress


@click.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; default traces.zip in showcase/ beside the checkpoints.",
)
@click.option("--scene", "scenes", multiple=True, help="A scene to show, such as scenes:test:129; repeatable.")
@click.option("--photographs", default="photos", show_default=True, help="Those to show, as a data string.")
@click.option(
    "--experiment",
    "count",
    type=click.IntRange(min=0),
    default=100,
    help="Images of scenes:val the erasing experiment is averaged over; 0 leaves it out.",
)
@device_option
def command(out: Path | None, scenes: tuple[str, ...], photographs: str, count: int, device: str) -> None:
    """Compute what the app's pages show at once: every method on a few scenes, and on the photographs."""
    from wsss_viz.methods.paired_networks import load_paired
    from wsss_viz.models.loading import load
    from wsss_viz.models.manifest import read_manifest
    from wsss_viz.models.segmenter import load_segmenter
    from wsss_viz.showcase import SHOWCASE_SCENES, showcase_path
    from wsss_viz.showcase.building import CLASSIFIER, build_showcase
    from wsss_viz.showcase.lessons import SEGMENTER, build_lessons, lessons_path
    from wsss_viz.showcase.photograph_lessons import build_photograph_lessons, photograph_lessons_path
    from wsss_viz.showcase.photographs import build_photographs, photographs_path

    path, start = out or showcase_path(), time.perf_counter()
    sources = scenes or SHOWCASE_SCENES
    methods = build_showcase(path, scenes=sources, experiment_count=count, device=device, progress=progress)
    networks = load_paired(["cs-ae"], CLASSIFIER, device).get("cgnet", ())
    lessons = path.with_name(lessons_path().name)
    segmenter = load_segmenter(SEGMENTER) if SEGMENTER in read_manifest() else None
    build_lessons(lessons, load(CLASSIFIER, device), networks[0] if networks else None, segmenter, sources)
    third, fourth = (path.with_name(one().name) for one in (photographs_path, photograph_lessons_path))
    build_photographs(third, photographs=photographs, device=device, progress=progress)
    build_photograph_lessons(fourth, photographs=photographs, device=device, progress=progress)
    written = (path, lessons, third, fourth)
    click.echo(
        f"{', '.join(methods)} on {len(sources)} scenes: {path}, {lessons.name}, {third.name} and {fourth.name}, "
        f"{sum(file.stat().st_size for file in written) / 1e6:.2f} MB, "
        f"{time.perf_counter() - start:.0f} s"
    )
