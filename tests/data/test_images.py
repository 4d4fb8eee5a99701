"""Reading images: the right pixels from good files, one line from all others."""

import io
import struct
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from wsss_viz.data.images import Limits, read_image, read_mask, read_picture
from wsss_viz.errors import InputError

PIXELS = np.random.default_rng(1).integers(0, 256, (20, 33, 3), dtype=np.uint8)


def encoded(image: Image.Image | np.ndarray, image_format: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(buffer, image_format, **options)
    return buffer.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_claiming(width: int, height: int) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


GOOD = {
    "png": encoded(PIXELS),
    "png palette": encoded(Image.fromarray(PIXELS).quantize(16), transparency=3),
    "jpeg": encoded(PIXELS, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"),
    "jpeg progressive": encoded(PIXELS, "JPEG", progressive=True),
    "webp": encoded(PIXELS, "WEBP"),
    "webp lossless": encoded(np.dstack([PIXELS, PIXELS[..., :1]]), "WEBP", lossless=True),
}


def refused(data, **options) -> str:
    with pytest.raises(InputError) as error:
        read_image(data, "photo.png", **options)
    message = str(error.value)
    assert message.startswith("photo.png: ")
    assert "\n" not in message
    assert ";" in message  # cause; remedy
    return message


# What the pixels are.


def test_lossless_files_give_their_pixels(tmp_path):
    for data in (encoded(PIXELS), encoded(PIXELS, "WEBP", lossless=True)):
        image = read_image(data)
        assert image.dtype == np.uint8
        assert image.flags.writeable
        np.testing.assert_array_equal(image, PIXELS)
    (tmp_path / "a.png").write_bytes(encoded(PIXELS))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), PIXELS)


def test_the_name_says_nothing_about_the_format(tmp_path):
    (tmp_path / "a.jpg").write_bytes(encoded(PIXELS))
    np.testing.assert_array_equal(read_image(tmp_path / "a.jpg"), PIXELS)


UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a.swapaxes(0, 1)[::-1],
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("image_format", ["PNG", "WEBP"])
def test_exif_orientation(orientation, image_format):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(PIXELS, image_format, exif=exif, **({"lossless": True} if image_format == "WEBP" else {}))
    np.testing.assert_array_equal(read_image(data), UPRIGHT[orientation](PIXELS))


def test_exif_orientation_of_a_jpeg():
    assert read_image(GOOD["jpeg"]).shape == (33, 20, 3)
    plain = read_image(encoded(PIXELS, "JPEG"))
    np.testing.assert_array_equal(read_image(GOOD["jpeg"]), UPRIGHT[6](plain))


