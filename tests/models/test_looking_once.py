"""What a network has computed of an input is used again where it is asked of the same input, and nowhere else."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from wsss_viz.methods import cam
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.colour_network import colour_network, flag
from wsss_viz.models.looking_once import looking_once
from wsss_viz.models.narrowing import narrow
from wsss_viz.showcase.photographs import first_guesses


class Counting(nn.Module):
    """Passes on what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        return x


@pytest.fixture
def counting() -> Counting:
    """The first stage of `network`."""
    return Counting()


def network(counting: Counting) -> Classifier:
    classifier = colour_network()
    classifier.stages.insert(0, counting)
    return classifier.eval()


def test_the_same_input_is_looked_at_once_within_the_block(counting: Counting) -> None:
    classifier, x = network(counting), torch.rand(1, 3, 5, 7)
    with torch.no_grad():
        alone = classifier.maps(x), classifier.logits(x)
        assert counting.count == 2
        with looking_once():
            together = classifier.maps(x), classifier.logits(x.clone())
        assert counting.count == 3
    assert all(torch.equal(one, other) for one, other in zip(alone, together, strict=True))


def test_another_input_another_network_and_the_next_block_are_looked_at_anew(counting: Counting) -> None:
    classifier, x = network(counting), torch.rand(1, 3, 5, 7)
    other = network(counting)
    with torch.no_grad():
        with looking_once():
            for asked, given in ((classifier, x), (classifier, x + 1), (other, x + 1), (classifier, x)):
                assert torch.equal(asked.maps(given), asked.late(asked.early(given)))
        before = counting.count
        with looking_once():
            classifier.maps(x)
        assert counting.count == before + 1


def test_training_and_gradients_are_computed_anew(counting: Counting) -> None:
    classifier, x = network(counting), torch.rand(1, 3, 5, 7, requires_grad=True)
    with looking_once():
        with torch.no_grad():
            classifier.maps(x)
        classifier.maps(x).sum().backward()
        assert x.grad is not None
        classifier.train()
        with torch.no_grad():
            classifier.maps(x)
    assert counting.count == 3


def test_what_is_in_a_picture_and_where_take_one_look(counting: Counting) -> None:
    classifier = network(counting)
    few = narrow(classifier, ("red", "blue"))
    with looking_once():
        first_guesses(classifier, flag(), 2)
        (step,) = cam(few, flag(), ["red"])
    assert counting.count == 1
    (alone,) = cam(few, flag(), ["red"])
    assert counting.count == 2
    assert (step.maps == alone.maps).all()
