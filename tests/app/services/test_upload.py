"""One's own picture: what is read, what is refused, and that it stays in the session."""

from __future__ import annotations

import io
import re
import struct
import zlib

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.testing.v1 import AppTest

from tests.app.conftest import OpenPage, viewer_data
from wsss_viz.app.services import upload as upload_service
from wsss_viz.app.services.upload import STORED_SIDE, UploadedPicture, bounded, display_copy
from wsss_viz.app.services.uploaded_mask import read_mask
from wsss_viz.app.turns import BusyError
from wsss_viz.app.widgets.rendering import LARGEST_SIDE
from wsss_viz.data.palette import voc_palette
from wsss_viz.data.photographs import Photographs
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import CLASSES, Scenes
from wsss_viz.errors import InputError


def encoded(kind: str, mode: str = "RGB", size: tuple[int, int] = (60, 40), orientation: int | None = None) -> bytes:
    """A picture of `size` (W, H) as the bytes of a file."""
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 4), np.uint8)
    image = Image.fromarray(pixels, "RGBA").convert(mode)
    exif = Image.Exif()
    if orientation is not None:
        exif[274] = orientation
    buffer = io.BytesIO()
    image.save(buffer, kind, exif=exif)
    return buffer.getvalue()


def giant_header() -> bytes:
    """A PNG of a few bytes that claims 20,000 x 20,000 pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 20000, 20000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))


def upload(page: AppTest, name: str, content: bytes) -> AppTest:
    page.file_uploader(key="own_upload").upload(name, content)
    return page.run()


def own(open_page: OpenPage, **query: str) -> AppTest:
    """Compare on a picture of one's own, before there is one; the quickest method alone unless others are named."""
    return open_page("compare", **{"source": "own", "methods": "cam", **query})


def panels(page: AppTest) -> list[tuple[str, str]]:
    """Title and note of the viewer's panels."""
    assert not page.exception
    assert not page.error
    return [(panel["title"], panel["note"]) for panel in viewer_data(page, "compare")["content"]["panels"]]


@pytest.mark.parametrize(
    ("name", "content", "size"),
    [
        ("photo.png", encoded("PNG"), "60 x 40"),
        ("turned.jpg", encoded("JPEG", orientation=6), "40 x 60"),
        ("grey.jpeg", encoded("JPEG", "L"), "60 x 40"),
        ("clear.webp", encoded("WEBP", "RGBA"), "60 x 40"),
    ],
)
def test_a_picture_is_shown_upright_with_maps_and_the_scores_of_every_class(
    open_page: OpenPage, name: str, content: bytes, size: str
) -> None:
    page = upload(own(open_page), name, content)
    assert panels(page)[0] == ("Image", f"seen at {size}")
    assert panels(page)[1][0] == "CAM"
    (pills,) = [pills for pills in page.pills if pills.label == "Look for"]
    assert len(pills.options) >= 8
    assert len(pills.value) == 1
    assert all(re.fullmatch(r".+ 0\.\d\d", option) for option in pills.options)
    assert any("no person" in caption.value for caption in page.caption)


def test_what_is_looked_for_are_the_chosen_of_imagenets_classes(open_page: OpenPage) -> None:
    page = own(open_page, photograph="flower", classes="daisy,bee", methods="cam,ae")
    content = viewer_data(page, "compare")["content"]
    assert [content["classes"][i]["name"] for i in content["shown"]] == ["daisy", "bee"]
    assert not content["sigmoids"]


@pytest.mark.parametrize("size", [(300, 40), (40, 3000)])
def test_a_strip_is_refused_in_one_line_with_the_size_of_its_file(open_page: OpenPage, size: tuple[int, int]) -> None:
    page = upload(own(open_page), "strip.png", encoded("PNG", size=size))
    (line,) = [error.value for error in page.error]
    assert f"{size[0]} x {size[1]} pixels" in line


