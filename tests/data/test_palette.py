"""VOC's colours, against the ones its development kit prints."""

import numpy as np
import pytest

from wsss_viz.data.palette import VOC_CLASSES, class_colour, voc_palette
from wsss_viz.errors import InputError


def test_colours_of_the_development_kit():
    known = {
        0: (0, 0, 0),
        1: (128, 0, 0),
        2: (0, 128, 0),
        3: (128, 128, 0),
        4: (0, 0, 128),
        8: (64, 0, 0),
        15: (192, 128, 128),
        18: (0, 192, 0),
        20: (0, 64, 128),
        255: (224, 224, 192),
    }
    assert {index: tuple(voc_palette()[index].tolist()) for index in known} == known


def test_no_colour_twice():
    assert len(np.unique(voc_palette(), axis=0)) == 256


def test_a_class_has_the_colour_of_its_mask_index():
    assert len(VOC_CLASSES) == 20
    assert list(VOC_CLASSES) == sorted(VOC_CLASSES)
    assert class_colour("aeroplane") == (128, 0, 0)
    assert class_colour("person") == (192, 128, 128)
    with pytest.raises(InputError, match="no class 'rabbit'"):
        class_colour("rabbit")