def test_broken_exif_leaves_the_image_as_it_lies():
    for exif in (b"Exif\0\0nonsense", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0"):
        with warnings.catch_warnings(action="ignore"):
            assert read_image(encoded(PIXELS, "JPEG", exif=exif)).shape == PIXELS.shape


def test_transparency_is_laid_over_white():
    alpha = np.zeros(PIXELS.shape[:2], dtype=np.uint8)
    alpha[:, 10:] = 128
    alpha[:, 20:] = 255
    image = read_image(encoded(np.dstack([PIXELS, alpha])))
    assert (image[:, :10] == 255).all()
    np.testing.assert_array_equal(image[:, 20:], PIXELS[:, 20:])
    half = PIXELS[:, 10:20] * (128 / 255) + 255 * (1 - 128 / 255)
    np.testing.assert_allclose(image[:, 10:20], half, atol=1)


def test_grey_with_alpha_and_a_transparent_colour():
    grey = PIXELS[..., 0].copy()
    alpha = np.where(np.arange(33) < 5, 0, 255).astype(np.uint8)
    image = read_image(encoded(np.dstack([grey, np.broadcast_to(alpha, grey.shape)])))
    assert (image[:, :5] == 255).all()
    np.testing.assert_array_equal(image[:, 5:], np.repeat(grey[:, 5:, None], 3, axis=2))
    grey[grey == 7], grey[0, 0] = 8, 7
    image = read_image(encoded(grey, transparency=7))
    assert image[0, 0].tolist() == [255, 255, 255]
    assert image[1, 1].tolist() == [grey[1, 1]] * 3


def test_grey_palette_and_bilevel():
    grey = PIXELS[..., 0]
    np.testing.assert_array_equal(read_image(encoded(grey)), np.repeat(grey[..., None], 3, axis=2))
    indexed = Image.fromarray(PIXELS).quantize(16)
    np.testing.assert_array_equal(read_image(encoded(indexed)), np.asarray(indexed.convert("RGB")))
    bilevel = read_image(encoded(Image.fromarray(grey > 127)))
    np.testing.assert_array_equal(bilevel[..., 1], np.where(grey > 127, 255, 0))


def test_sixteen_bit_grey_keeps_the_higher_byte():
    values = np.arange(20 * 33, dtype=np.uint16).reshape(20, 33) * 99
    image = read_image(encoded(values))
    np.testing.assert_array_equal(image, np.repeat((values // 256)[..., None], 3, axis=2))
    values[3, 4] = 12345
    data = encoded(values)
    with_transparent = data[:33] + chunk(b"tRNS", struct.pack(">H", 12345)) + data[33:]
    assert read_image(with_transparent)[3, 4].tolist() == [255, 255, 255]
    assert read_image(with_transparent)[3, 5].tolist() == [values[3, 5] // 256] * 3


def test_cmyk():
    flat = np.empty((16, 24, 4), dtype=np.uint8)
    flat[:] = 0, 255, 255, 0  # no cyan, full magenta and yellow: red
    image = read_image(encoded(Image.fromarray(flat, "CMYK"), "JPEG", quality=100))
    np.testing.assert_allclose(image, np.broadcast_to([255, 0, 0], image.shape), atol=3)


@pytest.mark.parametrize(("image_format", "options"), [("PNG", {}), ("WEBP", {"lossless": True})])
def test_the_first_frame_of_an_animation(image_format, options):
    frames = [Image.fromarray(PIXELS), Image.fromarray(255 - PIXELS)]
    data = encoded(frames[0], image_format, save_all=True, append_images=frames[1:], duration=50, **options)
    assert Image.open(io.BytesIO(data)).n_frames == 2
    np.testing.assert_array_equal(read_image(data), PIXELS)


# What is refused.


def test_no_image():
    assert "0 bytes" in refused(b"")
    assert "not a PNG, JPEG or WebP" in refused(b"Dear all,\nthis is a text file named .png\n" * 40)
    for other in ("GIF", "BMP", "TIFF", "ICO"):
        assert "not a PNG, JPEG or WebP" in refused(encoded(PIXELS, other))


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(InputError, match="no such file; check the path"):
        read_image(tmp_path / "nowhere.png")
    with pytest.raises(InputError, match="not a file"):
        read_image(tmp_path)


@pytest.mark.parametrize("name", GOOD)
def test_a_truncated_file_is_refused_unless_all_its_pixels_are_there(name):
    whole = read_image(GOOD[name])
    kept = 0
    for length in range(1, len(GOOD[name]), 7):
        try:
            picture = read_picture(GOOD[name][:length], "photo.png")
        except InputError:
            continue
        if [note.kind for note in picture.notes if note.kind != "image-turned"] == ["image-cut-off"]:
            assert name == "jpeg"
            assert (picture.image != whole).any(axis=2).mean() <= 1 / 7
            continue
        np.testing.assert_array_equal(picture.image, whole)
        kept += 1
    assert kept <= 3  # a PNG that lacks the last bytes of its last chunk
    assert "broken or cut off" in refused(GOOD[name][: len(GOOD[name]) // 2])


@pytest.mark.parametrize("size", [(20_000, 20_000), (2**31 - 1, 2**31 - 1), (30_000_000, 1), (6_000, 5_000)])
def test_a_giant_is_refused_before_it_is_decoded(size):
    tracemalloc.start()
    with warnings.catch_warnings(action="error"):
        message = refused(png_claiming(*size))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert f"{size[0]} x {size[1]} pixels, more than the 24 megapixels" in message
    assert peak < 2**20


def test_giants_of_the_other_formats():
    jpeg = GOOD["jpeg progressive"]
    place = jpeg.index(b"\xff\xc2") + 5
    assert "20000 x 20000" in refused(jpeg[:place] + struct.pack(">HH", 20_000, 20_000) + jpeg[place + 4 :])
    extended = b"VP8X" + struct.pack("<II", 10, 0) + (19_999).to_bytes(3, "little") * 2
    data = b"WEBP" + extended + GOOD["webp"][12:]
    assert "20000 x 20000" in refused(b"RIFF" + struct.pack("<I", len(data)) + data)


def test_limits_are_the_callers():
    assert "16 x 10 pixels, too small; 12 x 12" in refused(encoded(PIXELS[:10, :16]), limits=Limits(side=12))
    assert read_image(encoded(PIXELS[:8, :8])).shape == (8, 8, 3)
    assert "1 x 20 pixels, too small" in refused(encoded(PIXELS[:, :1]))
    assert "0 megapixels" in refused(encoded(PIXELS), limits=Limits(pixels=33 * 20 - 1))
    assert read_image(encoded(PIXELS), limits=Limits(pixels=33 * 20)).shape == PIXELS.shape
    assert "more than the 100 bytes" in refused(encoded(PIXELS), limits=Limits(file_bytes=100))


def test_a_file_that_is_too_large(tmp_path):
    assert "more than the 50 MB" in refused(GOOD["png"] + b"\0" * 50 * 2**20)
    with (tmp_path / "large.png").open("wb") as file:
        file.truncate(2**40)  # sparse
    with pytest.raises(InputError, match="more than the 50 MB"):
        read_image(tmp_path / "large.png")


@pytest.mark.parametrize(
    "content", [b"k\0\0" + zlib.compress(b"\0" * 2**26, 9), b"k\0\0" + zlib.compress(b"a" * 2**20, 9)]
)
def test_text_chunk_bombs(content):
    good = GOOD["png"]
    bomb = chunk(b"zTXt", content)
    tracemalloc.start()
    message = refused(good[:33] + bomb * 100 + good[33:])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "ext" in message or "Decompressed data too large" in message
    assert peak < 100 * 2**20


def test_a_jpeg_of_a_thousand_scans():
    good = GOOD["jpeg progressive"]
    last = good.rindex(b"\xff\xda")
    assert "more than 500 scans" in refused(good[:last] + good[last:-2] * 1000 + good[-2:])


def test_a_name_stays_on_one_line_and_short():
    with pytest.raises(InputError) as error:
        read_image(b"", "a\nb\x1b[31m" + "x" * 500 + ".png")
    message = str(error.value)
    assert message.startswith("a?b?[31mxxx")
    assert ".png: the file is empty" in message
    assert len(message) < 250


@settings(max_examples=400, deadline=None)
@given(
    name=st.sampled_from(sorted(GOOD)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6),
    cut=st.tuples(st.floats(0, 1), st.integers(0, 40)),
    insert=st.tuples(st.floats(0, 1), st.binary(max_size=12)),
)
def test_mutations_never_raise_anything_else(name, changes, cut, insert):
    data = bytearray(GOOD[name])
    for where, value in changes:
        data[int(where * (len(data) - 1))] = value
    start = int(cut[0] * len(data))
    del data[start : start + cut[1]]
    place = int(insert[0] * len(data))
    data[place:place] = insert[1]
    with warnings.catch_warnings(action="ignore"):
        try:
            image = read_image(bytes(data), "photo.png")
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017
            return
    assert image.dtype == np.uint8
    assert image.shape[2] == 3
    assert min(image.shape[:2]) >= 8


# Masks.


def test_masks_are_indices_not_colours(tmp_path):
    indices = np.random.default_rng(5).choice(np.array([0, 1, 15, 20, 255], dtype=np.uint8), (20, 33))
    image = Image.fromarray(indices)
    np.testing.assert_array_equal(read_mask(encoded(image)), indices)
    image.putpalette([9, 8, 7] * 256)
    (tmp_path / "mask.png").write_bytes(encoded(image))
    mask = read_mask(tmp_path / "mask.png")
    np.testing.assert_array_equal(mask, indices)
    assert mask.dtype == np.uint8
    few = Image.fromarray((indices > 0).astype(np.uint8))
    few.putpalette([0, 0, 0, 200, 0, 0])  # stored with one bit a pixel
    np.testing.assert_array_equal(read_mask(encoded(few)), indices > 0)


def test_what_is_no_mask():
    grey = encoded(PIXELS[..., 0])
    four_bits = (
        grey[:24]
        + b"\x04"
        + grey[25:29]
        + struct.pack(">I", zlib.crc32(grey[12:24] + b"\x04" + grey[25:29]))
        + grey[33:]
    )
    for data, cause in (
        (encoded(PIXELS), "no index mask"),
        (encoded(np.full((9, 9), 300, dtype=np.uint16)), "a 16-bit mask with the number 300"),
        (four_bits, "no index mask"),
        (GOOD["jpeg"], "not a PNG"),
        (b"", "empty"),
        (png_claiming(20_000, 20_000), "20000 x 20000"),
        (grey[:-200], "broken or cut off"),
    ):
        with pytest.raises(InputError, match=cause):
            read_mask(data, "mask.png")
