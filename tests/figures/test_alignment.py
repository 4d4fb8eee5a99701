"""`align` and `input` of a figure's spec."""

import json

import numpy as np
import pytest

from wsss_viz.data.sources import sample
from wsss_viz.errors import InputError
from wsss_viz.figures import FigureSpec, Row, caption, read_spec, spec_bytes
from wsss_viz.figures.sources import FigureRow, class_map, collect_rows, seed_mask
from wsss_viz.figures.tracing import compute_trace
from wsss_viz.models.network_input import NetworkInput
from wsss_viz.traces import CellCentres, Step, Trace

SCENE = "scenes:test:17"
PLAIN = {"format": 1, "kind": "grid", "columns": ["cam"], "rows": [{"image": SCENE}]}


def spec(**fields):
    return read_spec(json.dumps({**PLAIN, **fields}))


def test_both_keys_are_written_only_where_they_say_something():
    assert not {"align", "input"} & json.loads(spec_bytes(spec())).keys()
    said = spec(align="centres", input={"mean": [0.5, 0.4, 0.3], "short_side": None, "stride": 16})
    assert json.loads(spec_bytes(said))["input"] == {"mean": [0.5, 0.4, 0.3], "short_side": None, "stride": 16}
    assert read_spec(spec_bytes(said)) == said
    assert said.network_input == NetworkInput(mean=(0.5, 0.4, 0.3), short_side=0, stride=16)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"align": "middle"}, "field"),
        ({"input": []}, "object"),
        ({"input": {"mean": [124, 116, 104]}}, "divide"),
        ({"input": {"std": [0.2, 0.2]}}, "three"),
        ({"input": {"short_side": 4}}, "8 to 8192"),
        ({"input": {"stride": 4}}, "8, 16, 32"),
        ({"input": {"classes": ["a"]}}, "unknown key"),
        ({"input": {"mean": "0.5"}}, "three"),
    ],
)
def test_what_cannot_be_is_refused(fields, says):
    with pytest.raises(InputError, match=says):
        spec(**fields)


def test_the_caption_says_how_the_maps_lie():
    assert "as the field does" in caption(spec())
    assert "centres of their cells" in caption(spec(align="centres"))


def test_the_input_is_what_the_network_sees():
    (usual,) = collect_rows(spec())
    (smaller,) = collect_rows(spec(input={"short_side": 64}))
    assert usual.traces["cam"].maps.shape[1:] == (16, 16)
    assert smaller.traces["cam"].maps.shape[1:] == (8, 8)


def test_the_showcase_and_a_computation_lay_maps_alike():
    shipped = FigureSpec("grid", ("cam",), (Row("scenes:test:129"),), align="centres")
    computed = FigureSpec("grid", ("cam",), (Row("scenes:test:129"),), align="centres", views="mirror")
    assert compute_trace(shipped, "cam", "scenes:test:129").steps[0].centres == CellCentres((0.0, 0.0), (8.0, 8.0))
    assert compute_trace(computed, "cam", "scenes:test:129").steps[0].centres == CellCentres((0.0, 3.5), (8.0, 8.0))


def row(centres):
    scene = sample(SCENE)
    maps = np.zeros((10, 16, 16), np.float32)
    maps[5, 8, 8] = 1
    step = Step(0, maps, np.zeros(10, np.float32), (5,), centres=centres)
    return FigureRow(scene, scene, "dog", {"cam": Trace((step,), "cam", scene.classes)})


def test_a_map_is_drawn_where_its_cell_looked():
    entry = row(CellCentres((0.0, 0.0), (8.0, 8.0)))
    assert np.unravel_index(class_map(entry, "cam", 0, "map", "centres").argmax(), (128, 128)) == (64, 64)
    mask = seed_mask(entry, "cam", 0, spec(show="mask", align="centres", threshold=0.9))
    assert [int(v) for v in np.argwhere(mask).mean(axis=0)] == [64, 64]
    assert class_map(entry, "cam", 0, "map")[67, 67] == class_map(entry, "cam", 0, "map").max()


def test_unknown_centres_are_no_centres():
    with pytest.raises(InputError, match="not known"):
        class_map(row(None), "cam", 0, "map", "centres")
