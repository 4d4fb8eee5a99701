"""The gradients of an image of a workspace, by its network, or of a picture of one's own; computed when asked for.

Regions are the part masks where there are any, else the object's mask where CAM is high and the rest of it; without a
mask there is the whole picture alone, and the region that a person draws.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app import caching
from wsss_viz.app.services import checkpoints, gradients, workspaces
from wsss_viz.app.services.gradients import WHOLE, Picture
from wsss_viz.app.services.jobs.manager import Request
from wsss_viz.app.services.models import BuiltinModel
from wsss_viz.app.services.workspaces import WorkspaceModel
from wsss_viz.app.state import ViewState
from wsss_viz.data.matching import matching
from wsss_viz.data.sample import Sample
from wsss_viz.gradients.ratio import BAND, TAUS, Curve, ratio_curve, summarise
from wsss_viz.gradients.regions import CAM_SHARE, REGIONS, map_regions, part_regions

if TYPE_CHECKING:
    from wsss_viz.models.classifier import Classifier


@dataclass(frozen=True, eq=False)
class ImageGradients:
    """What the job of `request` gives.

    Attributes:
        layers: L names.
        maps: (L, H, W) at the size of the network's input.
        cam: (h, w), the raw class map.
    """

    layers: tuple[str, ...]
    maps: NDArray[np.float32]
    cam: NDArray[np.float32]


def layers_of(model: BuiltinModel | WorkspaceModel) -> tuple[str, ...]:
    """The layers whose maps will be there; the model is one that can look at the image."""
    from wsss_viz.models.renaming import RenamedClassifier

    if isinstance(model, BuiltinModel):
        stages = checkpoints.classifier(model.name).stages
    else:
        assert model.network is not None
        looking = model.network.looking
        stages = (looking.classifier if isinstance(looking, RenamedClassifier) else looking).stages
    return (*(f"stage {number}" for number in range(1, len(stages) + 1)), "logit")


def _classifier(
    model: BuiltinModel | WorkspaceModel, sample: Sample
) -> tuple[Callable[[], Classifier], dict[str, str], Hashable]:
    """What gives the classifier that looks at the image, its word for each class it knows, and what it depends on."""
    from wsss_viz.models.renaming import RenamedClassifier

    if isinstance(model, BuiltinModel):
        words = {name: name for name in model.classes}
        return lambda: checkpoints.classifier(model.name), words, checkpoints.entry(model.name).sha256
    assert model.network is not None
    looking = model.network.looking
    words = matching(model.classes, looking.classes).renamed
    if isinstance(looking, RenamedClassifier):
        return lambda: looking.for_image(sample.image), words, model.network.key
    return lambda: looking, words, model.network.key


def request(state: ViewState, sample: Sample, name: str) -> Request:
    """The job that computes the maps of the class `name`, one that the network knows: one step, an `ImageGradients`."""
    classifier, words, key = _classifier(workspaces.looking(sample, state), sample)

    def work() -> Iterator[Any]:
        from wsss_viz.gradients.scenes import scene_maps
        from wsss_viz.methods import cam

        looking = classifier()
        result = scene_maps(looking, sample, [words[name]])
        (step,) = cam(looking, sample)
        yield ImageGradients(result.layers, result.maps[0], step.maps[looking.classes.index(words[name])])

    image = caching.digest(sample.image)
    asked = ("image gradients", key, image, name)
    return Request(asked, work, 1, checkpoints.device_label(), caching.is_private(sample))


def picture(state: ViewState, sample: Sample, name: str, computed: ImageGradients) -> Picture:
    """The image with its gradient maps and regions."""
    size = (computed.maps.shape[1], computed.maps.shape[2])
    regions: dict[str, NDArray[np.bool_]] = {WHOLE: np.ones(size, dtype=bool)}
    if sample.mask is not None and sample.parts is not None:
        regions = dict(zip(REGIONS, part_regions(sample, name, size), strict=True))
    elif sample.mask is not None:
        share = CAM_SHARE if state.regions == "parts" else float(state.regions.removeprefix("map"))
        regions = dict(zip(REGIONS, map_regions(sample, name, computed.cam, share, size), strict=True))
    image, digest = gradients.at_size(sample.image, size), caching.digest(sample.image)
    title, private = f"{sample.name or 'picture'}, {name}", caching.is_private(sample)
    return gradients.picture(
        image, computed.layers, computed.maps, regions, state, title, True, digest, private=private
    )


def curve(picture: Picture, tau: float) -> Curve:
    """HGR by layer and region of the one picture, at `tau` and the thresholds of the band; it has no interval."""
    taus = tuple(sorted({tau, *(one for one in TAUS if BAND[0] <= one <= BAND[1])}))
    masks = np.stack(list(picture.regions.values()))[None]
    ratios = ratio_curve(picture.maps[None], masks, taus)  # divided by the view's divisor already, so by 1
    return summarise(ratios, picture.layers, tuple(picture.regions), taus, draws=2)


def rows(picture: Picture, tau: float) -> list[dict[str, object]]:
    """One row a layer and region, for files."""
    return [
        {"layer": layer, "region": region, "tau": tau, "hgr": None if np.isnan(ratio) else round(float(ratio), 4)}
        for layer, ratios in zip(picture.layers, picture.ratios, strict=True)
        for region, ratio in zip(picture.regions, ratios, strict=True)
    ]
