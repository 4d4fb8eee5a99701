"""Colours, contours and sizes of what is drawn."""

import io

import numpy as np
import pytest
from matplotlib import colormaps
from PIL import Image

from wsss_viz.app.widgets import rendering
from wsss_viz.traces.overlay import COLOUR_MAPS

WHITE = (255, 255, 255)


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_a_colour_table_is_matplotlibs_and_bright_at_the_high_end(name: str) -> None:
    table = rendering.colour_table(name)
    assert table.shape == (256, 3)
    expected = np.array([colormaps[name](level)[:3] for level in (0, 128, 255)]) * 255
    assert np.abs(table[[0, 128, 255]] - expected).max() <= 0.5
    luminance = table @ (0.2126, 0.7152, 0.0722)
    assert luminance[255] > 180
    assert luminance[0] < 60
    assert (np.diff(luminance) > -1).all()


def test_the_display_size_is_a_whole_multiple_of_a_small_image_and_bounded_for_a_large_one() -> None:
    assert rendering.display_size((128, 128)) == (512, 512)
    assert rendering.display_size((100, 160)) == (400, 640)
    assert rendering.display_size((427, 640)) == (427, 640)
    assert rendering.display_size((3000, 6000)) == (512, 1024)
    assert rendering.display_size((8, 6000)) == (1, 1024)


def test_blending_is_linear_in_the_opacity() -> None:
    image = np.full((2, 3, 3), 100, np.uint8)
    assert (rendering.blend(image, np.array((200, 0, 100)), 0.25) == (125, 75, 100)).all()
    per_pixel = rendering.blend(image, np.array((200, 0, 100)), np.array([[0, 1, 0.5], [0, 0, 0]]))
    assert per_pixel[0].tolist() == [[100, 100, 100], [200, 0, 100], [150, 50, 100]]
    assert (per_pixel[1] == 100).all()


def test_a_map_at_full_opacity_shows_the_colour_of_each_value() -> None:
    image = np.zeros((300, 600, 3), np.uint8)
    values = np.tile(np.linspace(-1, 1, 600, dtype=np.float32), (300, 1))
    drawn = rendering.map_overlay(image, values, (-1, 1), "viridis", 1.0)
    table = rendering.colour_table("viridis")
    assert drawn.shape == image.shape
    assert (drawn[7, 0] == table[0]).all()
    assert (drawn[7, 599] == table[255]).all()
    assert np.abs(drawn[7, 300].astype(int) - table[128]).max() <= 2


@pytest.mark.parametrize("size", [(100, 160), (427, 640), (1200, 900), (13, 700)])
@pytest.mark.parametrize("opacity", [0.0, 0.3, 1.0])
def test_an_overlay_by_strips_is_the_one_of_the_whole_image(size: tuple[int, int], opacity: float) -> None:
    random = np.random.default_rng(0)
    image, values = random.integers(0, 256, (*size, 3), np.uint8), random.normal(size=(17, 23))
    drawn = rendering.map_overlay(image, values, (-0.5, 2.0), "magma", opacity)
    height, width = rendering.display_size(size)
    scaled = Image.fromarray(np.clip((values + 0.5) / 2.5, 0, 1).astype(np.float32))
    levels = np.asarray(scaled.resize((width, height), Image.Resampling.BILINEAR)) * 255
    table, ground = rendering.colour_table("magma").astype(float), rendering.enlarge(image)
    # A level that lies half-way between two may be rounded either way, which is all that may differ.
    lower, upper = (
        (1 - opacity) * ground + opacity * table[np.round(levels + shift).clip(0, 255).astype(int)]
        for shift in (-1e-3, 1e-3)
    )
    near = np.minimum(np.abs(drawn - lower), np.abs(drawn - upper))
    assert near.max() <= 0.5 + 1e-3
    assert not np.shares_memory(drawn, image)


def test_values_outside_the_range_take_its_ends_and_a_flat_range_does_not_divide_by_zero() -> None:
    image = np.zeros((600, 600, 3), np.uint8)
    high = rendering.map_overlay(image, np.full((600, 600), 5.0), (0, 1), "inferno", 1.0)
    flat = rendering.map_overlay(image, np.zeros((600, 600)), (0, 0), "inferno", 1.0)
    assert (high == rendering.colour_table("inferno")[255]).all()
    assert (flat == rendering.colour_table("inferno")[0]).all()


def test_no_opacity_leaves_the_image() -> None:
    image = np.random.default_rng(0).integers(0, 256, (520, 530, 3), np.uint8)
    assert (rendering.map_overlay(image, np.ones((13, 17)), (0, 1), "inferno", 0.0) == image).all()


def test_a_map_follows_its_image_on_a_non_square_one() -> None:
    image = np.zeros((40, 80, 3), np.uint8)
    values = np.zeros((40, 80), np.float32)
    values[:20, 60:] = 1
    drawn = rendering.map_overlay(image, values, (0, 1), "inferno", 1.0).sum(axis=2)
    assert drawn.shape == (280, 560)
    assert drawn[:100, 450:].min() > 500
    assert drawn[180:, :].max() < 50


def test_edges_run_where_values_change_and_ignored_pixels_are_background() -> None:
    mask = np.zeros((6, 9), np.uint8)
    mask[2:4, 3:6] = 4
    line = rendering.edges(mask)
    assert line[2, 2]
    assert line[1, 4]
    assert line[3, 5]
    assert not line[0].any()
    assert not line[:, 8].any()
    ignored = np.full((6, 9), 255, np.uint8)
    assert not rendering.edges(ignored).any()


def test_parts_wear_their_two_colours_and_the_object_its_outline() -> None:
    image = np.full((600, 700, 3), 120, np.uint8)
    parts = np.zeros((600, 700), np.uint8)
    parts[100:200, 100:300], parts[200:400, 100:300] = 1, 2
    drawn = rendering.parts_overlay(image, parts, (parts > 0).astype(np.uint8) * 7)
    red, blue = drawn[150, 200].astype(int), drawn[300, 200].astype(int)
    assert red[0] > red[2] + 80
    assert blue[2] > blue[0] + 80
    assert (drawn[300, 99] == WHITE).all()
    assert (drawn[199, 200] != WHITE).any(), "no line between the parts of one object"


def test_png_gives_back_the_pixels() -> None:
    image = np.random.default_rng(1).integers(0, 256, (5, 7, 3), np.uint8)
    assert (np.asarray(Image.open(io.BytesIO(rendering.png(image)))) == image).all()