def test_a_second_picture_of_the_same_thing_has_its_class_chosen_too(open_page: OpenPage) -> None:
    dog, page = Image.fromarray(Photographs()[0].image), own(open_page)
    for width in (400, 320):
        buffer = io.BytesIO()
        dog.resize((width, width * 3 // 4)).save(buffer, "PNG")
        page = upload(page, "dog.png", buffer.getvalue())
        assert [pills.value for pills in page.pills if pills.label == "Look for"] == [["German shepherd"]]


def test_how_a_picture_was_read_is_said_where_it_is_not_as_it_stands(open_page: OpenPage) -> None:
    def said(page: AppTest) -> list[str]:
        return [caption.value for caption in page.caption if caption.value.startswith("Your image:")]

    page = upload(own(open_page), "turned.jpg", encoded("JPEG", orientation=6))
    assert said(page) == ["Your image: turned upright, as its EXIF says."]
    page = upload(page, "cut.jpg", encoded("JPEG", size=(160, 100))[:-40])
    (line,) = said(page)
    assert "lacks its end; filled were the last" in line
    assert not said(upload(page, "sound.png", encoded("PNG")))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("nothing.png", b""),
        ("notes.png", b"These are my notes, not a picture."),
        ("giant.png", giant_header()),
        ("cut.jpg", encoded("JPEG", size=(300, 200))[:2000]),
        ("dot.png", encoded("PNG", size=(2, 2))),
        ("disguised.png", encoded("GIF")),
    ],
)
def test_what_cannot_be_used_is_one_line_with_the_name_and_the_page_goes_on(
    open_page: OpenPage, name: str, content: bytes
) -> None:
    page = upload(own(open_page), name, content)
    assert not page.exception
    (line,) = [error.value for error in page.error]
    assert name in line
    assert "\n" not in line
    assert len(line) < 250
    page = upload(page, "good.png", encoded("PNG"))
    assert not page.error


def test_two_pictures_are_there_to_try_and_a_late_one_leaves_the_next_upload_alone(
    open_page: OpenPage,
) -> None:
    """A browser that replaces a file says first that it is gone, then that another came, with what it last was told."""
    page = own(open_page)
    page.segmented_control(key="compare_photograph").set_value("flower").run()
    assert panels(page)[0] == ("Image", "seen at 640 x 427")
    assert page.query_params == {"source": "own", "photograph": "flower", "methods": "cam"}
    page = upload(page, "photo.png", encoded("PNG"))
    assert panels(page)[0] == ("Image", "seen at 60 x 40")
    page.file_uploader(key="own_upload").clear()
    page.run()
    page.segmented_control(key="compare_photograph").set_value(None)
    page = upload(page, "other.png", encoded("PNG", size=(70, 30)))
    assert panels(page)[0] == ("Image", "seen at 70 x 30")


def test_the_address_of_the_page_that_is_no_more_opens_its_content(open_page: OpenPage) -> None:
    page = open_page("own", photograph="flower", methods="cam")
    assert panels(page)[0] == ("Image", "seen at 640 x 427")
    assert page.query_params == {"source": "own", "photograph": "flower", "methods": "cam"}
    assert page.title[0].value == "Compare"
    assert "Own image" not in [link.value for link in page.page_link]


def test_the_upload_is_still_there_after_a_look_at_another_page(open_page: OpenPage) -> None:
    page = upload(own(open_page), "photo.png", encoded("PNG"))
    page.switch_page("../../../pages/about.py").run()
    page.switch_page("../../../pages/compare.py").run()
    assert panels(page)[0] == ("Image", "seen at 60 x 40")


def test_another_session_does_not_see_it(open_page: OpenPage) -> None:
    upload(own(open_page), "photo.png", encoded("PNG"))
    other = own(open_page)
    assert not other.exception
    assert any("Links do not hold it" in info.value for info in other.info)


def as_mask(values: np.ndarray, mode: str = "L") -> bytes:
    image = Image.fromarray(values.astype(np.uint8))
    if mode == "P":
        image = image.convert("P")
        image.putpalette(voc_palette().ravel().tolist())
        image.putdata(values.ravel().tolist())
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def kept(size: tuple[int, int] = (40, 60), orientation: int = 1) -> UploadedPicture:
    return UploadedPicture("a.png", np.zeros((*size, 3), np.uint8), size, orientation)


