"""What all methods' settings can do: be read from JSON and from text, each field by its type. Needs no torch."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self, Union, get_args, get_origin, get_type_hints

from wsss_viz.errors import InputError
from wsss_viz.methods.view_set import Views

__all__ = ["Settings"]


@dataclass(frozen=True)
class Settings:
    """What all settings can do. Bad values raise InputError, one line that names the field and its range."""

    def as_dict(self) -> dict[str, Any]:
        """The settings as JSON has them; `of` reads them back."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """These values, as Python or JSON has them; the defaults where a field is left out.

        >>> from wsss_viz.methods.settings import RibSettings
        >>> RibSettings.of({"margin": 25, "gradient_views": "mirror"}).margin
        25.0
        """
        return cls(**{name: _value(cls, name, value) for name, value in values.items()})

    @classmethod
    def official(cls, rows: int) -> Self:
        """What the official code runs with on a network whose head has `rows` classes: the defaults, or another set.

        >>> from wsss_viz.methods.settings import RibSettings
        >>> [RibSettings.official(rows).margin for rows in (20, 80)]  # VOC, COCO
        [600.0, 1000.0]
        """
        return cls(**cls._official_changes(rows))

    @staticmethod
    def _official_changes(rows: int) -> dict[str, Any]:
        del rows
        return {}

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """The same with other values for some fields.

        >>> from wsss_viz.methods.settings import RibSettings
        >>> RibSettings().changed({"steps": 3}).steps
        3
        """
        return self if not changes else type(self).of({**_fields_of(self), **changes})

    @classmethod
    def parse(cls, name: str, text: str) -> Any:
        """A field's value from text, as its type is written: `25`, `none`, `true`, `1,2`, `mirror`.

        >>> from wsss_viz.methods.settings import RibSettings
        >>> RibSettings.parse("margin", "none") is None
        True
        """
        hint = _hint(cls, name)
        try:
            return _read(hint, text.strip())
        except ValueError as error:
            raise InputError(f"`{name}` is {_described(hint)}, got {text!r}: {error}") from None


def _fields_of(settings: Settings) -> dict[str, Any]:
    return {field.name: getattr(settings, field.name) for field in fields(settings)}


def _hint(cls: type[Settings], name: str) -> Any:
    hints = get_type_hints(cls)
    if name not in hints:
        known = f"give one of {', '.join(hints)}" if hints else "it has none, leave it out"
        raise InputError(f"there is no setting {name!r}: {known}")
    return hints[name]


def _options(hint: Any) -> tuple[Any, ...]:
    """The types a value may be of: those of a union, else the one."""
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _value(cls: type[Settings], name: str, value: Any) -> Any:
    """The value in the field's own type: a list of JSON becomes a tuple, a whole number a float, text the views."""
    hint = _hint(cls, name)
    for option in _options(hint):
        if option is type(None):
            if value is None:
                return None
        elif option is float:
            if isinstance(value, int | float) and not isinstance(value, bool):
                return float(value)
        elif get_origin(option) is tuple:
            if isinstance(value, list | tuple):
                item = get_args(option)[0]
                if all(isinstance(entry, int | float if item is float else item) for entry in value):
                    return tuple(item(entry) for entry in value)
        elif option is Views:
            if isinstance(value, str | Views):
                return Views.from_text(value) if isinstance(value, str) else value
        elif isinstance(value, option) and (option is bool or not isinstance(value, bool)):
            return value
    raise InputError(f"`{name}` is {_described(hint)}, got {value!r}")


def _read(hint: Any, text: str) -> Any:
    options = _options(hint)
    if type(None) in options and text.lower() == "none":
        return None
    option = next(option for option in options if option is not type(None))
    if option is bool:
        if text.lower() not in ("true", "false"):
            raise ValueError("write true or false")
        return text.lower() == "true"
    if get_origin(option) is tuple:
        return tuple(get_args(option)[0](part) for part in text.split(",") if part.strip())
    return Views.from_text(text) if option is Views else option(text)


def _described(hint: Any) -> str:
    names = {float: "a number", int: "a whole number", bool: "true or false", str: "a word", Views: "a set of views"}
    options = [
        "none" if option is type(None) else names.get(option, "a list of numbers, separated by commas")
        for option in _options(hint)
    ]
    return " or ".join(options)


def _plain(value: Any) -> Any:
    if isinstance(value, Views):
        return value.text
    return list(value) if isinstance(value, tuple) else value
