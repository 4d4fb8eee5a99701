"""VOC's colours, against the ones its development kit prints."""

import numpy as np
import pytest

from tests.colours import ciede2000, least_differences
from wsss_viz.data.palette import CLASS_COLOURS, VOC_CLASSES, class_colour, colour_in, voc_palette
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
    assert voc_palette()[VOC_CLASSES.index("person") + 1].tolist() == [192, 128, 128]
    with pytest.raises(InputError, match="no class 'rabbit'"):
        class_colour("rabbit")


def test_the_formula_is_ciede2000():
    # Sharma's test data, pairs 1, 9 and 25.
    for one, other, expected in (
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ):
        assert ciede2000(one, other) == pytest.approx(expected, abs=1e-4)


def test_any_two_classes_are_told_apart_with_any_colour_vision():
    assert len(CLASS_COLOURS) == 21
    least = least_differences([(0, 0, 0), (255, 255, 255), *CLASS_COLOURS])
    assert min(value for (i, j), value in least.items() if i > 1) > 12.7
    assert min(value for (i, j), value in least.items() if 1 < j < i < 10) > 13


def test_vocs_classes_have_a_colour_each_wherever_they_stand():
    assert len({class_colour(name) for name in VOC_CLASSES}) == 20
    assert {class_colour(name) for name in VOC_CLASSES} <= set(CLASS_COLOURS)
    assert colour_in(("dog", "cat"), "cat") == colour_in(VOC_CLASSES, "cat")


def test_colours_by_place_or_by_vocs_names():
    assert class_colour(0) == CLASS_COLOURS[0] == class_colour(21)
    assert colour_in(("lung", "heart"), "heart") == CLASS_COLOURS[1]
    assert colour_in(("dog", "person"), "person") == class_colour("person")
