"""The growth of a training: what is written is read back, and reads as a trace."""

import numpy as np
import pytest

from wsss_viz.errors import InputError
from wsss_viz.traces.growth import Growth, read_growth, write_growth


def growth():
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(3, 2, 4, 5, 7)).astype(np.float16)
    scores = rng.normal(size=(3, 2, 4)).astype(np.float32)
    labels = np.array([[True, False, False, True], [False, True, False, False]])
    return Growth(maps, scores, labels, ("scenes:test:3", "scenes:test:8"), ("a", "b", "c", "d"), "cs-ae")


def test_written_and_read_back_the_same_bytes_every_time(tmp_path):
    first = growth()
    write_growth(tmp_path / "showcase" / "one.npz", first)
    write_growth(tmp_path / "two.npz", first)
    assert (tmp_path / "showcase" / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    again = read_growth(tmp_path / "two.npz")
    for key in ("maps", "scores", "labels"):
        np.testing.assert_array_equal(getattr(again, key), getattr(first, key))
        assert getattr(again, key).dtype == getattr(first, key).dtype
    assert (again.sources, again.classes, again.method) == (first.sources, first.classes, "cs-ae")


def test_a_step_an_epoch():
    kept = growth()
    trace = kept.trace("scenes:test:8")
    assert [step.index for step in trace.steps] == [0, 1, 2]
    assert (trace.method, trace.classes) == ("cs-ae", ("a", "b", "c", "d"))
    np.testing.assert_array_equal(trace.steps[2].maps, kept.maps[2, 1].astype(np.float32))
    np.testing.assert_array_equal(trace.steps[1].scores, kept.scores[1, 1])
    assert trace.steps[0].targets == (1,)
    assert kept.trace("scenes:test:3").steps[0].targets == (0, 3)
    with pytest.raises(InputError, match="not watched on scenes:test:4: take one of scenes:test:3, scenes:test:8"):
        kept.trace("scenes:test:4")


def test_what_is_no_growth_is_refused(tmp_path):
    path = tmp_path / "g.npz"
    with pytest.raises(InputError, match="no growth at"):
        read_growth(path)
    write_growth(path, growth())
    whole = path.read_bytes()
    for broken in (b"", b"text", whole[: len(whole) // 2], whole[:300] + b"\0" * 40 + whole[340:]):
        path.write_bytes(broken)
        with pytest.raises(InputError, match="does not hold the growth"):
            read_growth(path)
    np.savez(path, maps=np.zeros(3))
    with pytest.raises(InputError, match="does not hold the growth"):
        read_growth(path)
