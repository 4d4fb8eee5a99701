"""What the page Gradients shows at a view: pictures, gradient maps, regions, curves, and where they are from.

What ships is read once for all sessions; one scene's maps are computed when they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from wsss_viz.app import caching
from wsss_viz.app.language import mark, tr
from wsss_viz.app.services import checkpoints, samples
from wsss_viz.app.services.jobs.manager import Request, Snapshot
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.gradients import LARGEST_RIB_STEP
from wsss_viz.app.state.scene import DEFAULT_PHOTOGRAPH
from wsss_viz.app.turns import turn
from wsss_viz.app.widgets.markup import part_labels, percent
from wsss_viz.app.widgets.rendering import PART_COLOURS
from wsss_viz.data.digits import CLASSES as DIGITS
from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE, Sample
from wsss_viz.errors import InputError
from wsss_viz.gradients import stored as storage
from wsss_viz.gradients.ratio import high_gradient_ratio, normalise
from wsss_viz.gradients.regions import REGIONS, box_region, part_regions
from wsss_viz.gradients.stored import Entry, Stored
from wsss_viz.models.manifest import read_manifest

CLASSIFIER = "scenes-classifier"
PHOTO_CLASSIFIER = "imagenet-efficientnet-lite0"
PERCENTILES = {"max": 100.0, "p99": 99.0}
USER_REGION = "own"
WHOLE = "whole"
"""The region of an image without a mask: all of it."""
IMAGE = "image"
"""The subject where an image of a workspace or a picture of one's own is looked at."""
COLOURS = {
    "discriminative": PART_COLOURS[DISCRIMINATIVE],
    "non_discriminative": PART_COLOURS[NON_DISCRIMINATIVE],
    "irrelevant": (134, 142, 150),
    USER_REGION: (46, 160, 110),
    WHOLE: (134, 142, 150),
}
NAMES = {
    "toy": {
        "discriminative": mark("digit"),
        "non_discriminative": mark("shape"),
        "irrelevant": mark("background"),
        USER_REGION: "your region",
    },
    **{
        subject: {
            "discriminative": part_labels(subject)[DISCRIMINATIVE],
            "non_discriminative": part_labels(subject)[NON_DISCRIMINATIVE],
            "irrelevant": "background",
            USER_REGION: "your region",
        }
        for subject in ("scenes", "photos")
    },
    IMAGE: {
        "discriminative": "object, high in CAM",
        "non_discriminative": "object, low in CAM",
        "irrelevant": "background",
        USER_REGION: "your region",
        WHOLE: "whole picture",
    },
}


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture and its gradient maps.

    Attributes:
        image: (H, W, 3) uint8, at the size of the network's input.
        layers: L names.
        maps: (L, H, W) from 0 to 1, as divided by the view's divisor.
        regions: by name, (H, W) bool; one's own last.
        ratios: (L, R) the picture's own HGR at the view's tau, NaN for an empty region.
        title: what it is.
        computed: False where the maps were stored.
        digest: of the image that all of it is of, as the page has it.
        private: a person's own: what is drawn of it stays in their session.
    """

    image: NDArray[np.uint8]
    layers: tuple[str, ...]
    maps: NDArray[np.float64]
    regions: dict[str, NDArray[np.bool_]]
    ratios: NDArray[np.float64]
    title: str
    computed: bool
    digest: str
    private: bool = False


def picture(
    image: NDArray[np.uint8],
    layers: tuple[str, ...],
    maps: NDArray,
    regions: Mapping[str, NDArray[np.bool_]],
    state: ViewState,
    title: str,
    computed: bool,
    digest: str,
    private: bool = False,
) -> Picture:
    """Maps (L, H, W) of any scale and the regions, each (H, W), brought to the view's divisor, tau and own region."""
    named = dict(regions)
    if state.box:
        left, top, right, bottom = (number / 100 for number in state.box)
        named[USER_REGION] = box_region((maps.shape[1], maps.shape[2]), (left, top, right, bottom))
    percentile = PERCENTILES[state.divided_by]
    masks = np.stack(list(named.values()))[None]
    ratios = high_gradient_ratio(maps[None], masks, state.tau, percentile)[0]
    return Picture(image, layers, normalise(maps, percentile), named, ratios, title, computed, digest, private)


