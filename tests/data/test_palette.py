"""VOC's colours, against the ones its development kit prints."""

import numpy as np
import pytest

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
    assert class_colour("aeroplane") == (128, 0, 0)
    assert class_colour("person") == (192, 128, 128)
    with pytest.raises(InputError, match="no class 'rabbit'"):
        class_colour("rabbit")


# The palette of any list, seen with any colour vision.

DICHROMATS = (  # Machado, Oliveira and Fernandes, IEEE TVCG 2009, severity 1.0, on linear RGB
    ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
)
TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))


def lab(linear):
    """(N, 3) linear sRGB to CIELAB, D65."""
    xyz = linear @ np.array(TO_XYZ).T / (0.95047, 1.0, 1.08883)
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def ciede2000(one, other):
    """Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula", 2005."""
    mean_chroma = (np.hypot(*one[1:]) + np.hypot(*other[1:])) / 2
    g = 0.5 * (1 - np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25**7)))
    (l1, a1, b1), (l2, a2, b2) = one, other
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    hue = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    dl, dc, dh = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    cosines = [np.cos(np.radians(k * hue + at)) for k, at in ((1, -30), (2, 0), (3, 6), (4, -63))]
    t = 1 + np.dot((-0.17, 0.24, 0.32, -0.20), cosines)
    s_l = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    turned = np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    r = -2 * np.sqrt(chroma**7 / (chroma**7 + 25**7)) * turned
    return np.sqrt((dl / s_l) ** 2 + (dc / s_c) ** 2 + (dh / s_h) ** 2 + r * (dc / s_c) * (dh / s_h))


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
    rgb = np.array([(0, 0, 0), (255, 255, 255), *CLASS_COLOURS]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = [lab(linear), *(lab(np.clip(linear @ np.array(m).T, 0, 1)) for m in DICHROMATS)]
    pairs = [(i, j) for i in range(2, len(rgb)) for j in range(i)]
    least = {pair: min(ciede2000(colours[pair[0]], colours[pair[1]]) for colours in seen) for pair in pairs}
    assert min(least.values()) > 12.7
    assert min(value for (i, j), value in least.items() if 1 < j < i < 10) > 13


def test_colours_by_place_or_by_vocs_names():
    assert class_colour(0) == CLASS_COLOURS[0] == class_colour(21)
    assert colour_in(("lung", "heart"), "heart") == CLASS_COLOURS[1]
    assert colour_in(("dog", "person"), "person") == (192, 128, 128)