def test_a_mask_is_read_as_those_of_data_sets_are() -> None:
    values = np.zeros((40, 60))
    values[:10], values[10:14], values[14:15] = 12, 8, 255
    for mode in ("L", "P"):
        read = read_mask(as_mask(values, mode), "m.png", kept())
        assert read.numbers == (12, 8)
        assert read.values is not None
        assert (read.values == values).all()
    coloured = voc_palette()[values.astype(np.uint8)]
    assert (read_mask(as_mask(coloured), "m.png", kept()).values == values).all()
    white = np.where(values == 12, 255, 0)
    assert read_mask(as_mask(white), "m.png", kept()).numbers == (255,)
    turned = read_mask(as_mask(values.T), "m.png", kept(orientation=6))
    assert turned.values is not None
    assert (turned.values == Image.fromarray(values.T.astype(np.uint8)).transpose(Image.Transpose.ROTATE_270)).all()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (as_mask(np.ones((41, 60))), "60 x 41 pixels, the image has 60 x 40"),
        (as_mask(np.zeros((40, 60))), "no object in it"),
        (as_mask(np.arange(2400).reshape(40, 60) % 200), "is it a photograph"),
        (encoded("JPEG"), "not a PNG file"),
        (encoded("PNG"), "which is no class's"),
    ],
)
def test_what_is_no_mask_of_the_picture_is_refused_in_one_line(content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        read_mask(content, "m.png", kept())
    assert str(refused.value).startswith("m.png")


def test_maps_of_an_upload_are_scored_against_its_mask(open_page: OpenPage) -> None:
    page = upload(open_page("compare", source="own", methods="cam"), "photo.png", encoded("PNG"))
    assert [panel["title"] for panel in viewer_data(page, "compare")["content"]["panels"]] == ["Image", "CAM"]
    assert any("A link does not hold it" in caption.value for caption in page.caption)
    values = np.zeros((40, 60))
    values[:10], values[10:14] = 5, 3
    page.file_uploader(key="own_mask_upload").upload("m.png", as_mask(values))
    page = page.run()
    assert not page.exception
    content = viewer_data(page, "compare")["content"]
    assert [panel["title"] for panel in content["panels"]] == ["Image", "Ground truth", "CAM"]
    (number,) = [box for box in page.selectbox if box.label.startswith("In the mask, ")]
    assert number.options == [
        "5 (bottle in VOC), 25 % of the picture",
        "3 (bird in VOC), 10 % of the picture",
        "not in it",
    ]
    first = content["truth"]
    number.set_value(3).run()
    assert viewer_data(page, "compare")["content"]["truth"] != first
    page.file_uploader(key="own_mask_upload").upload("other.png", as_mask(np.ones((41, 60))))
    page = page.run()
    assert ["60 x 41" in error.value for error in page.error] == [True]
    assert len(viewer_data(page, "compare")["content"]["panels"]) == 2


def test_of_several_pictures_one_is_looked_at(open_page: OpenPage) -> None:
    files = [
        (f"{name}.png", encoded("PNG", size=size), "image/png") for name, size in (("a", (60, 40)), ("b", (70, 30)))
    ]
    page = own(open_page)
    page.file_uploader(key="own_upload").set_value(files)
    page = page.run()
    assert panels(page)[0] == ("Image", "seen at 70 x 30")
    (which,) = [box for box in page.selectbox if box.label == "Picture"]
    assert which.options == ["a.png", "b.png"]
    page = which.set_value(0).run()
    assert panels(page)[0] == ("Image", "seen at 60 x 40")
    assert page.query_params["source"] == "own"
    page.file_uploader(key="own_upload").set_value([*files, ("[bad](www.evil.example).png", b"nothing", "image/png")])
    page = page.run()
    assert viewer_data(page, "compare")["content"]["panels"][0]["note"] == "seen at 70 x 30"
    assert [error.value.startswith("\\[bad\\](www\u2060.evil.example).png") for error in page.error] == [True]


def test_each_of_several_pictures_has_the_mask_of_its_name(open_page: OpenPage) -> None:
    sizes = {"a": (60, 40), "b": (60, 40), "c": (70, 30)}
    page = open_page("compare", source="own", methods="cam")
    pictures = [(f"{name}.jpg", encoded("JPEG", size=size), "image/jpeg") for name, size in sizes.items()]
    page.file_uploader(key="own_upload").set_value(pictures)
    page = page.run()
    masks = []
    for number, (name, (width, height)) in enumerate(sizes.items(), 1):
        values = np.zeros((height, width))
        values[: 10 * number] = number
        masks.append((f"{name}.png", as_mask(values), "image/png"))
    masks[1] = ("b.png", as_mask(np.ones((41, 60))), "image/png")
    page.file_uploader(key="own_mask_upload").set_value(masks)
    page = page.run()
    said = []
    for at in (2, 0, 1):
        next(box for box in page.selectbox if box.label == "Picture").set_value(at).run()
        numbers = [box.options[0] for box in page.selectbox if box.label.startswith("In the mask, ")]
        said.append((numbers, [error.value for error in page.error]))
    assert [numbers for numbers, _ in said] == [
        ["3 (bird in VOC), 100 % of the picture"],
        ["1 (aeroplane in VOC), 25 % of the picture"],
        [],
    ]
    assert [len(errors) for _, errors in said] == [0, 0, 1]
    assert "60 x 41" in said[2][1][0]
    page.file_uploader(key="own_mask_upload").set_value(masks[:1])
    page = page.run()
    assert not page.error, "what was taken out of the field is not held"
    page.file_uploader(key="own_mask_upload").set_value(
        [*masks[:1], ("x.png", masks[0][1], ""), ("y.png", masks[0][1], "")]
    )
    page = page.run()
    assert [error.value for error in page.error] == [
        "x.png, y.png: no picture of these names; name each as its picture"
    ]


def test_a_link_of_an_upload_says_that_it_holds_none(open_page: OpenPage) -> None:
    page = own(open_page)
    assert any("Links do not hold it" in info.value for info in page.info)
    assert any("Links do not hold it" in info.value for info in open_page("erasing", source="own").info)


def test_a_large_picture_is_drawn_smaller_in_its_own_aspect_and_a_small_one_as_it_is() -> None:
    large = Sample(np.zeros((1500, 3000, 3), np.uint8), CLASSES, None, "large")
    assert display_copy(large).size == (LARGEST_SIDE // 2, LARGEST_SIDE)
    small = Scenes("test")[0]
    assert display_copy(small) is small


def test_what_is_kept_of_a_large_upload_is_bounded_and_looks_the_same() -> None:
    ramp = np.tile(np.linspace(0, 255, 3000, dtype=np.uint8)[:, None, None], (1, 1000, 3))
    kept = bounded(ramp, STORED_SIDE)
    assert kept.shape == (STORED_SIDE, 683, 3)
    assert np.abs(kept[::256, 0, 0].astype(int) - np.linspace(0, 255, STORED_SIDE)[::256]).max() <= 2


def test_a_picture_that_was_read_is_not_held_twice(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    added: list[UploadedFileRec] = []
    add_file = MemoryUploadedFileManager.add_file

    def adding(self: MemoryUploadedFileManager, session_id: str, file: UploadedFileRec) -> None:
        added.append(file)
        add_file(self, session_id, file)

    monkeypatch.setattr(MemoryUploadedFileManager, "add_file", adding)
    page = upload(own(open_page), "photo.png", encoded("PNG"))
    assert [(file.name, len(file.data) > 0) for file in added] == [("photo.png", True), ("photo.png", False)]
    assert added[0].file_id == added[1].file_id
    assert panels(page)[0][0] == "Image"


def test_an_upload_that_has_to_wait_is_what_is_looked_at_afterwards(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others are first, just when the picture comes: the page says so and shows the picture in its turn, no example."""
    page, read = open_page("compare", source="own", photograph="flower"), upload_service._read
    busy = [BusyError(1)]

    def waiting(taken: bool = False) -> None:
        if busy and st.session_state[upload_service._WIDGET]:
            raise busy.pop()
        read(taken)

    monkeypatch.setattr(upload_service, "_read", waiting)
    page = upload(page, "photo.png", encoded("PNG"))
    assert viewer_data(page, "compare")["content"]["size"] == [40, 60]
    assert page.query_params.get("source") == "own"