def toy_picture(stored: Stored, state: ViewState) -> Picture:
    """The example of the toy that the view names, by the network of seed 0."""
    examples, number = stored.examples, state.picture
    digit = examples["images"][number]
    regions = {name: examples["regions"][number] == of for name, of in zip(REGIONS, (1, 2, 0), strict=True)}
    maps = examples[f"{state.head}/{state.trained_with}/{state.measure}"][number]
    layers = toy_entry(stored, state).curve.layers
    title = tr("a {digit} with its shape", digit=DIGITS[examples["labels"][number]])
    image = np.repeat(digit[..., None], 3, axis=2)
    return picture(image, layers, maps, regions, state, title, False, caching.digest(image))


def toy_entry(stored: Stored, state: ViewState, seed: int | str = "all") -> Entry:
    """The toy's curve at the view."""
    return stored.entries[f"{state.head}/{state.trained_with}/{state.measure}/{state.divided_by}/{seed}"]


def toy_seeds(stored: Stored) -> range:
    """The seeds that were trained."""
    return range(int(stored.about["seeds"]))


def seen_by_page(state: ViewState) -> ViewState:
    """The view as the page has it: its subject is the toy, or of the kind that the view looks at.

    >>> view = seen_by_page(ViewState(example="scenes:val:3"))
    >>> view.subject, view.divided_by
    ('scenes', 'max')
    """
    if state.subject == "toy":
        return state
    if state.source == "own" or state.workspace:
        return replace(state, subject=IMAGE, measure="sum", network="classifier", rib_step=0)
    if state.subject == "scenes" or state.is_scene:
        return replace(state, subject="scenes", example=state.scene)
    return state


def looked_at(state: ViewState) -> str:
    """The data string of the photograph or the scene whose gradients are shown."""
    if state.subject != "photos":
        return state.scene
    return state.example if state.example.startswith("photos:") else DEFAULT_PHOTOGRAPH


def scene_class(state: ViewState, sample: Sample) -> str:
    """The class whose logit is looked at: the view's, where it is in the image, else the first label."""
    labels = sample.labels or ()
    return state.focus if state.focus in labels else labels[0]


def scenes_entry(stored: Stored, state: ViewState) -> tuple[Entry, str]:
    """The scenes' curve at the view, and what of the view was not measured, in words, or ""."""
    if state.rib_step and state.network == "classifier":
        key = f"tuned-rib/{state.divided_by}/{state.rib_step}"
        missing = [] if state.measure == "sum" else ["RIB's steps were measured with the signed sum"]
        return stored.entries[key], "; ".join(missing)
    if state.subject == "photos":
        return stored.entries[f"{PHOTO_CLASSIFIER}/parts/sum/{state.divided_by}"], ""
    name, divisor, measure = network_name(stored, state), state.divided_by, state.measure
    note = ""
    if name != CLASSIFIER and measure == "energy":
        measure, note = "sum", "CGNet was measured with the signed sum"
    if state.regions != "parts" and (measure, divisor) != ("sum", "max"):
        measure, divisor, note = "sum", "max", "with regions from the map: signed sum, own maximum"
    elif measure == "energy" and divisor != "max":
        divisor, note = "max", "the energy was measured with the own maximum"
    return stored.entries[f"{name}/{state.regions}/{measure}/{divisor}"], note


def network_name(stored: Stored | None, state: ViewState) -> str:
    """The register's name of the network: the classifier, also where no CGNet was measured."""
    if state.subject == "photos":
        return PHOTO_CLASSIFIER
    names = stored.about["classifiers"] if stored else [CLASSIFIER]
    return str(names[1]) if state.network == "cgnet" and len(names) > 1 else CLASSIFIER


def rib_curves(stored: Stored, state: ViewState, loss: str) -> NDArray[np.float64]:
    """(K + 1, R, 3) HGR of the logit by theta_0 to theta_K, at the view's tau."""
    steps = []
    for k in range(len(stored.entries)):
        entry = stored.entries.get(f"tuned-{loss}/{state.divided_by}/{k}")
        if entry is None:
            break
        steps.append(entry.curve.at(state.tau)[-1])
    return np.stack(steps)


def rib_change(stored: Stored, state: ViewState, loss: str) -> NDArray[np.float64]:
    """(R, 3) HGR of the logit by theta_K less that by theta_0, paired by image."""
    return np.asarray(stored.entries[f"tuned-{loss}/{state.divided_by}/change"].curve.at(state.tau)[0])


