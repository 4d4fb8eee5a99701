"""For all tests: what is drawn, and which tests stay together when several processes share them.

Hypothesis draws the same examples each time, so a failure is of the change and not of the day;
`HYPOTHESIS_PROFILE=wander` draws others.
"""

import gc
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

BROWSER = Path(__file__).parent / "browser"
# What the person at this machine has trained is no part of a test.
os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="wsss_viz-data-")
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="wsss_viz-cache-")


gc.disable()  # until all is imported, of which nothing is garbage


def pytest_collection_finish() -> None:
    """What has been imported is no garbage: no collection looks through it again, of which pytest alone does five."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The tests that drive a browser are marked, and begin first: they wait most of the time.

    Where processes share the tests, the other files come backwards: those of the app, many and short, fill the end.
    """
    for item in items:
        if item.path.is_relative_to(BROWSER):
            item.add_marker(pytest.mark.browser)
    number = {path: at for at, path in enumerate(dict.fromkeys(item.path for item in items))}
    direction = -1 if hasattr(config, "workerinput") else 1
    items.sort(
        key=lambda item: (False, 0) if item.path.is_relative_to(BROWSER) else (True, direction * number[item.path])
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file's tests run in one process, for what they share; those of the browser, with one server, in one as well.

    The docstrings' examples share nothing and are many.
    """
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            if file.endswith("test_examples.py"):
                return nodeid
            return str(BROWSER) if (config.rootpath / file).is_relative_to(BROWSER) else file

    return ByFile(config, log)


# How long an example takes to draw is the machine's: a loaded one is no failure of the change.
PATIENT = (HealthCheck.too_slow,)
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=PATIENT)
settings.register_profile("wander", max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
