"""The app, where RIB with BCE stands still after its second Step: `python -m tests.browser.unhurried app ...`.

The shipped networks give RIB's eleven Steps within a second, too soon for a test that presses Cancel in the middle, and
however long a pause between two Steps were, a loaded machine might need longer to get to the button.
"""

from __future__ import annotations

import time
from typing import Any

from wsss_viz.__main__ import main
from wsss_viz.app.services import samples, traces
from wsss_viz.app.services.jobs import manager
from wsss_viz.traces import Step

HELD_METHOD = "rib-bce"  # which only the tests that cancel ask for
HELD_AFTER = 2

_take = manager.Jobs._take


def held(self: manager.Jobs, job: Any, step: Step) -> str:
    """`Jobs._take`, which comes back from the method's second Step once the job is cancelled."""
    line = _take(self, job, step)
    while (
        HELD_METHOD in job.request.key
        and HELD_AFTER <= len(job.steps) < job.request.total
        and job.state == manager.RUNNING
    ):
        time.sleep(0.05)
    return line


if __name__ == "__main__":
    manager.Jobs._take = held  # type: ignore[method-assign]
    # What a first job would do beside a page that polls, in many times the time: torch, the network, RIB's companions.
    next(traces.steps_of(HELD_METHOD, samples.scene("scenes:test:32"), "single"))
    main()
