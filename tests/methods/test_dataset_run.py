"""The data-set run in one process: what it leaves on disk, and that an image's file depends on the image alone."""

import threading

import numpy as np
import pytest
import torch

from tests.models.test_classifier import seeded_network
from wsss_viz.data import open as open_data
from wsss_viz.data.files import only_one, remove_partial, write_first
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import CLASSES
from wsss_viz.errors import InputError
from wsss_viz.evaluation.runner import count_run
from wsss_viz.evaluation.stored_maps import count_stored_sample
from wsss_viz.methods import cam
from wsss_viz.methods.binding import bind
from wsss_viz.methods.dataset_run import numbered_by, run_dataset
from wsss_viz.methods.precision import PRECISIONS, computing
from wsss_viz.methods.views import MULTI_SCALE, SINGLE, view_inputs
from wsss_viz.traces.map_folder import SETTINGS, MapFolder, MapWriter
from wsss_viz.traces.step import last_step
from wsss_viz.traces.storage import read_maps


@pytest.fixture(scope="module")
def network():
    return seeded_network(CLASSES)


@pytest.fixture(scope="module")
def samples():
    return list(open_data("scenes:val@48x64")[:4])


def written(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


SMALL = {"steps": 2, "gradient_views": SINGLE, "companions": 2}
FEW = {"ae": {"steps": 2}, "cs-ae-single": {"steps": 2}, "rib": SMALL, "rib-bce": SMALL}
"""Two steps draw as often as is needed for a second one to depend on the first."""


def go(network, samples, folder, method="cam", form="ours", views=SINGLE, **settings):
    writer = MapWriter(folder, CLASSES, form)
    run = bind(method, network, **FEW.get(method, {}))
    return run_dataset(run, network.classes, samples, writer, views=views, settings={"method": method, **settings})


@pytest.mark.parametrize("method", ["cam", "ae", "cs-ae-single", "rib", "rib-bce"])
def test_a_file_does_not_depend_on_the_order_of_the_run(network, samples, tmp_path, method):
    torch.manual_seed(1)
    go(network, samples[:2], tmp_path / "a", method)
    torch.manual_seed(2)
    go(network, samples[1::-1], tmp_path / "b", method)
    assert written(tmp_path / "a") == written(tmp_path / "b")
    assert len(written(tmp_path / "a")) == 3


def test_what_is_there_is_skipped_and_nothing_is_mixed(network, samples, tmp_path):
    (report,) = go(network, samples[:2], tmp_path)
    assert (report.written, report.skipped) == (2, 0)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    (report,) = go(network, samples, tmp_path)
    assert (report.written, report.skipped) == (2, 2)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    with pytest.raises(InputError, match=r"holds the maps of another run \(see settings.json"):
        go(network, samples, tmp_path, views_name="mirror")
    with pytest.raises(InputError, match="holds the maps of another run"):
        go(network, samples, tmp_path, form="irn")


@pytest.mark.parametrize("form", ["ours", "irn", "mask", "fiftyone"])
@pytest.mark.parametrize("labels", [("aeroplane", "bicycle"), ()])
def test_no_map_is_made_up_for_an_image_whose_labels_the_classifier_lacks(network, tmp_path, form, labels):
    image = np.random.default_rng(0).integers(0, 255, (40, 56, 3), dtype=np.uint8)
    mask = np.zeros((40, 56), np.uint8)
    mask[8:20, 9:30] = 1
    sample = Sample(image, VOC_CLASSES, labels, "plane", mask)
    writer = MapWriter(tmp_path, VOC_CLASSES, form)
    run_dataset(bind("cam", network), CLASSES, [sample], writer, views=SINGLE, settings={})
    folder = MapFolder(tmp_path, VOC_CLASSES)
    if form == "mask":
        assert not folder.read_mask("plane", sample.size).any()
    else:
        assert folder.read("plane", sample.size).keys == ()
    stored = count_stored_sample(MapFolder(tmp_path, sample.classes), sample)
    ((direct,), _) = count_run(bind("cam", network), CLASSES, [sample], SINGLE)
    np.testing.assert_array_equal(stored.predicted, direct.predicted)


def test_the_remains_of_a_killed_run_are_no_results_and_go(network, samples, tmp_path):
    (tmp_path / ".val_000000.npz.0123456789ab.part").write_bytes(b"half")
    go(network, samples[:1], tmp_path)
    (tmp_path / ".val_000001.npz.0123456789ab.part").write_bytes(b"half")
    (tmp_path / ".mine.part").write_bytes(b"not ours")
    (report,) = go(network, samples[:2], tmp_path)
    assert report.written == 1
    assert set(written(tmp_path)) == {SETTINGS, "val_000000.npz", "val_000001.npz", ".mine.part"}


def test_a_folder_belongs_to_one_run_at_a_time(network, samples, tmp_path):
    go(network, samples[:1], tmp_path)
    with only_one(tmp_path / SETTINGS), pytest.raises(InputError, match="another run is writing to"):
        go(network, samples, tmp_path)
    assert go(network, samples, tmp_path)[0].written == 3


def test_of_many_that_claim_at_once_one_does(tmp_path):
    path, start = tmp_path / SETTINGS, threading.Barrier(8)
    won = []

    def claim(number):
        start.wait()
        if write_first(path, str(number).encode() * 1000):
            won.append(number)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert path.read_bytes() == str(won[0]).encode() * 1000
    assert list(tmp_path.iterdir()) == [path]


def test_partial_files_only_are_removed(tmp_path):
    keep = [".hidden", "a.part", ".a.part", ".a.0123456789ag.part"]
    for name in (*keep, ".a.png.0123456789ab.part", "inner/.b.0123456789ab.part"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert remove_partial(tmp_path) == 2
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted([*keep, "inner"])


def named(*names):
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    return [Sample(image, CLASSES, (CLASSES[0],), name) for name in names]


def test_names_that_are_paths_stay_in_the_folder(network, tmp_path):
    go(network, named("a/b", "../c", "a%2Fb"), tmp_path / "out")
    assert set(written(tmp_path / "out")) == {SETTINGS, "a%2Fb.npz", "..%2Fc.npz".replace("..", "%2E."), "a%252Fb.npz"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert MapFolder(tmp_path / "out", CLASSES).read("a/b", (20, 30)).keys == (CLASSES[0],)


@pytest.mark.parametrize(
    ("names", "form", "cause"),
    [
        (("a", "b", "a"), "ours", "'a' and 'a' would share a.npz: give each image its own name"),
        (("settings",), "fiftyone", "'settings' and the settings would share settings.json"),
        (("",), "ours", "cannot name a file"),
        (("x" * 300,), "ours", "cannot name a file"),
    ],
)
def test_names_that_collide_write_nothing(network, tmp_path, names, form, cause):
    with pytest.raises(InputError) as error:
        go(network, named(*names), tmp_path / "out", form=form)
    assert cause in str(error.value)
    assert not (tmp_path / "out").exists()


def test_a_folder_of_somebody_elses_is_left_alone(network, samples, tmp_path):
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(InputError, match="is not empty and not a folder of maps"):
        go(network, samples, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_cam_in_irns_format_is_its_formula_on_the_raw_maps(network, samples, tmp_path):
    """IRN's inference (`docs/sources.md#irn`) from the network's raw maps, in torch's own operations."""
    sample = open_data("scenes:val@128x150")[1]  # its width is no multiple of the stride 8
    go(network, [sample], tmp_path, form="irn", views=MULTI_SCALE)
    content = np.load(tmp_path / f"{sample.name}.npy", allow_pickle=True).item()
    indices = [CLASSES.index(name) for name in sample.labels]
    assert content["keys"].tolist() == [VOC_CLASSES.index(name) for name in sample.labels]
    interpolate = torch.nn.functional.interpolate
    strided, full = torch.zeros(len(indices), 32, 38), torch.zeros(len(indices), 128, 152)
    for view in view_inputs(network, sample.image, MULTI_SCALE):
        raw = network.maps(view).relu()
        cams = (raw[0] + raw[1].flip(-1))[indices][None]
        strided += interpolate(cams, (32, 38), mode="bilinear", align_corners=False)[0]
        full += interpolate(cams, (128, 152), mode="bilinear", align_corners=False)[0]
    full = full[:, :128, :150]
    for name, total in (("cam", strided), ("high_res", full)):
        expected = total / (total.amax(dim=(1, 2), keepdim=True) + 1e-5)
        np.testing.assert_allclose(content[name], expected, atol=2e-5)
    assert full.std() > 0


def test_the_maps_of_unlabelled_images_are_the_top_classs(network, tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (40, 56, 3), dtype=np.uint8)
    sample = Sample(image, (), None, "a")
    go(network, [sample], tmp_path)
    read = read_maps(tmp_path / "a.npz")
    scores = last_step(cam(network, sample)).scores
    assert read.keys == (CLASSES[int(scores.argmax())],)


@pytest.mark.parametrize("method", ["cam", "ae", "rib"])
def test_mixed_precision_is_near_and_other(network, samples, method):
    few = {**SMALL, "steps": 1, "companions": 1} if method == "rib" else FEW.get(method, {})
    run = bind(method, network, **few)
    exact = last_step(run(samples[0], SINGLE)).maps
    with computing("bf16", torch.device("cpu")):
        mixed = last_step(run(samples[0], SINGLE)).maps
    assert (mixed.dtype, mixed.shape) == (np.float32, exact.shape)
    difference = np.abs(mixed - exact).max() / np.abs(exact).max()
    # What is tuned on the image by many steps may go another way.
    assert 0 < difference < (0.03 if method == "cam" else 10)
    assert network.head.weight.dtype == torch.float32
    with pytest.raises(InputError, match=f"unknown precision 'half': give one of {', '.join(PRECISIONS)}"):
        computing("half", torch.device("cpu")).__enter__()


def test_an_error_of_a_method_names_the_image(network, samples, tmp_path):
    rate = {"rate": 1e30, "momentum": 0, "steps": 2}
    run = bind("cs-ae-single", network, **rate)
    with pytest.raises(InputError, match=r"^val_000000: the maps .* diverged after 1 step: lower cs-ae-single.rate"):
        run_dataset(run, CLASSES, samples, MapWriter(tmp_path, CLASSES), views=SINGLE, settings={})


def test_the_class_list_that_numbers():
    assert numbered_by(("cat", "dog"), ("dog", "cat", "cow")) == ("dog", "cat", "cow")
    assert numbered_by(("tabby", "dog"), ("dog", "cat")) == ("dog", "cat")  # masks have the data set's numbers
    assert numbered_by(("tabby",), ()) == ("tabby",)
