"""For all tests: what is drawn, and which tests stay together when several processes share them.

Hypothesis draws the same examples each time, so a failure is of the change and not of the day;
`HYPOTHESIS_PROFILE=wander` draws others.
"""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

BROWSER = Path(__file__).parent / "browser"
# What the person at this machine has trained is no part of a test.
os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="wsss_viz-data-")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests run in one process, for what they share; those of the browser in one, beside the others.

    The tests of the browser share a server and a window, and wait for them most of the time.
    """
    for item in items:
        in_browser = item.path.is_relative_to(BROWSER)
        item.add_marker(pytest.mark.xdist_group("browser" if in_browser else str(item.path)))
        if in_browser:
            item.add_marker(pytest.mark.browser)


# How long an example takes to draw is the machine's: a loaded one is no failure of the change.
PATIENT = (HealthCheck.too_slow,)
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=PATIENT)
settings.register_profile("wander", max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
