"""Files named after samples and classes, whatever those are called."""

from __future__ import annotations

import re
from urllib.parse import quote

from wsss_viz.data.split_lists import is_sample_name
from wsss_viz.errors import InputError

__all__ = ["LONGEST", "file_stem"]

LONGEST = 200
_ESCAPE = re.compile(r"%[0-9A-F]{2}")


def file_stem(name: str) -> str:
    """The file name, without a suffix, for a sample or a class; different names give different ones.

    A name that can name a file on any system stays as it is; in any other, folders included, what cannot stand in a
    file's name is written as in a web address (`a/b` is `a%2Fb`).

    Raises:
        InputError: the name is empty, or too long for a file's name.

    >>> file_stem("2007_000032"), file_stem("a/b")
    ('2007_000032', 'a%2Fb')
    """
    if is_sample_name(name) and not name.startswith(".") and not _ESCAPE.search(name):
        stem = name
    else:
        stem = quote(name, safe=" ()[]{}!#$&'+,;=@")
        if stem.startswith("."):
            stem = f"%2E{stem[1:]}"
    if not stem or len(stem.encode()) > LONGEST:
        raise InputError(f"{name[:40]!r} cannot name a file (1 to {LONGEST} bytes): give the image a shorter name")
    return stem
