"""Whole traces in one file: what comes back is what was written, to the precision that is promised."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from wsss_viz.errors import InputError
from wsss_viz.traces import Step, Trace
from wsss_viz.traces.trace_file import TraceFile, write_traces


def full_trace() -> Trace:
    rng = np.random.default_rng(3)
    steps = []
    for k in range(3):
        region = rng.random((2, 3, 4)) > 0.5
        steps.append(
            Step(
                k,
                rng.normal(0, 20, (2, 3, 4)).astype(np.float32),
                rng.normal(0, 5, 2).astype(np.float32),
                (1,),
                image=rng.integers(0, 255, (6, 8, 3), dtype=np.uint8) if k else None,
                mask=rng.random((6, 8)).astype(np.float32),
                loss=0.25 * k,
                terms={"area": 0.125, "score cow": -1.5},
                arrays={"region": region, "current": rng.normal(0, 9, (2, 3, 4)).astype(np.float32)},
                sampled=1 if k == 2 else None,
                stop="K" if k == 2 else None,
            )
        )
    return Trace(tuple(steps), "rib", ("cow", "sofa"))


def written(path: Path) -> Path:
    with path.open("wb") as file:
        write_traces(file, {"rib/scenes:test:1": full_trace()}, {"version": "7"})
    return path


def test_a_trace_comes_back_step_by_step(tmp_path: Path) -> None:
    file = TraceFile(written(tmp_path / "t.zip"))
    assert file.about == {"version": "7"}
    assert list(file) == ["rib/scenes:test:1"]
    found, wanted = file.trace("rib/scenes:test:1"), full_trace()
    assert (found.method, found.classes, len(found)) == ("rib", ("cow", "sofa"), 3)
    for one, other in zip(found, wanted, strict=True):
        for name in ("index", "targets", "loss", "terms", "sampled", "stop"):
            assert getattr(one, name) == getattr(other, name)
        assert np.array_equal(one.scores, other.scores)
        assert one.maps.dtype == np.float32
        np.testing.assert_allclose(one.maps, other.maps, rtol=5e-4, atol=1e-4)
        assert one.mask is not None
        assert other.mask is not None
        np.testing.assert_allclose(one.mask, other.mask, atol=0.5 / 255 + 1e-6)
        assert np.array_equal(one.arrays["region"], other.arrays["region"])
        assert one.arrays["region"].dtype == bool
        np.testing.assert_allclose(one.arrays["current"], other.arrays["current"], rtol=5e-4, atol=1e-4)
        assert (one.image is None) == (other.image is None)
        if one.image is not None and other.image is not None:
            assert np.array_equal(one.image, other.image)


def test_the_same_traces_are_the_same_bytes(tmp_path: Path) -> None:
    assert written(tmp_path / "a.zip").read_bytes() == written(tmp_path / "b.zip").read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_file_is_refused_in_one_line(tmp_path: Path, share: float) -> None:
    path = written(tmp_path / "t.zip")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match="not a file of traces"):
        TraceFile(path)


def test_a_damaged_member_is_refused_where_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "t.zip")
    content = bytearray(path.read_bytes())
    content[120:160] = bytes(40)
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged at rib"):
        TraceFile(path).trace("rib/scenes:test:1")


def test_unknown_names_and_changing_shapes_are_refused(tmp_path: Path) -> None:
    file = TraceFile(written(tmp_path / "t.zip"))
    with pytest.raises(InputError, match="no trace 'cam/"):
        file.trace("cam/scenes:test:1")
    one, other = (Step(k, np.zeros((1, 2, 2 + k), np.float32), np.zeros(1, np.float32)) for k in range(2))
    with pytest.raises(ValueError, match="changes its shape"):
        write_traces(io.BytesIO(), {"x": Trace((one, other))}, {})
