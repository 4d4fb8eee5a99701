"""PASCAL VOC's and COCO's names in ImageNet's: which of its 1000 classes are kinds of a bird, a boat, a bottle.

The table (`synsets.json`) is our own, made by hand over ImageNet's names. Needs no torch.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["nearest", "synsets_of", "weakness"]

_FILE = Path(__file__).with_suffix(".json")


@cache
def _table() -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return table


def synsets_of(name: str) -> tuple[str, ...]:
    """ImageNet's classes that are kinds of one of VOC's or COCO's; () where there is none, or no such class.

    Examples:
        >>> synsets_of("cat")
        ('tabby', 'tiger cat', 'Persian cat', 'Siamese cat', 'Egyptian cat')
        >>> synsets_of("tv") == synsets_of("tvmonitor")
        True
        >>> synsets_of("giraffe")
        ()
    """
    names = _names("synsets").get(_table()["same"].get(name, name), ())
    return tuple(names)


def weakness(name: str) -> str:
    """Why ImageNet stands in for one of VOC's or COCO's classes badly; "" where it does not.

    Examples:
        >>> weakness("person")
        'ImageNet has no person: roles and clothes stand in for it'
    """
    return str(_table()["weak"].get(_table()["same"].get(name, name), ""))


def nearest(name: str, classes: Sequence[str], count: int = 3) -> tuple[str, ...]:
    """Of `classes` what is nearest to a name that is none of them: its synsets, what is seen like it, or spelled so.

    Examples:
        >>> nearest("giraffe", ["tabby", "impala", "gazelle"])
        ('impala', 'gazelle')
        >>> nearest("zebras", ["tabby", "zebra"])
        ('zebra',)
    """
    known = [synset for synset in (*synsets_of(name), *_names("nearest").get(name, ())) if synset in classes]
    within = [other for other in classes if name.lower() in other.lower().split()]
    spelled = difflib.get_close_matches(name, classes, count, 0.75)
    return tuple(dict.fromkeys((*known, *within, *spelled)))[:count]


def _names(part: str) -> Mapping[str, Sequence[str]]:
    return _table()[part]
