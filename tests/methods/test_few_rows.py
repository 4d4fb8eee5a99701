"""A method by a few rows of ImageNet's network, and the photographs' traces that were stored of it."""

import dataclasses

import numpy as np
import pytest

import wsss_viz
from wsss_viz.methods.few_rows import run_with_few_rows
from wsss_viz.models.classifier import Classifier
from wsss_viz.showcase.photographs import CLASSIFIER, read_photographs, with_classes
from wsss_viz.traces import Trace


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return wsss_viz.load(CLASSIFIER, "cpu")


def test_few_rows_are_those_of_the_whole_network_in_the_order_of_the_samples_classes(classifier: Classifier) -> None:
    koala = dataclasses.replace(wsss_viz.data.open("photos:koala")[0], classes=("giant panda", "koala"), mask=None)
    (step,) = run_with_few_rows("cam", classifier, koala)
    (whole,) = wsss_viz.methods.cam(classifier, koala)
    rows = [classifier.classes.index(name) for name in koala.classes]
    assert np.allclose(step.maps, whole.maps[rows], atol=1e-4)
    assert np.allclose(step.scores, whole.scores[rows], atol=1e-4)


def test_without_labels_the_class_with_the_highest_logit_among_the_samples_is_worked_on(classifier: Classifier) -> None:
    koala = wsss_viz.data.open("photos:koala")[0]
    unlabelled = dataclasses.replace(koala, classes=("tabby", "koala"), labels=None, mask=None)
    *_, last = run_with_few_rows("ae", classifier, unlabelled)
    assert last.targets == (1,)
    assert last.arrays["current"].shape[0] == last.arrays["all_scores"].shape[1] == len(last.maps) == 2


def test_what_looks_like_the_label_is_not_unlearnt_with_cs_aes_loss(classifier: Classifier) -> None:
    """The label's map is the same whatever is looked at beside it, with few rows and with all thousand."""
    koala = dataclasses.replace(wsss_viz.data.open("photos:koala")[0], classes=("koala",), mask=None)
    alike = dataclasses.replace(koala, classes=("indri", "koala", "wombat"))
    *_, alone = run_with_few_rows("cs-ae-single", classifier, koala, steps=2)
    *_, beside = run_with_few_rows("cs-ae-single", classifier, alike, steps=2)
    *_, whole = wsss_viz.methods.cs_ae_single(classifier, koala, steps=2)
    assert np.abs(alone.maps[0] - next(run_with_few_rows("cam", classifier, koala)).maps[0]).max() > 0.1
    for maps in (beside.maps[1], whole.maps[classifier.classes.index("koala")]):
        assert np.allclose(maps, alone.maps[0], atol=1e-3 * alone.maps.max())
    assert alone.loss == pytest.approx(beside.loss, rel=1e-4)
    assert alone.loss == pytest.approx(whole.loss, rel=1e-4)
    assert beside.terms["l_cls"] + beside.terms["l_cse"] == pytest.approx(beside.loss)


@pytest.mark.parametrize("method", ["cam", "ae"])
def test_what_was_stored_is_what_is_computed_pictures_included(classifier: Classifier, method: str) -> None:
    stored = read_photographs()
    dog = with_classes(wsss_viz.data.open("photos:dog")[0], stored.classes["photos:dog"])
    stored_trace = stored.trace(method, dog)
    computed = Trace.collect(run_with_few_rows(method, classifier, dog), method, dog.classes)
    assert stored_trace.classes == computed.classes
    assert len(stored_trace) == len(computed)
    assert np.allclose(stored_trace.maps, computed.maps, atol=0.01 * computed.maps.max())
    assert np.allclose(stored_trace.scores, computed.scores, atol=0.02)
    if method == "ae":
        erased = computed.steps[-1].arrays["all_erased"][0]
        assert np.mean(stored_trace.steps[-1].arrays["all_erased"][0] != erased) < 0.001
        assert stored_trace.steps[-1].image is not None
        assert stored_trace.steps[-1].image.shape == dog.image.shape
