"""Which scenes are shown, and how their traces are named in the file."""

__all__ = ["SHOWCASE_SCENES", "VIEWS", "trace_name"]

SHOWCASE_SCENES = (
    "scenes:test:129",
    "scenes:test:21",
    "scenes:test:9",
    "scenes:test:73",
    "scenes:test:89",
    "scenes:test:113",
    "scenes:test:0",
)
"""The app's first scene, five of a sofa with an animal on it, and one more."""

VIEWS = "single"
"""The views the traces are of, a name of `methods.views.PRESETS`."""


def trace_name(method: str, source: str) -> str:
    """The trace's name in the file.

    Examples:
        >>> trace_name("cs-ae", "scenes:test:17")
        'cs-ae/scenes:test:17'
    """
    return f"{method}/{source}"
