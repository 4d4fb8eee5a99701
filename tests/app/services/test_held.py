"""What all sessions together hold of uploads is bounded, and counted for as long as it is held."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile

from wsss_viz.app.services import held, upload, videos
from wsss_viz.app.services.held import Held
from wsss_viz.errors import InputError


def file(height: int, width: int) -> UploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "PNG")
    return cast(UploadedFile, SimpleNamespace(name="p.png", getvalue=buffer.getvalue))


def test_small_files_of_many_sessions_hold_so_many_pixels_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    size = 3 * 600 * 900
    monkeypatch.setattr(held, "_held", Held(2 * size + 1))
    sessions = [upload._picture(file(600, 900)) for _ in range(2)]
    assert held.held().bytes == 2 * size
    with pytest.raises(InputError, match=r"all visitors together hold 3\.09 MB of pictures, as many as are kept here"):
        upload._picture(file(600, 900))
    with pytest.raises(InputError, match="all visitors together"):
        videos._read_frames([file(200, 300)] * 10)
    del sessions[0]
    assert held.held().bytes == size
    assert upload._picture(file(600, 900)).image.shape == (600, 900, 3)


def test_a_view_of_what_is_held_counts_once() -> None:
    some = Held(1000)
    whole = some.hold(np.zeros((10, 20), np.uint8))
    part = whole[2:]
    assert some.bytes == 200
    del whole
    assert some.bytes == 200, "the view keeps it"
    del part
    assert some.bytes == 0
