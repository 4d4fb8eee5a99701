"""Masks and erased images against values computed by hand, in float64, on non-square maps."""

import math

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from wsss_viz.errors import InputError
from wsss_viz.methods.masking import (
    enlarge,
    erase,
    hard_mask,
    make_mask,
    min_max,
    relu_max,
    soft_mask,
    top_mask,
)
from wsss_viz.methods.settings import MASKS
from wsss_viz.models import Preprocessing
from wsss_viz.traces import normalise


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


PAIR = tensor([[[4.0, -2.0, 1.0]], [[-1.0, 2.0, 0.5]]])  # two maps of 1 x 3


def test_relu_max_by_hand():
    a, b = 4 + 1e-5, 2 + 1e-5
    torch.testing.assert_close(relu_max(PAIR), tensor([[[4 / a, 0, 1 / a]], [[0, 2 / b, 0.5 / b]]]))
    torch.testing.assert_close(relu_max(PAIR, "batch"), tensor([[[4 / a, 0, 1 / a]], [[0, 2 / a, 0.5 / a]]]))
    assert relu_max(-PAIR.abs()).eq(0).all()
    with pytest.raises(ValueError, match="map or batch"):
        relu_max(PAIR, "image")


def test_relu_max_is_the_normalisation_of_traces():
    maps = torch.randn(3, 5, 7, generator=torch.Generator().manual_seed(0))
    np.testing.assert_allclose(relu_max(maps).numpy(), normalise(maps.numpy(), "relu_max"), rtol=1e-6)
    np.testing.assert_allclose(min_max(maps).numpy(), normalise(maps.numpy(), "minmax"), rtol=1e-6)


def test_min_max_by_hand():
    torch.testing.assert_close(min_max(PAIR)[1], tensor([[0, 3, 1.5]]) / (3 + 1e-5))
    torch.testing.assert_close(min_max(PAIR, "batch")[1], tensor([[1, 4, 2.5]]) / (6 + 1e-5))


def test_the_gradient_passes_the_maximum_unless_detached():
    for detach in (False, True):
        maps = tensor([[4.0, 1.0, -3.0]]).requires_grad_()
        (gradient,) = torch.autograd.grad(relu_max(maps, detach=detach).sum(), maps)
        # d/dA of (4 + 1) / (4 + e): 1 / (4 + e) for each positive cell, and -(4 + 1) / (4 + e)^2 through the maximum
        e = 4 + 1e-5
        through = 0.0 if detach else -5 / e**2
        torch.testing.assert_close(gradient, tensor([[1 / e + through, 1 / e, 0.0]]))


def test_hard_mask_keeps_the_value_that_equals_the_threshold():
    assert hard_mask(tensor([[0.5, 0.51, 0.2]]), 0.5).tolist() == [[0, 1, 0]]


def test_top_mask_by_hand():
    values = tensor([[0.9, 0.1, 0.3, 0.0, 0.2]])
    assert top_mask(values, 0.2).tolist() == [[1, 0, 0, 0, 0]]
    assert top_mask(values, 0.4).tolist() == [[1, 0, 1, 0, 0]]
    assert top_mask(values, 1.0).tolist() == [[1, 1, 1, 0, 1]]
    assert top_mask(tensor([[0.9, 0.3, 0.3, 0.1]]), 0.5).tolist() == [[1, 1, 1, 0]]  # a tie is taken whole
    assert top_mask(tensor([[0.0, 0.0]]), 0.5).tolist() == [[0, 0]]
    many = torch.rand(2, 3, 40, 60, generator=torch.Generator().manual_seed(1))
    assert top_mask(many, 0.2).sum(dim=(2, 3)).eq(480).all()


@pytest.mark.parametrize(("sigma", "omega"), [(0.5, 10.0), (0.25, 100.0), (0.4, 100.0)])
def test_soft_mask_is_the_formula_of_gain(sigma, omega):
    values = tensor([[0.0, sigma, 0.6, 1.0]])
    expected = [1 / (1 + math.exp(-omega * (value - sigma))) for value in values[0].tolist()]
    torch.testing.assert_close(soft_mask(values, sigma, omega), tensor([expected]))
    assert soft_mask(values, sigma, omega)[0, 1] == 0.5


def test_make_mask_is_each_mask_by_its_name():
    values = torch.rand(2, 4, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    expected = {
        "hard": hard_mask(values, 0.3),
        "top": top_mask(values, 0.4),
        "soft": soft_mask(values, 0.2, 30),
        "graded": values,
    }
    assert tuple(expected) == MASKS
    for kind, mask in expected.items():
        assert torch.equal(make_mask(values, kind, threshold=0.3, share=0.4, sigma=0.2, omega=30), mask)
    assert len({mask.sum().item() for mask in expected.values()}) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "hard", "threshold": 1.2}, "threshold"),
        ({"kind": "hard", "threshold": math.nan}, "threshold"),
        ({"kind": "top", "share": 0.0}, "share"),
        ({"kind": "soft", "omega": 0.0}, "omega"),
        ({"kind": "soft", "omega": math.nan}, "omega"),
        ({"kind": "soft", "sigma": math.nan}, "sigma"),
        ({"kind": "holes"}, "hard, top, soft, graded"),
    ],
)
def test_a_mask_that_makes_no_sense_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        make_mask(torch.rand(2, 3), **options)


def test_erasing_leaves_the_mean_colour():
    preprocessing = Preprocessing()
    image = np.full((2, 3, 3), (255, 0, 51), dtype=np.uint8)
    x = preprocessing(image)
    mask = torch.tensor([[[[1.0, 0.0, 0.5], [0.0, 0.0, 0.0]]]])
    erased = preprocessing.restore(erase(x, mask)[0])
    mean = [round(255 * value) for value in preprocessing.mean]
    assert erased[0, 0].tolist() == mean
    assert erased[0, 1].tolist() == [255, 0, 51]
    assert erased[0, 2].tolist() == [
        round((a + 255 * m) / 2) for a, m in zip((255, 0, 51), preprocessing.mean, strict=True)
    ]
    assert np.array_equal(erased[1], image[1])


def test_enlarging_is_bilinear_between_cell_centres():
    maps = tensor([[[[0.0, 4.0]]]])
    assert enlarge(maps, (1, 4)).flatten().tolist() == [0.0, 1.0, 3.0, 4.0]
    many = torch.rand(1, 2, 3, 5)
    expected = interpolate(many, (24, 40), mode="bilinear", align_corners=False)
    assert torch.equal(enlarge(many, (24, 40)), expected)


def test_gradients_of_mask_and_erasing_in_float64():
    x = torch.rand(1, 3, 2, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    maps = torch.rand(1, 1, 2, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(4)) + 0.1
    assert torch.autograd.gradcheck(lambda a: erase(x, soft_mask(relu_max(a), 0.5, 10)), maps.requires_grad_())
