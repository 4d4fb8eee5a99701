"""Figures: what they show, their size, and that the same spec gives the same bytes."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wsss_viz import cli, data
from wsss_viz.data.palette import colour_in
from wsss_viz.errors import InputError
from wsss_viz.evaluation.seeds import pseudo_mask
from wsss_viz.figures import PRESETS, FigureSpec, Row, caption, preset, ratios, spec_bytes, tracing
from wsss_viz.figures.rendering import draw, render
from wsss_viz.figures.sheet import READABLE, Sheet
from wsss_viz.methods.availability import why_not
from wsss_viz.traces import Step, Trace

CLASSES = data.open("scenes:test").classes
COW = CLASSES.index("cow")


def made_up(spec: FigureSpec, method: str, source: str) -> Trace:
    """Three steps; the cow's map is brightest in the upper left corner. A photograph's classes are the rows'."""
    classes = tuple(row.name for row in spec.rows) if source.startswith("photos:") else CLASSES
    maps = np.zeros((len(classes), 4, 4), dtype=np.float32)
    maps[:, 0, 0] = 4
    steps = tuple(Step(k, maps * (k + 1), np.arange(len(classes), dtype=np.float32) + k) for k in range(3))
    return Trace(steps, method, classes)


GRID = FigureSpec("grid", ("image", "truth", "cam"), (Row("scenes:test:129", "cow"),), dpi=100)
STRIP = FigureSpec("filmstrip", ("cam",), (Row("scenes:test:129", "cow"),), dpi=100)


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_the_same_spec_gives_the_same_bytes_without_a_date(kind: str) -> None:
    one, other = render(GRID, kind, made_up), render(GRID, kind, made_up)
    assert one == other
    assert not re.search(rb"CreationDate|dc:date|20\d\d-\d\d-\d\d", one)
    assert render(replace(GRID, contours=False), kind, made_up) != one


def test_the_width_is_the_journals_and_the_dpi_the_specs() -> None:
    for width, inches in (("single", 3.3), ("double", 7.0)):
        picture = Image.open(io.BytesIO(render(replace(GRID, width=width, dpi=200), "png", made_up)))
        assert picture.width == round(inches * 200)


def test_a_pdf_embeds_its_fonts_and_keeps_its_text() -> None:
    content = render(GRID, "pdf", made_up)
    assert b"/FontFile2" in content
    assert b"/Type3" not in content.replace(b" ", b"")


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_embeds_its_fonts_as_truetype(name: str) -> None:
    content = render(replace(preset(name), dpi=72), "pdf", made_up)
    assert b"/FontFile2" in content
    assert b"/Type3" not in content.replace(b" ", b"")


def test_two_runs_of_the_command_give_the_same_bytes(tmp_path: Path) -> None:
    """One in this process, one in a fresh one whose strings have other hashes."""
    here, fresh = tmp_path / "here.pdf", tmp_path / "fresh.pdf"
    cli.main(["figure", "erasing", str(here)])
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    command = [sys.executable, "-m", "wsss_viz", "figure", "erasing", str(fresh)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True)
    assert here.read_bytes() == fresh.read_bytes()


def test_a_grid_has_its_columns_with_letters_and_the_colour_bar_only_where_asked() -> None:
    figure = draw(GRID, made_up)
    texts = [text.get_text() for text in figure.texts]
    assert texts[:3] == ["(a) Image", "(b) Ground truth", "(c) CAM"]
    assert "cow" in texts
    assert len(figure.axes) == 4
    for columns, unit in (
        (("image", "cam"), "activation"),
        (("image", "iba"), "bits per pixel"),
        (("cam", "iba"), "value"),
        (("cam+crf+map",), "refined score"),
    ):
        for by, how in (("relu_max", "normalised {}"), ("raw", "raw {}, high = bright")):
            barred = draw(replace(GRID, columns=columns, normalisation=by), made_up)
            said = [text.get_text() for axes in barred.axes for text in (*axes.texts, axes.title, axes.xaxis.label)]
            assert how.format(unit) in [*said, *(text.get_text() for text in barred.texts)], (columns, by)
    bare = draw(replace(GRID, labels=False, letters=False, colour_bar=False), made_up)
    assert (len(bare.axes), bare.texts) == (3, [])


