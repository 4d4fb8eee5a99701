"""SEAM's cam_rv against the paper's section 3.3, written pixel by pixel in float64."""

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch.nn.functional import interpolate

from tests.models.published_files import (
    NARROW,
    normalised,
    picture,
    rectified_input,
    resnet38d_features,
    resnet38d_state,
    seam_state,
)
from wsss_viz.data import Sample
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.methods import bind
from wsss_viz.methods.dataset_run import run_dataset
from wsss_viz.methods.views import MIRROR, MULTI_SCALE, SINGLE
from wsss_viz.models.narrowing import narrow
from wsss_viz.models.pixel_correlation import correlated
from wsss_viz.models.published import read_published
from wsss_viz.traces.map_folder import MapWriter

HEIGHT, WIDTH = 97, 131


@pytest.fixture(scope="module")
def seam(tmp_path_factory):
    state = seam_state()
    path = tmp_path_factory.mktemp("seam") / "resnet38_SEAM.safetensors"
    save_file(dict(state), path)
    return {key: value.double() for key, value in state.items()}, *read_published(path)


def by_hand(x, state):
    """cam_rv (20, h, w) of one input (1, 3, H, W) in float64: loops over pixels, no matrix products."""
    maps = torch.einsum("cd,ndhw->nchw", state["fc8.weight"].flatten(1), resnet38d_features(x, state))[0, 1:].numpy()
    classes, height, width = maps.shape
    scaled = np.zeros_like(maps)
    for c in range(classes):
        positive = np.maximum(maps[c], 0)
        scaled[c] = np.maximum(positive - 1e-5, 0) / (positive.max() + 1e-5)
    kept = np.where(scaled == scaled.max(axis=0), scaled, 0)

    def conv(z, name):
        return torch.einsum("cd,ndhw->nchw", state[f"{name}.weight"].flatten(1), z)

    low = conv(rectified_input(x, state, "b5"), "f8_3").relu()
    high = conv(rectified_input(x, state, "b6"), "f8_4").relu()
    small = interpolate(x, (height, width), mode="bilinear", align_corners=True)
    theta = conv(torch.cat([small, low, high], dim=1), "f9")[0].numpy()
    refined = np.zeros_like(maps)
    for row in range(height):
        for column in range(width):
            of = theta[:, row, column]
            cosine = (theta * of[:, None, None]).sum(axis=0)
            cosine = cosine / (np.linalg.norm(of) + 1e-5) / (np.linalg.norm(theta, axis=0) + 1e-5)
            affinity = np.maximum(cosine, 0)
            refined[:, row, column] = (affinity * kept).sum(axis=(1, 2)) / (affinity.sum() + 1e-5)
    return refined, maps


@pytest.mark.parametrize("seed", [3, 5])
def test_cam_rv_is_the_papers(seam, seed):
    state, _, classifier = seam
    image = picture(HEIGHT, WIDTH, seed)
    expected, maps = by_hand(normalised(image).double(), state)
    assert expected.shape == (20, 13, 17)
    assert np.abs(expected - np.maximum(maps, 0) / maps.max(axis=(1, 2), keepdims=True)).max() > 0.1  # not fc8's
    with torch.no_grad():
        refined, logits = classifier.localise(classifier.preprocess(image))
        double, _ = classifier.double().localise(normalised(image).double())
        classifier.float()
    np.testing.assert_allclose(double[0].numpy(), expected, rtol=0, atol=1e-13)
    np.testing.assert_allclose(logits[0].numpy(), maps.mean(axis=(1, 2)), rtol=0, atol=1e-5 * np.abs(maps).max())
    if seed == 5:  # in picture 3 two classes have their maximum at one cell, which float32 rounds to a tie
        np.testing.assert_allclose(refined[0].numpy(), expected, rtol=0, atol=5e-5 * expected.max())


def test_cam_looks_at_these_maps_in_every_view_and_at_fc8s_logits(seam):
    state, _, classifier = seam
    sample = Sample(picture(HEIGHT, WIDTH, 5), VOC_CLASSES, ("dog",), "s")
    expected, maps = by_hand(normalised(sample.image).double(), state)
    (step,) = bind("cam", classifier)(sample, SINGLE)
    np.testing.assert_allclose(step.maps, expected, rtol=0, atol=5e-5 * expected.max())
    np.testing.assert_allclose(step.scores, maps.mean(axis=(1, 2)), rtol=0, atol=1e-5 * np.abs(maps).max())
    mirrored, _ = by_hand(normalised(sample.image).double().flip(3), state)
    (both,) = bind("cam", classifier)(sample, MIRROR)
    mean = (expected + mirrored[:, :, ::-1]) / 2
    near = np.abs(both.maps - mean) <= 5e-5 * mean.max()
    assert near.mean() > 0.9  # a class that ties in float32 may be off, see above


