"""Animated images and class scores of others: what is read, and what is refused in one line."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wsss_viz.data.animations import AnimationLimits, read_animation, read_frames
from wsss_viz.data.class_scores import read_class_scores
from wsss_viz.errors import InputError


def animation(kind: str, count: int = 5, size: tuple[int, int] = (24, 16)) -> bytes:
    """Frames of one grey each, 40 apart, as a file."""
    stills = [Image.new("RGB", size, (40 * (i % 6),) * 3) for i in range(count)]
    buffer = io.BytesIO()
    extra = {"lossless": True} if kind == "WEBP" else {}
    stills[0].save(buffer, kind, save_all=True, append_images=stills[1:], duration=50, **extra)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_every_frame_is_read_in_order(kind: str) -> None:
    video = read_animation(animation(kind), "a")
    assert video.frames.shape == (5, 16, 24, 3)
    assert video.frames[:, 3, 5, 0].tolist() == [0, 40, 80, 120, 160]
    assert video.numbers.tolist() == [0, 1, 2, 3, 4]


def test_long_animations_lose_every_second_frame_until_they_fit_and_large_ones_become_small() -> None:
    limits = AnimationLimits(stored=6, stored_side=12)
    video = read_animation(animation("GIF", 23), "a", limits)
    assert video.numbers.tolist() == [0, 4, 8, 12, 16, 20]
    assert video.count == 23
    assert video.frames.shape == (6, 8, 12, 3)
    assert video.frames[:, 0, 0, 0].tolist() == [40 * (i % 6) for i in (0, 4, 8, 12, 16, 20)]


def test_what_all_frames_take_together_is_bounded() -> None:
    limits = AnimationLimits(total=8 * 24 * 16)
    assert len(read_animation(animation("GIF", 8), "a", limits).frames) == 8
    with pytest.raises(InputError, match="a has more than 8 frames of 24 x 16 pixels"):
        read_animation(animation("GIF", 10), "a", limits)
    still = io.BytesIO()
    Image.new("RGB", (24, 16)).save(still, "PNG")
    frames = [(f"{number}.png", still.getvalue()) for number in range(9)]
    assert len(read_frames(frames[:8], limits).frames) == 8
    with pytest.raises(InputError, match="9 frames of 24 x 16 pixels, together more than the 0 megapixels"):
        read_frames(frames, limits)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no GIF, WebP or PNG"),
        (b"text", "no GIF, WebP or PNG"),
        (b"GIF89a", "broken or cut off"),
        (b"GIF89a\xff\xff\xff\xff\x00\x00\x00", "65535 x 65535 pixels"),
        (animation("GIF")[:60], "broken or cut off|single frame"),
        (animation("PNG", 1), "single frame"),
        (animation("GIF", 9), "more than 8 frames"),
        (animation("WEBP", 2, (6, 30)), "frames of 6 x 30 pixels"),
    ],
)
def test_what_is_no_animation_is_said_in_one_line(data: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says) as error:
        read_animation(data, "a\nb.gif", AnimationLimits(frames=8))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("frame", [0, 1, 2])
def test_a_gif_is_not_enlarged_to_a_frame_that_reaches_beyond_it(frame: int) -> None:
    data = bytearray(animation("GIF"))
    starts = [i for i in range(len(data)) if data[i : i + 9] == b",\0\0\0\0\x18\0\x10\0"]
    assert len(starts) == 5
    data[starts[frame] + 1 : starts[frame] + 5] = (12_999).to_bytes(2, "little") + (13_699).to_bytes(2, "little")
    with pytest.raises(InputError, match=r"^a\.gif: broken or cut off \(a frame reaches beyond the image\)"):
        read_animation(bytes(data), "a.gif")


def test_pictures_make_a_video_in_the_order_of_their_names() -> None:
    def picture(grey: int, size: tuple[int, int] = (20, 10)) -> bytes:
        buffer = io.BytesIO()
        Image.new("L", size, grey).save(buffer, "PNG")
        return buffer.getvalue()

    video = read_frames([("f2.png", picture(90)), ("f1.png", picture(30)), ("f3.png", picture(150))])
    assert video.frames[:, 0, 0, 0].tolist() == [30, 90, 150]
    with pytest.raises(InputError, match="9 x 10 pixels and the frames before it 20 x 10"):
        read_frames([("f1.png", picture(1)), ("f2.png", picture(2, (9, 10)))])
    with pytest.raises(InputError, match="from 2 to 120"):
        read_frames([("f1.png", picture(1))])


def saved(array: np.ndarray, **options: bool) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def test_scores_of_frames_by_classes_are_read_in_any_real_type(tmp_path: Path) -> None:
    scores = np.random.default_rng(0).normal(size=(7, 3))
    for kind in (np.float16, np.float32, np.float64):
        np.testing.assert_allclose(read_class_scores(saved(scores.astype(kind))), scores.astype(kind), rtol=1e-6)
    np.testing.assert_allclose(read_class_scores(saved(scores[None])), scores, rtol=1e-6)
    assert read_class_scores(saved(np.arange(6).reshape(3, 2))).tolist() == [[0, 1], [2, 3], [4, 5]]
    np.testing.assert_allclose(read_class_scores(saved(np.asfortranarray(scores))), scores, rtol=1e-6)
    path = tmp_path / "s.npy"
    path.write_bytes(saved(scores))
    assert read_class_scores(path).shape == (7, 3)


def claiming(shape: str) -> bytes:
    """A .npy file whose header claims a shape, and that holds 64 bytes."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (117 - len(header)) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(64)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no .npy file"),
        (b"\x93NUMPY", "no .npy file"),
        (saved(np.ones((4, 4)))[:100], "no .npy file|not what its length has"),
        (claiming("(1099511627776, 8)"), "not what its length has"),
        (claiming("(-2, -4)"), "no .npy file|shape"),
        (saved(np.array({"a": 1}, dtype=object), allow_pickle=True), "is a pickle"),
        (saved(np.array([["a", "b"]])), "holds <U1"),
        (saved(np.ones((2, 2), complex)), "holds complex128"),
        (saved(np.ones(5)), r"shape \(5,\)"),
        (saved(np.ones((2, 3, 4))), r"shape \(2, 3, 4\)"),
        (saved(np.ones((0, 4))), "shape"),
        (saved(np.array([[1.0, np.nan]])), "NaN"),
        (saved(np.array([[1.0, 1e300]])), "without end"),
        (saved(np.zeros((2, 5001), np.int8)), "at most 200,000 and 5,000"),
    ],
)
def test_other_arrays_are_refused_in_one_line(data: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says) as error:
        read_class_scores(data, "s\n.npy")
    assert "\n" not in str(error.value)
