"""PAMR against a version written pixel by pixel from its formula, and its odd inputs."""

from __future__ import annotations

import numpy as np
import pytest

from wsss_viz.errors import InputError
from wsss_viz.refinement import PamrSettings, pamr, refiner
from wsss_viz.traces.step import last_step

AROUND = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]


def by_pixels(image, maps, settings):
    """Each pixel by itself, float64."""
    colours = image.astype(np.float64) / 255
    height, width = image.shape[:2]

    def neighbours(i, j):
        places = [(i + d * y, j + d * x) for d in settings.dilations for y, x in AROUND]
        return [(min(max(y, 0), height - 1), min(max(x, 0), width - 1)) for y, x in places]

    weights = {}
    for i in range(height):
        for j in range(width):
            around = neighbours(i, j)
            everyone = np.array([colours[p] for p in around] + [colours[i, j]] * len(settings.dilations))
            scale = 1e-8 + 0.1 * everyone.std(axis=0, ddof=1)
            likeness = np.array([np.mean(-np.abs(colours[i, j] - colours[p]) / scale) for p in around])
            exponentials = np.exp(likeness - likeness.max())
            weights[i, j] = exponentials / exponentials.sum()
    values = maps.astype(np.float64)
    for _ in range(settings.iterations):
        before, values = values, values.copy()
        for (i, j), weight in weights.items():
            values[:, i, j] = sum(w * before[:, y, x] for w, (y, x) in zip(weight, neighbours(i, j), strict=True))
    return values


@pytest.mark.parametrize("settings", [PamrSettings((1,), 1), PamrSettings((1, 2, 4), 3), PamrSettings()])
def test_it_is_what_its_formula_says(settings):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (11, 14, 3), dtype=np.uint8)
    image[3:8, 4:9] = (200, 30, 30)
    maps = rng.random((2, 11, 14)).astype(np.float32)
    steps = list(pamr(image, maps, settings))
    assert [step.index for step in steps] == list(range(settings.iterations + 1))
    np.testing.assert_array_equal(steps[0].maps, maps)
    np.testing.assert_allclose(steps[-1].maps, by_pixels(image, maps, settings), atol=1e-5)


def test_a_constant_stays_and_maps_do_not_meet():
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (20, 15, 3), dtype=np.uint8)
    maps = np.stack([np.full((20, 15), 0.4), rng.random((20, 15))]).astype(np.float32)
    both = last_step(pamr(image, maps)).maps
    np.testing.assert_allclose(both[0], 0.4, atol=1e-5)
    np.testing.assert_allclose(both[1:], last_step(pamr(image, maps[1:])).maps, atol=1e-6)


def test_one_colour_no_map_and_what_does_not_fit():
    grey = np.full((6, 9, 3), 77, np.uint8)
    maps = np.zeros((1, 6, 9), np.float32)
    maps[0, 3, 4] = 1
    spread = last_step(pamr(grey, maps, PamrSettings((1,), 1))).maps[0]
    np.testing.assert_allclose(
        spread[2:5, 3:6].ravel(), np.delete(np.full(9, 1 / 8), 4).tolist()[:4] + [0] + [1 / 8] * 4
    )
    assert last_step(refiner("pamr").steps(grey, np.zeros((0, 2, 3)))).maps.shape == (0, 6, 9)
    assert (last_step(refiner("pamr").steps(grey, np.zeros((1, 2, 3)))).maps == 0).all()
    with pytest.raises(InputError, match="do not fit"):
        list(pamr(grey, maps[:, :5]))
    with pytest.raises(InputError, match="not finite"):
        list(pamr(grey, maps * np.nan))
