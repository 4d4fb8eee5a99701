"""On a published network RIB has its official settings, and its companions are of the data at hand."""

from functools import partial

import pytest
import torch
from torch import nn

from tests.models.published_files import picture
from wsss_viz.data import Sample
from wsss_viz.methods.published_settings import settings_for
from wsss_viz.methods.registry import bind
from wsss_viz.methods.rib import OFFICIAL
from wsss_viz.methods.views import SINGLE
from wsss_viz.models import Classifier

CLASSES = ("cat", "dog", "sofa")


def network(layout):
    torch.manual_seed(0)
    stages = [nn.Sequential(nn.Conv2d(3, 8, 3, 4, 1), nn.ReLU()), nn.Sequential(nn.Conv2d(8, 8, 3, 1, 1), nn.ReLU())]
    head = nn.Conv2d(8, 3, 1, bias=False)
    return Classifier(stages, head, CLASSES, stride=4, split=1, layout=layout).eval().requires_grad_(False)


def sample(name, *labels):
    return Sample(picture(24, 32, seed=len(name)), CLASSES, labels or None, name)


def test_the_shipped_networks_keep_their_own_settings():
    assert settings_for("rib", network("")) == {}


@pytest.mark.parametrize("layout", ["irn-resnet50", "resnet38d", "torchvision"])
def test_rib_is_official_and_draws_its_companions_once_an_image(layout):
    data = [sample("a", "cat"), sample("bb", "dog"), sample("ccc", "sofa", "dog")]
    found = settings_for("rib", network(layout), data)
    assert {key: found[key] for key in OFFICIAL if key != "redraw"} == {
        key: value for key, value in OFFICIAL.items() if key != "redraw"
    }
    assert found["redraw"] is False
    assert found["companion_samples"] is data
    assert settings_for("cam", network(layout)) == {}


def test_companions_share_no_label_and_unlabelled_data_has_none():
    data = [sample("a", "cat"), sample("bb", "dog"), sample("ccc", "sofa"), sample("dddd", "cat", "dog")]
    run = partial(bind, "rib", network("resnet38d"), None)
    first = next(run(data, gradient_views=SINGLE)(data[0], SINGLE))
    assert first.terms["companions"] == 2  # the dog and the sofa
    unlabelled = [sample("a"), sample("bb")]
    assert next(run(unlabelled, gradient_views=SINGLE)(data[0], SINGLE)).terms["companions"] == 0
    own = next(run(data, gradient_views=SINGLE, companions=1)(data[0], SINGLE))
    assert own.terms["companions"] == 1
