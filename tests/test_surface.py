"""What a person finds at the top of the package: names, rooms, one call per method; and what that costs."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import wsss_viz
from wsss_viz import one_call
from wsss_viz.methods import METHODS

PACKAGE = Path(wsss_viz.__file__).parent
ROOMS = {path.parent.name for path in PACKAGE.glob("*/__init__.py")} - {"app", "commands"}
"""The library's; the app and its commands are started, not called."""


def fresh(code: str) -> str:
    """What the code prints in a new process."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_dir_lists_every_room_and_name_and_imports_nothing() -> None:
    assert ROOMS | {"Sample", "Trace", "load", "adapt", "cam", "rib"} <= set(dir(wsss_viz))
    assert set(dir(wsss_viz)) == set(wsss_viz.__all__)
    heavy = "[m for m in ('torch', 'numpy', 'streamlit', 'matplotlib') if m in sys.modules]"
    assert fresh(f"import sys, wsss_viz; dir(wsss_viz); print({heavy})") == "[]"


def test_every_name_is_reached_from_a_bare_import() -> None:
    """The star asks the bare package for each name in turn."""
    code = "from wsss_viz import *; import wsss_viz"
    names = "[name for name in dir(wsss_viz) if globals().get(name) is None], callable(rib), information.__name__"
    assert fresh(f"{code}; print({names})") == "[] True wsss_viz.information"


def test_there_is_one_call_for_each_method() -> None:
    names = {name.replace("-", "_") for name in METHODS}
    assert names <= set(wsss_viz.__all__)
    for name in names:
        call = getattr(wsss_viz, name)
        assert call.__name__ == name
        assert "one call" in (call.__doc__ or "")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        one_call.nothing  # noqa: B018


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_says_what_is_public_in_it(room: str) -> None:
    module = importlib.import_module(f"wsss_viz.{room}")
    assert getattr(wsss_viz, room) is module
    assert module.__all__
    assert set(module.__all__) <= set(dir(module))
    assert all(getattr(module, name) is not None for name in module.__all__)
