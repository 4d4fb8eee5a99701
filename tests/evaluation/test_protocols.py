"""`evaluate --protocol` against the papers' scripts, written again by hand, on the same files."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from wsss_viz.commands.evaluate import command
from wsss_viz.data import write_voc
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.sample import Sample
from wsss_viz.traces.map_folder import MapWriter
from wsss_viz.traces.storage import StoredMaps

SIZE = (97, 131)
LABELS = (("dog",), ("dog", "person"), ("boat", "person", "sofa"), ("bird",))


@pytest.fixture(scope="module")
def voc(tmp_path_factory):
    """A VOC folder of noise; most classes are nowhere, one image lacks a class that it is labelled with."""
    rng = np.random.default_rng(0)
    samples = []
    for number, labels in enumerate(LABELS):
        numbers = [0, 0, 255, *(VOC_CLASSES.index(name) + 1 for name in labels[:2])]
        blocks = rng.choice(numbers, size=(14, 19)).astype(np.uint8)
        mask = np.kron(blocks, np.ones((7, 7), np.uint8))[: SIZE[0], : SIZE[1]]
        samples.append(Sample(np.zeros((*SIZE, 3), np.uint8), VOC_CLASSES, labels, f"2007_{number:06d}", mask))
    folder = tmp_path_factory.mktemp("voc")
    write_voc(samples, folder, "train")
    return folder, samples


def maps_of(sample, seed):
    """Maps that know a little; some values are exactly a threshold."""
    rng = np.random.default_rng(seed)
    truth = np.stack([sample.mask == VOC_CLASSES.index(name) + 1 for name in sample.labels])
    maps = (0.35 * truth + 0.6 * rng.random((len(truth), *SIZE))).astype(np.float32)
    maps[:, :9, :9] = np.float32(0.15)
    maps[:, 20:25] = np.float32(0.26)
    maps[0, -1, -1] = 1
    return maps


def files(folder, samples, form):
    for seed, sample in enumerate(samples):
        keys = [VOC_CLASSES.index(name) for name in sample.labels]
        maps = maps_of(sample, seed)
        if form == "irn":
            content = {"keys": np.array(keys), "cam": maps[:, ::4, ::4], "high_res": maps}
        elif form == "psa":
            content = dict(zip(keys, maps, strict=True))
        else:
            content = {0: (1 - maps.max(0)) ** 4, **{key + 1: m for key, m in zip(keys, maps, strict=True)}}
        np.save(folder / f"{sample.name}.npy", content)


def run(voc, folder, *more, code=0):
    out = folder.parent / "report.json"
    arguments = ["--data", f"voc:{voc[0]}:train", "--maps", str(folder), "--json", str(out), *more]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == code, result.output
    if code:
        return result
    (row,) = json.loads(out.read_bytes())["methods"].values()
    return row, result.output


def masks(folder):
    return [np.array(Image.open(file)) for file in sorted((folder / "SegmentationClass").glob("*.png"))]


def confusion(predictions, truths):
    """Rows the truth, columns the prediction, 255 of the truth left out."""
    table = np.zeros((21, 21), np.int64)
    for prediction, truth in zip(predictions, truths, strict=True):
        for row, column in zip(truth[truth < 255], prediction[truth < 255], strict=True):
            table[row, column] += 1
    return table


def irns_miou(folder, truths, threshold):
    predictions = []
    for file in sorted(folder.glob("*.npy")):
        content = np.load(file, allow_pickle=True).item()
        padded = np.pad(content["high_res"], ((1, 0), (0, 0), (0, 0)), mode="constant", constant_values=threshold)
        keys = np.pad(content["keys"] + 1, (1, 0), mode="constant")
        predictions.append(keys[np.argmax(padded, axis=0)])
    table = confusion(predictions, truths)
    with np.errstate(invalid="ignore"):
        iou = np.diag(table) / (table.sum(1) + table.sum(0) - np.diag(table))
    return np.nanmean(iou) * 100


def seams_miou(predictions, truths):
    iou = np.zeros(21)
    for number in range(21):
        tp = sum(int(((p == number) & (t == number)).sum()) for p, t in zip(predictions, truths, strict=True))
        p_all = sum(int(((p == number) & (t < 255)).sum()) for p, t in zip(predictions, truths, strict=True))
        t_all = sum(int((t == number).sum()) for t in truths)
        iou[number] = tp / (t_all + p_all - tp + 1e-10)
    return iou.mean() * 100


def of_dictionaries(folder, threshold):
    predictions = []
    for file in sorted(folder.glob("*.npy")):
        tensor = np.zeros((21, *SIZE), np.float32)
        for key, values in np.load(file, allow_pickle=True).item().items():
            tensor[key + (threshold is not None)] = values
        if threshold is not None:
            tensor[0] = threshold
        predictions.append(np.argmax(tensor, axis=0))
    return predictions


@pytest.mark.parametrize("name", ["irn", "rib"])
def test_irns_and_ribs_own_numbers(voc, tmp_path, name):
    (tmp_path / "maps").mkdir()
    files(tmp_path / "maps", voc[1], "irn")
    row, output = run(voc, tmp_path / "maps", "--protocol", name)
    thresholds = [0.15] if name == "irn" else [t / 100 for t in range(20, 50)]
    expected = [irns_miou(tmp_path / "maps", masks(voc[0]), t) for t in thresholds]
    np.testing.assert_allclose([value for _, value in row["curve"]], expected, rtol=1e-9)
    assert row["miou"] == pytest.approx(max(expected))
    assert f"protocol {name}, as {name.upper()}'s eval_cam.py" in output
    assert row["per_class"]["aeroplane"] is None


@pytest.mark.parametrize(("name", "thresholds"), [("oc-cse", [i / 100.0 + 0.1 for i in range(30)]),
                                                  ("seam", [i / 100.0 for i in range(60)])])  # fmt: skip
def test_oc_cses_and_seams_own_numbers(voc, tmp_path, name, thresholds):
    (tmp_path / "maps").mkdir()
    files(tmp_path / "maps", voc[1], "psa")
    row, output = run(voc, tmp_path / "maps", "--protocol", name)
    truths = masks(voc[0])
    expected = [seams_miou(of_dictionaries(tmp_path / "maps", t), truths) for t in thresholds]
    np.testing.assert_allclose([value for _, value in row["curve"]], expected, rtol=1e-9)
    assert (row["miou"], row["threshold"]) == (pytest.approx(max(expected)), thresholds[int(np.argmax(expected))])
    assert "mean over all classes" in output
    assert row["per_class"]["aeroplane"] == 0


def test_the_mean_is_over_vocs_21_where_the_data_have_fewer(voc, tmp_path):
    names = ("bird", "boat", "dog", "person", "sofa")
    lookup = np.array([0, *(names.index(n) + 1 if n in names else 0 for n in VOC_CLASSES), *[255] * 235], np.uint8)
    write_voc([replace(s, classes=names, mask=lookup[s.mask]) for s in voc[1]], tmp_path / "five", "train")
    (tmp_path / "maps").mkdir()
    files(tmp_path / "maps", voc[1], "psa")
    row, output = run((tmp_path / "five", voc[1]), tmp_path / "maps", "--protocol", "seam")
    whole, _ = run(voc, tmp_path / "maps", "--protocol", "seam")
    assert row["miou"] == pytest.approx(whole["miou"], rel=1e-12)
    assert "(21 with the background)" in output


def test_crf_files_have_no_threshold(voc, tmp_path):
    (tmp_path / "maps").mkdir()
    files(tmp_path / "maps", voc[1], "crf")
    row, output = run(voc, tmp_path / "maps", "--protocol", "oc-cse")
    assert row["miou"] == pytest.approx(seams_miou(of_dictionaries(tmp_path / "maps", None), masks(voc[0])))
    assert "finished pseudo masks" in output


@pytest.mark.parametrize("name", ["irn", "seam"])
def test_finished_masks_with_255(voc, tmp_path, name):
    (tmp_path / "maps").mkdir()
    predictions = []
    for seed, sample in enumerate(voc[1]):
        mask = np.where(maps_of(sample, seed)[0] > 0.5, VOC_CLASSES.index(sample.labels[0]) + 1, 0).astype(np.uint8)
        mask[30:50] = 255
        Image.fromarray(mask).save(tmp_path / "maps" / f"{sample.name}.png")
        predictions.append(mask)
    row, _ = run(voc, tmp_path / "maps", "--protocol", name)
    truths = masks(voc[0])
    if name == "seam":
        assert row["miou"] == pytest.approx(seams_miou(predictions, truths))
        return
    table = confusion([np.where(p == 255, 0, p) for p in predictions], truths)
    iou = np.diag(table) / np.maximum(table.sum(1) + table.sum(0) - np.diag(table), 1)
    assert row["miou"] == pytest.approx(iou[(table.sum(1) + table.sum(0)) > 0].mean() * 100)


def test_our_own_files_are_normalised_first_and_ribs_empty_ones_are_background(voc, tmp_path):
    import torch

    writers = {name: MapWriter(tmp_path / name, VOC_CLASSES, name) for name in ("ours", "psa")}
    for name, writer in writers.items():
        for seed, sample in enumerate(voc[1]):
            maps = maps_of(sample, seed) * 7
            writer.write(sample.name, StoredMaps(maps, np.zeros(len(maps)), sample.labels, SIZE))
        settings = {"method": "cam", **writer.settings()}
        (tmp_path / name / "settings.json").write_text(json.dumps(settings))
    rows = [run(voc, tmp_path / name, "--protocol", "seam")[0] for name in writers]
    assert rows[0]["curve"] == rows[1]["curve"]
    (tmp_path / "rib").mkdir()
    files(tmp_path / "rib", voc[1], "irn")
    np.save(tmp_path / "rib" / f"{voc[1][3].name}.npy", {"keys": torch.nonzero(torch.zeros(20))[:, 0]})
    row, _ = run(voc, tmp_path / "rib", "--protocol", "irn")
    assert row["per_class"]["bird"] == 0


def test_a_protocol_is_of_files(voc, tmp_path):
    result = CliRunner().invoke(command, ["--data", "scenes:test", "--protocol", "irn"])
    assert result.exit_code == 1
    assert "give --maps" in str(result.exception or result.output)
