"""What an image file claims to be, read from its header: nothing is decoded and nothing allocated.

Decoders believe the header: a file of a hundred bytes may claim 20,000 x 20,000 pixels. A decoder's time is not
bounded by the pixels either: a progressive JPEG may refine the same pixels thousands of times, and a header may consist
of millions of empty segments. All three are known here before a decoder sees the file.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

__all__ = ["MAX_SCANS", "MAX_SEGMENTS", "Header", "read_header"]

MAX_SEGMENTS = 20_000
"""PNG chunks, or JPEG segments before the first scan; 24 megapixels in chunks of 8 kB have about a thousand."""

MAX_SCANS = 500
"""Scans of a JPEG; progressive encoders write about 10. Counted in the whole file, trailing data included, where the
two bytes of the marker turn up by chance about 160 times in 10 MB."""

_MAX_JUNK = 2**16  # bytes between JPEG segments; some cameras pad
_NEXT_MARKER = re.compile(rb"\xff([\x01-\xfe])")
_STANDALONE = {0x01, *range(0xD0, 0xD9)}  # TEM, RST0-7, SOI: markers without a length
_START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN = 0xDA
_END_OF_IMAGE = 0xD9


@dataclass(frozen=True)
class Header:
    """The format's name as Pillow has it, and the claimed size in pixels."""

    format: str
    height: int
    width: int


def read_header(data: bytes) -> Header | None:
    """The header of a PNG, JPEG or WebP file; None where the bytes begin as none of them.

    Raises:
        ValueError: it begins as one of them, but its header is cut off, broken, or absurdly long.

    >>> import io
    >>> from PIL import Image
    >>> buffer = io.BytesIO()
    >>> Image.new("RGB", (6, 4)).save(buffer, "PNG")
    >>> read_header(buffer.getvalue()), read_header(b"text")
    (Header(format='PNG', height=4, width=6), None)
    """
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return _png(data)
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError) as error:
        raise ValueError("the header is cut off") from error
    return None


def _png(data: bytes) -> Header:
    """The IHDR chunk (PNG specification, 11.2.1), once the chunks have been counted."""
    if data[12:16] != b"IHDR":
        raise ValueError("the header is broken")
    width, height = struct.unpack_from(">II", data, 16)
    position = 8
    for _ in range(MAX_SEGMENTS):
        if position + 8 > len(data) or data[position + 4 : position + 8] == b"IEND":
            return Header("PNG", height, width)
        (length,) = struct.unpack_from(">I", data, position)
        position += 12 + length
    raise ValueError(f"more than {MAX_SEGMENTS} chunks")


def _jpeg(data: bytes) -> Header:
    """The last start-of-frame segment before the first scan (ITU T.81, B.2.2)."""
    if data.count(bytes((0xFF, _START_OF_SCAN))) > MAX_SCANS:
        raise ValueError(f"more than {MAX_SCANS} scans")
    header = None
    position, junk = 2, 0
    for _ in range(MAX_SEGMENTS):
        match = _NEXT_MARKER.search(data, position)
        if match is None:
            raise ValueError("the header is cut off")
        junk += match.start() - position
        if junk > _MAX_JUNK:
            raise ValueError("the header is broken")
        marker, position = match[1][0], match.end()
        if marker in _STANDALONE:
            continue
        if marker in (_START_OF_SCAN, _END_OF_IMAGE):
            if header is None:
                raise ValueError("the header is broken")
            return header
        if marker in _START_OF_FRAME:
            height, width = struct.unpack_from(">HH", data, position + 3)
            header = Header("JPEG", height, width)
        (length,) = struct.unpack_from(">H", data, position)
        position += length
    raise ValueError(f"more than {MAX_SEGMENTS} segments")


def _webp(data: bytes) -> Header:
    """The first chunk: extended, lossless or lossy (RFC 9649, 2.5 to 2.7)."""
    kind = data[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    else:
        raise ValueError("the header is broken")
    if len(data) < 30:
        raise ValueError("the header is cut off")
    return Header("WEBP", height, width)
