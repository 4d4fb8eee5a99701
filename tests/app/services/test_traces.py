"""Keys of what is kept, and the device."""

import numpy as np
import pytest

from wsss_viz.app import caching
from wsss_viz.app.services import checkpoints, samples
from wsss_viz.app.settings import DEVICE_VARIABLE
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import CLASSES
from wsss_viz.errors import InputError


def test_one_pixel_makes_another_digest_and_so_do_shape_and_type() -> None:
    image = np.zeros((500, 400, 3), np.uint8)
    other = image.copy()
    other[250, 200, 1] = 1
    variants = (image, other, image.reshape(400, 500, 3), image.astype(bool), image[:, ::-1].copy())
    assert len({caching.digest(variant) for variant in variants}) == 4
    assert caching.digest(image[::2]) == caching.digest(image[::2].copy()), "the bytes count, not how they lie"


def test_an_array_that_is_not_there_is_not_an_empty_one() -> None:
    image = np.zeros((2, 2), np.uint8)
    assert len({caching.digest(image), caching.digest(image, None), caching.digest(image, np.zeros(0, np.uint8))}) == 3


def test_only_what_a_person_brought_is_private() -> None:
    assert not caching.is_private(samples.scene("scenes:test:3"))
    assert caching.is_private(Sample(np.zeros((8, 9, 3), np.uint8), CLASSES, None, "own image"))


def test_the_fine_scene_is_the_same_scene_with_more_pixels() -> None:
    scene, fine = samples.scene("scenes:val:6"), samples.fine_scene("scenes:val:6")
    assert fine.labels == scene.labels
    assert fine.mask is not None
    assert scene.mask is not None
    assert (fine.mask[2::4, 2::4] == scene.mask).mean() > 0.97


def test_a_picture_is_drawn_once_for_each_key() -> None:
    scene = samples.scene("scenes:test:3")
    drawn = []

    def draw() -> bytes:
        drawn.append(1)
        return b"picture"

    for key in (("a", 1), ("a", 1), ("a", 2)):
        assert caching.picture(scene, ("test_caches", *key), draw) == b"picture"
    assert len(drawn) == 2


def test_a_device_that_is_not_there_is_said_and_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DEVICE_VARIABLE, "abacus")
    with pytest.raises(InputError, match="unknown device 'abacus'"):
        checkpoints.device_label()
    monkeypatch.setenv(DEVICE_VARIABLE, "cpu")
    assert checkpoints.device_label() == "CPU"
