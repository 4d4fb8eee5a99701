"""GAP and GNDRP against values worked out by hand."""

import pytest
import torch

from wsss_viz.methods.rib_loss import low_region, official_region, pool

# one map of 2 x 3: normalised 1, .25, 0 / .5, 0, 0
MAP = torch.tensor([[[[4.0, 1.0, -1.0], [2.0, -3.0, 0.0]]]], dtype=torch.float64)


@pytest.mark.parametrize(
    ("pooling", "tau", "expected"),
    [
        ("gap", 0.4, 3 / 6),
        ("gndrp", 0.4, (1 - 1 - 3 + 0) / 4),
        ("gndrp", 0.5, (1 - 1 + 2 - 3 + 0) / 5),
        ("gndrp", 0.25, (1 - 1 - 3 + 0) / 4),  # at most tau
        ("gndrp", 0.0, (-1 - 3 + 0) / 3),
        ("gndrp", 1.0, 3 / 6),
        ("gndrp-official", 0.4, (1 - 1 - 3 + 0) / 6),  # over all h w cells
        ("gndrp-official", 0.25, (-1 - 3 + 0) / 6),  # below tau
    ],
)
def test_by_hand(pooling, tau, expected):
    pooled, _ = pool(MAP, pooling, tau)
    assert pooled.item() == pytest.approx(expected, abs=1e-15)


def test_the_region_of_each_map_by_its_own_maximum():
    maps = torch.cat([MAP, 10 * MAP, MAP.flip(3)], dim=1)
    region = low_region(maps, 0.4)
    one = [[False, True, True], [False, True, True]]
    assert region[0].tolist() == [one, one, [row[::-1] for row in one]]
    assert torch.equal(pool(maps, "gndrp", 0.4)[1], region)
    assert pool(maps, "gap", 0.4)[1].all()


def test_gradient_reaches_the_region_alone():
    maps = MAP.clone().requires_grad_(True)
    pool(maps, "gndrp", 0.4)[0].sum().backward()
    assert maps.grad[0, 0].tolist() == [[0, 0.25, 0.25], [0, 0.25, 0.25]]
    maps = MAP.clone().requires_grad_(True)
    pool(maps, "gndrp-official", 0.4)[0].sum().backward()
    torch.testing.assert_close(
        maps.grad[0, 0], torch.tensor([[0, 1, 1], [0, 1, 1]], dtype=torch.float64) / 6, rtol=0, atol=1e-15
    )


def test_a_map_without_a_positive_value():
    maps = -MAP.abs() - 1  # -5 -2 -2 / -3 -4 -1
    assert low_region(maps, 0.4).all()
    assert pool(maps, "gndrp", 0.4)[0].item() == pytest.approx(-17 / 6)
    # the official ratio is 5, 2, 2 / 3, 4, 1 here: nothing is below tau
    assert not official_region(maps, 0.4).any()
    assert pool(maps, "gndrp-official", 0.4)[0].item() == 0


def test_a_constant_map_has_no_low_region():
    maps = torch.full((1, 1, 2, 3), 7.0, requires_grad=True)
    pooled, region = pool(maps, "gndrp", 0.4)
    pooled.sum().backward()
    assert not region.any()
    assert pooled.item() == 0
    assert maps.grad.abs().max() == 0


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="gndrp-official, got 'max'"):
        pool(MAP, "max")
    with pytest.raises(ValueError, match=r"0 to 1, got 1\.5"):
        pool(MAP, "gndrp", 1.5)
