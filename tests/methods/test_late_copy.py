"""The tuned copy: SGD against torch's own, the classifier as it was."""

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import PolynomialLR

from tests.models.test_classifier import seeded_network
from wsss_viz.methods.late_copy import LateCopy, early_features, poly
from wsss_viz.models.classifier import Classifier


@pytest.fixture
def network():
    return seeded_network(dtype=torch.float64)


def features(network, split, seed=0):
    x = torch.rand(2, 3, 24, 40, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return early_features(network, x, split)


def test_poly_by_hand():
    assert [poly(k, 4, 1.0) for k in range(5)] == [1, 0.75, 0.5, 0.25, 0]
    assert poly(3, 10, 0.9) == pytest.approx(0.7254173)  # 0.7 ** 0.9
    assert poly(3, 10, 0.0) == 1


@pytest.mark.parametrize(("momentum", "decay"), [(0.0, 0.0), (0.3, 0.05)])
def test_descending_is_torchs_sgd(network, momentum, decay):
    split, steps, rate = 4, 4, 1e-2
    z = features(network, split)
    late = LateCopy(network, split, head_rate=10, momentum=momentum, decay=decay)
    twin = seeded_network(dtype=torch.float64).requires_grad_(True)
    groups = [{"params": twin.stages[4].parameters()}, {"params": twin.head.parameters(), "lr": 10 * rate}]
    optimiser = torch.optim.SGD(groups, lr=rate, momentum=momentum, weight_decay=decay)
    schedule = PolynomialLR(optimiser, total_iters=steps, power=0.9)
    for k in range(steps):
        before = [p.clone() for p in late.body + late.head]
        norm = late.descend(late.maps(z).square().mean(), rate * poly(k, steps, 0.9))
        optimiser.zero_grad()
        twin.late(z, split).square().mean().backward()
        optimiser.step()
        schedule.step()
        moved = [(a - b).detach() for a, b in zip(late.body + late.head, before, strict=True)]
        assert norm == pytest.approx(float(torch.cat([m.flatten() for m in moved]).norm()), rel=1e-9)
        assert norm > 0
    ours = late.body + late.head
    theirs = [*twin.stages[4].parameters(), *twin.head.parameters()]
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-14)


def test_batch_norm_keeps_its_statistics_and_learns_its_weight(network):
    late = LateCopy(network, 4)
    late.descend(late.maps(features(network, 4)).sum(), 1e-3)
    ours, theirs = dict(late.module[0].named_buffers()), dict(network.stages[4].named_buffers())
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)
    assert not torch.equal(late.module[0].bn2.weight, network.stages[4].bn2.weight)
    assert not torch.equal(late.module[0].bn1.bias, network.stages[4].bn1.bias)


@pytest.mark.parametrize("split", [0, 3, 5])
def test_the_copy_starts_as_the_classifier_and_leaves_it_alone(network, split):
    before = {key: value.clone() for key, value in network.state_dict().items()}
    x = torch.rand(1, 3, 24, 40, dtype=torch.float64)
    expected = network.maps(x)
    z = early_features(network, x, split)
    late = LateCopy(network, split)
    assert torch.equal(late.maps(z), expected)
    late.descend(late.maps(z).sum(), 1e-2)
    assert not torch.equal(late.maps(z), expected)
    assert torch.equal(network.maps(x), expected)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert not network.training
    assert all(p.grad is None and not p.requires_grad for p in network.parameters())
    assert len(late.body) == sum(len(list(stage.parameters())) for stage in network.stages[split:])


def test_a_classifiers_bias_is_added_and_not_tuned():
    torch.manual_seed(0)
    head = nn.Conv2d(3, 2, 1, bias=False)
    classifier = Classifier([nn.Identity()], head, "ab", stride=1, bias=torch.tensor([1.0, -2.0])).eval()
    late = LateCopy(classifier, 0)
    assert late.with_bias(torch.tensor([[0.5, 0.5]])).tolist() == [[1.5, -1.5]]
    assert [p.shape for p in late.body + late.head] == [(2, 3, 1, 1)]


def test_a_caller_in_inference_mode_can_tune(network):
    with torch.inference_mode():
        z = features(network, 4)
        late = LateCopy(network, 4)
        with torch.inference_mode(False):
            assert late.descend(late.maps(z).sum(), 1e-3) > 0


def test_what_cannot_be_copied_is_refused(network):
    with pytest.raises(ValueError, match="0 to 5"):
        LateCopy(network, 6)
    network.stages[2].train()
    with pytest.raises(ValueError, match="training mode"):
        LateCopy(network, 4)