def rib_rows(stored: Stored, state: ViewState) -> list[dict[str, Any]]:
    """One row a loss, step and region: HGR of the logit with its interval, the mean logit and s(1 - s)."""
    rows = []
    for loss in ("rib", "bce"):
        for k, values in enumerate(rib_curves(stored, state, loss)):
            facts = stored.entries[f"tuned-{loss}/{state.divided_by}/{k}"].facts
            for region, (mean, low, high) in zip(REGIONS, values.tolist(), strict=True):
                rows.append({
                    "loss": loss, "step": k, "region": region, "tau": state.tau, "hgr": mean, "low95": low,
                    "high95": high, "logit": facts["logit"], "sigmoid_slope": facts["sigmoid_slope"],
                    "scenes": int(stored.about["tuned_images"]),
                })  # fmt: skip
    return rows


def layer_number(state: ViewState, layers: tuple[str, ...]) -> int:
    """The index of the view's layer; the last where it names none."""
    return min(state.layer, len(layers)) - 1 if state.layer else len(layers) - 1


def toy_sentence(entry: Entry, state: ViewState) -> str:
    """What the toy's curve says at the last step, in words, whatever it is."""
    curve = entry.curve
    values = dict(zip(curve.regions, np.moveaxis(curve.at(state.tau)[-2:, :, 0], 0, 1), strict=True))
    drops = dict(zip(curve.regions, curve.drop_at(state.tau), strict=True))
    shape, digit = values["non_discriminative"], values["discriminative"]
    more = drops["non_discriminative"][0] - drops["discriminative"][0]
    parted = drops["non_discriminative"][1] > drops["discriminative"][2]
    parted = parted or drops["discriminative"][1] > drops["non_discriminative"][2]
    which = ("more than" if more > 0 else "less than") if parted else "about as much as"
    accuracy = entry.facts["accuracy"]["shape only"]
    return (
        "The digit is evidence for the class, and so is the small shape beside it. From the last convolution to the "
        "logit "
        f"the share of high gradients goes from {shape[0]:.2f} to {shape[1]:.2f} on the shape and from {digit[0]:.2f} "
        f"to {digit[1]:.2f} on the digit: of what was there, the shape loses {which} the digit. Shown the shape alone, "
        f"the network is right in {percent(accuracy)} of the pictures."
    )


def scenes_sentence(stored: Stored, state: ViewState) -> str:
    """What RIB does to the gradient on the rest of the object, in words, whatever it is."""
    first = rib_curves(stored, state, "rib")[0]
    change = dict(zip(REGIONS, rib_change(stored, state, "rib"), strict=True))
    mean, low, high = change["non_discriminative"]
    verdict = "rises" if low > 0 else "falls" if high < 0 else "does not change measurably"
    count = int(stored.about["tuned_images"])
    return (
        f"The logit's gradient is high on {percent(first[0, 0], 1)} of the discriminative parts' pixels and on "
        f"{percent(first[1, 0], 1)} of the rest of the objects'. Through RIB's steps the latter {verdict}: "
        f"{mean * 100:+.1f} points ({low * 100:+.1f} to {high * 100:+.1f}, 95 % over {count} images)."
    ).replace("-", "\N{MINUS SIGN}")


def photos_sentence(stored: Stored, state: ViewState) -> str:
    """Where the gradients of the photographs' network are high, in words, whatever it is."""
    curve = stored.entries[f"{PHOTO_CLASSIFIER}/parts/sum/p99"].curve
    head, body, background = (
        f"{percent(mean)} ({percent(low)} to {percent(high)})" for mean, low, high in curve.at(state.tau)[-1]
    )
    early = curve.at(state.tau)[0, :, 0]
    return (
        f"The logit's gradient, divided by its 99th percentile, is above {state.tau:.2f} on {head} of the heads' "
        f"pixels, on {body} of the bodies' and on {background} of the background's (95 % over {curve.counts.max()} "
        f"photographs). After the first stage it is {percent(early[0])}, {percent(early[1])} and {percent(early[2])}."
    )


def caption(ratios: NDArray[np.float64], names: tuple[str, ...], words: Mapping[str, str]) -> str:
    """The picture's ratios in one line, for those who cannot see it."""
    said = (f"{words[name]} {ratio:.2f}" for name, ratio in zip(names, ratios, strict=True) if not np.isnan(ratio))
    return ", ".join(said)


Maps = tuple[tuple[str, ...], NDArray]


@st.cache_resource(max_entries=2, show_spinner=False)
def _stored(subject: str, modified: int, digests: tuple[tuple[str, str], ...]) -> Stored:
    return storage.shipped(subject, dict(digests))


def read_stored(subject: str) -> Stored:
    """The measurements that ship, read once for all sessions.

    Raises:
        InputError: missing, damaged, or of another checkpoint; one line with the command that measures again.
    """
    path = storage.FOLDER / f"{subject}.npz"
    modified = path.stat().st_mtime_ns if path.is_file() else 0
    digests = tuple(sorted((name, entry.sha256) for name, entry in read_manifest().items()))
    return _stored(subject, modified, digests)


