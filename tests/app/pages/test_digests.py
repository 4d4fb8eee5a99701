"""Every panel has the digest of the image that it is of, and one of another image than the page's is never drawn."""

from __future__ import annotations

import pytest

from tests.app.conftest import OpenPage
from wsss_viz.app import caching, session
from wsss_viz.app.pages.gradients import panels as gradient_panels
from wsss_viz.app.pages.learn import examples
from wsss_viz.app.pages.learn.syllabus import SYLLABUS
from wsss_viz.app.services import samples
from wsss_viz.app.services.gradients import Picture
from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.viewer.content import STALE, Content
from wsss_viz.showcase.photograph_lessons import BESIDE

NUMBERS = {topic.module: number for number, topic in enumerate(SYLLABUS, start=1)}
WITH_A_VIEWER = (
    "class_map",
    "discriminative_part",
    "still_seen",
    "adversarial_erasing",
    "sofa",
    "last_sigmoid",
    "pipeline",
)


@pytest.fixture
def contents(monkeypatch: pytest.MonkeyPatch) -> list[Content]:
    """What viewers are given, in order."""
    given: list[Content] = []
    checked = Content.__post_init__

    def noted(content: Content) -> None:
        given.append(content)
        checked(content)

    monkeypatch.setattr(Content, "__post_init__", noted)
    return given


@pytest.mark.parametrize("name", ["start", "compare", "erasing"])
def test_every_panel_has_the_digest_of_its_image(open_page: OpenPage, contents: list[Content], name: str) -> None:
    page = open_page(name, example="photos:koala", methods="cam")
    assert not page.exception
    expected = caching.digest(samples.photograph("koala").image)
    content = contents[-1]
    assert content.image == expected
    assert {panel.image for panel in content.panels} == {expected}


def test_every_step_of_the_lecture_has_them_too(open_page: OpenPage, contents: list[Content]) -> None:
    page = open_page("learn")
    contents.clear()
    for name in WITH_A_VIEWER:
        page.query_params["answered"], page.query_params["step"] = "1", str(NUMBERS[name])
        assert not page.run().exception
    titles = {tuple(panel.title for panel in content.panels) for content in contents}
    assert len(titles) == len(WITH_A_VIEWER)
    for content in contents:
        # two photographs in one picture are drawn smaller than they are looked at
        whole = examples.beside("photos:dog") if BESIDE in content.sample.name else content.sample
        assert whole.name == content.sample.name
        assert content.image == caching.digest(whole.image)
        assert {panel.image for panel in content.panels} == {content.image}


@pytest.mark.parametrize("name", ["start", "compare"])
def test_panels_of_another_image_than_the_pages_show_none_of_it(
    open_page: OpenPage, contents: list[Content], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "subject", lambda: "the digest of an upload")
    page = open_page(name, example="photos:koala", methods="cam")
    assert not page.exception
    for panel in contents[-1].panels:
        assert (panel.steps, panel.missing, panel.truth) == ((), STALE, False)


def test_erasing_and_gradients_draw_nothing_of_another_image(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    strip = gradient_panels.strip

    def noted(picture: Picture, state: ViewState) -> None:
        drawn.append(picture.digest)
        strip(picture, state)

    monkeypatch.setattr(gradient_panels, "strip", noted)
    for subject in ("toy", "photos", "scenes"):
        assert not open_page("gradients", subject=subject).exception
    assert len(drawn) == 3
    monkeypatch.setattr(session, "subject", lambda: "the digest of an upload")
    for subject in ("toy", "photos", "scenes"):
        assert not open_page("gradients", subject=subject).exception
    assert len(drawn) == 3
    page = open_page("erasing", example="photos:koala", mode="ae")
    assert not page.exception
    assert not [viewer for viewer in page.get("bidi_component") if "viewer_erasing" in viewer.proto.id]
