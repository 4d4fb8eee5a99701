"""Strokes of a brush: the pixels they paint against distances measured one by one, and texts of anybody."""

import random
import time
from itertools import pairwise

import numpy as np
import pytest

from wsss_viz.data.strokes import (
    DIGITS,
    LARGEST_RADIUS,
    MOST_POINTS,
    MOST_STROKES,
    UNITS,
    Stroke,
    painted,
    read_strokes,
    strokes_of,
)
from wsss_viz.errors import InputError


def written(strokes):
    return ".".join(map(str, strokes))


def distance(x, y, stroke, size):
    """From the centre of pixel (x, y) to the stroke, in pixels, by walking along it in small steps."""
    height, width = size
    points = [(px / UNITS * width - 0.5, py / UNITS * height - 0.5) for px, py in stroke.points]
    walked = [points[0]]
    for (ax, ay), (bx, by) in pairwise(points):
        walked += [(ax + t * (bx - ax), ay + t * (by - ay)) for t in np.linspace(0, 1, 400)]
    return min(np.hypot(x - px, y - py) for px, py in walked)


@pytest.mark.parametrize("size", [(9, 14), (17, 8)])
def test_a_pixel_is_painted_where_its_centre_is_within_the_radius(size):
    stroke = Stroke(500, ((300, 900), (2900, 3300), (3800, 200)))
    mask = painted([stroke], size)
    radius = 500 / UNITS * max(size)
    far = np.array([[distance(x, y, stroke, size) for x in range(size[1])] for y in range(size[0])])
    sure = np.abs(far - radius) > 0.02  # the walk is in steps
    assert sure.sum() > 0.9 * sure.size
    assert (mask == (far <= radius))[sure].all()
    assert 0 < mask.sum() < mask.size


def test_several_strokes_paint_together_and_a_point_alone_is_a_disc():
    dot, other = Stroke(600, ((2000, 1000),)), Stroke(200, ((100, 100), (100, 4000)))
    together = painted([dot, other], (20, 31))
    assert (together == painted([dot], (20, 31)) | painted([other], (20, 31))).all()
    rows, columns = np.nonzero(painted([dot], (20, 31)))
    assert (np.ptp(rows), np.ptp(columns)) == (8, 8)  # 600 of 4095 of 31 pixels is a radius of 4.5


@pytest.mark.parametrize("size", [(128, 128), (320, 427), (1024, 641)])
def test_the_strokes_of_a_mask_paint_it_again_to_the_pixel(size):
    mask = painted([Stroke(400, ((900, 700), (2600, 3500))), Stroke(37, ((3900, 100), (3500, 4000)))], size)
    mask[0, :] = mask[:, -1] = True
    mask[5, 3] = True
    assert (painted(strokes_of(mask), size) == mask).all()


def test_what_is_written_is_read_back():
    strokes = (Stroke(1, ((0, UNITS),)), Stroke(LARGEST_RADIUS, ((1, 2), (3, 4), (UNITS, 0))))
    text = written(strokes)
    assert read_strokes(text) == strokes
    assert len(text) == 2 + 4 + 1 + 2 + 12
    assert read_strokes("") == ()


@pytest.mark.parametrize(
    "given",
    [
        None,
        7,
        b"AoAAAA",
        ["AoAAAA"],
        {"strokes": "AoAAAA"},
        "A" * 10_000_000,
        ".",
        "AoAAAA.",
        "AoAAA",
        "Ao",
        "AoAA AA",
        "AoAAA\n",
        "AoAAAA\n",
        "AoAAÄA",
        "AoAAA٣",
        "AAAAAA",  # a radius of 0
        "__AAAA",  # of the whole image
        ".".join(["AoAAAA"] * (MOST_STROKES + 1)),
        "Ao" + "AAAA" * (MOST_POINTS + 1),
        "<script>alert(1)</script>",
    ],
)
def test_what_is_no_strokes_is_refused_in_one_line(given):
    with pytest.raises(InputError) as refused:
        read_strokes(given)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 200


def test_five_hundred_mangled_texts_are_read_within_the_bounds_or_refused():
    draw = random.Random(20)
    alphabet = DIGITS + "..~<%\x00é\n "
    good = written(strokes_of(painted([Stroke(300, ((500, 500), (3000, 2500)))], (40, 61))))
    read = refused = 0
    for _ in range(500):
        text = list(good if draw.random() < 0.7 else "".join(draw.choices(alphabet, k=draw.randrange(60))))
        for _ in range(draw.randrange(4)):
            at = draw.randrange(len(text) + 1)
            text[at : at + draw.randrange(3)] = draw.choices(alphabet, k=draw.randrange(3))
        try:
            strokes = read_strokes("".join(text))
        except InputError:
            refused += 1
            continue
        read += 1
        assert all(1 <= stroke.radius <= LARGEST_RADIUS for stroke in strokes)
        assert all(0 <= value <= UNITS for stroke in strokes for point in stroke.points for value in point)
        assert painted(strokes[:20], (7, 11)).shape == (7, 11)
    assert read > 50
    assert refused > 50


@pytest.mark.parametrize("radius", [1, LARGEST_RADIUS])
def test_the_most_that_an_address_may_hold_is_painted_at_once(radius):
    """Lines from corner to corner of a wide picture, thin ones that paint nearly nothing as well."""
    corners = tuple((UNITS * (i % 2), UNITS * (i // 2 % 2)) for i in range(MOST_POINTS))
    began = time.process_time()
    mask = painted(read_strokes(str(Stroke(radius, corners))), (320, 1280))
    assert (mask.mean() > 0.9) == (radius == LARGEST_RADIUS)
    assert mask[:4, :4].any()
    assert mask[-4:, -4:].any()
    assert time.process_time() - began < 4  # 12 s where every pixel beside a line is measured
