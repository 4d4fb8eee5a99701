"""Centres of cells: kept with traces and maps, and older files without them."""

import json
import zipfile

import numpy as np
import pytest

from wsss_viz.errors import InputError
from wsss_viz.traces import CellCentres, Step, Trace
from wsss_viz.traces.centres import field_centres, mean_centres
from wsss_viz.traces.storage import StoredMaps, maps_bytes, read_maps, write_maps

CENTRES = CellCentres((0.5, -3.25), (8.0, 7.5))


def step(centres=None):
    return Step(0, np.ones((1, 2, 3), np.float32), np.zeros(1, np.float32), centres=centres)


def test_a_trace_keeps_its_centres(tmp_path):
    path = Trace((step(CENTRES), step())).save(tmp_path / "a.trace")
    assert [read.centres for read in Trace.load(path)] == [CENTRES, None]


def test_a_trace_of_before_opens(tmp_path):
    path = Trace((step(),)).save(tmp_path / "a.trace")
    with zipfile.ZipFile(path) as archive:
        assert "centres" not in json.loads(archive.read("about.json"))["traces"]["trace"]["steps"][0]
    assert Trace.load(path).steps[0].centres is None


def stored(centres=None):
    return StoredMaps(np.ones((1, 2, 3), np.float32), np.zeros(1, np.float32), ("cow",), (16, 24), centres=centres)


def test_stored_maps_keep_their_centres_and_older_ones_open(tmp_path):
    write_maps(tmp_path / "a.npz", stored(CENTRES))
    write_maps(tmp_path / "b.npz", stored())
    assert read_maps(tmp_path / "a.npz").centres == CENTRES
    assert read_maps(tmp_path / "b.npz").centres is None


def test_centres_that_cannot_be_are_no_file_of_maps(tmp_path):
    broken = maps_bytes(stored(CellCentres((0.0, 0.0), (0.0, 8.0))))
    (tmp_path / "a.npz").write_bytes(broken)
    with pytest.raises(InputError, match="not a file of class maps"):
        read_maps(tmp_path / "a.npz")


def test_the_fields_centres_are_off_by_nothing():
    assert field_centres((13, 17), (97, 131)).offset((13, 17), (97, 131)) == pytest.approx((0, 0))
    assert CellCentres((15.0, 0.0), (16.0, 16.0)).offset((8, 8), (128, 128)) == (-7.5, 7.5)


def test_a_stretched_grid_keeps_what_was_seen():
    finer = CellCentres((0.0, 0.0), (8.0, 8.0)).on_grid((4, 6), (8, 6))
    assert finer == CellCentres((-2.0, 0.0), (4.0, 8.0))
    assert mean_centres([finer, finer]) == finer
