"""The sample photographs."""

import numpy as np
import pytest
from sklearn.datasets import load_sample_image

from wsss_viz.data import photographs
from wsss_viz.errors import InputError


@pytest.mark.parametrize("name", photographs.PHOTOGRAPHS)
def test_they_are_those_of_scikit_learn_and_cannot_be_written_to(name: str) -> None:
    image = photographs.photograph(name)
    assert image.dtype == np.uint8
    assert np.array_equal(image, load_sample_image(f"{name}.jpg"))
    with pytest.raises(ValueError, match="read-only"):
        image[0, 0, 0] = 0


def test_without_scikit_learn_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photographs, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"china\.jpg.*install scikit-learn"):
        photographs.photograph.__wrapped__("china")
