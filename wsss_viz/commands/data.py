"""`data`: write the drawn scenes in VOC's layout, say what a data string names, and check it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from wsss_viz.commands.progress import progress
from wsss_viz.errors import InputError
from wsss_viz.wording import quantity

if TYPE_CHECKING:
    from wsss_viz.data.audit import Audit
    from wsss_viz.data.sample import Sample


@click.group("data")
def command() -> None:
    """Draw, write, list and check data sets."""


@command.command("scenes")
@click.option("--split", type=click.Choice(["train", "val", "test"]), default="test", help="Which scenes to draw.")
@click.option("--count", type=click.IntRange(min=1), help="How many; all from --start on where it is not given.")
@click.option("--start", type=click.IntRange(min=0), default=0, help="Index of the first one.")
@click.option("--size", default="128x128", metavar="HxW", help="Height and width in pixels.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write, in VOC's layout.")
@click.option(
    "--format",
    "image_format",
    type=click.Choice(["png", "jpg"]),
    help="png, the default, keeps the images exactly; jpg (quality 95) is for tools that take nothing else.",
)
@click.option(
    "--like",
    type=click.Choice(["voc"]),
    help="voc: JPEGs named as 2001_000017, cls_labels.npy and voc12/SPLIT.txt, so that the scripts of PSA, IRN, "
    "SEAM, OC-CSE and RIB run on it.",
)
@click.option("--overwrite", is_flag=True, help="Write into a folder that holds something else.")
def scenes(
    *,
    split: str,
    count: int | None,
    start: int,
    size: str,
    out: Path,
    image_format: Literal["png", "jpg"] | None,
    like: str | None,
    overwrite: bool,
) -> None:
    """Draw scenes and write them in PASCAL VOC's folder layout, part masks beside them."""
    from wsss_viz.data import open as open_data
    from wsss_viz.data import write_voc
    from wsss_viz.data.voc_scripts import with_voc_names, write_script_files

    if like and image_format == "png":
        raise InputError("the field's scripts read JPEGs alone: leave --format out")
    if not re.fullmatch(r"[0-9]{1,5}x[0-9]{1,5}", size):
        raise InputError(f"--size {size[:40]!r} is no size; write height x width in pixels, for example 128x192")
    whole = open_data(f"scenes:{split}" if size == "128x128" else f"scenes:{split}@{size}")
    wanted = max(len(whole) - start, 1) if count is None else count
    if start + wanted > len(whole):
        raise InputError(f"{whole.name} has {quantity(len(whole), 'scene')}; choose --start and --count within them")
    selected = whole[start : start + wanted]
    form = image_format or ("jpg" if like else "png")
    labels: dict[str, tuple[str, ...]] = {}

    def drawn() -> Iterator[Sample]:
        named = with_voc_names(selected, split, start) if like else selected
        for sample in progress(named, "drawing", wanted):
            labels[sample.name] = sample.labels or ()
            yield sample

    write_voc(drawn(), out, split, image_format=form, overwrite=overwrite)
    if like:
        write_script_files(out, split, labels)
    click.echo(f"{quantity(wanted, 'scene')} written; their data string is voc:{out}:{split}")


@command.command("list")
@click.argument("source")
@click.option("--limit", type=click.IntRange(min=0), default=100, help="Count the labels of so many samples.")
def list_(source: str, limit: int) -> None:
    """Say what SOURCE holds: scenes:SPLIT, voc:PATH:SPLIT, coco:PATH:SPLIT or folder:PATH."""
    from wsss_viz.commands.findings import end, say_findings, say_source
    from wsss_viz.data import open as open_data
    from wsss_viz.data.findings import Noticed
    from wsss_viz.methods.ranks import ALONE
    from wsss_viz.methods.reading import read_all

    data_set = open_data(source)
    if data_set.numbering.undecided:
        raise InputError(data_set.numbering.question)
    counted = data_set[:limit]
    labels: Counter[str] = Counter()
    sizes: Counter[tuple[int, int]] = Counter()
    unlabelled = 0
    noticed = Noticed(data_set.set_notes())

    for _, sample in read_all(counted, ALONE, partial(progress, title="reading"), noticed):
        sizes[sample.size] += 1
        labels.update(sample.labels or ())
        unlabelled += sample.labels is None
    click.echo(f"{data_set.name}: {quantity(len(data_set), 'sample')}")
    click.echo(f"classes: {', '.join(data_set.classes) or 'none known'}")
    say_source(data_set)
    say_findings(noticed, data_set.name)
    if not sizes:
        return end(noticed.unreadable, ALONE)
    (height, width), often = sizes.most_common(1)[0]
    others = len(sizes) - 1
    click.echo(f"of the first {len(counted)}:")
    click.echo(
        f"  size   {height} x {width} (height x width), {often} of them"
        f"{f'; {others} other sizes' if others > 1 else '; 1 other size' if others else ''}"
    )
    for name in data_set.classes:
        click.echo(f"  {labels[name]:5d}  {name}")
    if unlabelled:
        click.echo(f"  {unlabelled:5d}  without labels")
    end(noticed.unreadable, ALONE)


