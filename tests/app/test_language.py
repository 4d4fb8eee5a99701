"""Start and Learn in Korean: every text has its translation, and sessions of two languages do not mix."""

from __future__ import annotations

import ast
import html
import re
import string
import threading
from functools import cache
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import wsss_viz.app
from tests.app.conftest import OpenPage
from wsss_viz.app import language
from wsss_viz.app.language import LANGUAGES, LOCALE, messages, read_catalogue, speaking, tr
from wsss_viz.app.pages.learn.syllabus import SYLLABUS, lesson
from wsss_viz.app.shell import ROOT, furnished
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.learning import LESSONS
from wsss_viz.app.widgets.component_files import speaking_script, spoken, words_of
from wsss_viz.app.widgets.component_files import texts_of as texts_of_script
from wsss_viz.app.workspace import SHIPPED
from wsss_viz.evaluation.published.since import SUPERVISIONS
from wsss_viz.gradients.published import NOTE
from wsss_viz.methods.catalogue import METHODS

APP = Path(wsss_viz.app.__file__).parent
FROM_THE_LIBRARY = {
    NOTE,
    "one mask for all labels",  # a control of the stored report, on Results
    "control: one mask for all labels",
    "longer training",
    "control: longer training",
    "the first 150 of scenes:val",  # where its thresholds are from
    "RIB's figure, read off",
    *SUPERVISIONS.values(),
    *(shipped.name for shipped in SHIPPED.values()),
    *(method.title for method in METHODS.values()),
}
"""Texts that the pages translate and that the library, which has one language, holds."""
KOREAN = LOCALE / "ko" / "LC_MESSAGES" / "wsss_viz.po"


@cache
def marked() -> frozenset[str]:
    """Every text that the app's sources hand to `tr` or `mark`."""
    found = set(FROM_THE_LIBRARY)
    for path in (APP / "widgets").rglob("*.html"):
        found.update(words_of(path.read_text(encoding="utf-8")))
    for path in (APP / "widgets").rglob("*.js"):
        found.update(texts_of_script(path.read_text(encoding="utf-8")))
    for path in APP.rglob("*.py"):
        if path.name == "language.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("tr", "mark"):
                first = node.args[0]
                if isinstance(first, ast.Constant) and first.value:
                    found.add(first.value)
                assert not isinstance(first, ast.JoinedStr), f"{path.name}:{node.lineno}: a template has named fields"
    return frozenset(found)


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_every_text_has_its_translation_and_none_is_left_over() -> None:
    translated = messages("ko")
    assert sorted(marked() - set(translated)) == []
    assert sorted(set(translated) - marked()) == []
    text = KOREAN.read_text(encoding="utf-8")
    assert "fuzzy" not in text
    assert len(re.findall(r"^msgid ", text, re.MULTILINE)) == len(translated) + 1


def test_a_translation_has_the_fields_of_its_text() -> None:
    for text, translation in messages("ko").items():
        if re.search(r"\{[a-z]", text):
            assert fields(text) == fields(translation), text
        assert text[:1].isspace() == translation[:1].isspace(), text
        assert text[-1:].isspace() == translation[-1:].isspace(), text
        assert text.count("$") % 2 == translation.count("$") % 2, text
        for mark in ("<b>", "</b>", "<kbd>", "**", "`"):
            assert text.count(mark) == translation.count(mark), text


def test_a_catalogue_leaves_out_what_is_empty_or_fuzzy() -> None:
    text = 'msgid ""\nmsgstr "Language: ko\\n"\n\nmsgid "a"\nmsgstr ""\n"가"\n"나"\n\nmsgid "b"\nmsgstr ""\n'
    assert read_catalogue(text + '\n#, fuzzy\nmsgid "c"\nmsgstr "다"\n') == {"a": "가나"}


def test_a_text_is_translated_before_its_fields_are_filled() -> None:
    with speaking("ko"):
        assert tr("{count} answers", count=3) == "답 3개"
        assert tr("no such text {x}", x=1) == "no such text 1"
    assert tr("{count} answers", count=3) == "3 answers"


ENGLISH = re.compile(r"[A-Za-z][A-Za-z'-]+(?: [A-Za-z][A-Za-z'-]+){3,}")
"""More than three words of it in a row."""
TERMS = (
    "global non-discriminative region pooling",
    "reducing the information bottleneck",
    "Cover and Thomas, Elements of Information Theory",
)


def texts_of(page: AppTest) -> list[str]:
    """All that a page says, in words."""
    kinds = (page.title, page.html, page.markdown, page.caption, page.info, page.warning)
    said = [str(element.value) for kind in kinds for element in kind]
    for kind in (page.button, page.selectbox, page.slider, page.toggle):
        said += [text for element in kind for text in (element.label, element.proto.help)]
    said += [option.content for group in page.get("button_group") for option in group.proto.options]
    said += [link.proto.label for link in page.get("page_link")]
    said += [expander.proto.popover.label for expander in page.get("popover")]
    plain = (re.sub(r"<style>.*?</style>|<[^>]*>", " ", text, flags=re.DOTALL) for text in said)
    return [html.unescape(text) for text in plain if text.strip()]


