"""Labels from VOC's XML annotations, which may come from anybody."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from wsss_viz.data.files import read_bounded
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.errors import InputError

__all__ = ["MAX_XML", "object_names"]

MAX_XML = 2**20


class _WithoutDoctype(ElementTree.TreeBuilder):
    """Refuses document types, and with them entities: no annotation needs one, every XML bomb does."""

    def doctype(self, name: str, public: str | None, system: str | None) -> Any:
        raise ElementTree.ParseError("it declares a document type")


def object_names(file: Path, known: Sequence[str]) -> set[str]:
    """The names of the objects in one annotation, the parts of persons left out.

    Raises:
        InputError: larger than 1 MB, not XML, with a document type, or an object that is none of `known`.

    Examples:
        >>> path = Path("a.xml")
        >>> _ = path.write_text("<annotation><object><name>cat</name></object></annotation>")
        >>> object_names(path, ("cat", "dog"))
        {'cat'}
    """
    data = read_bounded(file, MAX_XML)
    try:
        root = ElementTree.fromstring(data, ElementTree.XMLParser(target=_WithoutDoctype()))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise InputError(f"{file}: cannot be read as an annotation ({error}); write it again or remove it") from error
    names = {(element.findtext("name") or "").strip() for element in root.findall("object")}
    whose = "of PASCAL VOC" if tuple(known) == VOC_CLASSES else "in classes.txt"
    for name in sorted(names):
        if name not in known:
            raise InputError(f"{file}: an object {name[:40]!r}, no class {whose}; rename it or take it out")
    return names
