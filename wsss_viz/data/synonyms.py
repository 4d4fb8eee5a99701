"""Names that mean one class: other spellings, and the synonyms of PASCAL VOC and COCO."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

__all__ = ["meaning", "nearest", "renaming", "spelling"]

_SAME = (
    ("aeroplane", "airplane", "plane"),
    ("bicycle", "bike", "pushbike"),
    ("motorbike", "motorcycle"),
    ("pottedplant", "houseplant"),
    ("sofa", "couch"),
    ("tvmonitor", "tv", "television", "tvset"),
    ("cellphone", "mobilephone"),
    ("hairdrier", "hairdryer"),
    ("donut", "doughnut"),
    ("refrigerator", "fridge"),
    ("skis", "ski"),
)
_FIRST = {name: names[0] for names in _SAME for name in names}


def spelling(name: str) -> str:
    """The name without case, blanks and marks: "TV/Monitor" and "tvmonitor" are one.

    >>> spelling("TV/Monitor")
    'tvmonitor'
    """
    return "".join(character for character in name.casefold() if character.isalnum())


def meaning(name: str) -> str:
    """One word for all names of a class: that of "couch" and of "Sofa" is "sofa".

    >>> meaning("Couch"), meaning("sofa")
    ('sofa', 'sofa')
    """
    plain = spelling(name)
    return _FIRST.get(plain, plain) or name


def renaming(names: Sequence[str], known: Sequence[str], *, once: bool = True) -> dict[str, str]:
    """For each of `names` that means one of `known`, that one; a name stands for itself where it is known.

    Args:
        once: names are classes, not labels: where two mean the same one, only the one that is spelled nearest gets it.

    >>> renaming(["Dog", "sofa", "lung"], ["couch", "dog"])
    {'Dog': 'dog', 'sofa': 'couch'}
    """
    renamed = {name: name for name in names if name in known}
    for key in (str.strip, spelling, meaning):
        by_key: dict[str, list[str]] = {}
        for other in known:
            by_key.setdefault(key(other), []).append(other)
        for name in names:
            others = by_key.get(key(name), [])
            if name not in renamed and len(others) == 1 and not (once and others[0] in renamed.values()):
                renamed[name] = others[0]
    return renamed


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name that is spelled most like `name`; None where none is like it.

    >>> nearest("hors", ["horse", "cow"])
    'horse'
    """
    by_spelling = {spelling(other): other for other in known}
    matches = difflib.get_close_matches(spelling(name), by_spelling, n=1, cutoff=0.6)
    return by_spelling[matches[0]] if matches else None
