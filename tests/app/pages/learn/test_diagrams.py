"""The schemes of GAIN and CS-AE hold the pictures and numbers of what the step shows."""

from __future__ import annotations

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.app.conftest import OpenPage
from wsss_viz.app.language import speaking
from wsss_viz.app.pages.learn import diagrams, examples, shared_network
from wsss_viz.app.pages.learn.syllabus import SYLLABUS
from wsss_viz.app.services import samples
from wsss_viz.app.widgets.markup import signed
from wsss_viz.data.png import data_address, thumbnail
from wsss_viz.traces import Step

NUMBERS = {topic.module: str(number) for number, topic in enumerate(SYLLABUS, start=1)}
PICTURE = re.compile(r'<img src="([^"]+)" alt="([^"]+)">')


def scheme(page: AppTest) -> str:
    """The only scheme of a page."""
    assert not page.exception
    assert not page.error
    (drawn,) = [element.value for element in page.html if element.value.startswith('<div class="wv-scheme"')]
    return str(drawn)


def address(image: np.ndarray) -> str:
    return data_address(thumbnail(image, diagrams.SIDE))


@pytest.mark.parametrize("source", ["photos:dog", "photos:koala"])
def test_cs_aes_scheme_shows_the_photograph_its_map_and_what_is_left(open_page: OpenPage, source: str) -> None:
    drawn = scheme(open_page("learn", answered="1", step=NUMBERS["sofa"], example=source))
    first = examples.photograph_lesson("beside", source).steps[1]
    sample = examples.beside(source)
    (image, whole), (overlay, found), (erased, left) = PICTURE.findall(drawn)
    assert image == address(sample.image)
    assert erased == address(first.arrays["all_images"][0])
    assert overlay not in (image, erased)
    name, other = sample.labels or ("", "")
    assert (whole, found, left) == ("the whole image", f"the map of {name}", f"the image with the {name} erased")
    for one, value in zip((name, other), first.arrays["all_scores"][0], strict=False):
        assert f"<em>{one} {signed(float(value))}</em>" in drawn
    assert "stands in for" in drawn, "nobody takes the map for one of CGNet's"


def test_on_a_drawn_scene_cs_aes_scheme_shows_what_its_two_networks_did(open_page: OpenPage) -> None:
    for source in examples.with_labels("sofa")[:2]:
        sample, trace = samples.scene(source), examples.trace(samples.scene(source), "cs-ae")
        (step,) = [one for one in trace if one.sampled == trace.classes.index("sofa")]
        drawn = scheme(open_page("learn", answered="1", step=NUMBERS["sofa"], sofa=source))
        (image, _), _, (erased, _) = PICTURE.findall(drawn)
        assert step.image is not None
        assert (image, erased) == (address(sample.image), address(step.image))
        for c in step.targets:
            for scores in (step.scores, step.arrays["after"]):
                assert f"<em>{trace.classes[c]} {signed(float(scores[c]))}</em>" in drawn
        assert "stands in for" not in drawn


def test_gains_scheme_is_of_the_scene_whose_mask_is_judged_beside_it(open_page: OpenPage) -> None:
    judge = shared_network.clearest(shared_network.judged())
    assert judge is not None
    drawn = scheme(open_page("learn", answered="1", step=NUMBERS["adversarial_erasing"]))
    assert PICTURE.findall(drawn)[2] == (address(judge.picture), f"the image with the {judge.name} erased")
    assert f"<em>{judge.name} {signed(judge.flowing.judged[judge.name])}</em>" in drawn
    assert 1 / (1 + np.exp(-judge.flowing.judged[judge.name])) == pytest.approx(judge.gain)


def test_the_map_is_bright_where_it_is_high_and_each_box_has_its_own_values() -> None:
    image, erased = np.full((4, 6, 3), 90, np.uint8), np.full((4, 6, 3), 7, np.uint8)
    maps = np.zeros((2, 2, 3), np.float32)
    maps[1, 0, 2], maps[0, 1, 0] = 3, 9
    after = np.array([1.25, -2.5], np.float32)
    step = Step(0, maps, np.array([4.0, 5.0], np.float32), targets=(0, 1), sampled=1, image=erased)
    step.arrays["after"] = after
    data = diagrams.flowing(step, ("cat", "cow"), image)
    assert (data.name, data.logits, data.judged) == ("cow", {"cat": 4, "cow": 5}, {"cat": 1.25, "cow": -2.5})
    np.testing.assert_array_equal(data.class_map, maps[1])
    with speaking("ko"):
        drawn = diagrams.cs_ae(data, "<note>")
    assert [alt for _, alt in PICTURE.findall(drawn)] == ["이미지 전체", "cow 맵", "cow을(를) 지운 이미지"]
    assert "&lt;note&gt;" in drawn
    first, second = drawn.split("↳")
    assert "<em>cow +5.0</em>" in first
    assert "<em>cow \N{MINUS SIGN}2.5</em>" in second
    head, branch = drawn.split('<div class="wv-branch">')
    assert (head.count("<img"), branch.count('<div class="wv-flow">')) == (2, 2), "logits and loss come of the map"
    assert branch.index("cow +5.0") < branch.index("↳") < branch.index("<img")
    assert "<img" not in diagrams.flow(diagrams.GAIN, "GAIN")


def test_the_indices_of_a_schemes_symbols_are_set_as_such() -> None:
    for drawn in (diagrams.flow(diagrams.GAIN, "GAIN: L = L_cl + α L_am"), diagrams.cs_ae(None, "")):
        assert "_" not in re.sub(r"<[^>]*>", "", drawn)
    assert "L = L<sub>cls</sub> + α L<sub>cse</sub>" in drawn
    assert "<b>x (1 − A<sub>r</sub>)</b>" in drawn
