"""Pickled dictionaries: those of numpy and torch are read, everything else is refused and nothing is ever run."""

import collections
import io
import os
import pickle
import pickletools
import struct
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wsss_viz.data.pickled import read_pickled_dict
from wsss_viz.errors import InputError


def header_and(pickled: bytes) -> bytes:
    """A .npy file of one object with this pickle in it."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "|O", "fortran_order": False, "shape": ()})
    return stream.getvalue() + pickled


def saved(tmp_path, value, protocol: int | None = None):
    path = tmp_path / "d.npy"
    if protocol is None:
        np.save(path, value)
    else:
        path.write_bytes(header_and(pickle.dumps(np.array(value, dtype=object), protocol)))
    return path


@pytest.mark.parametrize("protocol", [None, 0, 1, 2, 3, 4, 5])
def test_what_numpy_saved_is_read_as_numpy_reads_it(tmp_path, protocol):
    rng = np.random.default_rng(0)
    value = {
        "2007_000032": rng.integers(0, 2, 20).astype(np.float32),
        "wide": rng.normal(size=(2, 3, 5)),
        "fortran": np.asfortranarray(rng.normal(size=(4, 3)).astype(np.float16)),
        "big-endian": np.arange(5, dtype=">i4"),
        "flags": np.array([True, False]),
        "empty": np.zeros((0, 4), np.int64),
        "scalar": np.float32(2.5),
        "number": 3,
        "list": [1, 2, 3],
        7: np.array([1, 0], np.uint8),
        np.int32(2007000033): np.zeros(3),
    }
    path = saved(tmp_path, value, protocol)
    expected = np.load(path, allow_pickle=True).item()
    read = read_pickled_dict(path)
    assert list(read) == list(expected)
    for key, array in read.items():
        np.testing.assert_array_equal(array, expected[key])
        assert array.dtype == np.asarray(expected[key]).dtype.newbyteorder("=")
        assert array.shape == np.shape(expected[key])


def test_tensors_that_irn_pickles_are_arrays(tmp_path):
    """IRN's `make_cam.py` saves the keys and the strided maps as tensors."""
    cam = torch.rand(5, 6, 7)
    value = {
        "keys": torch.nonzero(torch.tensor([0, 1, 0, 1]))[:, 0],
        "cam": cam,
        "part": cam[1:4, ::2, 3],
        "turned": cam.permute(2, 0, 1),
        "half": cam.half(),
        "flags": cam > 0.5,
        "scalar": torch.tensor(3.5, dtype=torch.float64),
        "empty": torch.zeros(0, 3),
        "high_res": cam.numpy(),
    }
    read = read_pickled_dict(saved(tmp_path, value))
    for key, expected in value.items():
        np.testing.assert_array_equal(read[key], np.asarray(expected))
        assert read[key].dtype == np.asarray(expected).dtype


class Calls:
    """Pickles as a call."""

    def __init__(self, call, *arguments):
        self.reduced = call, arguments

    def __reduce__(self):
        return self.reduced


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        (Calls(os.system, "touch {}"), "it calls posix.system"),
        (Calls(eval, "open('{}', 'w')"), "it calls builtins.eval"),
        (Calls(getattr, "", "join"), "it calls builtins.getattr"),
        (Calls(np.zeros, 10**12), "it calls numpy.zeros"),
        (Calls(np.load, "{}"), "it calls numpy.load"),
        (Calls(torch.load, "{}"), "it calls torch"),
        (Calls(bytearray, 10**12), "it calls builtins.bytearray"),
        (collections.deque([1]), "it calls collections.deque"),
        (Calls(np.dtype, "O"), "a value that is something else"),
        (Calls(np.ndarray, (10**6, 10**6)), "it calls a type"),
        ({1: 2}, "a value that is a dict"),
        ("text", "a value that is a str"),
        ([None], "a value that is a list"),
        (np.array(["a"], object), "a value that is a list"),
        (np.array(["a", "b"]), "an array of U1"),
        (np.zeros(2, [("a", "f4")]), "an array of V4"),
        (np.array([1j]), "an array of c16"),
    ],
)
def test_what_is_no_array_is_refused_and_nothing_runs(tmp_path, value, cause):
    sign = tmp_path / "run"
    if isinstance(value, Calls):
        call, arguments = value.reduced
        value = Calls(call, *(a.format(sign) if isinstance(a, str) else a for a in arguments))
    path = saved(tmp_path, {"a": value})
    with pytest.raises(InputError) as error:
        read_pickled_dict(path)
    assert cause in str(error.value)
    assert "\n" not in str(error.value)
    assert not sign.exists()