def stored_or_why_not(subject: str) -> tuple[Stored | None, str]:
    """The measurements that ship and "", or None and the line that says why not."""
    try:
        return read_stored(subject), ""
    except InputError as error:
        return None, str(error)


@st.cache_resource(max_entries=32, show_spinner=False)
@turn("maps", short=True)
def _map_regions(network: str, checkpoint: str, example: str, name: str, share: float) -> NDArray[np.bool_]:
    from wsss_viz.gradients.scenes import MAP, scene_regions

    return scene_regions(checkpoints.classifier(network), samples.scene(example), [name], MAP, share)[0]


def stored_maps(stored: Stored | None, state: ViewState, name: str) -> Maps | None:
    """The layers and maps (L, H, W) of the view's scene and class that ship; None where they are to be computed."""
    if (
        stored is None
        or state.rib_step
        or state.network != "classifier"
        or stored.about["example"] != looked_at(state)
        or name not in stored.about["labels"]
    ):
        return None
    stages = stored.examples[f"{state.measure}/stages"]
    logit = stored.examples[f"{state.measure}/logits"][stored.about["labels"].index(name)]
    return scenes_entry(stored, state)[0].curve.layers, np.concatenate([stages, logit[None]])


def request(stored: Stored | None, state: ViewState, sample: Sample, name: str) -> Request:
    """The job that computes the scene's maps: of the network as it is, then of each of RIB's steps where one is asked.

    Its steps are (layers, maps (L, H, W)); in those of RIB the layers that it does not tune stay as they were.
    """
    network = network_name(stored, state)
    tuning = _tuning(state, network)
    measure = "sum" if tuning else state.measure

    def work() -> Iterator[Any]:
        from wsss_viz.gradients.scenes import known_labels, rib_steps, scene_maps

        classifier = checkpoints.classifier(network)
        first = scene_maps(classifier, sample, [name], measure)
        yield first.layers, first.maps[0]
        if not tuning:
            return
        names = known_labels(classifier, sample)
        for tuned in rib_steps(classifier, sample, names):
            still = len(first.layers) - len(tuned.layers)
            yield first.layers, np.concatenate([first.maps[0, :still], tuned.maps[names.index(name)]])

    key = ("gradients", checkpoints.entry(network).sha256, looked_at(state), name, measure, tuning)
    return Request(key, work, LARGEST_RIB_STEP + 2 if tuning else 1, checkpoints.device_label())


def job_title(job: Request) -> str:
    """What the job of `request` computes, in words."""
    return "The gradients of this picture" + (" through RIB's steps" if job.total > 1 else "")


def maps_of(now: Snapshot) -> list[Maps]:
    """What the job of `request` has given so far."""
    return [cast("Maps", step) for step in now.steps]


def _tuning(state: ViewState, network: str) -> bool:
    return state.rib_step > 0 and network == CLASSIFIER


def scene_picture(
    stored: Stored | None, state: ViewState, sample: Sample, name: str, maps: Sequence[Maps], computed: bool
) -> Picture:
    """The view's scene with its gradient maps and regions.

    Args:
        maps: what ships of it, or what `request` has given so far, at least one.
    """
    network = network_name(stored, state)
    size = maps[0][1].shape[-2:]
    regions = (
        part_regions(sample, name, size)
        if state.regions == "parts"
        else _map_regions(
            network,
            checkpoints.entry(network).sha256,
            state.scene,
            name,
            float(state.regions.removeprefix("map")),
        )
    )
    what = "photograph of" if state.subject == "photos" else "scene with"
    title, (layers, arrays) = f"{what} {name}", maps[0]
    if _tuning(state, network) and len(maps) > 1:
        k = min(state.rib_step, len(maps) - 2)
        layers, arrays = maps[k + 1]
        title += f", RIB's step {k}" + ("" if k == state.rib_step else ", the last so far")
    image, digest = at_size(sample.image, size), caching.digest(sample.image)
    named = dict(zip(REGIONS, regions, strict=True))
    return picture(image, layers, arrays, named, state, title, computed, digest)


def at_size(image: NDArray[np.uint8], size: tuple[int, ...]) -> NDArray[np.uint8]:
    """The image at the size of the network's input, which the maps have."""
    if image.shape[:2] == size:
        return image
    return np.asarray(Image.fromarray(image).resize((size[1], size[0]), Image.Resampling.BILINEAR))
