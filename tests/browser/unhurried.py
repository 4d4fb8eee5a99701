"""The app with jobs that take their time, as a large network's would: `python -m tests.browser.unhurried app ...`.

The shipped networks give RIB's eleven Steps within a second, too soon for a test that presses Cancel in the middle.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from wsss_viz.__main__ import main
from wsss_viz.app.services import traces
from wsss_viz.traces import Step

PAUSE = 2.0  # seconds before each Step but the first

_steps_of = traces.steps_of


def paused(*args: Any, **options: Any) -> Iterator[Step]:
    """`traces.steps_of`, with a pause between two Steps."""
    for n, step in enumerate(_steps_of(*args, **options)):
        if n:
            time.sleep(PAUSE)
        yield step


if __name__ == "__main__":
    traces.steps_of = paused
    main()
