"""Which companions are taken, and that their features are the classifier's own."""

import numpy as np
import pytest
import torch

from tests.models.test_classifier import seeded_network
from wsss_viz.data import Sample
from wsss_viz.data.photographs import Photographs
from wsss_viz.data.scenes import CLASSES
from wsss_viz.methods.late_copy import LateCopy
from wsss_viz.methods.rib_batch import Prediction
from wsss_viz.methods.rib_companions import (
    SCENES_DRAWN_FROM,
    Companions,
    find_companions,
    shipped_companions,
)
from wsss_viz.methods.rib_loss import Objective
from wsss_viz.models import Preprocessing

NAMES = ("cat", "dog", "sofa")


def sample(labels, seed, size=(16, 24)):
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    return Sample(pixels, ("cat", "dog", "sofa", "car"), labels, f"s{seed}")


class Counted(list):
    """A list that remembers which of its items were asked for."""

    def __init__(self, items):
        super().__init__(items)
        self.read = []

    def __getitem__(self, index):
        self.read.append(index)
        return super().__getitem__(index)


@pytest.fixture(scope="module")
def network():
    network = seeded_network(NAMES)
    network.preprocessing = Preprocessing()
    return network


def images():
    labels = [("cat",), ("dog",), ("sofa",), ("cat", "sofa"), ("car",), None, ("dog", "car"), ()]
    return [sample(names, i) for i, names in enumerate(labels)]


def test_none_shares_a_label_and_each_has_one_the_classifier_knows(network):
    found = find_companions(network, images(), {"cat"}, 8, split=4)
    assert {tuple(sorted(labels)) for labels in found.labels} == {("dog",), ("sofa",), ("car", "dog")}
    assert len(find_companions(network, images(), {"cat", "dog", "sofa"}, 8, split=4)) == 0
    assert len(find_companions(network, images(), {"cat"}, 2, split=4)) == 2


def test_no_more_are_read_than_needed(network):
    pool = Counted([sample(("dog",), i) for i in range(60)])
    find_companions(network, pool, {"cat"}, 3, split=4)
    assert len(pool.read) == 3
    hopeless = Counted([sample(("cat",), i) for i in range(60)])
    assert len(find_companions(network, hopeless, {"cat"}, 3, split=4)) == 0
    assert len(hopeless.read) == 48
    assert len(set(hopeless.read)) == 48


def test_the_order_follows_from_the_seed(network):
    pool = [sample(("dog",), i) for i in range(40)]
    a, b, c = (find_companions(network, pool, {"cat"}, 6, split=4, seed=seed) for seed in (0, 0, 1))
    assert all(torch.equal(x, y) for x, y in zip(a.features, b.features, strict=True))
    assert not all(torch.equal(x, y) for x, y in zip(a.features, c.features, strict=True))
    ready = Companions.of(network, pool, 4)
    again = find_companions(network, ready, {"cat"}, 6, split=4, seed=0)
    assert all(torch.equal(x, y) for x, y in zip(a.features, again.features, strict=True))


def test_features_and_labels_by_shape(network):
    pool = [sample(("dog",), 0), sample(("sofa", "cat"), 1, (24, 16)), sample(("cat",), 2)]
    companions = Companions.of(network, pool, 3)
    batches = list(companions.batches())
    assert [tuple(z.shape) for z, _ in batches] == [(2, 64, 4, 6), (1, 64, 6, 4)]  # stride 4
    assert [t.tolist() for _, t in batches] == [[[0, 1, 0], [1, 0, 0]], [[1, 0, 1]]]
    with torch.no_grad():
        expected = network.early(network.preprocess(pool[2].image), 3)
    assert torch.equal(batches[0][0][1:], expected)


def test_ready_made_ones_must_be_of_the_same_split_and_classes(network):
    ready = Companions.of(network, images(), 3)
    with pytest.raises(ValueError, match="of split 3 and 3 classes, want split 4"):
        find_companions(network, ready, (), 2, split=4)
    with pytest.raises(ValueError, match="0 or more, got -1"):
        find_companions(network, ready, (), -1, split=3)


def test_by_default_scenes_keep_company_with_scenes_alone(network):
    assert len(shipped_companions(NAMES)) == 0
    assert len(find_companions(network, None, (), 4, split=4)) == 0
    scenes = shipped_companions(CLASSES)
    assert len(scenes) == SCENES_DRAWN_FROM
    assert scenes[5] is scenes[5]
    assert scenes[5].source == "scenes:train:5"
    of_scenes = seeded_network(CLASSES)
    found = find_companions(of_scenes, None, {"cat", "sofa"}, 3, split=4)
    assert len(found) == 3
    assert all(labels.isdisjoint({"cat", "sofa"}) for labels in found.labels)


def test_a_network_that_knows_all_photographs_has_them_for_company():
    labels = [name for names in Photographs().labels for name in names]
    assert [s.name for s in shipped_companions(("toaster", *labels))] == [s.name for s in Photographs()]
    assert len(shipped_companions(labels[1:])) == 0


def prediction(plain):
    nothing = torch.zeros(0)
    return Prediction(nothing, [], plain, nothing, nothing, nothing, 0, nothing, nothing)


def test_coverage_is_of_the_rectified_maps_with_the_mirror_images_turned_back():
    plain = torch.tensor([[[[4.0, 0.0, 0.0], [-8.0, 0.0, 1.0]]], [[[0.0, 0.0, 4.0], [4.0, 0.0, 0.0]]]])
    # turned back and added: [[8, 0, 0], [0, 0, 5]], above .3 of 8 in two of six cells
    assert prediction(plain).coverage([0], 0.3) == pytest.approx(2 / 6)
    assert prediction(plain).coverage([0], 0.7) == pytest.approx(1 / 6)
    # alone: [[4, 0, 0], [0, 0, 1]]; without the ReLU the -8 would stay -8
    assert prediction(plain[:1]).coverage([0], 0.2) == pytest.approx(2 / 6)
    # by its own maximum a map that is nowhere positive covers nothing; unrectified it would cover all of it
    assert prediction(-plain[:1].abs() - 1).coverage([0], 0.3) == 0
    # a negative value in one view takes nothing from the other's
    pair = torch.tensor([[[[-8.0, 0.0, 1.0]]], [[[0.0, 0.0, 4.0]]]])
    assert prediction(pair).coverage([0], 0.5) == pytest.approx(1 / 3)


def test_classes_without_a_label_are_pooled_over_the_whole_image(network):
    late = LateCopy(network, 5)
    maps = torch.tensor([[[[1.0, 0.2, -0.6]], [[2.0, 0.4, 0.6]], [[-1.0, 4.0, 0.0]]]])
    labels = torch.tensor([[1.0, 0.0, 0.0]])
    logits = Objective("gndrp", 0.4, None).logits(late, maps, labels)
    np.testing.assert_allclose(logits[0], [(0.2 - 0.6) / 2, 1.0, 1.0], rtol=1e-6)  # GNDRP, GAP, GAP
