"""`diagnose gradient-ratio`: where the gradient goes, on the digit toy and on labelled images."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from wsss_viz.commands.options import Storing, storing_options, write_json
from wsss_viz.commands.progress import counting, progress
from wsss_viz.errors import InputError

if TYPE_CHECKING:
    from wsss_viz.gradients.stored import Stored
    from wsss_viz.models.digit_network import DigitNetwork

TOY = "toy"
PHOTOS = "photos"
PHOTO_CLASSIFIER = "imagenet-efficientnet-lite0"
PHOTO_EXAMPLE = "photos:dog"
TEST_PICTURES = 300
SCENES_MEASURED = 200
SCENES_TUNED = 50
SEEDS = 3


@click.command("gradient-ratio")
@click.option(
    "--data", "data_string", default=TOY, help="toy, or labelled images with part masks: scenes:test, photos."
)
@click.option("--head", default="flatten", help="Of the toy: flatten (a fully connected layer) or gap.")
@click.option("--loss", default="bce", help="Of the toy: bce (with the sigmoid) or rib (without).")
@click.option("--seeds", type=click.IntRange(1, 20), default=SEEDS, help="Of the toy: how many networks, from seed 0.")
@click.option("--epochs", type=click.IntRange(min=1), help="Of the toy; the recipe's where not given.")
@click.option("--tau", type=click.FloatRange(0.05, 0.9), default=0.3, help="Printed; the JSON has all thresholds.")
@click.option(
    "--classifier",
    "classifier_name",
    help=f"Of the images: a name, a path, a model; scenes-classifier where not given, of photos {PHOTO_CLASSIFIER}.",
)
@click.option("--limit", type=click.IntRange(min=1), default=SCENES_MEASURED, help="How many of the images.")
@click.option(
    "--layer",
    "layer_names",
    multiple=True,
    help="Of the images: a module of the network by its name (stages.2), repeatable; its stages where not given.",
)
@click.option(
    "--regions",
    "region_kind",
    type=click.Choice(["parts", "map"]),
    default="parts",
    help="Of the images: from part masks, or ground truth and CAM where there are none (VOC).",
)
@storing_options("Measure all heads and losses, or all networks and RIB's steps, and write what the page opens with.")
def command(
    *,
    data_string: str,
    head: str,
    loss: str,
    seeds: int,
    epochs: int | None,
    tau: float,
    classifier_name: str | None,
    limit: int,
    layer_names: tuple[str, ...],
    region_kind: str,
    storing: Storing,
) -> None:
    """Measure the high gradient ratio of each layer and region (RIB, NeurIPS 2021)."""
    from wsss_viz.gradients.stored import FOLDER, shipped

    if layer_names and (storing.store or storing.from_stored or data_string == TOY):
        raise InputError("--layer is for images that are measured now: give --data, without --store or --stored")
    of_photos = data_string.partition(":")[0].partition("@")[0] == PHOTOS
    subject = TOY if data_string == TOY else PHOTOS if of_photos else "scenes"
    classifier_name = classifier_name or (PHOTO_CLASSIFIER if of_photos else "scenes-classifier")
    if storing.from_stored:
        measured = shipped(subject)
    elif data_string == TOY:
        measured = _digits(head, loss, seeds, epochs, storing.store)
    else:
        everything = _photographs if of_photos else _everything
        measured = (
            everything(data_string, classifier_name, limit, storing.device)
            if storing.store
            else _images(data_string, classifier_name, limit, storing.device, layer_names, region_kind)
        )
    for line in table(measured, tau):
        click.echo(line)
    if storing.store:
        measured.save(FOLDER / f"{subject}.npz")
    write_json(storing.json_path, measured.as_dict())


def _digits(head: str, loss: str, seeds: int, epochs: int | None, everything: bool) -> Stored:
    import torch

    from wsss_viz.data.digits import draw_digits
    from wsss_viz.gradients.survey import survey_digits
    from wsss_viz.models.digit_network import HEADS
    from wsss_viz.training.digits import LOSSES, Recipe, training

    torch.set_num_threads(1)  # networks this small are no faster on two, and far slower where others use them
    settings = {} if epochs is None else {"epochs": epochs}
    variants = [(h, v) for h in HEADS for v in LOSSES] if everything else [(head, loss)]
    recipes = [Recipe(h, v, seed, **settings) for h, v in variants for seed in range(seeds)]

    def trained() -> Iterator[tuple[str, str, int, DigitNetwork]]:
        with counting(sum(recipe.epochs for recipe in recipes), "training, epochs") as reach:
            done = itertools.count(1)
            for recipe in recipes:
                for after_epoch in training(recipe):
                    network = after_epoch
                    reach(next(done))
                yield recipe.head, recipe.loss, recipe.seed, network

    data = draw_digits("test", TEST_PICTURES, shape_share=1.0)
    plain = {name: getattr(recipes[0], name) for name in ("pictures", "epochs", "batch", "rate", "margin")}
    about = {"data": TOY, "recipe": plain, "seeds": seeds, "pictures": TEST_PICTURES, "shape_share": 1.0}
    return survey_digits(trained(), data, about)


def _images(data_string: str, name: str, limit: int, device: str, layers: tuple[str, ...], kind: str) -> Stored:
    """One network on labelled images, layer by layer, by both measures."""
    import wsss_viz
    from wsss_viz.gradients.scenes import Counting, measure_scenes
    from wsss_viz.gradients.stored import Entry, Stored
    from wsss_viz.gradients.survey import scenes_key
    from wsss_viz.models.manifest import read_manifest

    samples = wsss_viz.data.open(data_string)[:limit]
    classifier = wsss_viz.load(name, device)
    register = read_manifest()
    about: dict[str, Any] = {"data": data_string, "images": len(samples), "layers": list(layers), "regions": kind}
    if name in register:
        about["checkpoints"] = {name: register[name].sha256}
    entries = {}
    for measure in ("sum", "energy"):
        images = progress(samples, f"{name}, {measure}")
        measured = measure_scenes(classifier, images, measure, (Counting(kind),), layers=layers)
        key = scenes_key(name, kind, measure, share=None if kind == "parts" else Counting().share)
        entries[key] = Entry(measured.curves[0], {"sigmoid_slope": measured.slope[0]})
    return Stored(entries, {}, about)


def _everything(data_string: str, name: str, limit: int, device: str) -> Stored:
    """What the page opens with: the classifier, its CGNet, all countings, and RIB's steps."""
    import wsss_viz
    from wsss_viz.gradients.survey import EXAMPLE, survey_scenes
    from wsss_viz.models.manifest import read_manifest, trained_names

    samples = wsss_viz.data.open(data_string)[:limit]
    register = read_manifest()
    names = [name, *trained_names("cgnet", name)[:1]]
    if len(names) == 1:
        click.echo(f"No CGNet of {name} in the register: it is left out.")
    tuned = samples[:SCENES_TUNED]
    about: dict[str, Any] = {
        "data": data_string,
        "images": len(samples),
        "checkpoints": {one: register[one].sha256 for one in names if one in register},
        "classifiers": names,
        "tuned_images": len(tuned),
    }
    example = wsss_viz.data.open(EXAMPLE)[0]
    networks = {one: wsss_viz.load(one, device) for one in names}
    return survey_scenes(networks, samples, tuned, example, about, progress)


