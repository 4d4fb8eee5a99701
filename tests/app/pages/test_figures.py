"""The page Figures, run without a browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.app.conftest import OpenPage
from wsss_viz import cli
from wsss_viz.app.pages.figures import controls
from wsss_viz.app.services import basket, gradients
from wsss_viz.app.state import ViewState
from wsss_viz.figures import FigureSpec, Row, preset, ratios, read_spec, spec_bytes

BASKET = "test.129.cow.3.cam_rib,val.7..final.ae"


def test_it_opens_with_a_figure_its_caption_and_its_spec(open_page: OpenPage) -> None:
    page = open_page("figures")
    assert not page.exception
    assert not page.error
    (picture,) = [image for images in page.get("image") for image in images.proto.imgs]
    assert picture.alt.startswith("Class activation maps")
    assert any(code.value == picture.alt for code in page.code)
    assert len(page.get("download_button")) == 4


def test_every_preset_and_setting_is_drawn(open_page: OpenPage) -> None:
    page = open_page("figures")
    page.pills(key="figures_figure").set_value("plane").run()
    page.selectbox(key="figures_figure_width").set_value("single").run()
    page.pills(key="figures_figure_partsplane").set_value([]).run()
    assert not page.exception
    assert not page.error
    (picture,) = [image for images in page.get("image") for image in images.proto.imgs]
    assert picture.alt.startswith("Information plane")

    assert page.query_params == {"figure": "plane", "figure-width": "single", "figure-parts": "contours"}


def test_what_was_sent_from_compare_and_erasing_is_the_figure(open_page: OpenPage) -> None:
    page = open_page("compare", methods="cam,rib", k="3", example="scenes:test:129", **{"class": "cow"})
    page.button(key="send_to_figures").click().run()
    page.button(key="send_to_figures").click().run()
    assert "already" in page.toast[0].value
    page.switch_page("../../../pages/erasing.py").run()
    page.button(key="send_to_figures").click().run()
    assert page.query_params["basket"] == "test.129.cow.3.cam_rib,test.129.cow.final.ae"
    page.switch_page("../../../pages/figures.py").run()
    assert not page.exception
    assert not page.error
    (picture,) = [image for images in page.get("image") for image in images.proto.imgs]
    assert "(c) CAM, (d) AE, frozen classifier, (e) RIB" in picture.alt
    assert "scenes:test:129, cow, after step 3" in picture.alt
    page.button(key="basket_out_0").click().run()
    page.button(key="basket_empty").click().run()
    assert "basket" not in page.query_params


def test_the_baskets_rows_keep_their_methods_and_the_views_settings() -> None:
    state, notes = ViewState.from_query(
        {"basket": BASKET, "normalisation": "shared", "show": "mask", "threshold": "0.4"}
    )
    assert notes == ()
    spec = basket.spec_of(state.basket, state)
    assert spec.columns == ("image", "truth", "cam", "ae", "rib")
    assert spec.rows == (
        Row("scenes:test:129", "cow", 3, ("image", "truth", "cam", "rib")),
        Row("scenes:val:7", "", -1, ("image", "truth", "ae")),
    )
    assert (spec.normalisation, spec.show, spec.threshold) == ("shared", "mask", 0.4)
    strip = basket.spec_of(state.basket, replace(state, basket_kind="filmstrip", show="map"))
    assert strip.rows == (Row("scenes:test:129", "cow", -1, ("cam", "rib")), Row("scenes:val:7", "", -1, ("ae",)))
    assert read_spec(spec_bytes(strip)) == strip


def test_the_scene_of_the_view_is_a_grid_whatever_the_basket_is(open_page: OpenPage) -> None:
    page = open_page("figures", figure="scene", basket=BASKET, methods="cam,rib", **{"basket-kind": "curves"})
    assert not page.exception
    (picture,) = [image for images in page.get("image") for image in images.proto.imgs]
    assert "(a) image, (b) ground truth, (c) CAM, (d) RIB" in picture.alt


def test_an_empty_basket_shows_a_preset_and_says_how_to_fill_it(open_page: OpenPage) -> None:
    page = open_page("figures", figure="basket")
    assert not page.exception
    assert any("Send to Figures" in caption.value for caption in page.caption)
    assert len(page.get("download_button")) == 4


def test_what_is_no_method_is_not_sent(open_page: OpenPage) -> None:
    page = open_page("erasing", mode="experiment")
    page.button(key="send_to_figures").click().run()
    assert "no method" in page.toast[0].value
    assert "basket" not in page.query_params


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_the_page_and_the_command_line_give_the_same_bytes(tmp_path: Path, kind: str) -> None:
    spec = FigureSpec("grid", ("image", "cam"), (Row("scenes:test:129"),), dpi=72)
    (tmp_path / "figure.json").write_bytes(spec_bytes(spec))
    out = tmp_path / f"figure.{kind}"
    cli.group.main(["figure", str(tmp_path / "figure.json"), str(out)], prog_name="x", standalone_mode=False)
    assert out.read_bytes() == controls.rendered(spec, kind)


def test_a_method_that_is_not_trained_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wsss_viz.models.manifest.trained_names", lambda *_: ())
    spec, (line,) = controls.without_missing(preset("grid"))
    assert spec == replace(preset("grid"), columns=("image", "truth", "cam", "rib"))
    assert "train cse" in line


def test_gradient_ratios_of_other_checkpoints_are_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratios, "read_manifest", dict)
    spec, (line,) = controls.without_missing(preset("hgr"))
    assert spec.columns == ("toy-flatten", "toy-gap")
    assert "diagnose gradient-ratio" in line


def test_regions_look_as_on_the_page_gradients() -> None:
    for region, colour in ratios.COLOURS.items():
        assert tuple(round(255 * channel) for channel in colour) == gradients.COLOURS[region]
        assert gradients.NAMES["toy"][region] == ratios.TOY_NAMES[region]
