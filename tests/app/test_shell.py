"""Pages before their scripts: what stands in them at once, and what passes untouched."""

from __future__ import annotations

import asyncio
import gzip
import re
from pathlib import Path

import pytest
import streamlit
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse
from starlette.types import Message

from wsss_viz.app import catalogue, shell
from wsss_viz.app.services.hero import hero

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"


def get(path: str, query: str = "", accepts: str = "") -> tuple[int, dict[str, str], str]:
    """Status, headers and text of an answer to GET through the middleware."""
    answers = {"/full": HTMLResponse("<p>Full</p>", 503), "/words": PlainTextResponse('<div id="root"></div>')}
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        await asyncio.sleep(3600)  # nothing more is said
        raise AssertionError

    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": []}
    if accepts:
        scope["headers"] = [(b"accept", b"text/html"), (b"accept-encoding", accepts.encode())]
    asyncio.run(shell.Shell(answers.get(path, GZipMiddleware(FileResponse(INDEX))))(scope, receive, send))
    start, *bodies = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    content = b"".join(body.get("body", b"") for body in bodies)
    assert int(headers.get("content-length", len(content))) == len(content)
    packed = headers.get("content-encoding") == "gzip"
    return start["status"], headers, (gzip.decompress(content) if packed else content).decode()


@pytest.mark.parametrize("name", ["compare", "learn"])
def test_a_page_says_what_it_is_before_its_scripts_and_its_stylesheet(name: str) -> None:
    _, headers, text = get(f"/{name}")
    entry = catalogue.named(name)
    assert f"<strong>{entry.title}</strong>" in text
    assert entry.summary.partition("'")[0] in text
    assert "etag" not in headers
    (sheet,) = re.finditer('rel="stylesheet"', text)
    assert text.index("wv-shell") < sheet.start(), "what waits for it is behind it"
    assert all(f"{{{word}}}" not in text for word in ("title", "lead", "picture", "style"))
    assert ".wv-brand" in text, "the app's own style is there before anything is drawn"


def test_a_browser_that_takes_packed_pages_gets_the_shell_packed() -> None:
    _, headers, text = get("/compare", accepts="gzip, br")
    assert headers["content-encoding"] == "gzip"
    assert "wv-shell" in text
    assert text == get("/compare")[2]


def test_room_is_left_for_the_sidebar_of_a_wide_window_only() -> None:
    text = get("/")[2]
    rule = text[text.index("@media (min-width: 769px)") :].partition("}\n")[0]
    assert ":not(:has([data-testid=stSidebar]))" in rule
    assert "padding-left: var(--wv-sidebar, 232px)" in rule


def test_other_answers_pass_as_they_are() -> None:
    status, _, text = get("/full")
    assert (status, text) == (503, "<p>Full</p>")
    assert get("/words")[2] == '<div id="root"></div>'


def test_the_first_photograph_is_there_at_once_unless_another_is_asked_for() -> None:
    shell.show_on_start(hero())
    text = get("/")[2]
    assert "Where does the classifier look?" in text
    assert 'src="data:image/jpeg;base64,' in text
    assert len(text) < 90_000, "two seconds at 50 kB/s"
    assert "data:image" not in get("/", "example=photos:cow")[2]
    assert "data:image" not in get("/compare")[2]


def test_every_class_and_key_of_the_style_is_on_a_page() -> None:
    """An element with the key K has the class `st-key-K`; a control's key is its page, its field and its variant."""
    folder, style = Path(shell.__file__).parent, shell.STYLE.read_text(encoding="utf-8")
    files = [file for kind in ("py", "js", "html") for file in folder.rglob(f"*.{kind}")]
    written = "\n".join(file.read_text(encoding="utf-8") for file in files)
    classes = set(re.findall(r"\.(wv-[a-z-]+)", style))
    assert {name for name in classes if not re.search(rf"{name}(?![a-z-])", written)} == set()

    def is_written(key: str) -> bool:
        page, _, field = key.partition("_")
        names = (key, field, field.partition("_")[0])
        made = f"{page}_{{" in written  # as in f"card_{name}"
        return made or any(f'"{name}"' in written for name in names if name)

    assert {key for key in re.findall(r"\.st-key-([\w-]+)", style) if not is_written(key)} == set()