def _photographs(data_string: str, name: str, limit: int, device: str) -> Stored:
    """What the page opens with of the photographs: the network that knows them, layer by layer."""
    import wsss_viz
    from wsss_viz.gradients.survey import survey_photographs
    from wsss_viz.models.manifest import read_manifest
    from wsss_viz.models.narrowing import narrow

    data = wsss_viz.data.open(data_string)
    samples, register = list(data[:limit]), read_manifest()
    about = {
        "data": data_string,
        "images": len(samples),
        "checkpoints": {name: register[name].sha256} if name in register else {},
        "classifiers": [name],
    }
    example = wsss_viz.data.open(PHOTO_EXAMPLE)[0]
    classifier = narrow(wsss_viz.load(name, device), data.classes)
    return survey_photographs(name, classifier, samples, replace(example, source=PHOTO_EXAMPLE), about, progress)


def table(stored: Stored, tau: float) -> Iterator[str]:
    """The curves at one threshold, one line per region."""
    for key, entry in stored.entries.items():
        curve = entry.curve
        at_tau = curve.at(tau)
        yield f"{key}: HGR at tau {tau:g}, mean [95 % over images] of {', '.join(curve.layers)}"
        for r, region in enumerate(curve.regions):
            cells = "  ".join(f"{m:.2f} [{low:.2f} {high:.2f}]" for m, low, high in at_tau[:, r])
            yield f"  {region:<19} {cells}   n = {curve.counts[r]}"
        if "accuracy" in entry.facts:
            shares = ", ".join(f"{name} {share:.3f}" for name, share in entry.facts["accuracy"].items())
            yield f"  accuracy: {shares}; mean s(1 - s) {entry.facts['sigmoid_slope']:.4f}"
