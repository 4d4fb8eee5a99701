"""`data`: write the drawn scenes in VOC's layout, and say what a data string names."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Literal

import click
from tqdm import tqdm

from wsss_viz.errors import InputError


@click.group("data")
def command() -> None:
    """Draw, write and list data sets."""


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
    default="png",
    help="png keeps the images exactly; jpg (quality 95) is for tools that take nothing else.",
)
@click.option("--overwrite", is_flag=True, help="Write into a folder that holds something else.")
def scenes(
    *,
    split: str,
    count: int | None,
    start: int,
    size: str,
    out: Path,
    image_format: Literal["png", "jpg"],
    overwrite: bool,
) -> None:
    """Draw scenes and write them in PASCAL VOC's folder layout, part masks beside them."""
    from wsss_viz.data import open as open_data
    from wsss_viz.data import write_voc

    if not re.fullmatch(r"[0-9]{1,5}x[0-9]{1,5}", size):
        raise InputError(f"--size {size[:40]!r} is no size; write height x width in pixels, for example 128x192")
    whole = open_data(f"scenes:{split}" if size == "128x128" else f"scenes:{split}@{size}")
    wanted = max(len(whole) - start, 1) if count is None else count
    if start + wanted > len(whole):
        raise InputError(f"{whole.name} has {len(whole)} scenes; choose --start and --count within them")
    chosen = whole[start : start + wanted]
    with tqdm(total=wanted, desc="drawing", unit="scene") as bar:
        write_voc(chosen, out, split, bar.update, image_format=image_format, overwrite=overwrite)
    click.echo(f"{wanted} scenes written; their data string is voc:{out}:{split}")


@command.command("list")
@click.argument("source")
@click.option("--limit", type=click.IntRange(min=0), default=100, help="Count the labels of so many samples.")
def list_(source: str, limit: int) -> None:
    """Say what SOURCE holds: scenes:SPLIT, voc:PATH:SPLIT, coco:PATH:SPLIT or folder:PATH."""
    from wsss_viz.data import open as open_data

    data_set = open_data(source)
    counted = data_set[:limit]
    labels: Counter[str] = Counter()
    sizes: Counter[tuple[int, int]] = Counter()
    unlabelled = 0
    for sample in tqdm(counted, desc="reading", unit="sample", leave=False):
        sizes[sample.size] += 1
        labels.update(sample.labels or ())
        unlabelled += sample.labels is None
    click.echo(f"{data_set.name}: {len(data_set)} sample{'s' * (len(data_set) != 1)}")
    click.echo(f"classes: {', '.join(data_set.classes) or 'none known'}")
    if not counted:
        return
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
