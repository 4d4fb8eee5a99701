"""What holds of every method in the registry, whatever it computes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from tests.methods.test_erasing import photograph, small_network
from wsss_viz.data import Sample
from wsss_viz.errors import InputError
from wsss_viz.evaluation.runner import count_sample
from wsss_viz.evaluation.stored_maps import count_stored_sample
from wsss_viz.methods import METHODS, bind
from wsss_viz.methods.dataset_run import run_dataset
from wsss_viz.methods.views import MIRROR, MULTI_SCALE
from wsss_viz.models import Classifier
from wsss_viz.traces.map_folder import MapFolder, MapWriter

OPTIONS = {
    "ae": {"steps": 3, "threshold": 0.7},
    "cs-ae-single": {"steps": 2, "rate": 1e-3},
    "rib": {
        "steps": 2,
        "rate": 1e-3,
        "accumulate": "after",
        "augment": False,
        "companion_samples": [photograph(labels=("b",), seed=50 + i) for i in range(3)],
    },
    "iba": {"steps": 3, "batch": 2, "companion_samples": [photograph(seed=50 + i) for i in range(3)]},
}
OPTIONS["rib-bce"] = OPTIONS["rib"]
PARTNERS = ("ae", "gain", "cgnet")
every_method = pytest.mark.parametrize("name", list(METHODS))


def partner(seed: int) -> Classifier:
    """A network of the same classes that finds something else."""
    network = small_network()
    with torch.no_grad():
        network.head.weight.copy_(network.head.weight.roll(seed, 0))
    return network


@pytest.fixture
def networks():
    return {"ae": (partner(1), partner(2)), "gain": (partner(1),), "cgnet": (partner(2),)}


def bound(name, classifier, networks, **more):
    return bind(name, classifier, networks, **{**OPTIONS.get(name, {}), **more})


def steps(name, classifier, networks, sample, **more):
    return list(bound(name, classifier, networks, **more)(sample, MIRROR))


def same(first, second):
    assert len(first) == len(second) > 0
    for a, b in zip(first, second, strict=True):
        assert (a.index, a.targets, a.stop, a.sampled, a.terms) == (b.index, b.targets, b.stop, b.sampled, b.terms)
        np.testing.assert_array_equal(a.maps, b.maps)
        np.testing.assert_array_equal(a.scores, b.scores)
        assert a.arrays.keys() == b.arrays.keys()
        for key, values in a.arrays.items():
            np.testing.assert_array_equal(values, b.arrays[key])


@every_method
def test_whoever_stops_early_has_the_first_steps_of_the_whole_trace(name, networks):
    classifier, sample = small_network(), photograph()
    whole = steps(name, classifier, networks, sample)
    for count in range(1, len(whole)):
        same(list(islice(bound(name, classifier, networks)(sample, MIRROR), count)), whole[:count])


@every_method
def test_files_give_the_numbers_that_evaluate_gives_live(name, networks, tmp_path):
    mask = np.zeros((43, 61), np.uint8)
    mask[5:30, 4:33], mask[12:40, 30:58] = 1, 3
    sample = replace(photograph((43, 61)), mask=mask)
    for views in (MIRROR, MULTI_SCALE):
        of = list(bound(name, small_network(), networks)(sample, views))

        def run(sample, views, of=of):
            return iter(of)

        live, _ = count_sample(run, sample.classes, views, sample)
        assert 0 < live.intersection[30, 1:].sum() < live.target[1:].sum()
        for form in ("ours", "irn", "psa"):
            folder = tmp_path / f"{form}{views.count}"
            run_dataset(
                run, sample.classes, [sample], MapWriter(folder, sample.classes, form), views=views, settings={}
            )
            stored = count_stored_sample(MapFolder(folder, sample.classes), sample)
            for field in ("intersection", "predicted", "target"):
                np.testing.assert_array_equal(getattr(live, field), getattr(stored, field), f"{form}, {views.text}")


@every_method
def test_networks_stay_as_they_were_also_after_an_exception(name, networks):
    classifier, sample = small_network(), photograph()
    classifier.requires_grad_(True)
    everyone = [classifier, *(network for group in networks.values() for network in group)]
    before = [{key: value.clone() for key, value in network.state_dict().items()} for network in everyone]
    asked = [[p.requires_grad for p in network.parameters()] for network in everyone]
    random_state = torch.get_rng_state()
    steps(name, classifier, networks, sample)
    running = bound(name, classifier, networks)(sample, MIRROR)
    next(running)
    assert torch.is_grad_enabled()
    with pytest.raises(KeyError, match="the consumer failed"):
        running.throw(KeyError("the consumer failed"))
    abandoned = bound(name, classifier, networks)(sample, MIRROR)
    next(abandoned)
    abandoned.close()
    for network, kept, wanted in zip(everyone, before, asked, strict=True):
        assert not any(module.training for module in network.modules())
        assert [p.requires_grad for p in network.parameters()] == wanted
        assert all(p.grad is None for p in network.parameters())
        assert all(torch.equal(value, kept[key]) for key, value in network.state_dict().items())
        assert not any(module._forward_hooks or module._backward_hooks for module in network.modules())
    assert torch.equal(torch.get_rng_state(), random_state)


@every_method
def test_eight_threads_on_one_model_have_the_serial_steps(name, networks):
    classifier = small_network()
    samples = [photograph((32 + 8 * (seed % 3), 48), seed=seed) for seed in range(4)]
    alone = [steps(name, classifier, networks, sample) for sample in samples]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda i: steps(name, classifier, networks, samples[i % 4]), range(8)))
    for i, result in enumerate(together):
        same(result, alone[i % 4])


@every_method
def test_without_labels_the_top_score_is_looked_at_and_unknown_classes_are_said(name, networks):
    classifier = small_network()
    for labels in (None, ()):
        (target,) = {step.targets for step in steps(name, classifier, networks, photograph(labels=labels))}
        assert len(target) == 1
    with pytest.raises(InputError, match="no class 'violet'"):
        steps(name, classifier, networks, photograph(), classes=["violet"])
    plain = photograph()
    strange = Sample(plain.image, ("a", "violet"), ("a", "violet"), "s")  # a label that the classifier lacks
    lacking = steps(name, classifier, networks, strange)
    assert {step.targets for step in lacking} == {(0,)}


@every_method
def test_weights_that_are_not_numbers_are_said(name, networks):
    broken = small_network()
    broken.head.weight.data[0, 0] = float("nan")
    damaged = {role: tuple(broken for _ in group) for role, group in networks.items()}
    with pytest.raises(InputError, match=r"finite|NaN"):
        steps(name, broken, damaged, photograph())


@every_method
def test_a_class_whose_map_is_nowhere_positive_has_finite_steps(name, networks):
    classifier = small_network()
    everyone = [classifier, *(network for group in networks.values() for network in group)]
    x = classifier.preprocess(photograph().image)
    for network in everyone:  # the head of a against the features' mean: every cell of its map is below zero
        with torch.no_grad():
            network.head.weight[0] = -network.features(network.early(x)).mean(dim=(0, 2, 3))[:, None, None]
            assert network.maps(x)[0, 0].max() < 0
    for step in steps(name, classifier, networks, photograph(labels=("a",))):
        assert np.isfinite(step.maps).all()
        assert np.isfinite(list(step.terms.values())).all()


@pytest.mark.parametrize("name", ["ae", "cs-ae-single", "rib", "rib-bce"])
def test_without_steps_it_is_cam(name, networks):
    classifier, sample = small_network(), photograph()
    (only,) = steps(name, classifier, networks, sample, steps=0)
    (expected,) = steps("cam", classifier, networks, sample)
    np.testing.assert_allclose(only.maps, expected.maps, rtol=1e-5, atol=1e-6)
    assert only.targets == expected.targets