def test_the_map_that_is_drawn_is_the_normalised_one() -> None:
    drawn = np.asarray(draw(GRID, made_up).axes[2].images[1].get_array())
    assert drawn.shape == data.open("scenes:test:129")[0].size
    assert np.unravel_index(drawn.argmax(), drawn.shape)[0] < 20
    assert drawn.max() == pytest.approx(1, abs=1e-4)


def test_a_filmstrip_has_the_image_and_every_step_there_is() -> None:
    assert [t.get_text() for t in draw(STRIP, made_up).texts[:4]] == ["Image", "k = 0", "k = 1", "k = 2"]
    assert len(draw(replace(STRIP, steps=(0, 2, 7), colour_bar=False), made_up).axes) == 3, "k = 7 is left empty"


def test_curves_show_the_logits_of_every_class() -> None:
    (axes,) = draw(FigureSpec("curves", ("cam",), STRIP.rows), made_up).axes
    lines = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    assert len(axes.lines) == len(CLASSES)
    assert lines["cow"] == [COW, COW + 1, COW + 2]


def test_no_legend_lies_on_the_curves_and_one_step_has_one_tick() -> None:
    rows = (Row("scenes:test:129", "cow"), Row("scenes:test:21", "sofa"))
    for width in ("single", "double"):
        figure = draw(FigureSpec("curves", ("cam", "ae"), rows, width=width), made_up)
        (legend,) = figure.legends
        assert [text.get_text() for text in legend.get_texts()] == ["cat", "cow", "sofa"]
        figure.canvas.draw()
        foot = legend.get_window_extent().y1
        assert all(foot <= axes.get_tightbbox().y0 for axes in figure.axes)
        assert 0 <= legend.get_window_extent().x0 < legend.get_window_extent().x1 <= figure.bbox.width

    def one_step(spec: FigureSpec, method: str, source: str) -> Trace:
        return replace(made_up(spec, method, source), steps=made_up(spec, method, source).steps[:1])

    (axes,) = draw(FigureSpec("curves", ("cam",), STRIP.rows), one_step).axes
    assert axes.get_xticks().tolist() == [0]


@pytest.mark.parametrize("name", ["grid", "masks", "rib", "erasing"])
def test_what_names_rows_and_columns_can_be_read_in_a_narrow_column(name: str) -> None:
    figure = draw(replace(preset(name), width="single"), made_up)
    sizes = {text.get_text(): text.get_fontsize() for text in figure.texts}
    assert min(sizes.values()) >= 5, sizes
    if name == "rib":
        assert "(b) RIB:\nsofa" in sizes
    for text in figure.texts:
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.y1 <= figure.bbox.height


def test_the_plane_shows_the_stored_runs_means() -> None:
    from wsss_viz.information.plane import stored_plane

    axes = draw(preset("plane"), made_up).axes[0]
    mean = stored_plane("tanh").mean
    assert np.allclose(axes.lines[-1].get_xdata(), mean[-1, :, 0], atol=1e-4)
    assert np.allclose(axes.lines[-1].get_ydata(), mean[-1, :, 1], atol=1e-4)


def test_hgr_shows_the_stored_means_and_names_the_keys_as_they_are_stored() -> None:
    from wsss_viz.gradients.stored import shipped
    from wsss_viz.gradients.survey import digits_key, rib_key, scenes_key

    assert list(ratios.LAYER_KEYS.values()) == [
        digits_key("flatten", "bce"), digits_key("gap", "bce"), scenes_key("scenes-classifier")
    ]  # fmt: skip
    assert ratios.STEP_KEY.format("rib", 3) == rib_key("rib", "max", 3)
    (axes,) = draw(FigureSpec("hgr", ("toy-gap",)), made_up).axes
    mean = shipped("toy").entries["gap/bce/sum/max/all"].curve.at(0.3)[:, 1, 0]
    assert np.allclose(axes.lines[1].get_ydata(), mean, atol=1e-4)


def test_hgr_of_other_checkpoints_is_refused_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratios, "read_manifest", dict)
    draw(FigureSpec("hgr", ("toy-flatten",)), made_up)
    with pytest.raises(InputError, match="diagnose gradient-ratio"):
        draw(FigureSpec("hgr", ("scenes",)), made_up)


