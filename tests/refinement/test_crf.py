"""The dense CRF: against exact sums over all pairs, against pydensecrf where it is installed, and its odd inputs."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from wsss_viz.data.sources import open as open_data
from wsss_viz.errors import InputError
from wsss_viz.refinement import REFINERS, dense_crf, refiner
from wsss_viz.refinement.lattice import Kernels, Lattice
from wsss_viz.traces.step import last_step

IRN, PSA = REFINERS["crf:irn"], REFINERS["crf:psa"]


def picture(height, width):
    y, x = np.mgrid[:height, :width].astype(float)
    planes = 120 + 60 * np.sin(x / 5), 100 + 70 * (y > x * 0.6), 90 + 50 * np.cos(y / 4) * (x > width / 2)
    return np.stack(planes, 2).round().astype(np.uint8)


def blobs(height, width):
    """Scores of a background and two classes."""
    y, x = np.mgrid[:height, :width]
    first = np.exp(-((x - width * 0.3) ** 2 + (y - height * 0.4) ** 2) / 60.0)
    second = np.exp(-((x - width * 0.75) ** 2 + (y - height * 0.6) ** 2) / 40.0)
    return np.stack([np.full((height, width), 0.3), first, second]).astype(np.float32)


def marginals(image, scores, settings, **changes):
    """(L, H, W) after the last iteration."""
    step = last_step(dense_crf(image, scores, dataclasses.replace(settings, **changes)))
    return np.concatenate([step.arrays["background"][None], step.maps])


def exact_sums(features):
    """(N, N) float64: the normalised kernel, every pair by itself."""
    distances = ((features[:, None] - features[None]) ** 2).sum(-1)
    kernel = np.exp(-distances / 2)
    norm = 1 / np.sqrt(kernel.sum(1))
    return norm[:, None] * kernel * norm


RECORDED = {
    ("crf:irn", 1): {(19, 4): (0.49624, 0.4963, 0.00746), (15, 3): (0.37825, 0.61565, 0.0061),
                     (6, 26): (0.72121, 0.00531, 0.27348), (18, 2): (0.80451, 0.19038, 0.00511)},
    ("crf:irn", 10): {(16, 15): (0.95576, 0.00223, 0.04201), (19, 14): (0.00016, 0.99981, 3e-05),
                      (6, 26): (0.00011, 1e-05, 0.99989), (8, 27): (7e-05, 1e-05, 0.99992)},
    ("crf:psa", 1): {(7, 17): (0.35458, 0.21125, 0.43417), (3, 2): (0.4451, 0.5549, 0.0),
                     (14, 14): (0.61017, 0.38296, 0.00687), (5, 2): (0.33102, 0.66898, 0.0)},
    ("crf:psa", 10): {(18, 15): (0.47313, 0.47909, 0.04778), (6, 0): (0.42216, 0.57784, 0.0),
                      (7, 16): (0.00853, 0.87642, 0.11505), (18, 1): (0.03595, 0.96405, 0.0)},
}  # fmt: skip
"""Q at some pixels after so many iterations, as pydensecrf2 1.1 gives it; the least certain ones among them."""
COUNTS = {
    ("crf:irn", 1): (153, 260, 147), ("crf:irn", 10): (112, 293, 155),
    ("crf:psa", 1): (165, 246, 149), ("crf:psa", 10): (101, 298, 161),
}  # fmt: skip
"""The pixels of each label in its mask."""


@pytest.mark.parametrize(("name", "iterations"), list(RECORDED))
def test_what_pydensecrf_gives_is_given(name, iterations):
    q = marginals(picture(20, 28), blobs(20, 28), REFINERS[name], iterations=iterations)
    for (y, x), values in RECORDED[name, iterations].items():
        np.testing.assert_allclose(q[:, y, x], values, atol=1e-4)
    assert tuple(np.bincount(q.argmax(0).ravel())) == COUNTS[name, iterations]
    np.testing.assert_allclose(q.sum(0), 1, atol=1e-5)


def published(image, scores, settings):
    densecrf = pytest.importorskip("pydensecrf.densecrf")
    labels, (height, width) = len(scores), image.shape[:2]
    flat = scores.reshape(labels, -1)
    unary = np.clip(flat, 1e-5, 1)
    if settings.unary == "labels":
        unary = np.full(flat.shape, (1 - settings.certainty) / (labels - 1), np.float32)
        unary[flat.argmax(0), np.arange(height * width)] = settings.certainty
    crf = densecrf.DenseCRF2D(width, height, labels)
    crf.setUnaryEnergy(np.ascontiguousarray(-np.log(unary), np.float32))
    crf.addPairwiseGaussian(sxy=settings.gaussian[0], compat=settings.gaussian[1])
    far, colour, weight = settings.bilateral
    crf.addPairwiseBilateral(sxy=far, srgb=colour, rgbim=image.copy(), compat=weight)
    return np.array(crf.inference(settings.iterations)).reshape(labels, height, width)


@pytest.mark.parametrize("name", ["crf:irn", "crf:psa"])
@pytest.mark.parametrize("source", ["photos:cow", "scenes:test:17"])
def test_pydensecrf_beside_it(name, source):
    """Where it is installed: the extra `crf`."""
    sample = open_data(source)[0]
    image = sample.image[:128, :124].copy()
    q, other = (of(image, blobs(*image.shape[:2]), REFINERS[name]) for of in (marginals, published))
    assert np.abs(q - other).max() < 1e-3
    assert (q.argmax(0) == other.argmax(0)).mean() > 0.999


def test_sums_through_the_lattice_are_near_the_exact_ones():
    image = picture(13, 22).reshape(-1, 3).astype(np.float32)
    y, x = np.mgrid[:13, :22].reshape(2, -1).astype(np.float32)
    features = np.concatenate([np.stack([x, y], 1) / 8, image / 40], 1)
    values = np.random.default_rng(0).random((286, 2)).astype(np.float32)
    sums = Kernels([(torch.from_numpy(features), 2.0)])(torch.from_numpy(values)).numpy()
    wanted = 2 * exact_sums(features.astype(np.float64)) @ values
    assert np.abs(sums - wanted).max() < 0.1 * wanted.max()
    assert np.corrcoef(sums.ravel(), wanted.ravel())[0, 1] > 0.9


def test_a_step_is_one_iteration_of_the_mean_field():
    """Exact sums at one iteration, where the lattice's error is not amplified by those that follow."""
    image, scores = picture(20, 28), blobs(20, 28)
    steps = list(dense_crf(image, scores, IRN))
    assert [step.index for step in steps] == list(range(11))
    assert [step.stop for step in steps] == [None] * 10 + ["the iterations are done"]
    certain = (np.arange(3)[:, None, None] == scores.argmax(0)) * (0.7 - 0.15) + 0.15
    np.testing.assert_allclose(steps[0].maps, certain[1:], atol=1e-6)
    y, x = np.mgrid[:20, :28].reshape(2, -1).astype(float)
    places, colours = np.stack([x, y], 1), image.reshape(-1, 3).astype(float)
    sums = 3 * exact_sums(places / 3) + 10 * exact_sums(np.concatenate([places / 50, colours / 5], 1))
    exponentials = np.exp(np.log(certain.reshape(3, -1).T) + sums @ certain.reshape(3, -1).T)
    wanted = (exponentials / exponentials.sum(1, keepdims=True)).T.reshape(3, 20, 28)
    assert np.abs(steps[1].maps - wanted[1:]).mean() < 5e-3
    assert np.abs(steps[1].arrays["background"] - wanted[0]).mean() < 5e-3


