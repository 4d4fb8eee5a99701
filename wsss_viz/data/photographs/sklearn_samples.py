"""The two sample photographs that ship with scikit-learn, read from its folder without importing it.

The import brings scipy and takes seconds, which whoever opens a page on a cold server would wait for.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wsss_viz.errors import InputError

__all__ = ["PHOTOGRAPHS", "photograph"]

PHOTOGRAPHS = ("china", "flower")


@lru_cache(maxsize=len(PHOTOGRAPHS))
def photograph(name: str) -> NDArray[np.uint8]:
    """(427, 640, 3) uint8 RGB, not to be written to: what `sklearn.datasets.load_sample_image` gives.

    Args:
        name: one of `PHOTOGRAPHS`.

    Raises:
        InputError: scikit-learn is not installed, or lacks the file.

    >>> photograph("flower").shape
    (427, 640, 3)
    """
    spec = find_spec("sklearn")
    folders = spec.submodule_search_locations if spec else None
    path = Path(next(iter(folders or ()), "")) / "datasets" / "images" / f"{name}.jpg"
    if not path.is_file():
        raise InputError(f"the sample photograph {name}.jpg is missing: install scikit-learn again")
    with Image.open(path, formats=("JPEG",)) as picture:
        image = np.array(picture.convert("RGB"))
    image.setflags(write=False)
    return image
