"""Where fused maps lie: the centre of mass of what moves a cell of the fused map."""

import numpy as np
import pytest
import torch

from tests.models.test_classifier import seeded_network
from wsss_viz.data.sample import Sample
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.methods.class_activation import cam
from wsss_viz.methods.layer_activation import layercam
from wsss_viz.methods.view_centres import fused_centres
from wsss_viz.methods.views import MIRROR, MULTI_SCALE, SINGLE, Views, fuse, view_inputs
from wsss_viz.models.classifier import Preprocessing
from wsss_viz.models.receptive_field import _averaging, _twin
from wsss_viz.traces.centres import CellCentres, field_centres


@pytest.mark.parametrize(
    "views", [SINGLE, MIRROR, MULTI_SCALE, Views((0.5, 2.0)), Views((1.5,), True), Views((1.0, 2.0), cell=4)]
)
def test_a_fused_map_is_centred_on_what_moves_its_cells(views):
    classifier, size = seeded_network(["cat", "dog"]), (160, 200)
    classifier.preprocessing = Preprocessing()
    network = _averaging(_twin(list(classifier.stages), "cpu"))
    x = torch.full((1, 3, *size), 0.01, dtype=torch.float64, requires_grad=True)
    maps = [network(view).sum(dim=1, keepdim=True) for view in view_inputs(classifier, x, views)]
    fused = fuse(maps, views, size, (20, 25))
    row, column = fused.shape[1] // 2, fused.shape[2] // 2
    (gradient,) = torch.autograd.grad(fused[0, row, column], x)
    mass = gradient.sum(dim=(0, 1))  # the resize has negative lobes, which count as such
    y = float(mass.sum(1) @ torch.arange(size[0], dtype=torch.float64) / mass.sum())
    x_centre = float(mass.sum(0) @ torch.arange(size[1], dtype=torch.float64) / mass.sum())
    centres = fused_centres(classifier, size, views)
    # linear resizing is centred to within a part of a pixel
    assert centres.at(row, column) == pytest.approx((y, x_centre), abs=2.0)


def test_the_mirror_image_makes_the_sides_even():
    centres = fused_centres(seeded_network(["cat"]), (128, 128), MIRROR)
    assert centres == CellCentres((0.0, 3.5), (8.0, 8.0))
    assert centres.origin[1] == field_centres((16, 16), (128, 128)).origin[1]


def test_the_steps_of_a_method_know_where_their_cells_lie():
    classifier = seeded_network(["cat", "dog"])
    classifier.preprocessing = Preprocessing(short_side=64)
    image = np.random.default_rng(0).integers(0, 255, (96, 130, 3), dtype=np.uint8)
    (step,) = cam(classifier, Sample(image, ("cat", "dog"), ("cat",), "noise"))
    expected = CellCentres((0.0, 0.0), (8.0, 8.0)).resized((64, 87), (96, 130))
    assert step.centres == expected
    assert step.aligned("field") is None
    assert step.aligned("centres") == expected
    steps = list(layercam(classifier, Sample(image, ("cat", "dog"), ("cat",), "noise"), layers=2))
    assert [step.maps.shape[1:] for step in steps] == [(8, 11)] * 2
    assert [step.centres for step in steps] == [expected] * 2


def test_a_layer_that_was_stretched_over_a_finer_grid_keeps_its_own_centres():
    classifier = seeded_network(["cat"])
    coarse, fine = (
        fused_centres(classifier, (128, 128), SINGLE, (5,), 3),
        fused_centres(classifier, (128, 128), SINGLE, (3,), 3),
    )
    assert fine == CellCentres((0.0, 0.0), (4.0, 4.0))
    assert coarse == CellCentres((-2.0, -2.0), (4.0, 4.0))  # cell j of the fine grid is cell j / 2 - 1 / 4


def test_every_method_says_where_its_cells_lie():
    by_themselves = ("layercam", "iba")  # whose maps are of earlier stages
    assert all(hasattr(method.load(), "__wrapped__") for name, method in METHODS.items() if name not in by_themselves)
