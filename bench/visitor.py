"""A visitor without a browser: Streamlit's websocket protocol, spoken as its front end does.

It keeps what the last run of the page put on the screen, asks fragments to run again as often as the page wants, and
sends no widget states but those of what it uploaded, so every page runs with what its address says.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import secrets
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import websockets
from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

LARGEST_MESSAGE = 64 * 2**20
BUSY = "Busy, about"
COOKIE = "_streamlit_xsrf"
OWN = ("compare", "source=own&methods=cam")
"""Page and query of a picture of one's own."""


@dataclass
class Seen:
    """What one visit of a page gave.

    Attributes:
        seconds: from the request to the end of the run, and to the first content of the viewer (None: there was none).
        contents: the viewer's payloads in the order they came, as the SHA-256 of their canonical JSON.
        content: the last of them.
        bytes: received.
        trouble: exceptions and error boxes that the page showed.
        busy: how often it said that others are first.
        pictures: addresses of its pictures, in the order they came.
        downloads: of files that are made when they are asked for, by the buttons' labels.
        fields: of uploads, by their keys.
    """

    seconds: float = 0.0
    first: float | None = None
    contents: list[str] = field(default_factory=list)
    content: Any = None
    bytes: int = 0
    trouble: list[str] = field(default_factory=list)
    busy: int = 0
    pictures: list[str] = field(default_factory=list)
    downloads: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)

    def add(self, again: Seen) -> None:
        """What a later run of the same page gave, without its seconds."""
        self.contents += again.contents
        self.content = again.content if again.content is not None else self.content
        self.bytes += again.bytes
        self.trouble += again.trouble
        self.busy += again.busy
        self.pictures += again.pictures
        self.downloads.update(again.downloads)
        self.fields.update(again.fields)


