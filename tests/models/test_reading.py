"""What is hostile or broken gives one clear line, runs nothing and takes no memory to speak of."""

import hashlib
import resource
import struct
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save

import wsss_viz
from tests.models.published_files import resnet38d_state, write_mxnet
from tests.models.reading_files import (
    Runs,
    claims_storage,
    deflated,
    read_in_fork,
    safetensors_bytes,
    saved,
    stride_zero,
)
from wsss_viz.errors import InputError
from wsss_viz.models.preflight import preflight
from wsss_viz.models.published import load_published
from wsss_viz.models.reading import read_tensors
from wsss_viz.models.reading.mxnet_params import read_params
from wsss_viz.models.reading.safetensors_header import read_header
from wsss_viz.models.reading.zip_check import check_zip

STATE = OrderedDict(a=torch.arange(6.0).reshape(2, 3), b=torch.ones(4))
GOOD = save({key: value.clone() for key, value in STATE.items()})


def entry(**changes):
    return {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}}


def read_whole(path):
    file = read_tensors(path)
    for key in file.tensors:
        file.read(key)


def refusal(path):
    """The one line that a file in this process gets."""
    with pytest.raises(InputError) as error:
        read_whole(path)
    line = str(error.value)
    assert "\n" not in line
    assert len(line) < 320
    assert path.name in line
    return line


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "is empty"),
        (GOOD[:-3], "truncated"),
        (GOOD[:30], "truncated"),
        (GOOD + b"more", "truncated or not"),
        (struct.pack("<Q", 2**62) + b"{}", "truncated"),
        (safetensors_bytes(b"{" * 5000), "it is no JSON"),
        (safetensors_bytes(b'{"a":' + b"[" * 100_000), "header: it"),
        (safetensors_bytes(b'{"w":1,"w":2}'), "truncated or not"),
        (safetensors_bytes({}), "holds no tensor"),
        (safetensors_bytes({f"k{i}": {} for i in range(10**5)}), "holds 100,000 tensors"),
        (safetensors_bytes(entry(dtype="F4"), bytes(8)), "is of the type 'F4'"),
        (safetensors_bytes(entry(shape=[10**6, 10**6]), bytes(8)), "claims a shape"),
        (safetensors_bytes(entry(shape=[-2]), bytes(8)), "claims a shape"),
        (safetensors_bytes(entry(shape=[3]), bytes(8)), "says (3,) F32 and has 8 bytes"),
        (safetensors_bytes(entry(shape=[True, 2]), bytes(8)), "claims a shape"),
        (safetensors_bytes(entry(data_offsets=[8, 0]), bytes(8)), "does not say where"),
        (safetensors_bytes(entry(data_offsets=[4, 12]), bytes(12)), "overlap or leave gaps"),
        (safetensors_bytes({**entry(), "v": entry()["w"]}, bytes(8)), "overlap or leave gaps"),
        (safetensors_bytes({"a\n<b>": entry()["w"]}, bytes(8)), "tensor's name is not"),
        (safetensors_bytes({**entry(), "__metadata__": {"a": 1}}, bytes(8)), "metadata"),
        (safetensors_bytes(entry(), struct.pack("<2f", 1, float("nan"))), "holds NaN or infinity"),
        (b"\x1f\x8b" + bytes(100), "compressed (gzip)"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "pointer of Git LFS"),
        (b"GIF89a" + bytes(90), "truncated or not a file of weights"),
    ],
)
def test_safetensors_that_are_broken_or_mean_harm(tmp_path, content, cause):
    path = tmp_path / "file.bin"
    path.write_bytes(content)
    assert cause in refusal(path)