def test_the_files_are_seams_own_at_four_scales(seam, tmp_path):
    """`infer_SEAM.py`: each view's maps to its size, corner on corner, to the image, summed, from least to most."""
    classifier = seam[2]
    sample = Sample(picture(HEIGHT, WIDTH, 5), VOC_CLASSES, ("boat", "dog"), "s")
    total = torch.zeros(20, HEIGHT, WIDTH)
    for scale in (0.5, 1.0, 1.5, 2.0):
        size = (round(WIDTH * scale), round(HEIGHT * scale))
        scaled = np.asarray(Image.fromarray(sample.image).resize(size, Image.Resampling.BICUBIC))
        for flip in (False, True):
            x = normalised(scaled).flip(3) if flip else normalised(scaled)
            with torch.no_grad():
                refined, _ = classifier.localise(x)
            view = interpolate(refined, x.shape[2:], mode="bilinear", align_corners=True)
            view = interpolate(view, (HEIGHT, WIDTH), mode="bilinear", align_corners=False)[0]
            total += view.flip(2) if flip else view
    low, high = total.amin(dim=(1, 2), keepdim=True), total.amax(dim=(1, 2), keepdim=True)
    total[total < low + 1e-5] = 0
    expected = (total - low - 1e-5) / (high - low + 1e-5)
    writer = MapWriter(tmp_path, VOC_CLASSES, "psa")
    run_dataset(bind("cam", classifier), VOC_CLASSES, [sample], writer, views=MULTI_SCALE, settings={})
    content = np.load(tmp_path / "s.npy", allow_pickle=True).item()
    assert list(content) == [3, 11]
    for key, values in content.items():
        np.testing.assert_allclose(values, expected[key], rtol=0, atol=5e-5)


def test_how_many_columns_are_held_changes_nothing():
    generator = torch.Generator().manual_seed(0)
    maps, theta = torch.rand(2, 3, 5, 7, generator=generator), torch.randn(2, 4, 5, 7, generator=generator)
    torch.testing.assert_close(correlated(maps, theta, 35), correlated(maps, theta, 4), rtol=1e-6, atol=1e-7)


def test_all_classes_contend_whichever_are_looked_at(seam):
    classifier = seam[2]
    x = classifier.preprocess(picture(40, 56))
    with torch.no_grad():
        whole, logits = classifier.localise(x)
        few, their_logits = narrow(narrow(classifier, ["dog", "cow", "boat"]), ["boat", "dog"]).localise(x)
    rows = [classifier.classes.index(name) for name in ("boat", "dog")]
    torch.testing.assert_close(few, whole[:, rows])
    torch.testing.assert_close(their_logits, logits[:, rows])


def test_the_report_says_which_maps_are_looked_at(seam, tmp_path):
    report = seam[1]
    assert report.layout == "seam-resnet38d"
    assert report.unused == {}
    assert "cam_rv" in report.rows()["maps"]
    save_file(dict(resnet38d_state()), tmp_path / "plain.safetensors")
    plain, classifier = read_published(tmp_path / "plain.safetensors")
    assert (plain.layout, plain.maps_are, classifier.refinement) == ("resnet38d", "", None)


def test_what_is_not_seams_is_the_plain_networks(tmp_path):
    state = seam_state()
    del state["f8_4.weight"]
    save_file(dict(state), tmp_path / "part.safetensors")
    report, classifier = read_published(tmp_path / "part.safetensors")
    assert (report.layout, classifier.refinement) == ("resnet38d", None)
    assert set(report.unused) == {"f8_3.weight", "f9.weight"}
    affinity = resnet38d_state(None)
    shapes = {"f8_3": (64, NARROW[3]), "f8_4": (128, NARROW[4]), "f8_5": (256, NARROW[6]), "f9": (448, 448)}
    affinity |= {f"{name}.weight": torch.randn(*shape, 1, 1) for name, shape in shapes.items()}
    save_file(dict(affinity), tmp_path / "aff.safetensors")
    report, classifier = read_published(tmp_path / "aff.safetensors")
    assert classifier is None
    assert "affinity network without a classifier" in report.problems[0]