def english_in(page: AppTest) -> list[str]:
    """What is left of English sentences on a page."""
    found: list[str] = []
    for text in texts_of(page):
        without = re.sub("|".join(TERMS), "", text)
        found += ENGLISH.findall(without)
    return found


@pytest.mark.parametrize("step", range(1, LESSONS + 1))
def test_a_step_speaks_korean(open_page: OpenPage, step: int) -> None:
    page = open_page("learn", step=str(step), answered="1", lang="ko")
    assert not page.exception
    assert english_in(page) == []
    with speaking("ko"):
        assert [title.value for title in page.title] == [lesson(step, ViewState(step=step)).claim]


def test_start_speaks_korean_and_its_links_keep_the_language(open_page: OpenPage) -> None:
    page = open_page(lang="ko")
    assert not page.exception
    assert [title.value for title in page.title] == ["분류기는 어디를 볼까요?"]
    assert english_in(page) == []
    assert all("lang=ko" in link.proto.query_string for link in page.get("page_link"))
    page.button(key="language_en").click().run()
    assert [title.value for title in page.title] == ["Where does the classifier look?"]
    assert page.query_params["lang"] == "en"


def test_an_unanswered_step_asks_in_korean_and_keeps_the_language_from_step_to_step(open_page: OpenPage) -> None:
    page = open_page("learn", step="3", lang="ko")
    assert [title.value for title in page.title] == [messages("ko")[SYLLABUS[2].asks]]
    assert english_in(page) == []
    page.button(key="after").click().run()
    assert page.query_params == {"step": "4", "lang": "ko"}


def test_the_address_decides_else_the_browser() -> None:
    assert language.preferred("ko-KR") == "ko"
    assert language.preferred("fr,de;q=0.5") == "en"
    assert ViewState.from_query({"lang": "ko"})[0].lang == "ko"
    state, notes = ViewState.from_query({"lang": "xx"})
    assert state.lang == ""
    assert "one of en, ko" in notes[0]


def test_the_page_before_its_scripts_speaks_the_language_too() -> None:
    page = b'<html lang="en"><body>' + ROOT + b"</body></html>"
    for query, accepted, named in (("", "ko-KR,ko;q=0.9", "ko"), ("lang=ko", "en", "ko"), ("lang=en", "ko", "en")):
        shell = furnished(page, "/learn", query, accepted).decode()
        assert f'<html lang="{named}"' in shell
        assert (">강의<" in shell) == (named == "ko")


def test_threads_of_two_languages_do_not_mix() -> None:
    said: dict[str, set[str]] = {name: set() for name in LANGUAGES}
    both = threading.Barrier(len(LANGUAGES))

    def speak(name: str) -> None:
        with speaking(name):
            both.wait()
            for _ in range(500):
                said[name].add(tr("Ground truth"))

    threads = [threading.Thread(target=speak, args=(name,)) for name in LANGUAGES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {"en": {"Ground truth"}, "ko": {"정답"}}


def test_what_is_kept_between_sessions_has_no_language(open_page: OpenPage) -> None:
    """Each language is asked after the other, over warm caches, at steps whose averages and pictures are kept."""
    for step in (5, 7, 13):
        korean = texts_of(open_page("learn", step=str(step), answered="1", lang="ko"))
        english = texts_of(open_page("learn", step=str(step), answered="1", lang="en"))
        again = texts_of(open_page("learn", step=str(step), answered="1", lang="ko"))
        assert korean == again
        without_switch = [text for text in english if text != LANGUAGES["ko"]]
        assert not any(re.search("[가-힣]", text) for text in without_switch)


def test_the_viewers_controls_are_named_in_the_pages_language() -> None:
    source = (APP / "widgets" / "viewer" / "viewer.html").read_text(encoding="utf-8")
    assert spoken(source) == source
    with speaking("ko"):
        korean = spoken(source)
    assert '>레이아웃 <select name="layout" aria-label="레이아웃">' in korean
    assert '<option value="difference">차이</option>' in korean
    assert re.sub('>[^<>]*<|(aria-label|title)="[^"]*"', "", korean) == re.sub(
        '>[^<>]*<|(aria-label|title)="[^"]*"', "", source
    ), "only words differ"


def test_the_viewers_script_has_its_texts_in_the_pages_language() -> None:
    script = 'const TEXTS = {}\nsay("Pause")\nmarked("no such text")'
    assert speaking_script(script) == script
    with speaking("ko"):
        assert speaking_script(script).startswith('const TEXTS = {"Pause": "멈춤"}\n')