@command.command("check")
@click.argument("source")
@click.option("--classifier", "classifier_name", help="Whether this classifier knows the labels; see `maps`.")
@click.option(
    "--class-names",
    "class_names",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file with the names of the checkpoint's classes, one per line.",
)
@click.option("--maps", "maps_folder", type=click.Path(path_type=Path), help="Whether the maps there fit the samples.")
@click.option("--limit", type=click.IntRange(min=1), help="Read so many samples; all where it is not given.")
@click.option(
    "--out",
    "picture",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a sample with its mask laid over it here (PNG).",
)
@click.option("--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Write all of it here.")
def check(
    *,
    source: str,
    classifier_name: str | None,
    class_names: Path | None,
    maps_folder: Path | None,
    limit: int | None,
    picture: Path | None,
    json_path: Path | None,
) -> None:
    """Read SOURCE and say how, and what is odd: labels against masks, against a classifier, against maps.

    Exit code 1 where something is an error, 0 else.
    """
    import io
    import sys

    from PIL import Image

    from wsss_viz.data import open as open_data
    from wsss_viz.data.audit import audit, overlay
    from wsss_viz.data.files import write_whole
    from wsss_viz.traces.map_folder import MapFolder

    samples = open_data(source)
    known: tuple[str, ...] | None = None
    about_classifier: tuple[str, ...] = ()
    if classifier_name is not None:
        from wsss_viz.commands.networks import open_networks
        from wsss_viz.models.renaming import for_data_set

        opened = open_networks([], classifier_name, "cpu", class_names, (), samples=samples)[0]
        classifier = for_data_set(opened, samples.classes)
        known, about_classifier = classifier.classes, getattr(classifier, "notes", ())
    maps = None if maps_folder is None else MapFolder(maps_folder, samples.numbering)
    seen = audit(samples, known, maps, limit, partial(progress, title="reading"))
    click.echo(_page(seen))
    for line in about_classifier:
        click.echo(f"  note    the classifier's rows for {line}")
    if picture is not None:
        if seen.example is None:
            click.echo(f"no sample could be read, so {picture} was not written", err=True)
        else:
            buffer = io.BytesIO()
            Image.fromarray(overlay(seen.example)).save(buffer, "PNG")
            write_whole(picture, buffer.getvalue())
            click.echo(f"{picture}: {seen.example.name}, beside it under its mask: are these the objects?")
    if json_path is not None:
        write_whole(json_path, (json.dumps(seen.as_dict(), indent=1) + "\n").encode())
    if seen.worst == "error":
        sys.exit(1)


_MARKS = {"error": "ERROR  ", "warning": "WARNING", "note": "note   "}


def _page(seen: Audit) -> str:
    """The audit as one page of text: how it is read, what was found and what to do."""
    lines = [
        f"{seen.data}: {quantity(seen.count, 'sample')}, {seen.read} read",
        "",
        "How it is read",
        f"  {seen.classes_from}",
    ]
    if seen.question:
        lines += ["", f"ERROR    {seen.question}"]
    numbered = [f"{number if number >= 0 else '?'} {name}" for name, number in seen.classes]
    if numbered and any(mode != "none" for mode in seen.files.get("masks", {})):
        lines.append(f"  numbers in masks: {', '.join(numbered[:24])}{' ...' if len(numbered) > 24 else ''}")
    for what, counts in seen.files.items():
        shares = (
            _shares(counts) if what.startswith("pixels") else [f"{name}: {times}" for name, times in counts.items()]
        )
        lines.append(f"  {what}: {', '.join(shares[:12])}{f' and {len(shares) - 12} more' if len(shares) > 12 else ''}")
    if seen.matched is not None:
        both = len(seen.matched.renamed)
        lines.append(f"  the classifier knows {both} of the {both + len(seen.matched.unknown)} classes")
    lines += ["", "What was found" if seen.findings else "Nothing odd was found"]
    for finding in seen.findings:
        lines.append(f"  {_MARKS[finding.severity]} {finding.text}")
        if finding.severity != "note":
            lines.append(f"          -> {finding.remedy}")
    return "\n".join(lines)


def _shares(counts: dict[str, int]) -> list[str]:
    total = sum(counts.values())
    return [f"{name} {100 * times / total:.1f} %" for name, times in counts.items()]
