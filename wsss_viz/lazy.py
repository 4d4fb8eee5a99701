"""Names of a package that are imported when they are first used, so that what needs torch is not paid for by all."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["lazy_names"]


def lazy_names(package: str, modules: Mapping[str, str | None]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` for the `__init__.py` of a package.

    Args:
        package: its `__name__`.
        modules: by public name the module within the package that has it; None where the name is a module itself.

    >>> getter, names = lazy_names("wsss_viz", {"Sample": "data.sample", "data": None})
    >>> getter("Sample").__name__, getter("data").__name__, names()
    ('Sample', 'wsss_viz.data', ['Sample', 'data'])
    """

    def getter(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = modules[name]
        loaded = importlib.import_module(f"{package}.{name if module is None else module}")
        return loaded if module is None else getattr(loaded, name)

    return getter, lambda: sorted(modules)
