"""`showcase`: the traces that pages show before anything is computed."""

from __future__ import annotations

import time
from pathlib import Path

import click

from wsss_viz.commands.options import also_option, device_option
from wsss_viz.commands.progress import progress
from wsss_viz.errors import InputError


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
@click.option(
    "--report",
    default="",
    metavar="NAME",
    help="Only the pseudo masks that Results shows, of every image of this stored report, scenes-test: of its methods, "
    "and of its other rows that --also gives.",
)
@also_option
@device_option
def command(
    out: Path | None,
    scenes: tuple[str, ...],
    photographs: str,
    count: int,
    report: str,
    also: dict[str, str],
    device: str,
) -> None:
    """Compute what the app's pages show at once: every method on a few scenes, and on the photographs."""
    if report:
        _masks(out, report, also, device)
        return
    if also:
        raise InputError("--also names rows of a report: give --report, too")
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


def _masks(out: Path | None, name: str, also: dict[str, str], device: str) -> None:
    """The pseudo masks of a stored report, beside the showcase or at `out`."""
    from wsss_viz.data.subset import take
    from wsss_viz.evaluation.report import bind_all, open_for
    from wsss_viz.evaluation.stored_results import stored_reports
    from wsss_viz.methods.catalogue import METHODS
    from wsss_viz.models.loading import load
    from wsss_viz.showcase.pseudo_masks import pseudo_masks_path, write_pseudo_masks

    reports, start = stored_reports(), time.perf_counter()
    if name not in reports:
        raise InputError(f"no report {name!r} is stored: give one of {', '.join(reports)}")
    content, path = reports[name], out or pseudo_masks_path(name)
    classifier = load(content["classifier"], device)
    samples = take(open_for(content["data"], classifier.classes), content["count"])
    methods = [row for row in content["methods"] if row in METHODS]
    runs = bind_all(classifier, content["classifier"], methods, also, device, samples=samples)
    write_pseudo_masks(path, content, runs, samples, progress)
    click.echo(
        f"{len(runs)} rows on {len(samples)} images: {path}, {path.stat().st_size / 1e6:.2f} MB, "
        f"{time.perf_counter() - start:.0f} s"
    )
