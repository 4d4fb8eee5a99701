"""`inspect`: what a checkpoint holds, and whether a classifier can be made of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wsss_viz.commands.networks import class_names_option, given_classes, input_options
from wsss_viz.commands.options import json_option
from wsss_viz.errors import InputError

if TYPE_CHECKING:
    from wsss_viz.models.classifier import Classifier
    from wsss_viz.models.report import Report


@click.command()
@click.argument("file", metavar="FILE_OR_NAME")
@class_names_option
@input_options
@click.option("--no-load", is_flag=True, help="The report alone: do not load the network and check it.")
@click.option(
    "--save-as",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the tensors as safetensors, which open at once and anywhere.",
)
@json_option
def command(
    file: str,
    class_names: Path | None,
    network_input: dict[str, Any],
    no_load: bool,
    save_as: Path | None,
    json_path: Path | None,
) -> None:
    """Report on a checkpoint: format, network, tensors matched, classes, input; then load it and check its maps.

    FILE#PART is one of several networks in a file. A name of the register or of a torchvision model will do too.
    Exits with 2 where the file cannot be loaded. A pickle is read in a process of its own, which takes some seconds.
    """
    from wsss_viz.data.files import write_whole
    from wsss_viz.models.inspection import inspect
    from wsss_viz.models.network_input import NetworkInput
    from wsss_viz.models.report import refuse

    click.echo(f"reading {Path(file).name} ...", err=True)
    classes = given_classes(class_names)
    given = NetworkInput(**network_input)
    report, classifier = inspect(file, classes, given=given, numbers=not no_load)
    for line in report.lines():
        click.echo(line)
    content: dict[str, Any] = report.as_dict()
    if classifier is not None:
        content |= _checked(classifier, report)
    if json_path is not None:
        write_whole(json_path, (json.dumps(content, indent=2) + "\n").encode())
    if save_as is not None:
        _save(file, save_as)
    refuse(report)


def _checked(classifier: Classifier, report: Report) -> dict[str, Any]:
    """Prints the self-check and what the network can do alone, and gives them for the JSON."""
    from wsss_viz.data.palette import VOC_CLASSES
    from wsss_viz.methods.availability import why_not
    from wsss_viz.methods.catalogue import METHODS
    from wsss_viz.models.renaming import RenamedClassifier, for_data_set
    from wsss_viz.models.self_check import self_check
    from wsss_viz.models.synsets import weakness

    check_result = self_check(classifier, report.file)
    alone = [name for name in METHODS if not why_not(name, classifier.classes)]
    paired = [f"{name} (--network {method.role}=FILE)" for name, method in METHODS.items() if method.role]
    click.echo(f"{'check':<11} {check_result.line()}")
    click.echo(f"{'methods':<11} {', '.join(alone)}; with a second network: {', '.join(paired)}")
    as_voc = for_data_set(classifier, VOC_CLASSES)
    if isinstance(as_voc, RenamedClassifier):
        weak = ", ".join(name for name in as_voc.classes if weakness(name))
        click.echo(f"{'as VOC':<11} {len(as_voc.classes)} of {len(VOC_CLASSES)} classes by their synsets; weak: {weak}")
    _say_centres(classifier)
    finite = check_result.finite
    check = {
        "difference": check_result.difference if finite else None,
        "largest_logit": check_result.largest if finite else None,
        "finite": finite,
        "grid": list(check_result.grid),
    }
    return {"self_check": check, "methods": alone}


def _say_centres(classifier: Classifier) -> None:
    """Prints how far off the field's rule lays the maps by the geometry of the receptive fields, at two sizes."""
    from wsss_viz.models.receptive_field import cell_layout

    offsets = []
    for size in ((224, 224), (225, 225)):
        try:
            centres, grid = cell_layout(classifier, *size)
        except InputError:
            continue
        offsets.append(f"{centres.offset(grid, size)[0]:+.1f} of {size[0]}")
    if offsets:
        click.echo(
            f"{'map':<11} stretched over an input it lies {' and '.join(offsets)} pixels below and right of its cells' "
            "receptive fields, by their geometry (docs: how-to/alignment)"
        )


def _save(file: str, target: Path) -> None:
    from wsss_viz.models.loading import is_path
    from wsss_viz.models.published import save_tensors

    if target.suffix != ".safetensors":
        raise InputError(f"--save-as {target.name}: what is written is safetensors; end its name in .safetensors")
    if not is_path(file):
        raise InputError(f"--save-as wants the path of a checkpoint, and {file} is none")
    save_tensors(file, target)
    click.echo(f"written to {target}", err=True)
