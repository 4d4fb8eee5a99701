"""`.npy` and `.npz` files of a few hundred bytes that claim to be large: refused before anything walks through them."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from wsss_viz.data.archives import read_archive
from wsss_viz.data.numbering import default_numbering
from wsss_viz.data.pickled import read_pickled_dict
from wsss_viz.errors import InputError
from wsss_viz.traces.foreign_maps import read_foreign_maps
from wsss_viz.traces.growth import read_growth
from wsss_viz.traces.storage import StoredMaps, read_maps, write_maps


def npy(pickled: bytes) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|O", "fortran_order": False, "shape": ()})
    return buffer.getvalue() + pickled


def doubled(times: int) -> bytes:
    """Opcodes of a tuple that names the one before twice, so many times over."""
    once = b")" + b"q\x00" + b"0"
    return once + b"".join(b"h%ch%c\x86q%c0" % (k, k, k + 1) for k in range(times)) + b"h%c" % times


HOSTILE = {
    "as a key": b"\x80\x02}" + doubled(60) + b"K\x01s.",
    "as an encoding": b"\x80\x02}K\x01c_codecs\nencode\nX\x01\x00\x00\x00a" + doubled(60) + b"\x86Rs.",
    "deep": b"\x80\x02}" + b")" + b"\x85" * 500_000 + b"K\x01s.",
    "a stack that is not there": b"\x80\x02\x87.",
    "a mark that is not there": b"\x80\x02t.",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_values_within_values_are_refused_before_they_are_made(tmp_path: Path, what: str) -> None:
    path = tmp_path / "labels.npy"
    path.write_bytes(npy(HOSTILE[what]))
    with pytest.raises(InputError, match="no dictionary of arrays"):
        read_pickled_dict(path)


def test_a_shape_of_values_within_values_is_no_shape(tmp_path: Path) -> None:
    class Doubled:
        def __reduce__(self):
            return np._core.numeric._frombuffer, (b"", np.dtype("f4"), (2,) * 40, "C")

    path = tmp_path / "labels.npy"
    path.write_bytes(npy(pickle.dumps({1: Doubled()})))
    with pytest.raises(InputError, match="no shape that an array has"):
        read_pickled_dict(path)


def test_what_numpy_writes_is_read_with_shared_values(tmp_path: Path) -> None:
    labels = {f"2007_{number:06d}": np.array([0.0, 1.0, 0.0], np.float32) for number in range(2000)}
    np.save(tmp_path / "cls_labels.npy", np.array(labels, dtype=object), allow_pickle=True)
    assert len(read_pickled_dict(tmp_path / "cls_labels.npy")) == 2000


def bomb(path: Path) -> Path:
    """A zip of zeros that is small: 600 MB in 600 kB, none of which is made here."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("maps.npy", "w") as member:
        np.lib.format.write_array_header_1_0(
            member, {"descr": "<f4", "fortran_order": False, "shape": (150, 1000, 1000)}
        )
        zeros = bytes(2**20)
        for _ in range(572):
            member.write(zeros)
    return path


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bomb(tmp_path / "cow.npz")
    assert path.stat().st_size < 10**6
    monkeypatch.setattr(np, "load", lambda *_, **__: pytest.fail("it was unpacked"))
    for read in (read_maps, read_archive):
        with pytest.raises(InputError):
            read(path)


@pytest.mark.parametrize(
    "header",
    [b"{'descr': '<f4', 'shape': (1,", b"{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776, 3), }"],
)
@pytest.mark.parametrize("read", [read_maps, read_archive, read_growth])
def test_an_array_in_an_archive_that_says_what_it_likes_is_refused_in_one_line(
    header: bytes, read: Callable[[Path], object], tmp_path: Path
) -> None:
    text = header.ljust(117) + b"\n"
    path = tmp_path / "run.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("header", "maps", "scores", "keys", "size", "labels", "sources", "classes", "method"):
            archive.writestr(f"{name}.npy", b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text)
    with pytest.raises(InputError) as refused:
        read(path)
    assert "\n" not in str(refused.value)


def test_maps_without_pixels_are_not_counted(tmp_path: Path) -> None:
    text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776, 0, 16), }".ljust(117) + b"\n"
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text)
    with pytest.raises(InputError, match="no dictionary of arrays"):
        read_foreign_maps(tmp_path / "a.npy", default_numbering(("cow",)), (16, 24))


@pytest.mark.parametrize("name", ["maps", "scores", "keys", "size"])
@pytest.mark.parametrize("member", [b"no array", np.zeros((1, 2, 3), np.complex64), np.array(["x", "y"])])
def test_maps_whose_members_are_others_are_refused_in_one_line(name: str, member: object, tmp_path: Path) -> None:
    path = tmp_path / "cow.npz"
    write_maps(path, StoredMaps(np.ones((1, 2, 3), np.float32), np.zeros(1, np.float32), ("cow",), (16, 24)))
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    buffer = io.BytesIO()
    np.save(buffer, member if isinstance(member, np.ndarray) else np.zeros(1))
    members[f"{name}.npy"] = member if isinstance(member, bytes) else buffer.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for key, content in members.items():
            archive.writestr(key, content)
    for read in (read_maps, lambda path: read_foreign_maps(path, default_numbering(("cow",)), (16, 24))):
        with pytest.raises(InputError) as refused:
            read(path)
        assert "\n" not in str(refused.value)
