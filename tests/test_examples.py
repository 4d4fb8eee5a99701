"""The examples in docstrings run, every public function of the library has one, and modules say what is public."""

from __future__ import annotations

import ast
import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOT_CALLED = ("app", "commands")
"""Rooms that a person starts and does not call."""
HANDS = "animals backgrounds canvas casting coats composition furniture heads indoors landmarks palette placing shapes"
INTERNAL = {f"wsss_viz.data.scenes.{name}" for name in (*HANDS.split(), "vehicles")} | {
    f"wsss_viz.data.sequences.{name}" for name in ("drawing", "poses")
}
"""Modules that draw the scenes and videos: called by `draw` and the data sets alone."""
MODULES = sorted(
    path
    for path in (ROOT / "wsss_viz").rglob("*.py")
    if path.relative_to(ROOT / "wsss_viz").parts[0] not in NOT_CALLED and path.stem not in ("__main__", "cli")
)


def module_name(path: Path) -> str:
    """The dotted name of a module of the package."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


PUBLIC = [path for path in MODULES if module_name(path) not in INTERNAL]


def public_functions(path: Path) -> list[ast.FunctionDef]:
    """The functions at a module's top level whose names have no underscore before them."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return [node for node in body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


@pytest.mark.parametrize(
    "path", [path for path in MODULES if ">>> " in path.read_text(encoding="utf-8")], ids=module_name
)
def test_the_examples_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(module_name(path))
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("path", PUBLIC, ids=module_name)
def test_every_public_function_has_an_example(path: Path) -> None:
    missing = [node.name for node in public_functions(path) if ">>> " not in (ast.get_docstring(node) or "")]
    assert missing == [], "give these an example in their docstrings, or an underscore where nobody else calls them"


@pytest.mark.parametrize("path", [path for path in PUBLIC if path.name != "__init__.py"], ids=module_name)
def test_what_a_module_defines_without_an_underscore_is_what_it_declares_public(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    defined = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    public = {name for name in defined if not name.startswith("_")}
    module = importlib.import_module(module_name(path))
    assert public <= set(getattr(module, "__all__", ())), "list these in the module's __all__"
    assert all(hasattr(module, name) for name in getattr(module, "__all__", ()))
