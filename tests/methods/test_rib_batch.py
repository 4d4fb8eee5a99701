"""Which companions are taken, and that their features are the classifier's own."""

import numpy as np
import pytest
import torch

from tests.models.test_classifier import seeded_network
from wsss_viz.data import Sample
from wsss_viz.data.scenes import CLASSES
from wsss_viz.methods.rib_batch import SCENES_DRAWN_FROM, Companions, find_companions, scene_companions
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
    assert len(scene_companions(NAMES)) == 0
    assert len(find_companions(network, None, (), 4, split=4)) == 0
    scenes = scene_companions(CLASSES)
    assert len(scenes) == SCENES_DRAWN_FROM
    assert scenes[5] is scenes[5]
    assert scenes[5].source == "scenes:train:5"
    of_scenes = seeded_network(CLASSES)
    found = find_companions(of_scenes, None, {"cat", "sofa"}, 3, split=4)
    assert len(found) == 3
    assert all(labels.isdisjoint({"cat", "sofa"}) for labels in found.labels)
