"""What all sessions together hold of uploads is bounded, and counted for as long as it is held."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile

from wsss_viz.app.services import held, sent_pictures, upload, uploaded_mask, user_networks, videos
from wsss_viz.app.services.held import Held
from wsss_viz.app.services.models import UserModel
from wsss_viz.app.services.upload import UploadedPicture
from wsss_viz.app.services.uploaded_mask import UploadedMask, read_mask
from wsss_viz.data.sample import Sample
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


def test_masks_scores_and_networks_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "_held", Held(10_000))
    picture = UploadedPicture("p.png", np.zeros((60, 90, 3), np.uint8), (60, 90), 1)
    buffer = io.BytesIO()
    Image.fromarray(np.full((60, 90), 3, np.uint8)).save(buffer, "PNG")
    first = read_mask(buffer.getvalue(), "p.png", picture)
    assert held.held().bytes == 60 * 90
    with pytest.raises(InputError, match="all visitors together hold"):
        read_mask(buffer.getvalue(), "p.png", picture)
    del first
    scored = videos._offered("s.npy", np.ones((20, 9), np.float32), tuple("abcdefghi"), None, "")
    assert held.held().bytes == scored.values.nbytes == 20 * 8 * 4


def test_uploaded_networks_are_bounded_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "_networks", Held(15, "networks"))

    def read(path: Path, *, private: bool) -> user_networks.Opened:
        network = cast(UserModel, SimpleNamespace(classifier=Held()))
        return user_networks.Opened(None, network)

    monkeypatch.setattr(user_networks, "open_checkpoint", read)
    first = user_networks._read_upload(b"0123456789", ".safetensors")
    assert first.network is not None
    again = user_networks._read_upload(b"0123456789", ".safetensors")
    assert again.network is None
    assert again.refusal.startswith("all visitors together hold 15 bytes of networks")
    del first
    assert user_networks._read_upload(b"0123456789", ".safetensors").network is not None


def test_a_mask_that_was_sent_to_figures_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "_held", Held(10_000))
    monkeypatch.setattr("streamlit.session_state", {})
    mask = np.zeros((60, 90), np.uint8)
    sample = Sample(np.zeros((60, 90, 3), np.uint8), ("cow",), ("cow",), "x", mask)
    for _ in range(2):
        sent_pictures.hold(sample, [])
    assert held.held().bytes == 60 * 90


def test_thousands_of_masks_of_no_picture_have_short_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, dict[str, UploadedMask]] = {}
    monkeypatch.setattr("streamlit.session_state", state)
    monkeypatch.setattr(uploaded_mask, "forget", lambda file: None)
    picture = UploadedPicture("p.png", np.zeros((60, 90, 3), np.uint8), (60, 90), 1)
    files = [SimpleNamespace(file_id=str(number), name=f"{number}{'x' * 200}.png") for number in range(2000)]
    uploaded_mask._read(cast(list[UploadedFile], files), picture, [])
    lines = [mask.said for mask in state["own_masks"].values()]
    assert len(lines) == 2000
    assert max(map(len, lines)) < 500


def test_frames_that_were_read_before_are_asked_for_again() -> None:
    empty = cast(UploadedFile, SimpleNamespace(name="1.png", getvalue=lambda: b""))
    with pytest.raises(InputError, match="drop all frames of the video at once"):
        videos._read_frames([empty, file(40, 60)])