def test_a_mask_is_the_pseudo_mask_at_the_threshold() -> None:
    figure = draw(replace(GRID, columns=("cam",), show="mask", threshold=0.5, normalisation="raw"), made_up)
    assert len(figure.axes) == 1, "a mask has no colour bar"
    drawn = np.asarray(figure.axes[0].images[1].get_array())
    sample = data.open("scenes:test:129")[0]
    maps = made_up(GRID, "cam", "").steps[-1].maps
    expected = pseudo_mask(maps, [CLASSES.index(name) for name in sample.labels or ()], sample.size, 0.5)
    assert (expected > 0).any()
    np.testing.assert_array_equal(drawn[..., 3] == 205, expected > 0)


def test_a_row_has_its_own_step_and_columns() -> None:
    rows = (Row("scenes:test:129", "cow", 0, ("cam",)), Row("scenes:test:129", "cow", 9))
    figure = draw(replace(GRID, rows=rows, normalisation="raw", colour_bar=False), made_up)
    assert len(figure.axes) == 4
    first, last = (np.asarray(figure.axes[i].images[1].get_array()).max() for i in (0, 3))
    assert (first, last) == (pytest.approx(4), pytest.approx(12)), "step 0, and the last of three"
    assert [text.get_text() for text in figure.texts[3:]] == ["cow, k = 0", "cow, k = 9"]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (replace(GRID, rows=(Row("scenes:test"),)), "one sample"),
        (replace(GRID, rows=(Row("scenes:test:129", "zebra"),)), "zebra"),
        (replace(GRID, rows=(Row("nowhere:1"),)), "nowhere"),
    ],
)
def test_what_is_not_there_is_said(spec: FigureSpec, words: str) -> None:
    with pytest.raises(InputError, match=words):
        render(spec, "png", made_up)


def test_a_method_that_is_not_trained_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "why_not_registered", lambda name, _: why_not(name, CLASSES))
    with pytest.raises(InputError, match="train gain"):
        render(replace(GRID, columns=("gain",)), "png", made_up)


def test_the_command_writes_the_same_bytes_and_prints_the_caption(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = replace(GRID, dpi=72)
    (tmp_path / "spec.json").write_bytes(spec_bytes(spec))
    with pytest.raises(SystemExit) as ended:
        cli.main(["figure", str(tmp_path / "spec.json"), str(tmp_path / "out.jpg")])
    assert ended.value.code == 2
    assert "png, pdf, svg" in capsys.readouterr().err
    cli.group.main(
        ["figure", str(tmp_path / "spec.json"), str(tmp_path / "out.pdf")], prog_name="x", standalone_mode=False
    )
    assert (tmp_path / "out.pdf").read_bytes() == render(spec, "pdf")
    assert "(c) CAM" in capsys.readouterr().out


@pytest.mark.parametrize("width", ["single", "double"])
def test_a_figure_of_masks_names_the_colours_of_all_its_classes(width: str) -> None:
    """Of the classes that no row is named by as well; a figure of maps has rows enough to tell them."""
    spec = FigureSpec("grid", ("image", "truth", "cam"), (Row("scenes:test:129", "cat"),), show="mask", width=width)
    figure = draw(spec)
    sample = data.open("scenes:test")[129]
    texts = [text for text in figure.texts if text.get_text() in (sample.labels or ())]
    assert {text.get_text() for text in texts} == set(sample.labels or ()) > {"cat"}
    squares = {patch.get_facecolor()[:3] for patch in figure.patches}
    coloured = {tuple(channel / 255 for channel in colour_in(sample.classes, name)) for name in sample.labels or ()}
    assert squares == coloured
    assert min(text.get_fontsize() for text in texts) >= READABLE
    for kind in ("png", "pdf", "svg"):
        assert len(render(replace(spec, dpi=72), kind)) > 1000
    assert "every class of the image has its colour, named at the foot" in caption(spec)
    maps = draw(replace(spec, show="map", colour_bar=False))
    assert not maps.patches
    assert "named at the foot" not in caption(replace(spec, show="map"))
    assert maps.get_size_inches()[1] < figure.get_size_inches()[1]


def test_a_legend_of_many_classes_has_several_lines() -> None:
    sheet = Sheet(FigureSpec("grid", ("image",), (Row("scenes:test:129"),)), 2.0)
    sheet.legend({f"class {i}": (10 * i, 0, 0) for i in range(11)}, 0.6, 0.2, 4)
    places = [(round(text.get_position()[0], 3), round(2 * text.get_position()[1], 3)) for text in sheet.figure.texts]
    assert [up for _, up in places] == pytest.approx([0.5] * 4 + [0.3] * 4 + [0.1] * 3)
    assert [x for x, _ in places[:3]] == [x for x, _ in places[8:]]