def op(name: str) -> bytes:
    return next(o.code for o in pickletools.opcodes if o.name == name).encode("latin1")


MEMO_BOMB = op("PROTO") + b"\x04" + op("EMPTY_DICT") + op("LONG_BINPUT") + struct.pack("<I", 2**31 - 2) + b"."
CLAIMS_BYTES = op("PROTO") + b"\x04" + op("BINBYTES8") + struct.pack("<Q", 2**62) + b"x."
LONG_NUMBER = op("LONG4") + struct.pack("<i", 2**31 - 1) + b"x."
GIANT = pickle.dumps(Calls(np.zeros(1).__reduce__()[0], np.ndarray, (10**9, 10**3), b"b"), 4)
TAMPER = op("PROTO") + b"\x04" + b"cnumpy\ndtype\n" + b"}(\x8c\x04callNu" + b"b."
INSTANCE = b"(S'a'\nios\nsystem\n."
EXTENSION = op("EXT1") + b"\x01."
DEEP = b"(" * 10**5 + b"."


@pytest.mark.parametrize(
    "pickled", [MEMO_BOMB, CLAIMS_BYTES, LONG_NUMBER, GIANT, TAMPER, INSTANCE, EXTENSION, DEEP, b"", b"."]
)
def test_hostile_pickles_take_no_memory(tmp_path, pickled):
    path = tmp_path / "d.npy"
    path.write_bytes(header_and(pickled))
    tracemalloc.start()
    with pytest.raises(InputError, match="no dictionary of arrays"):
        read_pickled_dict(path)
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()
    np.testing.assert_array_equal(read_pickled_dict(saved(tmp_path, {"a": np.ones(2)}))["a"], [1, 1])


def tensor_of(size, stride, offset=0, count=4):
    """A pickle that rebuilds a tensor of this size over a storage of `count` numbers."""
    whole = torch.zeros(count)
    function, (storage, *_) = whole.__reduce_ex__(2)
    return Calls(function, storage, offset, size, stride, False, collections.OrderedDict())


@pytest.mark.parametrize(
    "value",
    [
        tensor_of((10**6, 10**6), (0, 0)),
        tensor_of((3,), (2,)),
        tensor_of((2,), (-1,), 3),
        tensor_of((2,), (1,), 3),
        tensor_of((2,), (1,), -1),
        tensor_of((2, 2), (1,)),
        tensor_of((-1,), (1,)),
    ],
)
def test_tensors_stay_within_their_storage(tmp_path, value):
    with pytest.raises(InputError, match=r"a tensor of shape|an unknown tensor"):
        read_pickled_dict(saved(tmp_path, {"a": value}))
    inside = saved(tmp_path, {"a": tensor_of((2, 2), (2, 1))})
    assert read_pickled_dict(inside)["a"].shape == (2, 2)


def test_files_that_are_none(tmp_path):
    path = tmp_path / "d.npy"
    for data, cause in (
        (b"", "no dictionary"),
        (b"hello", "no dictionary"),
        (header_and(pickle.dumps([1], 4)), "it holds a list"),
    ):
        path.write_bytes(data)
        with pytest.raises(InputError, match=cause):
            read_pickled_dict(path)
    np.save(path, np.zeros((3, 4)))
    with pytest.raises(InputError, match=r"an array of float64, shape \(3, 4\)"):
        read_pickled_dict(path)
    np.save(path, {"a": np.zeros(1000)})
    with pytest.raises(InputError, match="more than the 512 bytes"):
        read_pickled_dict(path, 512)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match="no dictionary"):
        read_pickled_dict(path)
    with pytest.raises(InputError, match="no such file"):
        read_pickled_dict(tmp_path / "missing.npy")


def _good() -> bytes:
    stream = io.BytesIO()
    np.save(stream, {"keys": torch.tensor([1, 3]), "cam": torch.rand(2, 3, 4), "high_res": np.ones((2, 6, 8))})
    return stream.getvalue()


GOOD = _good()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=4), st.integers(0, 60)
)
def test_mutations_are_read_or_refused(tmp_path_factory, changes, cut):
    data = bytearray(GOOD)
    for place, value in changes:
        data[place] = value
    path = tmp_path_factory.getbasetemp() / "mutated.npy"
    path.write_bytes(bytes(data[: len(data) - cut]))
    try:
        read = read_pickled_dict(path)
    except InputError as error:
        read, message = {}, str(error)
    else:
        message = ""
    assert "\n" not in message
    assert all(isinstance(array, np.ndarray) and array.nbytes <= len(GOOD) for array in read.values())
