"""The ratio itself: closed forms, empty regions, zero maps, intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from wsss_viz.gradients.ratio import TAUS, high_gradient_ratio, nearest, normalise, ratio_curve, summarise


def regions_of(*masks):
    return np.stack(masks)[None]


def test_counts_the_high_pixels_of_each_region_by_hand():
    g = np.array([[0.0, 1.0, 2.0, 4.0], [0.0, 0.0, 3.0, 1.3]])[None, None]
    top = np.zeros((2, 4), dtype=bool)
    top[0] = True
    right = np.zeros((2, 4), dtype=bool)
    right[:, 2:] = True
    # by the maximum: 0 .25 .5 1 / 0 0 .75 .325
    assert high_gradient_ratio(g, regions_of(top, right), 0.3)[0, 0].tolist() == [0.5, 1.0]
    assert high_gradient_ratio(g, regions_of(top, right), 0.5)[0, 0].tolist() == [0.25, 0.5], "above, not at"
    assert high_gradient_ratio(g, regions_of(top, right), 0.2)[0, 0].tolist() == [0.75, 1.0]


def test_a_map_of_a_mask_gives_the_regions_share_of_it():
    rng = np.random.default_rng(0)
    mask, region = rng.random((2, 7, 11)) > 0.5
    found = high_gradient_ratio(mask[None, None].astype(float) * 3, regions_of(region), 0.3)
    assert found[0, 0, 0] == pytest.approx((mask & region).sum() / region.sum())


def test_a_zero_map_gives_0_and_an_empty_region_nan():
    region, empty = np.ones((3, 5), dtype=bool), np.zeros((3, 5), dtype=bool)
    found = high_gradient_ratio(np.zeros((1, 1, 3, 5)), regions_of(region, empty), 0.3)
    assert found[0, 0, 0] == 0
    assert np.isnan(found[0, 0, 1])


def test_a_percentile_in_place_of_the_maximum_is_not_ruled_by_one_pixel():
    g = np.ones((1, 1, 10, 20))
    g[0, 0, 0, 0] = 100
    region = np.ones((10, 20), dtype=bool)
    assert high_gradient_ratio(g, regions_of(region), 0.3)[0, 0, 0] == pytest.approx(1 / 200)
    assert high_gradient_ratio(g, regions_of(region), 0.3, percentile=99)[0, 0, 0] == 1


@given(
    arrays.arrays(np.float64, (2, 3, 4, 5), elements=st.floats(0, 10, allow_subnormal=False)),
    st.integers(-8, 8),
)
def test_a_scale_of_the_maps_changes_nothing_and_higher_thresholds_never_more(maps, exponent):
    regions = np.zeros((2, 2, 4, 5), dtype=bool)
    regions[:, 0, :2] = regions[:, 1, 2:] = True
    found = ratio_curve(maps, regions)
    assert np.array_equal(found, ratio_curve(maps * 2.0**exponent, regions))
    assert (np.diff(found, axis=1) <= 0).all()
    assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_what_is_no_magnitude_is_refused(bad):
    with pytest.raises(ValueError, match="finite values of 0 or more"):
        normalise(np.array([[bad, 1.0]]))


@pytest.mark.parametrize("tau", [-0.1, 1.0])
def test_thresholds_outside_their_range_are_refused(tau):
    with pytest.raises(ValueError, match="`tau` is from 0 to below 1"):
        high_gradient_ratio(np.ones((1, 1, 2, 3)), np.ones((1, 1, 2, 3), dtype=bool), tau)


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"\(1, 1, 2, 3\).*\(1, 1, 3, 2\)"):
        high_gradient_ratio(np.ones((1, 1, 2, 3)), np.ones((1, 1, 3, 2), dtype=bool))


def test_pictures_without_a_region_are_left_out_of_its_mean_and_counted():
    ratios = np.full((4, 1, 2, 2), np.nan)
    ratios[:, 0, 0, 0], ratios[:, 0, 1, 0] = [0.2, 0.4, 0.6, 0.8], [0.1, 0.1, 0.3, 0.3]
    ratios[1:3, 0, 0, 1], ratios[1:3, 0, 1, 1] = [0.5, 0.7], [0.6, 0.6]
    curve = summarise(ratios, ("a", "b"), ("one", "two"), (0.3,))
    assert curve.counts.tolist() == [4, 2]
    assert curve.values[0, :, :, 0] == pytest.approx(np.array([[0.5, 0.6], [0.2, 0.6]]))
    assert curve.drop[0, :, 0] == pytest.approx([0.6, 0.0])


def test_the_interval_is_the_bootstraps_over_pictures():
    rng = np.random.default_rng(1)
    values = rng.random(400)
    curve = summarise(values[:, None, None, None], ("a",), ("r",), (0.3,))
    mean, low, high = curve.values[0, 0, 0]
    assert mean == pytest.approx(values.mean())
    half = 1.96 * values.std() / 20
    assert low == pytest.approx(mean - half, abs=0.2 * half)
    assert high == pytest.approx(mean + half, abs=0.2 * half)
    again = summarise(values[:, None, None, None], ("a",), ("r",), (0.3,))
    assert np.array_equal(curve.values, again.values)


def test_a_layer_without_any_high_gradient_has_no_relative_loss():
    curve = summarise(np.zeros((5, 1, 3, 1)), ("a", "b", "c"), ("r",), (0.3,))
    assert np.isnan(curve.drop).all()


def test_the_band_is_the_range_of_the_means_over_its_thresholds():
    ratios = np.repeat(np.linspace(1, 0, len(TAUS))[None, :, None, None], 3, axis=0)
    curve = summarise(ratios, ("a",), ("r",))
    low, high = curve.band()[:, 0, 0]
    assert high == pytest.approx(1 - 3 / 17)
    assert low == pytest.approx(1 - 7 / 17)
    assert TAUS[nearest(TAUS, 0.31)] == 0.3
