"""What the page Gradients shows of one picture: its gradient maps and regions, stored or computed when asked for."""

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
from wsss_viz.app.services.gradient_measurements import CLASSIFIER, network_name, scenes_entry, toy_entry
from wsss_viz.app.services.jobs.manager import Request, Snapshot
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.gradients import LARGEST_RIB_STEP
from wsss_viz.app.state.scene import DEFAULT_PHOTOGRAPH
from wsss_viz.app.turns import turn
from wsss_viz.app.widgets.markup import part_labels
from wsss_viz.app.widgets.rendering import PART_COLOURS
from wsss_viz.data.digits import CLASSES as DIGITS
from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE, Sample
from wsss_viz.gradients.ratio import high_gradient_ratio, normalise
from wsss_viz.gradients.regions import REGIONS, box_region, part_regions
from wsss_viz.gradients.stored import Stored

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


def layer_number(state: ViewState, layers: tuple[str, ...]) -> int:
    """The index of the view's layer; the last where it names none."""
    return min(state.layer, len(layers)) - 1 if state.layer else len(layers) - 1


def caption(ratios: NDArray[np.float64], names: tuple[str, ...], words: Mapping[str, str]) -> str:
    """The picture's ratios in one line, for those who cannot see it."""
    said = (f"{words[name]} {ratio:.2f}" for name, ratio in zip(names, ratios, strict=True) if not np.isnan(ratio))
    return ", ".join(said)


Maps = tuple[tuple[str, ...], NDArray]


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
