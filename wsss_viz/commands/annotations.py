"""`annotations`: masks and boxes from maps at a threshold, as other tools read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wsss_viz.commands.options import data_option, selection_options
from wsss_viz.commands.progress import announce, log_options, progress
from wsss_viz.wording import quantity

if TYPE_CHECKING:
    from wsss_viz.data.sample import Mask, Sample
    from wsss_viz.data.subset import Selection


@click.command()
@click.option(
    "--maps",
    "maps_folder",
    type=click.Path(path_type=Path),
    required=True,
    help="The folder of maps or finished masks, ours or others'.",
)
@data_option
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write, new or empty.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["coco", "yolo", "palette", "fiftyone"]),
    default="coco",
    help="coco: one JSON with boxes and run lengths; yolo: a text of boxes per image; palette: masks as PNG; fiftyone: "
    "a data set that FiftyOne imports, with ground truth and the IoU of each image.",
)
@click.option(
    "--threshold",
    type=click.FloatRange(min=0, max=1, max_open=True),
    required=True,
    help="Of the background; finished masks have none and stay as they are.",
)
@click.option(
    "--contours",
    type=click.Choice(["all", "largest"]),
    default="all",
    help="Every region of a class in an image is an object, or its largest alone.",
)
@click.option("--images/--no-images", default=True, help="Whether the images are written beside them, as JPEG.")
@selection_options
@log_options
def command(
    *,
    maps_folder: Path,
    data_string: str,
    out: Path,
    form: str,
    threshold: float,
    contours: str,
    images: bool,
    selection: Selection,
) -> None:
    """Write masks and boxes from maps at a threshold, as COCO JSON, YOLO boxes, palette PNG or a FiftyOne data set.

    What cannot be read is left out and listed at the end, with exit code 1.
    """
    from wsss_viz import data
    from wsss_viz.commands.findings import end
    from wsss_viz.data.subset import name_at, take
    from wsss_viz.errors import InputError
    from wsss_viz.evaluation.annotation_sets import mask_at, write_annotations
    from wsss_viz.methods.ranks import ALONE
    from wsss_viz.traces.map_folder import MapFolder

    samples = data.open(data_string)
    if samples.numbering.undecided:
        raise InputError(samples.numbering.question)
    maps = MapFolder(maps_folder, samples.numbering)
    part = take(samples, selection)
    unreadable: list[tuple[str, str]] = []

    def items() -> Iterator[tuple[Sample, Mask]]:
        for index in progress(range(len(part)), "annotations"):
            try:
                yield mask_at(maps, part[index], threshold)
            except InputError as error:
                unreadable.append((name_at(part, index), str(error)))

    count = write_annotations(out, form, items(), contours=contours, images=images)
    announce(f"{quantity(count, 'image')} annotated in {out}")
    end(unreadable, ALONE)
