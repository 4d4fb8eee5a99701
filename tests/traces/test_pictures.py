"""How a Sample, a Step and a Trace show themselves, and what can be made of a Trace: overlays, a figure, a file."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.traces.test_trace_file import full_trace
from wsss_viz.app.widgets.rendering import map_overlay
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.traces import Step, Trace, normalise, upsample
from wsss_viz.traces.overlay import colour_table

SIZE = (512, 640)


def sample(name: str = "a <b>") -> Sample:
    rng = np.random.default_rng(0)
    mask = np.zeros(SIZE, np.uint8)
    mask[:40] = 2
    image = rng.integers(0, 255, (*SIZE, 3), dtype=np.uint8)
    return Sample(image, ("cow", "sofa"), ("sofa",), name, mask=mask)


def trace() -> Trace:
    return replace(full_trace(), sample=sample())


def pictures(html: str) -> list[np.ndarray]:
    addresses = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(address)))) for address in addresses]


def test_what_is_printed_is_short_and_says_what_it_is() -> None:
    assert repr(sample("cow-1")) == "Sample('cow-1', size=(512, 640), labels=('sofa',), mask=True, parts=False)"
    assert repr(trace()) == (
        "Trace(method='rib', source='a <b>', size=(512, 640), steps=3, maps=(2, 3, 4), targets=('sofa',), stop='K')"
    )
    assert repr(trace().steps[1]) == (
        "Step(1, maps=(2, 3, 4), targets=(1,), loss=0.25, terms=['area', 'score cow'], arrays=['current', 'region'])"
    )
    assert repr(Trace((Step(0, np.zeros((1, 2, 3), np.float32), np.zeros(1, np.float32)),))) == (
        "Trace(method='', steps=1, maps=(1, 2, 3))"
    )


def test_a_notebook_shows_pictures_that_need_no_file() -> None:
    shown = pictures(sample()._repr_html_())
    assert [picture.shape for picture in shown] == [(154, 192, 3), (154, 192, 3)]
    html = trace()._repr_html_()
    assert [picture.shape for picture in pictures(html)] == [(154, 192, 3), (154, 192, 3)]
    assert "a &lt;b&gt;" in html
    assert "<b>" not in html
    assert len(html) < 400_000
    assert pictures(full_trace()._repr_html_()) == []


def test_an_overlay_has_the_colours_of_the_pages(tmp_path: Path) -> None:
    drawn = trace().overlay("cow", step=1, opacity=0.25)
    values = normalise(upsample(trace().steps[1].maps[[0]], SIZE), "relu_max")[0]
    assert np.array_equal(drawn.pixels, map_overlay(sample().image, values, (0, 1), "inferno", 0.25))
    saved = drawn.save(tmp_path / "folder" / "cow.png")
    assert np.array_equal(np.asarray(Image.open(saved)), drawn.pixels)
    assert drawn.title == "rib, cow, k = 1"
    opaque = trace().overlay(opacity=1, normalisation="raw", colours="viridis").pixels
    assert {tuple(colour) for colour in opaque.reshape(-1, 3).tolist()} <= {tuple(c) for c in colour_table("viridis")}
    assert (trace().overlay(opacity=0).pixels == sample().image).all()
    with pytest.raises(InputError, match=r"saved as \.png, \.jpg, \.jpeg, \.webp"):
        drawn.save(tmp_path / "cow.gif")
    assert list(tmp_path.glob("*.gif")) == []


def test_a_figure_has_a_row_for_each_class_and_shows_itself() -> None:
    figure = trace().plot(("cow", "sofa"))
    assert [axes.get_title() for axes in figure.axes[:2]] == ["cow", f"k = 0, logit {trace().steps[0].scores[0]:+.1f}"]
    assert len(figure.axes) == 2 * (1 + 3)
    png = figure._repr_png_()  # type: ignore[attr-defined]
    assert Image.open(io.BytesIO(png)).size[0] == round(1.9 * 4 * 100)
    assert len(trace().plot().axes) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"class_name": "dog"}, "no class 'dog': give one of cow, sofa"),
        ({"step": 3}, "3 steps, none at 3: give 0 to 2, or -1"),
        ({"opacity": 1.5}, "from 0 to 1, got 1.5"),
        ({"normalisation": "l2"}, "`normalisation` is one of raw"),
        ({"colours": "jet"}, "`colours` is one of inferno"),
    ],
)
def test_what_an_overlay_cannot_show_is_said(options: dict, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        trace().overlay(**options)


def test_a_trace_without_its_image_says_so() -> None:
    with pytest.raises(InputError, match="does not hold its image"):
        full_trace().overlay()
    assert full_trace().image is None


def test_without_targets_the_class_with_the_top_score_is_drawn() -> None:
    step = Step(0, np.ones((3, 2, 2), np.float32), np.array([0, 2, 1], np.float32))
    assert Trace((step,), sample=sample()).overlay().title == "1"
    assert Trace((step,), classes=("a", "b", "c"), sample=sample()).class_index() == 1


def test_a_map_that_is_nowhere_positive_says_so() -> None:
    step = Step(0, np.stack([-np.ones((2, 3)), np.eye(2, 3)]).astype(np.float32), np.array([-1, 0.5], np.float32))
    drawn = Trace((step,), method="cam", classes=("cow", "sofa"), sample=sample())
    assert [drawn.overlay(name).title for name in drawn.classes] == ["cam, cow, nowhere positive", "cam, sofa"]
    titles = [axes.get_title() for axes in drawn.plot(drawn.classes).axes]
    assert titles == ["cow", "logit -1.0, nowhere positive", "sofa", "logit +0.5"]


def test_a_trace_is_saved_to_the_last_bit_with_its_sample_and_settings(tmp_path: Path) -> None:
    settings = {"margin": 25.0, "views": [1.0, 2.0]}
    wanted = replace(trace(), steps=tuple(replace(step, settings=settings) for step in trace()))
    read = Trace.load(wanted.save(tmp_path / "t.trace"))
    for one, other in zip(read, wanted, strict=True):
        assert np.array_equal(one.maps, other.maps)
        assert np.array_equal(one.mask, other.mask)
        assert (one.arrays["current"] == other.arrays["current"]).all()
        assert (one.index, one.targets, one.terms, one.stop) == (other.index, other.targets, other.terms, other.stop)
    assert read.sample is not None
    assert repr(read.sample) == repr(wanted.sample)
    assert np.array_equal(read.sample.mask, sample().mask)
    assert read.settings == settings
    assert (read.method, read.classes) == ("rib", ("cow", "sofa"))
    assert wanted.save(tmp_path / "again.trace").read_bytes() == (tmp_path / "t.trace").read_bytes()


def test_a_trace_that_cannot_be_saved_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = trace().save(tmp_path / "t.trace")
    before = path.read_bytes()
    broken = replace(trace(), steps=(*trace().steps, replace(trace().steps[0], maps=np.zeros((9, 9, 9), np.float32))))
    with pytest.raises(ValueError, match="changes its shape"):
        broken.save(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["t.trace"]
    with pytest.raises(InputError, match="no traces at"):
        Trace.load(tmp_path / "none.trace")