def test_the_lattice_shares_each_pixel_out_and_neighbours_are_mutual():
    features = torch.from_numpy(np.random.default_rng(1).normal(0, 3, (301, 5)).astype(np.float32))
    lattice = Lattice(features)
    assert lattice.corners.shape == (301, 6)
    np.testing.assert_allclose(lattice.weights.sum(1), 1, atol=1e-5)
    assert float(lattice.weights.min()) > -1e-5
    for rows, shares in zip(lattice.neighbours, lattice.shares, strict=True):
        there = shares[:, 1] > 0
        before = rows[there, 1]
        assert torch.equal(rows[before, 2], torch.nonzero(there)[:, 0])
        assert int((shares[:, 2] > 0).sum()) == int(there.sum())


def test_several_backgrounds_in_one_go_are_what_each_gives_alone():
    image, maps = picture(20, 28), blobs(20, 28)[1:]
    for name in ("crf:irn", "crf:psa"):
        levels = refiner(name).backgrounds[1::5]
        masks = dataclasses.replace(refiner(name), backgrounds=levels).masks(image, maps)
        for level, mask in zip(levels, masks, strict=True):
            step = last_step(refiner(name).at(level).steps(image, maps))
            alone = np.concatenate([step.arrays["background"][None], step.maps]).argmax(0)
            assert (mask == alone).all()
        assert len({mask.tobytes() for mask in masks}) > 1


def test_no_label_one_label_a_map_of_zeros_and_many_labels():
    image = picture(9, 14)
    for name in ("crf:irn", "crf:psa", "crf:oc-cse"):
        nothing = last_step(refiner(name).steps(image, np.zeros((0, 3, 4))))
        assert nothing.maps.shape == (0, 9, 14)
        assert (nothing.arrays["background"] == 1).all()
        assert (refiner(name).masks(image, np.zeros((0, 3, 4))) == 0).all()
        assert (refiner(name).masks(image, np.zeros((1, 3, 4))) == 0).all()
        one = last_step(refiner(name).steps(image, blobs(9, 14)[1:2]))
        np.testing.assert_allclose(one.maps[0] + one.arrays["background"], 1, atol=1e-5)
        assert one.maps[0, 3, 4] > 0.9
    rng = np.random.default_rng(0)
    many = last_step(refiner("crf:irn").steps(image, rng.random((40, 9, 14))))
    np.testing.assert_allclose(many.maps.sum(0) + many.arrays["background"], 1, atol=1e-5)


def test_what_cannot_be_refined_is_one_line(monkeypatch):
    image, scores = picture(9, 14), blobs(9, 14)
    with pytest.raises(InputError, match=r"do not fit the image"):
        list(dense_crf(image, scores[:, :8], IRN))
    with pytest.raises(InputError, match="not finite"):
        list(dense_crf(image, scores * np.nan, PSA))
    with pytest.raises(InputError, match="not finite"):
        refiner("crf:irn").masks(image, scores * np.inf)
    monkeypatch.setattr("wsss_viz.refinement.memory._bytes", lambda device: 100_000)
    with pytest.raises(InputError, match=r"9 x 14 pixels with 3 labels needs about .* make the image smaller"):
        list(dense_crf(image, scores, IRN))