def test_a_huge_sparse_file_is_not_read(tmp_path):
    path = tmp_path / "huge.safetensors"
    with path.open("wb") as file:
        file.truncate(3 * 1024**3)
    assert "has 3 GB, more than 2 GB: not read" in refusal(path)


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (lambda p: saved({"a": Runs(p / "ran")}), "objects of Python beside weights (posix.mkdir)"),
        (lambda p: saved({"a": Runs(p / "ran")}, legacy=True), "objects of Python beside weights (posix.mkdir)"),
        (lambda p: deflated(saved(OrderedDict(w=torch.zeros(10**6)))), "members are compressed"),
        (lambda p: stride_zero(), "claims (1000000, 1000000)"),
        (lambda p: stride_zero(legacy=True), "claims (1000000, 1000000)"),
        (lambda p: claims_storage(2**40), "more memory than its size can need"),
        (lambda p: saved(STATE)[:-200], "truncated or a damaged zip"),
        (lambda p: saved(STATE, legacy=True)[:-20], "truncated or damaged"),
        (lambda p: saved(OrderedDict(w=torch.zeros(3, dtype=torch.complex64))), "which no weight is"),
        (lambda p: saved(OrderedDict(w=torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8))), "quantised"),
        (lambda p: saved(OrderedDict(w=torch.ones(3).to_sparse())), "sparse"),
        (lambda p: saved(OrderedDict(w=torch.tensor([1.0, float("inf")]))), "w holds NaN or infinity"),
        (lambda p: saved(OrderedDict(w=torch.ones(8)[:3])), "claims (3,)"),
        (lambda p: saved(OrderedDict((f"k{i}", torch.ones(1)) for i in range(9000))), "9,006 members"),
        (lambda p: saved(OrderedDict((f"k{i}", torch.ones(1)) for i in range(9000)), legacy=True), "9,000 tensors"),
        (lambda p: saved({"x\ny": torch.ones(1)}), "tensor's name is not"),
        (lambda p: saved([torch.ones(1)]), "no dictionary of tensors"),
        (lambda p: saved({"epoch": 3}), "holds no tensor"),
        (lambda p: b"\x80\x02" + b"(" * 10**6, "truncated or damaged"),
        (lambda p: struct.pack("<QQQ", 0x112, 0, 10**12), "holds 1,000,000,000,000 tensors"),
        (lambda p: struct.pack("<QQQII", 0x112, 0, 1, 1, 2**31) + bytes(60), "claims"),
        (lambda p: struct.pack("<QQQI", 0x112, 0, 1, 77) + bytes(60), "77 dimensions"),
        (lambda p: struct.pack("<QQQIIiii", 0x112, 0, 1, 1, 2, 1, 0, 9) + bytes(60), "unknown type 9"),
        (lambda p: write_mxnet(p / "x", {"w": torch.tensor([float("nan")])}).read_bytes(), "holds NaN"),
        (lambda p: write_mxnet(p / "x", {"w": torch.ones(5)}).read_bytes()[:-4], "truncated or damaged"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*quantized:UserWarning")
def test_pickles_and_parameters_that_are_broken_or_mean_harm(tmp_path, make, cause):
    path = tmp_path / "file.pth"
    path.write_bytes(make(tmp_path))
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    found = read_in_fork(path)
    assert isinstance(found, dict), found
    assert cause in found["error"], found
    assert "\n" not in found["error"]
    assert len(found["error"]) < 320
    assert not (tmp_path / "ran").exists()
    grown = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss - before
    assert grown < 2 * 1024**2  # kilobytes, torch's own included


def test_the_true_child_refuses_runs_nothing_and_names_the_remedy(tmp_path):
    path = tmp_path / "hostile.pth"
    path.write_bytes(saved({"a": Runs(tmp_path / "ran")}, legacy=True))
    with pytest.raises(InputError, match=r"hostile\.pth holds objects of Python .* save the network's state_dict\(\)"):
        preflight(path)
    assert not (tmp_path / "ran").exists()
    with pytest.raises(InputError, match=r"command line only: convert it with `python -m wsss_viz inspect hostile"):
        preflight(path, legacy=False)


def test_a_compressed_zip_is_refused_before_torch_is_imported(tmp_path, monkeypatch):
    (tmp_path / "wsss_viz").symlink_to(Path(wsss_viz.__file__).parent)
    (tmp_path / "torch.py").write_text("raise SystemExit('torch is imported')")
    monkeypatch.setattr("wsss_viz.models.reading.opening._PACKAGE_ROOT", tmp_path)
    path = tmp_path / "bomb.pth"
    path.write_bytes(deflated(saved(OrderedDict(w=torch.zeros(10**6)))))
    assert "compressed" in refusal(path)


def test_a_reader_that_is_killed_is_one_line(tmp_path, monkeypatch):
    path = tmp_path / "slow.pth"
    path.write_bytes(saved(STATE))
    monkeypatch.setattr("wsss_viz.models.reading.opening.SECONDS", 0.05)
    with pytest.raises(InputError, match=r"took more than 0\.05 s and was stopped"):
        preflight(path)


def test_what_is_read_is_what_was_saved_whatever_the_format(tmp_path):
    for legacy in (False, True):
        path, target = tmp_path / "good.pth", tmp_path / "converted.safetensors"
        mixed = {"epoch": 3, "state_dict": {**STATE, "again": STATE["a"], "steps": torch.tensor(7)}}
        path.write_bytes(saved(mixed, legacy))
        found = read_in_fork(path, target)
        assert found["mappings"] == ["state_dict"]
        assert found["others"] == ["epoch"]
        assert found["aliases"] == {"state_dict.again": "state_dict.a"}
        assert found["order"] == [f"state_dict.{key}" for key in ("a", "b", "again", "steps")]
        assert found["digest"] == hashlib.sha256(path.read_bytes()).hexdigest()
        sizes = {"a": ["F32", [2, 3]], "b": ["F32", [4]], "steps": ["I64", []]}
        assert found["tensors"] == {f"state_dict.{key}": size for key, size in sizes.items()}
        file = read_tensors(target)
        assert torch.equal(file.read("state_dict.a"), STATE["a"])
        assert torch.equal(file.read("state_dict.b"), STATE["b"])


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda s: s.pop("b4_3.conv_branch2a.weight"), "1 of the network's tensors are missing, first b4_3"),
        (lambda s: s.update({"extra.weight": torch.ones(3, 4)}), "1 tensor has no place in ResNet-38d of PSA"),
        (
            lambda s: s.update({"b3.conv_branch1.weight": torch.ones(8, 9, 1, 1)}),
            "b3.conv_branch1.weight is 8 x 9 x 1 x 1, the network wants 8 x 8 x 1 x 1",
        ),
        (lambda s: s.update({"b3.bn_branch2a.weight": torch.ones(8, dtype=torch.int64)}), "whole numbers"),
        (lambda s: s.pop("fc8.weight"), "a backbone without a classifier"),
        (lambda s: s.update({"fc8.weight": torch.ones(20)}), "fc8.weight is 20, the network wants 20 x 32 x 1 x 1"),
        (lambda s: (s.clear(), s.update({"encoder.w": torch.ones(1)})), "of no network that is known here"),
    ],
)
def test_another_network_is_a_problem_of_the_report_and_one_line_from_load(tmp_path, change, cause):
    state = dict(resnet38d_state())
    change(state)
    (tmp_path / "x.safetensors").write_bytes(save(state))
    report = preflight(tmp_path / "x.safetensors")
    assert not report.ready
    assert cause in report.problems[0]
    with pytest.raises(InputError) as error:
        load_published(tmp_path / "x.safetensors")
    assert cause in str(error.value)
    assert "\n" not in str(error.value)


def mutated(content, places, values):
    found = bytearray(content)
    for place, value in zip(places, values, strict=True):
        found[place % len(found)] = value
    return bytes(found)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=6),
    st.lists(st.integers(0, 255), min_size=6, max_size=6),
    st.integers(0, 400),
)
def test_mutations_of_good_files_are_read_or_refused(tmp_path_factory, places, values, cut):
    folder = tmp_path_factory.getbasetemp()
    params = write_mxnet(folder / "fuzz.params", dict(STATE)).read_bytes()
    for content, read in ((GOOD, read_header), (saved(STATE), check_zip), (params, read_params)):
        broken = mutated(content, places, values[: len(places)])
        broken = broken[: len(broken) - cut] if cut % 3 == 0 else broken
        path = folder / "fuzzed"
        path.write_bytes(broken)
        with path.open("rb") as file, suppress(InputError):
            read(file, len(broken), "fuzzed")
