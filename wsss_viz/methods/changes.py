"""Changed settings of methods, as a command line and a figure's spec have them, checked before anything is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wsss_viz.errors import InputError
from wsss_viz.methods.catalogue import method

__all__ = ["check_changes", "read_changes"]


def read_changes(
    texts: Iterable[str], names: Sequence[str], base: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, dict[str, Any]]:
    """Settings as a command line has them: `rib.margin=25`, or `margin=25` where one method of those run has it.

    >>> read_changes(["margin=25"], ["cam", "rib"])
    {'rib': {'margin': 25.0}}

    Args:
        names: of the methods that are run.
        base: the classifier's own settings, by method.

    Raises:
        InputError: not of this form, a method that is not run, no such setting, or a value out of its range.
    """
    changes: dict[str, dict[str, Any]] = {}
    for text in texts:
        key, equals, value = (part.strip() for part in text.partition("="))
        prefix, dot, field = key.rpartition(".")
        if not equals or not field:
            raise InputError(f"--set {text}: give it as METHOD.SETTING=VALUE, such as rib.margin=25")
        meant = [prefix] if dot else [name for name in names if field in method(name).setting_names] or list(names[:1])
        if len(meant) != 1:
            raise InputError(f"--set {text}: {' and '.join(meant)} have it, say which: {meant[0]}.{key}={value}")
        if meant[0] not in names:
            raise InputError(f"--set {text}: {prefix!r} is not run here: the methods are {', '.join(names)}")
        try:
            changes.setdefault(meant[0], {})[field] = method(meant[0]).settings.parse(field, value)
        except InputError as error:
            raise InputError(f"--set {text}: {error}") from None
    return check_changes(changes, base)


def check_changes(
    changes: Mapping[str, Mapping[str, Any]], base: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, dict[str, Any]]:
    """Settings by method, checked before anything is loaded.

    Args:
        base: the classifier's own settings, by method.

    Raises:
        InputError: no such method or setting, or a value out of its range.

    Examples:
        >>> check_changes({"rib": {"margin": 25}})
        {'rib': {'margin': 25}}
        >>> check_changes({"rib": {"tau": 4}})
        Traceback (most recent call last):
            ...
        wsss_viz.errors.InputError: rib: `tau` is 0 to 1, got 4.0
    """
    for name, values in changes.items():
        entry = method(name)
        try:
            entry.settings.of((base or {}).get(entry.settings_name, {})).changed(values)
        except InputError as error:
            raise InputError(f"{name}: {error}") from None
    return {name: dict(values) for name, values in changes.items()}
