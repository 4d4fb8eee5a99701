"""The digit toy: what is drawn, one seed trained for a moment, and the recorded run of three seeds."""

import numpy as np
import pytest

from wsss_viz.data.digits import BACKGROUND, DIGIT, GAP, SHAPE, SHAPES, draw_digits
from wsss_viz.errors import InputError
from wsss_viz.gradients.digits import measure_digits
from wsss_viz.gradients.ratio import TAU
from wsss_viz.gradients.stored import Stored, shipped
from wsss_viz.training.digits import Recipe, digit_loss, training


def test_a_tenth_has_a_shape_that_is_the_classs_own_and_stands_apart():
    data = draw_digits("train", 200, seed=3, size=(30, 44))
    assert data.images.shape == data.regions.shape == (200, 30, 44)
    shaped = np.flatnonzero((data.regions == SHAPE).any(axis=(1, 2)))
    assert len(shaped) == 20
    assert data.labels.mean() == 0.5
    for i in shaped:
        rows, columns = np.nonzero(data.regions[i] == SHAPE)
        top, left = rows.min(), columns.min()
        drawn = np.zeros((30, 44), dtype=bool)
        shape = SHAPES[data.labels[i]]
        drawn[top : top + shape.shape[0], left : left + shape.shape[1]] = shape
        assert np.array_equal(drawn, data.regions[i] == SHAPE)
        digit = np.argwhere(data.regions[i] == DIGIT)
        distance = np.abs(digit[:, None] - np.argwhere(drawn)[None]).max(axis=2).min()
        assert distance > GAP


def test_the_same_seed_gives_the_same_bytes_and_the_splits_share_no_digit():
    one, same, other = (draw_digits("test", 20, seed) for seed in (1, 1, 2))
    assert one.images.tobytes() == same.images.tobytes()
    assert one.images.tobytes() != other.images.tobytes()
    train = draw_digits("train", 300)
    inks = {image[image > 0].tobytes() for image in train.images}
    assert not any(image[image > 0].tobytes() in inks for image in draw_digits("test", 100, shape_share=0).images)


def test_regions_cover_each_picture_once_and_erasing_takes_only_the_shape():
    data = draw_digits("test", 12, shape_share=1)
    assert (data.region_masks().sum(axis=1) == 1).all()
    both = data.shape_only().images + data.shape_erased().images
    assert np.array_equal(both, data.images)
    assert not data.shape_only().images[data.regions != SHAPE].any()
    assert (data.regions[data.images == 0] == BACKGROUND).all()


@pytest.mark.parametrize("arguments", [("val", 3), ("train", 0), ("train", 3, 0, 1.5), ("train", 3, 0, 0.1, (20, 36))])
def test_what_cannot_be_drawn_is_said_in_one_line(arguments):
    with pytest.raises(InputError) as raised:
        draw_digits(*arguments)
    assert "\n" not in str(raised.value)


def test_the_losses_are_the_sigmoids_and_ribs():
    import torch

    z, labels = torch.tensor([2.0, -3.0, 12.0]), torch.tensor([1, 1, 1])
    assert float(digit_loss(z, labels, Recipe(loss="rib"))) == pytest.approx(-(2 - 3 + 10) / 3)
    assert float(digit_loss(-z, 1 - labels, Recipe(loss="rib"))) == pytest.approx(-(2 - 3 + 10) / 3)
    expected = np.log1p(np.exp([-2.0, 3.0, -12.0])).mean()
    assert float(digit_loss(z, labels, Recipe())) == pytest.approx(expected)
    with pytest.raises(InputError, match="`loss` is one of bce, rib"):
        Recipe(loss="hinge")


def test_two_epochs_learn_the_digit_and_not_the_shape():
    (*_, network) = training(Recipe(pictures=1800, epochs=2))
    found = measure_digits(network, draw_digits("test", 60, shape_share=1))
    assert found.accuracy["shape erased"] >= 0.75
    assert 0.4 <= found.accuracy["shape only"] <= 0.6
    assert found.layers == ("conv 1", "conv 2", "conv 3", "conv 4", "conv 5", "logit")
    background = found.curve().at(TAU)[1:, 2, 0]
    digit = found.curve().at(TAU)[1:, 0, 0]
    assert (background < digit).all()


def test_the_recorded_run_meets_the_acceptance_of_the_flatten_head():
    """Over three seeds: the background from layer 2 on, the last step, the shape alone."""
    found = shipped("toy")
    assert found.about["seeds"] == 3
    curve = found.entries["flatten/bce/sum/max/all"].curve
    assert (curve.at(TAU)[1:, 2, 0] <= 0.15).all()
    for seed in range(3):
        entry = found.entries[f"flatten/bce/sum/max/{seed}"]
        digit, shape, _ = entry.curve.drop_at(TAU)
        assert shape[1] > digit[2], "the shape loses more, beyond both intervals"
        assert 0.4 <= entry.facts["accuracy"]["shape only"] <= 0.6
        assert entry.facts["accuracy"]["whole"] >= 0.95


def test_what_is_stored_is_read_back_and_other_checkpoints_are_refused(tmp_path, monkeypatch):
    found = shipped("toy")
    path = tmp_path / "scenes.npz"
    Stored(found.entries, found.examples, {**found.about, "checkpoints": {"net": "aa"}}).save(path)
    again = Stored.load(path)
    key = "gap/rib/energy/p99/all"
    assert np.array_equal(again.entries[key].curve.values, found.entries[key].curve.values)
    assert again.entries[key].facts == found.entries[key].facts
    monkeypatch.setattr("wsss_viz.gradients.stored.FOLDER", tmp_path)
    assert shipped("scenes", {"net": "aa"}).about["checkpoints"] == {"net": "aa"}
    with pytest.raises(
        InputError, match=r"another `net`.*diagnose gradient-ratio --data scenes:test --store"
    ) as raised:
        shipped("scenes", {"net": "bb"})
    assert "\n" not in str(raised.value)
    with pytest.raises(InputError, match="No stored gradient ratios of the toy"):
        shipped("toy")
