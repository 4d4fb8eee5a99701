"""What the server does besides running pages: the gate, answer headers, and warming up while the first page loads."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime import get_instance

from wsss_viz.app import collecting
from wsss_viz.app.gate import Gate
from wsss_viz.app.gate.door import door_of_this_server
from wsss_viz.app.gate.limits import limits_of_this_server
from wsss_viz.app.gate.log import spare_the_log
from wsss_viz.app.gate.visitors import Visitors
from wsss_viz.app.lingering import linger
from wsss_viz.app.settings import threads
from wsss_viz.app.shell import Shell, show_on_start
from wsss_viz.app.turns import turns

MAIN = Path(__file__).parent / "script" / "main.py"
PATIENCE = 3.0
"""Seconds that the warm-up waits for a first page: one that is precomputed needs nothing of it, only its processor."""
LOWER = 5
"""How much nicer the warm-up is: a third of the weight of pages. With 10 a page that waited for what it was just
reading waited for a tenth of a busy machine."""
SWITCH = 0.0005
"""Seconds for which a thread may keep Python's lock from others: a page's run gives it up hundreds of times, at each
look at a file or at Streamlit's configuration, and would wait Python's 5 ms each time while maps are computed."""
_first_page = threading.Event()

# Streamlit's page has an inline script and inline styles and loads components' scripts from blobs.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


CHARTED = ("/information", "/gradients", "/results", "/videos")
"""Pages whose default view has a plotly chart."""


@cache
def chart_script() -> str:
    """The path of plotly's script under the server's root, "" where Streamlit has moved it."""
    import streamlit

    scripts = sorted(Path(streamlit.__file__).parent.glob("static/static/js/PlotlyChart.*.js"))
    return f"./static/js/{scripts[0].name}" if scripts else ""


def chart_hint(path: str) -> str:
    """The value of a Link header for the page of that path: 4.7 MB that the browser need not wait to be told of.

    A page with a chart has the script fetched and compiled beside Streamlit's own; from any other page it is fetched
    when the browser has nothing else to do, so that a later page finds it there.
    """
    script = chart_script()
    if not script:
        return ""
    return f"<{script}>; rel=modulepreload" if path.rstrip("/").endswith(CHARTED) else f"<{script}>; rel=prefetch"


class SecurityHeaders:
    """ASGI middleware: adds `HEADERS` to every HTTP answer, and `chart_hint` to pages; websockets pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if headers.get("content-type", "").startswith("text/html") and (hint := chart_hint(scope["path"])):
                    headers["Link"] = hint
            await send(message)

        await self.app(scope, receive, with_headers)


def middleware() -> list[Middleware]:
    """For `st.App`."""
    stay_offline()
    collecting.share_memory_of_threads()
    compute_on(threads())
    gate = Middleware(Gate, limits=limits_of_this_server(), door=door_of_this_server())
    return [Middleware(SecurityHeaders), gate, Middleware(Shell)]


def compute_on(count: int) -> None:
    """Has torch take `count` threads for each piece of work, in whichever thread of the server that is done.

    With one, what a visitor is given does not depend on who else is there, and is what `maps` writes; several visitors
    use several cores.
    """
    os.environ["OMP_NUM_THREADS"] = str(count)  # read when torch is imported
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(count)


def stay_offline() -> None:
    """Streamlit asks a host on the internet for its own address, to print it and for every origin it does not know."""
    from streamlit import net_util

    net_util.get_external_ip = lambda: None


def left(session: str) -> None:
    """A tab is gone: what was computed for it alone stops, and the room it asked waits a moment for it."""
    from wsss_viz.app.services.jobs.panel import jobs
    from wsss_viz.app.services.rooms import rooms

    jobs().leave(session)
    turns().leave(session)
    rooms().leave(session)


def warm_up() -> None:
    """Draws and computes the default view, so that the first visitor waits for neither torch nor the checkpoint.

    Then two steps of RIB, by the process that computes it for the networks that ship, so that nobody's first one waits
    for its companions to be drawn and for torch's first backward pass.
    """
    from wsss_viz.app.pages.information.plane_section import prepare
    from wsss_viz.app.services import checkpoints, samples, traces
    from wsss_viz.app.services.beside import steps_beside
    from wsss_viz.app.services.hero import hero
    from wsss_viz.app.state import ViewState
    from wsss_viz.errors import InputError

    view = ViewState()
    try:
        show_on_start(hero())
        first, scene = samples.example(view.example), samples.scene(view.scene)
        samples.ground(scene)
        for sample in (first, scene):
            traces.trace(sample, view.views)
            checkpoints.classifier(checkpoints.name_for(sample))
        prepare()
        for sample in (first, scene):
            for _ in itertools.islice(steps_beside(traces.steps_of, "rib", sample, view.views), 2):
                pass
    except InputError as error:
        logging.getLogger(__name__).warning("%s", error)
    except Exception:
        logging.getLogger(__name__).exception("the warm-up failed; pages compute when they are opened")


def first_page_made() -> None:
    """To be called once a page has been run."""
    _first_page.set()


def start_up() -> None:
    """What the server does beside answering its first visitor, after whose first page and at whose lowest cost."""
    from wsss_viz.app.services.beside import worker
    from wsss_viz.app.services.drawn_scenes import drawer

    _first_page.wait(PATIENCE)
    for beside in (drawer(), worker()):
        with suppress(OSError, RuntimeError):  # without that process the server works itself
            beside.start()
    if sys.platform == "linux":  # elsewhere a thread has no priority under its number
        with suppress(OSError):  # a container may forbid it
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWER)
    warm_up()


def end() -> None:
    """Ends the processes that the server has started for all of its life."""
    from wsss_viz.app.services.beside import worker
    from wsss_viz.app.services.drawn_scenes import drawer

    for beside in (drawer(), worker()):
        beside.close()


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Warms up beside the server, which answers at once, and watches who goes."""
    spare_the_log()
    linger(get_instance().media_file_mgr)
    sys.setswitchinterval(SWITCH)
    threading.Thread(target=start_up, name="start-up", daemon=True).start()
    watch, collected = asyncio.create_task(Visitors(left).watch()), collecting.start()
    yield
    watch.cancel()
    collected.set()
    end()
