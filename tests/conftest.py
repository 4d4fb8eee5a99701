"""For all tests: hypothesis draws the same examples each time, so a failure is of the change and not of the day.

`HYPOTHESIS_PROFILE=wander` draws others.
"""

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True)
settings.register_profile("wander", max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
