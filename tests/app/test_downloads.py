"""What is taken away from a view."""

import io
import json

import numpy as np
from PIL import Image

from wsss_viz.app.downloads import maps_npz, overlays_png
from wsss_viz.app.findings import find
from wsss_viz.app.state import ViewState
from wsss_viz.data.scenes import CLASSES, Scenes
from wsss_viz.traces import Step, Trace


def parts() -> tuple:
    sample = Scenes("val", size=(96, 128))[2]
    maps = np.random.default_rng(0).normal(size=(10, 12, 16)).astype(np.float32)
    trace = Trace((Step(0, maps, np.arange(10, dtype=np.float32)),), "cam", CLASSES)
    state = ViewState(opacity=0.0, threshold=0.4)
    return sample, trace, find(trace, sample, CLASSES, ("cow", "dog"), state), state


def test_the_png_has_the_images_own_size_once_for_the_image_and_once_for_each_class() -> None:
    sample, _, found, state = parts()
    picture = np.asarray(Image.open(io.BytesIO(overlays_png(sample, found, state))))
    assert picture.shape == (96, 3 * 128, 3)
    assert (picture == np.tile(sample.image, (1, 3, 1))).all(), "at no opacity every panel is the image"


def test_the_npz_holds_raw_maps_shown_values_and_how_they_came_about() -> None:
    sample, trace, found, state = parts()
    with np.load(io.BytesIO(maps_npz(sample, trace, found, state)), allow_pickle=False) as archive:
        assert (archive["maps"] == trace.maps).all()
        assert archive["classes"].tolist() == list(CLASSES)
        assert archive["shown"].tolist() == ["cow", "dog"]
        assert archive["values"].shape == (2, 96, 128)
        assert (archive["mask"] == found.mask).all()
        about = json.loads(str(archive["about"]))
    assert about["source"] == "scenes:val:2"
    assert about["view"]["threshold"] == 0.4
