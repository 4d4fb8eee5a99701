"""Multi-scale and mirror-image fusion against IRN's recipe, written out."""

import pytest
import torch
from torch.nn.functional import interpolate

from tests.models.test_classifier import seeded_network
from wsss_viz.methods.views import MIRROR, MULTI_SCALE, SINGLE, Views, class_maps, fuse, view_inputs


def test_views_of_a_non_square_input():
    x, network = torch.rand(1, 3, 50, 75), seeded_network()
    shapes = [tuple(view.shape) for view in view_inputs(network, x, MULTI_SCALE)]
    assert shapes == [(2, 3, 50, 75), (2, 3, 25, 38), (2, 3, 75, 112), (2, 3, 100, 150)]
    first = next(view_inputs(network, x, MULTI_SCALE))
    assert torch.equal(first[0], x[0])
    assert torch.equal(first[1], x[0].flip(2))


def test_multi_scale_is_irns_recipe():
    network = seeded_network(dtype=torch.float64)
    x = torch.rand(1, 3, 56, 72, dtype=torch.float64)
    total = torch.zeros(3, 14, 18, dtype=torch.float64)
    for scale in (1.0, 0.5, 1.5, 2.0):
        size = (round(56 * scale), round(72 * scale))
        y = x if scale == 1 else interpolate(x, size, mode="bicubic", align_corners=False, antialias=True)
        straight = network.maps(y).relu()
        mirrored = network.maps(y.flip(3)).relu().flip(3)
        total += interpolate(straight + mirrored, (14, 18), mode="bilinear", align_corners=False)[0]
    maps, logits = class_maps(network, x, MULTI_SCALE)
    torch.testing.assert_close(maps, total / 8, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(logits, network.logits(x)[0])


def test_fusing_by_hand():
    a = torch.tensor([[[[4.0, -2.0]]], [[[6.0, 8.0]]]])  # the image's map and its mirror image's
    signed = fuse([a], Views(flip=True), (8, 16), (1, 2))
    assert signed.tolist() == [[[6.0, 2.0]]]  # (4 + 8) / 2, (-2 + 6) / 2
    rectified = fuse([a], Views(flip=True, rectify=True), (8, 16), (1, 2))
    assert rectified.tolist() == [[[6.0, 3.0]]]


def test_single_view_keeps_the_sign_and_the_unit():
    network = seeded_network()
    x = torch.rand(1, 3, 40, 64)
    maps, logits = class_maps(network, x, SINGLE)
    assert torch.equal(maps, network.maps(x)[0])
    torch.testing.assert_close(maps.mean(dim=(1, 2)), logits)
    assert maps.min() < 0 < maps.max()


def test_the_mirror_view_is_symmetric():
    network = seeded_network(dtype=torch.float64)
    x = torch.rand(1, 3, 64, 96, dtype=torch.float64)
    straight, _ = class_maps(network, x, MIRROR)
    mirrored, _ = class_maps(network, x.flip(3), MIRROR)
    torch.testing.assert_close(mirrored.flip(2), straight)
    assert straight.std() > 0


def test_scores_do_not_depend_on_the_views():
    network = seeded_network()
    x = torch.rand(1, 3, 40, 64)
    _, plain = class_maps(network, x, SINGLE)
    _, without_one = class_maps(network, x, Views(scales=(0.5, 2.0), flip=True))
    torch.testing.assert_close(plain, without_one)


def test_scales_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"0\.1 to 4"):
        Views(scales=(1.0, 9.0))
    with pytest.raises(ValueError, match="one or more"):
        Views(scales=())
