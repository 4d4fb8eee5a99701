"""Each layout's maps against its own inference written out, and that no two ways to one number differ."""

import functools
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch.nn.functional import interpolate

from tests.models.published_files import irn_state, normalised, resnet38d_features, resnet38d_state, resnet_features
from tests.models.test_classifier import seeded_network
from wsss_viz.app.services.comparison import compare
from wsss_viz.app.services.scores import view_scores
from wsss_viz.app.state import ViewState
from wsss_viz.data import Sample
from wsss_viz.data import open as open_data
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.scenes import CLASSES
from wsss_viz.evaluation.counts import THRESHOLDS
from wsss_viz.evaluation.runner import count_sample
from wsss_viz.evaluation.stored_maps import count_stored_sample
from wsss_viz.methods.binding import bind
from wsss_viz.methods.dataset_run import run_dataset
from wsss_viz.methods.views import MULTI_SCALE, SINGLE, map_grids
from wsss_viz.models import load
from wsss_viz.models.classifier import Preprocessing
from wsss_viz.models.published import load_published
from wsss_viz.traces import Trace
from wsss_viz.traces.map_folder import MapFolder, MapWriter

SCALES = (1.0, 0.5, 1.5, 2.0)
LABELS = ("dog", "person")
ROWS = [VOC_CLASSES.index(name) for name in LABELS]


@functools.cache
def images():
    """A drawn scene, and a piece of a photograph, whose fine texture overshoots where it is resized."""
    photograph = Image.open(next((Path(open_data.__code__.co_filename).parent / "photographs").glob("chelsea.jpg")))
    scene = open_data("scenes:val@97x131")[1].image
    return {"scene": scene, "photograph": np.asarray(photograph.convert("RGB").crop((120, 60, 211, 123)))}


def scaled_pairs(image, scales=SCALES):
    """The inputs of the official codes, one per scale: resized in 8 bits, normalised, with the mirror image."""
    height, width = image.shape[:2]
    for scale in scales:
        size = (round(width * scale), round(height * scale))
        view = image if scale == 1 else np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))
        x = normalised(view)
        yield torch.cat([x, x.flip(3)])


def by_maximum(total):
    return (total / (total.amax(dim=(1, 2), keepdim=True) + 1e-5)).numpy()


