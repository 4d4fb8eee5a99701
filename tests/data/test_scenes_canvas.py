"""The canvas: codes, votes, frames and shapes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from wsss_viz.data.sample import DISCRIMINATIVE, IGNORE, NON_DISCRIMINATIVE
from wsss_viz.data.scenes.canvas import Canvas, Frame, code_of, decode, vote
from wsss_viz.data.scenes.coats import COATS, TYPICAL_COAT, choose_coat
from wsss_viz.data.scenes.composition import CLASSES, labelled
from wsss_viz.data.scenes.shapes import box, curve, limb, oval, smooth


def test_codes_hold_class_and_part() -> None:
    codes = np.array([[0, code_of(0, DISCRIMINATIVE), code_of(0, NON_DISCRIMINATIVE), code_of(9, NON_DISCRIMINATIVE)]])
    mask, parts = decode(codes.astype(np.uint8))
    assert mask.tolist() == [[0, 1, 1, 10]]
    assert parts.tolist() == [[0, 1, 2, 2]]


def test_vote_takes_the_majority_and_mixes_nothing() -> None:
    codes = np.array([[1, 1, 0, 7], [5, 1, 7, 7], [2, 9, 4, 4], [9, 9, 8, 8]], dtype=np.uint8)
    assert vote(codes).tolist() == [[1, 7], [9, 4]]
    random = np.random.default_rng(0).choice(np.array([0, 3, 20], dtype=np.uint8), (40, 64))
    assert set(np.unique(vote(random)).tolist()) <= {0, 3, 20}
    assert vote(random).shape == (20, 32)


def test_what_is_painted_last_hides_what_was_there_in_picture_and_codes_alike() -> None:
    canvas = Canvas(64, 32)
    brush = canvas.scene()
    brush.coded(code_of(2, DISCRIMINATIVE)).flat(box(0.5, 0.25, 1.5, 0.75), (200, 10, 10))
    brush.coded(code_of(4, NON_DISCRIMINATIVE)).flat(box(1.0, 0.25, 1.5, 0.75), (10, 200, 10))
    image, codes = canvas.finished()
    mask, parts = decode(codes)
    assert image.size == (64, 32)
    red, green, _ = np.moveaxis(np.asarray(image), 2, 0)
    # Pixels on an edge are blends in the picture and go to one side in the mask; all others must agree.
    for index, pure in ((3, red == 200), (5, green == 200), (0, (red == 0) & (green == 0))):
        assert pure.sum() > 100
        assert (mask[pure] == index).all()
    assert (parts[mask == 3] == 1).all()
    assert (mask == 3).sum() == pytest.approx(16 * 16, abs=20)


def test_an_uncoded_brush_leaves_the_codes_and_code_zero_clears_them() -> None:
    canvas = Canvas(32, 32)
    scene = canvas.scene()
    scene.coded(code_of(1, DISCRIMINATIVE)).solid([oval(0.5, 0.5, 0.3)], (90, 90, 90))
    before = canvas.finished()[1]
    scene.flat(box(0, 0, 1, 1), (255, 255, 255))
    scene.shadow(oval(0.5, 0.5, 0.4))
    assert np.array_equal(canvas.finished()[1], before)
    assert before.max() == 3
    scene.coded(0).flat(box(-0.1, -0.1, 1.1, 1.1), (255, 255, 255))
    assert canvas.finished()[1].max() == 0


def test_frames_compose_as_scale_mirror_and_turn() -> None:
    frame = Frame(10.0, 0.0, 0.0, 10.0, 5.0, 7.0)
    points = np.array([[1.0, 0.0], [0.0, 2.0]])
    assert frame.apply(points).tolist() == [[15.0, 7.0], [5.0, 27.0]]
    turned = frame.at(1.0, 1.0, scale=2.0, angle=math.pi / 2)
    assert turned.apply(points) == pytest.approx(np.array([[15.0, 37.0], [-25.0, 17.0]]))
    assert turned.unit == pytest.approx(20.0)
    mirrored = frame.at(0.0, 0.0, mirrored=True, stretch=1.5)
    assert mirrored.apply(points) == pytest.approx(np.array([[-10.0, 7.0], [5.0, 27.0]]))


def test_smooth_curves_pass_through_their_knots() -> None:
    knots = np.array([[0.0, 0.0], [2.0, 0.5], [3.0, 3.0], [-1.0, 2.0]])
    assert smooth(knots, 5)[::5] == pytest.approx(knots)
    assert curve(knots, 4)[::4] == pytest.approx(knots)
    line = curve([(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)], 6)
    assert line[:, 0] == pytest.approx(line[:, 1])


def test_ovals_boxes_and_limbs_have_the_size_asked_for() -> None:
    turned = oval(1.0, 2.0, 3.0, 1.0, math.pi / 2, count=40)
    assert np.ptp(turned, axis=0) == pytest.approx([2.0, 6.0])
    rounded = box(-1.0, 0.0, 3.0, 2.0, 0.5)
    assert rounded.min(0) == pytest.approx([-1.0, 0.0])
    assert rounded.max(0) == pytest.approx([3.0, 2.0])
    corners = np.array(((-1.0, 0.0), (3.0, 0.0), (3.0, 2.0), (-1.0, 2.0)))
    assert np.hypot(*(rounded[:, None] - corners).transpose(2, 0, 1)).min() > 0.2
    band = limb([(0.0, 0.0), (4.0, 0.0)], 1.0, 0.5)
    assert np.ptp(band[:, 1]) == pytest.approx(1.0)


def test_a_class_of_which_too_little_is_visible_is_ignored_and_no_label() -> None:
    codes = np.zeros((128, 128), dtype=np.uint8)
    codes[:10, :20] = code_of(3, NON_DISCRIMINATIVE)
    codes[50:53, 50:63] = code_of(5, DISCRIMINATIVE)  # 39 pixels
    mask, parts, labels = labelled(codes)
    assert labels == ("cat",)
    assert (mask == IGNORE).sum() == 39
    assert (parts > 0).sum() == 200
    codes[53, 50] = code_of(5, DISCRIMINATIVE)
    assert labelled(codes)[2] == ("cat", "dog")
    # The limit grows with the area: twice the height, twice the pixels.
    assert labelled(np.concatenate((codes, np.zeros_like(codes))))[2] == ("cat",)


def test_the_coat_hints_at_the_class_weakly() -> None:
    rng = np.random.default_rng(3)
    for name in ("cat", "boat"):
        coats = [choose_coat(rng, name) for _ in range(4000)]
        assert set(coats) == set(COATS)
        # Its own with .45, and with a fifth of the rest.
        assert coats.count(TYPICAL_COAT[name]) / 4000 == pytest.approx(0.45 + 0.55 / 5, abs=0.03)
    assert set(TYPICAL_COAT) == set(CLASSES)
