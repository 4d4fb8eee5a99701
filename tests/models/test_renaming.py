"""A few rows of many, and other names for them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import wsss_viz
from tests.commands.test_run import run
from wsss_viz import data
from wsss_viz.data.coco_classes import COCO_CLASSES
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.sample import Sample
from wsss_viz.data.voc_writer import write_voc
from wsss_viz.errors import InputError
from wsss_viz.methods import rib
from wsss_viz.methods.binding import bind
from wsss_viz.methods.views import SINGLE
from wsss_viz.models.narrowing import narrow, narrow_to_top
from wsss_viz.models.renaming import RenamedClassifier, for_data_set, renamed
from wsss_viz.models.synsets import nearest, synsets_of, weakness
from wsss_viz.traces.storage import read_maps


@pytest.fixture(scope="module")
def classifier():
    network = wsss_viz.load("imagenet-efficientnet-lite0", device="cpu")
    network.preprocessing = replace(network.preprocessing, short_side=128)
    return network


@pytest.fixture(scope="module")
def dog():
    return data.open("photos")[0]


def test_few_rows_give_the_same_maps_and_logits_and_share_the_stages(classifier, dog):
    few = narrow(classifier, ["macaw", "German shepherd"])
    x = few.preprocess(dog.image)
    rows = [classifier.classes.index("macaw"), classifier.classes.index("German shepherd")]
    assert torch.allclose(few.maps(x), classifier.maps(x)[:, rows], atol=1e-5)
    assert torch.allclose(few.logits(x), classifier.logits(x)[:, rows], atol=1e-5)
    assert few.stages[8] is classifier.stages[8]
    assert (few.split, few.stride, few.layout) == (7, 16, "efficientnet-lite")
    assert not few.training
    with pytest.raises(InputError, match="no class 'unicorn'"):
        narrow(classifier, ["unicorn"])
    with pytest.raises(InputError, match="none of these classes"):
        narrow(classifier, [])


def test_ribs_maps_do_not_depend_on_how_many_rows_there_are(classifier, dog):
    options = {"steps": 2, "rate": 1e-4, "companions": 0}
    maps = []
    for names in (["German shepherd"], ["tench", "German shepherd", "macaw"]):
        few = narrow(classifier, names)
        *_, last = rib(few, replace(dog, classes=dog.classes), **options)
        maps.append(last.maps[names.index("German shepherd")])
    assert np.allclose(maps[0], maps[1], atol=1e-4)


def test_the_top_classes_and_the_labels(classifier, dog):
    few = narrow_to_top(classifier, dog.image, ["tench"], 5)
    assert len(few.classes) == 5
    assert few.classes[0] == "tench"
    logits = classifier.logits(classifier.preprocess(dog.image))[0]
    assert few.classes[1:] == tuple(classifier.classes[i] for i in logits.topk(4).indices)


def test_every_class_of_voc_has_synsets_and_all_are_classes_of_the_network(classifier):
    for name in (*VOC_CLASSES, *COCO_CLASSES):
        assert set(synsets_of(name)) <= set(classifier.classes), name
    assert all(synsets_of(name) for name in VOC_CLASSES)
    assert len(synsets_of("dog")) == 118
    assert {"hen", "macaw", "king penguin"} <= set(synsets_of("bird"))
    disjoint = [name for name in VOC_CLASSES if name != "pottedplant"]
    every = [synset for name in disjoint for synset in synsets_of(name)]
    assert len(every) == len(set(every))
    assert weakness("chair")
    assert weakness("dining table")
    assert not weakness("dog")


def test_names_that_are_none_of_the_networks_have_their_nearest(classifier):
    assert nearest("giraffe", classifier.classes) == ("impala", "gazelle", "Arabian camel")
    assert nearest("zebras", classifier.classes) == ("zebra",)
    with pytest.raises(InputError, match=r"knows none of the classes giraffe.*nearest to 'giraffe': impala"):
        renamed(classifier, ["giraffe"])
    coco = renamed(classifier, COCO_CLASSES)
    assert "kite" in coco.missing  # ImageNet's kite is a bird
    assert any(note.startswith("giraffe: the network has no such class, nearest are impala") for note in coco.notes)


def test_a_class_is_seen_by_three_synsets_and_looked_at_by_the_best(classifier, dog):
    voc = renamed(classifier, VOC_CLASSES)
    assert (voc.classes, voc.missing) == (VOC_CLASSES, ())
    z = classifier.logits(classifier.preprocess(dog.image))[0]
    rows = [classifier.classes.index(name) for name in synsets_of("dog")]
    scores, best = voc.logits(dog.image)
    place = VOC_CLASSES.index("dog")
    assert float(scores[place]) == pytest.approx(float(z[rows].sort().values[-3:].mean()))
    assert best[place] == rows[int(z[rows].argmax())]
    assert voc.recognise(dog.image, at_least=99.0) == ("dog",)
    few = voc.for_image(dog.image, ["koala"])
    assert few.classes == (*VOC_CLASSES, "koala")
    x = few.preprocess(dog.image)
    assert torch.allclose(few.maps(x)[0, place], classifier.maps(x)[0, best[place]], atol=1e-5)


def test_what_is_looked_with_depends_on_the_data_sets_names(classifier):
    assert for_data_set(classifier, ()) is classifier
    assert for_data_set(classifier, ("a", "b")) is classifier
    assert for_data_set(classifier, ("koala", "hen")).classes == ("koala", "hen")
    assert isinstance(for_data_set(classifier, VOC_CLASSES), RenamedClassifier)
    scenes = wsss_viz.load("scenes-classifier", device="cpu")
    assert for_data_set(scenes, VOC_CLASSES) is scenes


@pytest.mark.parametrize("method", ["cam", "rib"])
def test_methods_run_under_vocs_names_with_and_without_labels(classifier, dog, method):
    run_method = bind(
        method, renamed(classifier, VOC_CLASSES), **({"steps": 1, "companions": 1} if method == "rib" else {})
    )
    sample = Sample(dog.image[::2, ::2], VOC_CLASSES, None, "dog")
    *_, last = run_method(sample, SINGLE)
    assert (last.maps.shape[0] > 20) == (method == "rib")  # which has its companions' classes too
    assert last.targets[0] == VOC_CLASSES.index("dog")


def test_inspect_says_what_is_weak_under_vocs_names(capsys):
    code, printed, _ = run(capsys, "inspect", "imagenet-efficientnet-lite0")
    assert code == 0
    assert (
        "as VOC      20 of 20 classes by their synsets; weak: bottle, chair, cow, diningtable, horse, person" in printed
    )


def test_maps_and_evaluate_on_a_voc_folder_without_training(tmp_path, capsys):
    write_voc(data.open("photos@voc")[:2], tmp_path / "voc", "train")
    source = f"voc:{tmp_path / 'voc'}:train"
    options = ("--classifier", "imagenet-efficientnet-lite0", "--data", source, "--views", "single")
    code, printed, notes = run(capsys, "evaluate", "--methods", "cam", *options, "--threshold", "0.3")
    assert code == 0
    assert "thresholds from outside: 0.30 for all" in printed
    assert "note: person: ImageNet has no person" in notes
    code, _, _ = run(capsys, "maps", *options, "--out", tmp_path / "maps")
    assert code == 0
    stored = read_maps(tmp_path / "maps" / "dog.npz")
    assert stored.keys == ("dog",)
    assert stored.maps.shape[0] == 1
