"""For all tests: hypothesis draws the same examples each time, so a failure is of the change and not of the day.

`HYPOTHESIS_PROFILE=wander` draws others.
"""

import os

from hypothesis import HealthCheck, settings

# How long an example takes to draw is the machine's: a loaded one is no failure of the change.
PATIENT = (HealthCheck.too_slow,)
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=PATIENT)
settings.register_profile("wander", max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
