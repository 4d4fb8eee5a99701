"""Names of a package that are imported when they are first used, so that what needs torch is not paid for by all."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["lazy_names"]


def lazy_names(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` for the `__init__.py` of a package: what it imports under `if TYPE_CHECKING`.

    Args:
        package: its `__name__`; its `__all__` is what `dir` lists.

    >>> getter, names = lazy_names("wsss_viz")
    >>> getter("Sample").__name__, getter("data").__name__, "Sample" in names()
    ('Sample', 'wsss_viz.data', True)
    """
    spec = sys.modules[package].__spec__
    source = importlib.util.find_spec(package) if spec is None else spec
    modules = _imported(ast.parse(source.loader.get_source(package)))  # type: ignore[union-attr]

    def getter(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if modules[name] == package:
            return importlib.import_module(f"{package}.{name}")
        return getattr(importlib.import_module(modules[name]), name)

    return getter, lambda: sorted(sys.modules[package].__all__)


def _imported(tree: ast.Module) -> dict[str, str]:
    """By name the module that it is imported from for a type checker."""
    blocks = (node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    imports = (node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom))
    return {alias.name: str(node.module) for node in imports for alias in node.names}
