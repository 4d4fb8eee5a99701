"""Headers are believed as little as possible."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from wsss_viz.data.headers import _MAX_JUNK, MAX_SCANS, MAX_SEGMENTS, Header, read_header


def encoded(image_format: str, **options) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(3).integers(0, 256, (24, 40, 4), dtype=np.uint8)
    mode = "RGBA" if options.pop("alpha", False) else "RGB"
    Image.fromarray(pixels).convert(mode).save(buffer, image_format, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("image_format", "options"),
    [
        ("PNG", {}),
        ("PNG", {"alpha": True}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True, "comment": b"\xff\xc0" * 20}),
        ("WEBP", {}),
        ("WEBP", {"alpha": True}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_height_and_width(image_format, options):
    assert read_header(encoded(image_format, **options)) == Header(image_format, height=24, width=40)


def test_other_bytes_have_no_header():
    assert read_header(b"") is None
    assert read_header(b"hello") is None
    assert read_header(encoded("GIF")) is None


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP"])
def test_a_header_that_is_cut_off(image_format):
    for length in range(12, 22):
        with pytest.raises(ValueError, match="header is"):
            read_header(encoded(image_format)[:length])


@pytest.mark.parametrize(
    ("flood", "message"),
    [
        (b"\xff\xfe\x00\x02" * (MAX_SEGMENTS + 1), f"more than {MAX_SEGMENTS} segments"),
        (b"\xff" * 5_000_000, "header is broken"),
        (b"\x00" * 5_000_000, "header is broken"),
        (b"\xff\xe0\x20\x02" + b"\xff\xda" * 4096, f"more than {MAX_SCANS} scans"),
    ],
    ids=["segments", "fill", "junk", "scans"],
)
def test_floods_of_a_jpeg_are_refused_at_their_bound(flood, message):
    good = encoded("JPEG")
    with pytest.raises(ValueError, match=message):
        read_header(good[:20] + flood + good[20:])  # after the JFIF segment


@pytest.mark.parametrize("filler", [b"\x00", b"\xff"])
def test_what_stands_between_segments_has_a_bound(filler):
    good = encoded("JPEG")
    assert read_header(good[:20] + filler * _MAX_JUNK + good[20:]) == Header("JPEG", 24, 40)
    with pytest.raises(ValueError, match="header is broken"):
        read_header(good[:20] + filler * (_MAX_JUNK + 1) + good[20:])


def test_a_flood_of_chunks_is_refused():
    good = encoded("PNG")
    chunk = struct.pack(">I4sI", 0, b"prIv", 0)
    with pytest.raises(ValueError, match=f"more than {MAX_SEGMENTS} chunks"):
        read_header(good[:33] + chunk * (MAX_SEGMENTS + 1) + good[33:])
    assert read_header(good[:33] + chunk * 1000 + good[33:]) == Header("PNG", 24, 40)