def irn_files(image, forward):
    """IRN `step/make_cam.py`, RIB's too: ReLU, both mirror halves added, enlarged to multiples of 16, summed, cut."""
    height, width = image.shape[:2]
    strided, full = (-(-height // 4), -(-width // 4)), (-(-height // 16) * 16, -(-width // 16) * 16)
    cams = [forward(pair).relu() for pair in scaled_pairs(image)]
    cams = [(cam[0] + cam[1].flip(-1))[None] for cam in cams]
    sums = [
        torch.stack([interpolate(cam, size, mode="bilinear", align_corners=False)[0] for cam in cams]).sum(0)[ROWS]
        for size in (strided, full)
    ]
    return by_maximum(sums[0]), by_maximum(sums[1][:, :height, :width])


def stretched_file(image, forward, relu_first):
    """PSA `infer_cls.py`, and OC-CSE `models/model_cse.py` whose ReLU comes after: each of eight maps to H x W."""
    total = torch.zeros(20, *image.shape[:2])
    for pair in scaled_pairs(image, (0.5, 1.0, 1.5, 2.0)):
        for mirrored, cam in zip((False, True), forward(pair), strict=True):
            cells = cam.relu() if relu_first else cam
            pixels = interpolate(cells[None], image.shape[:2], mode="bilinear", align_corners=False)[0].relu()
            total += pixels.flip(-1) if mirrored else pixels
    return by_maximum(total[ROWS])


def written(run, image, folder, form):
    sample = Sample(image, VOC_CLASSES, LABELS, "a")
    run_dataset(run, VOC_CLASSES, [sample], MapWriter(folder, VOC_CLASSES, form), views=MULTI_SCALE, settings={})
    return np.load(folder / "a.npy", allow_pickle=True).item()


@pytest.fixture(scope="module")
def irn(tmp_path_factory):
    """IRN's tensors at full width, and the network that is read from a file of them."""
    state, path = irn_state(), tmp_path_factory.mktemp("irn") / "c.safetensors"
    save_file({k: v.clone() for k, v in state.items() if not k.startswith(("stage", "backbone"))}, path)
    return state, load_published(path)


@pytest.mark.parametrize("name", images())
def test_irns_files_are_irns(name, irn, tmp_path):
    image, (state, network) = images()[name], irn
    backbone = {key.removeprefix("resnet50."): value for key, value in state.items() if key.startswith("resnet50.")}

    def forward(x):
        with torch.no_grad():
            return torch.einsum(
                "cd,ndhw->nchw", state["classifier.weight"].flatten(1), resnet_features(x, backbone, (1, 2, 2, 1))
            )

    strided, full = irn_files(image, forward)
    content = written(bind("cam", network), image, tmp_path / "maps", "irn")
    assert np.abs(content["high_res"] - full).max() < 5e-5
    assert np.abs(content["cam"].numpy() - strided).max() < 5e-5
    assert content["high_res"].std() > 0.01


@pytest.mark.parametrize("name", images())
def test_psas_and_oc_cses_files_are_theirs(name, tmp_path):
    image, state = images()[name], resnet38d_state()
    save_file(dict(state), tmp_path / "c.safetensors")

    def forward(x):
        with torch.no_grad():
            return torch.einsum("cd,ndhw->nchw", state["fc8.weight"].flatten(1), resnet38d_features(x, state))

    network = load_published(tmp_path / "c.safetensors")
    files = {}
    for method, relu_first in (("cam", True), ("cs-ae", False)):
        content = written(bind(method, network, {"cgnet": (network,)}), image, tmp_path / method, "psa")
        files[method] = np.stack([content[row] for row in ROWS])
        assert np.abs(files[method] - stretched_file(image, forward, relu_first)).max() < 5e-5
    assert np.abs(files["cam"] - files["cs-ae"]).max() > 1e-3  # where the ReLU stands is no trifle


def seen_at_its_own_size():
    network = seeded_network(CLASSES)
    network.preprocessing = Preprocessing()
    return network


@pytest.mark.parametrize("size", [(97, 131), (128, 128), (375, 500)])
def test_no_two_ways_to_a_number_differ(size, tmp_path):
    sample = next(s for s in open_data(f"scenes:val@{size[0]}x{size[1]}") if len(s.labels) > 1)
    network = seen_at_its_own_size()
    cases = {97: (("cam", MULTI_SCALE), ("ae", MULTI_SCALE)), 128: (("cam", SINGLE),), 375: (("cam", MULTI_SCALE),)}
    for method, views in cases[size[0]]:  # every method: `test_contract`
        steps = list((bind(method, network, steps=2) if method == "ae" else bind(method, network))(sample, views))

        def run(sample, views, steps=steps):
            return iter(steps)

        live, _ = count_sample(run, CLASSES, views, sample)
        assert 0 < live.intersection[30, 1:].sum() < live.target[1:].sum()
        for form in ("ours", "irn", "psa"):
            folder = tmp_path / f"{method}{views.count}{form}"
            run_dataset(run, CLASSES, [sample], MapWriter(folder, CLASSES, form), views=views, settings={})
            stored = count_stored_sample(MapFolder(folder, sample.classes), sample)
            for field in ("intersection", "predicted", "target", "part_intersection"):
                np.testing.assert_array_equal(getattr(live, field), getattr(stored, field), form)
        folder, at = tmp_path / f"{method}{views.count}mask", int(np.argmin(np.abs(THRESHOLDS - 0.3)))
        run_dataset(run, CLASSES, [sample], MapWriter(folder, CLASSES, "mask", 0.3), views=views, settings={})
        masked = count_stored_sample(MapFolder(folder, sample.classes), sample)
        np.testing.assert_array_equal(masked.intersection[at], live.intersection[at])
        trace, state = Trace(tuple(steps), method, CLASSES, sample), ViewState(threshold=0.3)
        on_page = view_scores(trace, sample, CLASSES, sample.labels, state)
        (compared,) = compare({method: trace}, sample, CLASSES, sample.labels, state)
        np.testing.assert_array_equal(on_page.mask, compared.mask)
        for scores in on_page.classes:
            c = CLASSES.index(scores.name) + 1
            union = live.predicted[at, c] + live.target[c] - live.intersection[at, c]
            assert scores.scores.iou == live.intersection[at, c] / union
        kept = Trace.load(trace.save(tmp_path / "a.trace")).steps[-1]
        np.testing.assert_array_equal(kept.image_values(size, "relu_max"), steps[-1].image_values(size, "relu_max"))


def test_the_shipped_networks_single_view_is_stretched_as_ever():
    for name, size in (("scenes-classifier", (128, 128)), ("imagenet-efficientnet-lite0", (97, 131))):
        assert map_grids(load(name, "cpu"), size, SINGLE) is None
