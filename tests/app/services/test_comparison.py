"""Several methods at one view: by hand, and as the library's own functions have it."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from wsss_viz.app.services.comparison import compare, competing, step_at
from wsss_viz.app.state import ViewState
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import CLASSES, Scenes
from wsss_viz.evaluation.seeds import pseudo_mask, score_image
from wsss_viz.traces import Step, Trace, normalise, upsample


def trace_of(seed: int, steps: int = 3, size: tuple[int, int] = (6, 8)) -> Trace:
    rng = np.random.default_rng(seed)
    return Trace(
        tuple(
            Step(k, rng.normal(size=(10, *size)).astype(np.float32) * (k + 1), rng.normal(size=10).astype(np.float32))
            for k in range(steps)
        ),
        "cam",
        CLASSES,
    )


@pytest.fixture(scope="module")
def sample() -> Sample:
    return Scenes("val", size=(96, 128))[2]


@pytest.mark.parametrize("by", ["relu_max", "minmax", "raw"])
def test_each_method_is_what_the_library_makes_of_it_alone(sample: Sample, by: str) -> None:
    traces = {"cam": trace_of(0, steps=1), "rib": trace_of(1)}
    state = ViewState(normalisation=by, threshold=0.45, k=1)
    names = (*(sample.labels or ()), "train")
    indices = [CLASSES.index(name) for name in names]
    cam, rib = compare(traces, sample, CLASSES, names, state)
    assert (cam.step.index, rib.step.index) == (0, 1), "a method with fewer steps keeps its last"
    for found in (cam, rib):
        expected = pseudo_mask(found.step.maps, indices, sample.size, 0.45, "relu_max" if by == "raw" else by)
        assert (found.mask == expected).all()
        assert np.allclose(found.values, normalise(upsample(found.step.maps[indices], sample.size), by))
        for name, index in zip(names, indices, strict=True):
            scores = score_image(expected == index + 1, sample, name)
            assert asdict(found.scores[name]) == pytest.approx(asdict(scores), nan_ok=True)
    assert any(0 < found.scores[name].iou < 1 for found in (cam, rib) for name in names), "something is measured"


def test_shared_is_one_scale_over_the_methods() -> None:
    weak, strong = np.zeros((10, 2, 2), np.float32), np.zeros((10, 2, 2), np.float32)
    weak[0, 0, 0], strong[0, 0, 0] = 1, 4
    traces = {
        name: Trace((Step(0, maps, np.zeros(10, np.float32)),)) for name, maps in (("cam", weak), ("rib", strong))
    }
    plain = Sample(np.zeros((2, 2, 3), np.uint8), CLASSES, None, "s")
    cam, rib = compare(traces, plain, CLASSES, CLASSES[:1], ViewState(normalisation="shared", threshold=0.3))
    assert cam.values.max() == pytest.approx(0.25, abs=1e-4)
    assert rib.values.max() == pytest.approx(1, abs=1e-4)
    assert cam.mask.tolist() == rib.mask.tolist() == [[1, 0], [0, 0]], "the scale is for the eye, not for the scores"
    assert cam.scores == {}, "nothing to measure without a mask"


def test_maps_of_other_units_have_scales_of_their_own() -> None:
    def trace(value: float) -> Trace:
        maps = np.zeros((10, 2, 2), np.float32)
        maps[0, 0, 0] = value
        return Trace((Step(0, maps, np.zeros(10, np.float32)),))

    traces = {"cam": trace(8.0), "rib": trace(16.0), "iba": trace(0.03), "cam+crf:irn": trace(0.9)}
    plain = Sample(np.zeros((2, 2, 3), np.uint8), CLASSES, None, "s")
    compared = compare(traces, plain, CLASSES, CLASSES[:1], ViewState(normalisation="shared", threshold=0.6))
    assert [one.values.max() for one in compared] == pytest.approx([0.5, 1, 1, 1], abs=1e-3)
    assert [one.ends[0, 1] for one in compared] == pytest.approx([16, 16, 0.03, 0.9])
    assert [int(one.mask.max()) for one in compared] == [1, 1, 1, 1], "scales are for the eye"


def test_a_pixel_at_the_threshold_itself_is_background(sample: Sample) -> None:
    trace, names = {"cam": trace_of(0, steps=1)}, CLASSES[:2]
    (free,) = compare(trace, sample, CLASSES, names, ViewState(threshold=0.3))
    row, column = (int(place[7]) for place in np.nonzero(free.values.max(axis=0) > 0.3))
    (exact,) = compare(trace, sample, CLASSES, names, ViewState(threshold=float(free.values[:, row, column].max())))
    assert free.mask[row, column] != 0
    assert exact.mask[row, column] == 0


def test_shared_and_raw_have_one_scale_at_every_step(sample: Sample) -> None:
    traces = {"cam": trace_of(0, steps=1), "rib": trace_of(1)}
    names = CLASSES[2:4]
    every = np.stack([upsample(step.maps[2:4], sample.size) for trace in traces.values() for step in trace])
    for k in (0, 2):
        cam, rib = compare(traces, sample, CLASSES, names, ViewState(normalisation="shared", k=k))
        assert rib.values == pytest.approx(np.maximum(every[1 + k], 0) / (every.max() + 1e-5), abs=1e-6)
        assert rib.values.max() < 0.999 or k == 2, "the maps of three steps grow by k + 1"
        for found in (cam, rib):
            assert found.ends == pytest.approx(np.stack([every.min(axis=(0, 2, 3)), every.max(axis=(0, 2, 3))], axis=1))


def test_the_final_step_is_each_methods_own() -> None:
    trace = trace_of(0, steps=4)
    assert [step_at(trace, k).index for k in (-1, 0, 2, 9)] == [3, 0, 2, 3]


def test_the_class_that_is_looked_at_competes_too() -> None:
    assert competing(ViewState(), ("cow", "dog"), CLASSES) == ("cow", "dog")
    assert competing(ViewState(focus="bird"), ("cow", "dog"), CLASSES) == ("bird", "cow", "dog")


def test_a_finished_mask_is_kept_whatever_the_threshold(sample: Sample) -> None:
    mask = np.zeros(sample.size, np.uint8)
    mask[:40] = 3
    step = Step(0, np.ones((10, 6, 8), np.float32), np.zeros(10, np.float32), arrays={"pseudo_mask": mask})
    (found,) = compare({"cam": Trace((step,))}, sample, CLASSES, CLASSES[:3], ViewState(threshold=0.99))
    assert (found.mask == mask).all()