class Visitor:
    """One session. To be used as `async with Visitor(address) as visitor`.

    Args:
        cookie: sent with every request.
    """

    def __init__(self, address: str, cookie: str = "") -> None:
        self.address, self._cookie = address, cookie
        self.session = self._page = ""
        self._at: tuple[str, str] | None = None
        self._socket: Any = None
        self._fragments: dict[str, float] = {}
        self._states: dict[str, WidgetState] = {}

    async def __aenter__(self) -> Visitor:
        parts = urlsplit(self.address)
        self._socket = await websockets.connect(
            f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}/_stcore/stream",
            additional_headers={"Cookie": self._cookie} if self._cookie else None,
            origin=self.address,  # type: ignore[arg-type]
            subprotocols=["streamlit"],  # type: ignore[list-item]
            max_size=LARGEST_MESSAGE,
            open_timeout=120,
            ping_timeout=None,
        )
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self._socket.close()

    @property
    def going(self) -> bool:
        """Whether the page has more to come."""
        return bool(self._fragments)

    async def visit(self, page: str, query: str = "", patience: float = 300.0) -> Seen:
        """Opens `/page?query` in this session and waits for the end of the run."""
        return await self._run(Seen(), patience, page=page, query=query)

    async def settled(self, page: str, query: str, patience: float = 600.0) -> Seen:
        """The same, and lets the page's fragments run again until it asks for no more: until its jobs have ended."""
        start = time.perf_counter()
        seen = await self.visit(page, query, patience)
        while self._fragments and not seen.trouble and time.perf_counter() - start < patience:
            await asyncio.sleep(min(self._fragments.values()))
            waited = time.perf_counter() - start
            again = await self._run(Seen(), patience, page=page, query=query, fragment=next(iter(self._fragments)))
            if seen.first is None and again.first is not None:
                seen.first = waited + again.first
            seen.add(again)
        seen.seconds = time.perf_counter() - start
        return seen

    async def upload(self, key: str, name: str, data: bytes, page: str, query: str = "", patience: float = 600) -> Seen:
        """Opens a page that has the field of that key, and gives it a file; what was seen from then on.

        Raises:
            urllib.error.HTTPError: the server does not take it.
        """
        opened = await self.settled(page, query, patience)
        start = time.perf_counter()
        widget, message = opened.fields[key], BackMsg()
        message.file_urls_request.request_id = secrets.token_hex(8)
        message.file_urls_request.session_id = self.session
        message.file_urls_request.file_names.append(name)
        answer = await self._asked(message, "file_urls_response", patience)
        urls = answer.file_urls_response.file_urls[0]
        await asyncio.to_thread(self._put, urls.upload_url, name, data)
        state = self._states[widget] = WidgetState(id=widget)
        state.file_uploader_state_value.uploaded_file_info.add(
            file_id=urls.file_id, name=name, size=len(data), file_urls=urls
        )
        seen = await self.settled(page, query, patience)
        seen.seconds = time.perf_counter() - start
        return seen

    async def download(self, file: str, patience: float = 600.0) -> bytes:
        """A file that is made when it is asked for: one of `Seen.downloads`; b"" where the server makes none."""
        message = BackMsg()
        message.backend_operation_request.request_id = secrets.token_hex(8)
        message.backend_operation_request.session_id = self.session
        message.backend_operation_request.deferred_file.file_id = file
        answer = await self._asked(message, "backend_operation_response", patience)
        url = answer.backend_operation_response.deferred_file.url
        return await self.fetch(url) if url else b""

    async def fetch(self, url: str) -> bytes:
        """What stands at a path of the server."""
        return await asyncio.to_thread(self._get, url)

    def _get(self, url: str) -> bytes:
        request = urllib.request.Request(f"{self.address}{url}", headers={"Cookie": self._cookie})
        with urllib.request.urlopen(request, timeout=120) as answer:
            content: bytes = answer.read()
        return content

    def _put(self, url: str, name: str, data: bytes) -> None:
        with urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=120) as answer:
            cookie = answer.headers["Set-Cookie"].partition(";")[0]
        boundary = secrets.token_hex(16)
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'.encode()
        request = urllib.request.Request(
            f"{self.address}{url}",
            b"".join((head, data, f"\r\n--{boundary}--\r\n".encode())),
            {
                "Content-Type": f"multipart/form-data; boundary={boundary}",
                "Cookie": f"{cookie}; {self._cookie}",
                "X-Xsrftoken": cookie.removeprefix(f"{COOKIE}="),
            },
            method="PUT",
        )
        urllib.request.urlopen(request, timeout=120).close()

    async def _asked(self, message: BackMsg, kind: str, patience: float) -> ForwardMsg:
        await self._socket.send(message.SerializeToString())
        return await self._until(lambda answer: answer.WhichOneof("type") == kind, Seen(), patience)

    async def _run(self, seen: Seen, patience: float, *, page: str, query: str, fragment: str = "") -> Seen:
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = page
        if fragment:
            message.rerun_script.fragment_id, message.rerun_script.page_script_hash = fragment, self._page
            message.rerun_script.is_auto_rerun = True
        else:  # in one session a browser comes to another address of its own accord by Back and Forward alone
            message.rerun_script.is_history_navigation = self._at not in (None, (page, query))
            self._at = page, query
        message.rerun_script.widget_states.widgets.extend(self._states.values())
        start = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        await self._until(_ends_run, seen, patience, start)
        seen.seconds = time.perf_counter() - start
        return seen

    async def _until(
        self, ends: Callable[[ForwardMsg], bool], seen: Seen, patience: float, start: float = 0.0
    ) -> ForwardMsg:
        """Takes what comes until the message that `ends` it."""
        async with asyncio.timeout(patience):
            while True:
                data = await self._socket.recv()
                seen.bytes += len(data)
                answer = ForwardMsg()
                answer.ParseFromString(data)
                kind = answer.WhichOneof("type")
                if kind == "new_session" and not answer.metadata.run.fragment_ids:
                    self.session = answer.new_session.initialize.session_id
                    self._fragments.clear()
                elif kind == "navigation":
                    self._page = answer.navigation.page_script_hash
                elif kind == "delta":
                    self._note(answer.delta, seen, start)
                elif kind == "auto_rerun":
                    self._fragments[answer.auto_rerun.fragment_id] = answer.auto_rerun.interval
                elif kind == "stop_auto_rerun":
                    self._fragments.pop(answer.stop_auto_rerun.fragment_id, None)
                if ends(answer):
                    return answer

    @staticmethod
    def _note(delta: Any, seen: Seen, start: float) -> None:
        if delta.WhichOneof("type") != "new_element":
            return
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            seen.trouble.append(f"{element.exception.type}: {element.exception.message}"[:200])
        elif kind == "alert" and element.alert.format == element.alert.ERROR:
            seen.trouble.append(element.alert.body[:200])
        elif kind == "alert":
            seen.busy += element.alert.body.startswith(BUSY)
        elif kind == "imgs":
            seen.pictures += [image.url for image in element.imgs.imgs]
        elif kind == "download_button" and element.download_button.deferred_file_id:
            seen.downloads[element.download_button.label] = element.download_button.deferred_file_id
        elif kind == "file_uploader":
            seen.fields[element.file_uploader.id.rpartition("-")[2]] = element.file_uploader.id
        elif kind == "bidi_component" and element.bidi_component.json:
            content = json.loads(element.bidi_component.json).get("content")
            if content is not None:
                seen.first = seen.first or time.perf_counter() - start
                seen.content = content
                seen.contents.append(digest(content))


def _ends_run(answer: ForwardMsg) -> bool:
    ended = answer.WhichOneof("type") == "script_finished"
    return ended and answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN


def noise(seed: int) -> bytes:
    """A picture to upload, of about 9 MB."""
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (1700, 1800, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def digest(content: Any) -> str:
    """SHA-256 of the content's canonical JSON."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
