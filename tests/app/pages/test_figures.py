"""The page Figures, run without a browser."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.app.conftest import OpenPage
from tests.app.services.test_upload import as_mask, encoded
from wsss_viz import cli
from wsss_viz.app.pages.figures import controls
from wsss_viz.app.services import basket, figure_material, gradients, sent_pictures
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.figures import Item
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.figures import FigureSpec, Row, caption, preset, ratios, read_spec, spec_bytes
from wsss_viz.figures.trace_cache import CACHE

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


def sent(page: AppTest) -> str:
    """What stands under the title of what "Send to Figures" gave, "" where nothing does."""
    return " ".join(element.value for element in page.get("html") if "wv-sent" in element.value)


def test_what_sending_gave_stands_on_the_page_with_a_link_until_the_view_changes(open_page: OpenPage) -> None:
    page = open_page("compare", methods="cam", example="scenes:test:129")
    assert sent(page) == ""
    page.button(key="send_to_figures").click().run()
    assert "Row 1 of the basket: scenes:test:129, cat, CAM." in sent(page)
    assert not page.toast
    links = {link.proto.label: link.proto.page for link in page.get("page_link")}
    assert links["Open Figures"] == "figures"
    page.pills(key="compare_methods").set_value(["cam", "rib"]).run()
    assert sent(page) == ""
    assert page.query_params["basket"] == "test.129.cat.final~single~map.cam"


def test_what_was_changed_with_the_press_is_sent_too(open_page: OpenPage) -> None:
    page = open_page("compare", methods="cam", example="scenes:test:129")
    page.button(key="send_to_figures").click()  # Streamlit tells it first
    page.pills(key="compare_methods").set_value(["cam", "rib"]).run()
    assert page.query_params["basket"] == "test.129.cat.final~single~map.cam_rib"
    assert "CAM, RIB." in sent(page)


def test_what_was_sent_from_compare_and_erasing_is_the_figure(open_page: OpenPage) -> None:
    page = open_page("compare", methods="cam,rib", k="3", example="scenes:test:129", **{"class": "cow"})
    page.button(key="send_to_figures").click().run()
    page.button(key="send_to_figures").click().run()
    assert "already" in sent(page)
    page.switch_page("../../../pages/erasing.py").run()
    page.button(key="send_to_figures").click().run()
    assert page.query_params["basket"] == "test.129.cow.3~single~map.cam_rib,test.129.cow.final~single~map.ae"
    page.switch_page("../../../pages/figures.py").run()
    assert not page.exception
    assert not page.error
    (picture,) = [image for images in page.get("image") for image in images.proto.imgs]
    assert "(c) CAM, (d) AE (frozen), (e) RIB" in picture.alt
    assert "scenes:test:129, cow, after step 3" in picture.alt
    page.button(key="basket_out_0").click().run()
    page.button(key="basket_empty").click().run()
    assert "basket" not in page.query_params


def test_a_row_is_as_its_page_had_it_when_it_was_sent(open_page: OpenPage) -> None:
    page = open_page("compare", example="scenes:test:129", methods="cam", show="mask", threshold="0.45", views="mirror")
    page.button(key="send_to_figures").click().run()
    query = {"mode": "ae", "mask": "graded", "stop-area": "0.25", "steps": "2"}
    page = open_page("erasing", example="scenes:test:129", basket=page.query_params["basket"], **query)
    page.button(key="send_to_figures").click().run()
    text = page.query_params["basket"]
    assert text == (
        "test.129.cat.final~mirror~mask45.cam,test.129.cat.final~single~map~steps:2~mask:graded~stop_area:0_25.ae"
    )
    state, notes = ViewState.from_query({"basket": text})
    assert notes == ()
    assert state.to_query()["basket"] == text
    spec = basket.spec_of(state.basket, replace(state, show="map", threshold=0.2, views="multi-scale"))
    settings = {"ae": {"steps": 2, "mask": "graded", "stop_area": 0.25}}
    assert spec.rows == (
        Row("scenes:test:129", "cat", -1, ("image", "truth", "cam"), views="mirror", show="mask"),
        Row("scenes:test:129", "cat", -1, ("image", "truth", "ae"), views="single", show="map", settings=settings),
    )
    assert spec.threshold == 0.45
    assert read_spec(spec_bytes(spec)) == spec
    said = caption(spec)
    assert "cat, mirror views, pseudo masks at 0.45; " in said
    assert "AE (frozen) with steps 2, mask graded, stop_area 0.25" in said
    everywhere = basket.spec_of(state.basket, replace(state, figure_show="mask", threshold=0.2))
    assert (everywhere.show, everywhere.threshold, {row.show for row in everywhere.rows}) == ("mask", 0.2, {""})
    for broken in ("final~fog", "final~steps:magic", "final~magic:1", "3~mask400000"):
        assert ViewState.from_query({"basket": f"test.129.cat.{broken}.ae"})[0].basket == ()


def test_compares_refiner_goes_along_as_columns_beside_the_methods(open_page: OpenPage) -> None:
    view = {"example": "scenes:test:129", "methods": "cam", "refine": "crf:irn@0.25"}
    page = open_page("compare", **view)
    page.button(key="send_to_figures").click().run()
    text = page.query_params["basket"]
    assert text == "test.129.cat.final~single~map~refine:crf:irn@0_25.cam"
    more = f"{text},test.21.cow.final~single~mask40~refine:pamr.cam_ae_rib,test.21.cow.final~single~map.cam"
    state, notes = ViewState.from_query({"basket": more})
    assert (notes, state.to_query()["basket"]) == ((), more)
    assert basket.words(state.basket[0]).endswith("refined by crf:irn@0.25")
    spec = basket.spec_of(state.basket, state)
    pamr = ("cam+pamr", "ae+pamr", "rib+pamr")  # where there is no room for both, as on Compare
    assert spec.columns == ("image", "truth", "cam", "cam+crf:irn@0.25+map", *pamr)
    assert [row.columns[2:] for row in spec.rows] == [("cam", "cam+crf:irn@0.25+map"), pamr, ("cam",)]
    assert read_spec(spec_bytes(spec)) == spec
    strip = basket.spec_of(state.basket, replace(state, basket_kind="filmstrip"))
    assert strip.columns == ("cam", "ae", "rib"), "steps of the methods alone"
    with_retrained = replace(state.basket[0], methods=("ae-rounds",), example="photos:dog")
    able, reasons = controls.without_missing(basket.spec_of((with_retrained,), state))
    assert (able.columns, len(reasons)) == (("image", "truth"), 1)
    for broken in ("refine:fog", "refine:psa:/etc/passwd", "refine:"):
        assert ViewState.from_query({"basket": f"test.129.cat.final~{broken}.cam"})[0].basket == ()


def test_a_picture_of_ones_own_is_a_row_and_stays_in_its_session(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page("compare", source="own", methods="cam", show="mask")
    page.file_uploader(key="own_upload").upload("a private name.png", encoded("PNG")).run()
    mask = np.zeros((40, 60), np.uint8)
    mask[10:30, 5:50] = 3
    page.file_uploader(key="own_mask_upload").upload("m.png", as_mask(mask)).run()
    page.button(key="send_to_figures").click().run()
    text = page.query_params["basket"]
    assert re.fullmatch(r"own\.[0-9a-f]{16}\.[^.]+\.final~single~mask30\.cam", text)
    page.switch_page("../../../pages/figures.py").run()
    assert not page.exception
    assert not page.error
    (picture,) = [image for images in page.get("image") for image in images.proto.imgs]
    assert picture.alt.startswith("Pseudo masks of the images' labels: (a) image, (b) ground truth, (c) CAM.")
    assert [button.proto.label for button in page.get("download_button")][-1] == "Folder (ZIP)"
    assert "your own picture" in " ".join(element.value for element in page.markdown)

    elsewhere = open_page("figures", basket=text)
    assert not elsewhere.exception
    assert any("Left out: a picture of your own" in caption.value for caption in elsewhere.caption)

    monkeypatch.setattr(figure_material, "sent", lambda: page.session_state["basket_pictures"])
    state, _ = ViewState.from_query({"basket": text})
    material = figure_material.material_of(state.basket)
    spec = replace(basket.spec_of(state.basket, state, material), dpi=72)
    stored = set(CACHE.folder.rglob("*.zip"))
    drawn = controls.rendered(spec, "png", material)
    assert drawn[:4] == b"\x89PNG"
    assert set(CACHE.folder.rglob("*.zip")) == stored, "an upload is on no disk"
    archive = material.folder(spec).archive("")
    assert b"private" not in archive
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        content.extractall(tmp_path)
    place = tmp_path / "figure"
    assert np.asarray(Image.open(place / "pictures" / "masks" / "own-1.png")).max() == 1
    monkeypatch.chdir(place)
    cli.group.main(["figure", "figure.json", "figure.png"], prog_name="x", standalone_mode=False)
    assert (place / "figure.png").read_bytes() == drawn


def test_a_baskets_pictures_are_bounded_and_given_up_with_their_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    held: dict[str, object] = {}
    monkeypatch.setattr(sent_pictures.st, "session_state", held)
    pictures = [Sample(np.full((40, 60, 3), tone, np.uint8), ("tabby",), ("tabby",), "own image") for tone in (1, 2)]
    first = sent_pictures.hold(pictures[0], ())
    item = Item(first, "tabby", -1, ("cam",))
    second = sent_pictures.hold(pictures[1], (item,))
    assert set(sent_pictures.sent()) == {first, second}
    assert sent_pictures.hold(pictures[1], ()) == second
    assert set(sent_pictures.sent()) == {second}
    assert sent_pictures.without_gone((item, replace(item, example=second))) == (replace(item, example=second),)
    monkeypatch.setattr(figure_material, "sent", lambda: held["basket_pictures"])
    columns = basket.spec_of((replace(item, example=second),), ViewState()).columns
    assert columns == ("image", "cam"), "no column for a ground truth that is not there"
    monkeypatch.setattr(sent_pictures, "MOST_BYTES", 40 * 60 * 3 + 1)
    with pytest.raises(InputError, match="take one out"):
        sent_pictures.hold(pictures[0], (replace(item, example=second),))


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
    assert "no method" in sent(page)
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
    for region, name in ratios.TOY_NAMES.items():
        assert gradients.NAMES["toy"][region] == name


def test_a_figure_of_masks_offers_what_changes_it_and_nothing_else(open_page: OpenPage) -> None:
    page = open_page("figures", figure="masks", **{"normalisation": "raw"})
    assert not page.exception
    assert not page.error
    labels = [box.label for box in page.selectbox]
    assert "Colours" not in labels
    assert "Scale before the threshold" in labels
    scale = next(box for box in page.selectbox if box.label == "Scale before the threshold")
    assert (scale.value, len(scale.options)) == ("relu_max", 3), "raw has no other masks"
    parts = next(pills for pills in page.pills if pills.label == "With")
    assert parts.options == ["labels", "letters", "outlines"]
    (picture,) = [image for images in page.get("image") for image in images.proto.imgs]
    assert "every class of the image has its colour, named at the foot" in picture.alt
    maps = open_page("figures", figure="grid")
    assert {"Colours", "Scale of the maps"} <= {box.label for box in maps.selectbox}
    assert "colour bar" in next(pills for pills in maps.pills if pills.label == "With").options
