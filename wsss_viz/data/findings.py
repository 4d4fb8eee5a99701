"""What is noticed about a data set while it is read: one list of kinds, one wording, for every command and the app.

A `Note` is one thing noticed about one sample (or about the whole set); `summarise` counts the notes of a kind into a
`Finding`, whose `text` is the line that `data check`, `data list`, `maps`, `evaluate` and the app show alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

__all__ = [
    "KINDS",
    "READ_AS",
    "Finding",
    "Note",
    "Noticed",
    "Severity",
    "in_one_line",
    "in_words",
    "said_in_one_line",
    "summarise",
]

Severity = Literal["error", "warning", "note"]

KINDS: Mapping[str, tuple[Severity, str, str]] = {
    # kind: severity, what is counted, what to do
    "unreadable": ("error", "samples that cannot be read", "repair these files or take them out"),
    "mask-size": ("error", "masks of another size than their image", "write the masks in their images' sizes"),
    "label-unknown": (
        "error",
        "samples with a label that the classifier does not know",
        "rename the labels, or give the names of the checkpoint's classes (--class-names)",
    ),
    "label-numbers": (
        "error",
        "samples with labels that are numbers (or True, False), not names",
        "write class names: a number may count from 0 or from 1",
    ),
    "mask-0-255": (
        "error",
        "masks that hold 0 and 255 alone; 255 is 'ignore', so there is no object in them",
        "write 1 (the class's number) where the object is",
    ),
    "mask-label-conflict": (
        "warning",
        "samples whose mask has a class that is none of their labels",
        "correct the labels, or the numbers of the masks (see how they are read)",
    ),
    "label-not-in-mask": ("warning", "samples with a label that has no pixel in their mask", "correct either"),
    "mask-mostly-ignored": (
        "warning",
        "masks of which 255 ('ignore') covers more than 30 percent",
        "if 255 is the background there and classes count from 0, add @zero to the data string",
    ),
    "mask-ignored-frame": (
        "warning",
        "masks with 255 ('ignore') on more than half of their edge",
        "if 255 is the background there and classes count from 0, add @zero to the data string",
    ),
    "numbering-inferred": (
        "warning",
        "numbering of the masks told by little evidence",
        "say it behind the data string (@lines, @voc, @contiguous, @ids, @zero or @zero-ids)",
    ),
    "mask-empty": ("warning", "masks without one foreground pixel", "check that they are the masks of these images"),
    "mask-no-background": (
        "warning",
        "masks that hold 255 and no background (0)",
        "if classes count from 0 and 255 is the background, add @zero to the data string",
    ),
    "mask-outside-set": (
        "warning",
        "masks with numbers of classes that are not in the set, read as background",
        "add these classes to classes.txt, or add @lines to the data string if its lines are the numbers",
    ),
    "picture-not-read": (
        "warning",
        "pictures of a format that is not read",
        "save them as PNG or JPEG",
    ),
    "mask-not-read": (
        "warning",
        "files in the masks' folder that are not PNG and are not read",
        "write the masks as PNG, whose numbers stay exact",
    ),
    "mask-orphan": ("warning", "masks that belong to no picture", "name each mask as its one picture"),
    "no-mask": ("warning", "samples without a mask", "they cannot be scored: add the masks"),
    "no-labels": ("warning", "samples without labels", "the class with the top score is taken: add the labels"),
    "list-orphan": ("warning", "samples in the label table that are not in the split", "check the names"),
    "label-blank": (
        "warning",
        "lines of labels that were split at blanks",
        "put commas between labels if a class's name has a blank",
    ),
    "label-background": (
        "warning",
        "samples labelled 'background', which is no class of theirs",
        "leave it out: an image without classes has its name alone",
    ),
    "label-case": ("note", "labels read in another spelling", "nothing, if these are the classes meant"),
    "class-synonym": ("note", "classes that go by another name in the classifier", "nothing, if they are the same"),
    "one-hot": ("note", "rows of a one-hot table, read by its heading", "nothing"),
    "mask-upright-unclear": (
        "warning",
        "masks of images that EXIF turns; both ways fit, and the masks are taken as upright",
        "add @turned to the data string if the masks were drawn on the unturned pixels",
    ),
    "mask-turned": ("note", "masks turned as EXIF turns their image", "nothing"),
    "image-turned": ("note", "images turned upright as their EXIF says", "nothing"),
    "image-cut-off": ("warning", "JPEG files that lack their end; the last rows are filled", "save them again"),
    "mask-colours": ("note", "RGB masks read by their colours", "nothing, if the classes are right"),
    "mask-palette": (
        "note",
        "palette masks whose colours are VOC's at other indices, read by their colours",
        "nothing, if the classes are right",
    ),
    "mask-palette-conflict": (
        "warning",
        "palette masks whose colours are VOC's of other classes than their numbers say; the numbers are taken",
        "correct the class list, or the palette; @voc takes the colours",
    ),
    "mask-rgb-grey": ("note", "RGB masks with R = G = B, read as numbers", "nothing, if the classes are right"),
    "mask-16-bit": ("note", "16-bit masks, read as numbers", "nothing"),
    "mask-alpha": ("note", "masks with transparency, which is left out", "nothing, if the classes are right"),
    "duplicate": ("warning", "pictures that are the same, pixel by pixel", "keep one of each"),
    "maps-0-255": (
        "warning",
        "pseudo masks that hold 0 and 255 alone; 255 is 'ignore', so there is no object in them",
        "write the class's number where the object is",
    ),
    "maps-other-classes": (
        "warning",
        "pseudo masks none of whose classes is a label of their image",
        "correct their numbers (see how masks are read), or give the data they were made of",
    ),
    "maps-missing": ("warning", "samples without maps in the folder", "write their maps"),
    "maps-unreadable": ("error", "maps that cannot be read for their sample", "write them again"),
}
"""By kind: how grave it is, what is counted, and what a person may do about it; the gravest first."""

READ_AS = "read-as"
"""The kind of notes that say how a file was read, no finding."""

_ORDER = {
    kind: (("error", "warning", "note").index(severity), number)
    for number, (kind, (severity, _, _)) in enumerate(KINDS.items())
}
_LONGEST = 160


class Note(NamedTuple):
    """One thing noticed.

    Attributes:
        kind: a key of `KINDS`, or `READ_AS`.
        detail: what it is about, for example the label or the numbers; "" where the sample says it all.
    """

    kind: str
    detail: str = ""


_OF_ONE_PICTURE = {
    "image-turned": "turned upright, as its EXIF says",
    "image-cut-off": "a JPEG that lacks its end; filled were",
}


def in_words(note: Note) -> str:
    """What was noticed about one picture.

    >>> in_words(Note("image-cut-off", "the last 8 rows"))
    'a JPEG that lacks its end; filled were the last 8 rows'
    """
    return f"{_OF_ONE_PICTURE.get(note.kind, KINDS[note.kind][1])} {note.detail}".strip()


@dataclass(frozen=True)
class Finding:
    """All notes of one kind.

    Attributes:
        kind: a key of `KINDS`.
        severity: "error" (numbers would be wrong or missing), "warning" (they may be), "note" (how it was read).
        count: samples (or lines, or files) it holds for.
        of: samples that were read.
        details: what the notes are about, the most frequent first, at most eight.
        examples: names of samples, at most three.
        remedy: what to do.
    """

    kind: str
    severity: Severity
    count: int
    of: int
    details: tuple[str, ...]
    examples: tuple[str, ...]
    remedy: str

    @property
    def text(self) -> str:
        """One line: what, how many, details and examples."""
        named = ", ".join(name for name in self.examples if name)
        about = "; ".join(part for part in (", ".join(self.details), named and f"in {named}") if part)
        total = f" of {self.of}" if named and self.of else ""
        return f"{KINDS[self.kind][1]}: {self.count}{total}{f' ({about})' if about else ''}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**{name: getattr(self, name) for name in self.__dataclass_fields__}, "text": self.text}


def summarise(notes: Iterable[tuple[str, Note]], read: int) -> tuple[Finding, ...]:
    """The findings, the gravest first.

    Args:
        notes: (sample's name or "", note).
        read: samples that were read.

    >>> [finding.text for finding in summarise([("a", Note("mask-empty"))], 4)]
    ['masks without one foreground pixel: 1 of 4 (in a)']
    """
    by_kind: dict[str, list[tuple[str, str]]] = {}
    for name, note in notes:
        by_kind.setdefault(note.kind, []).append((name, note.detail))
    findings = []
    for kind in sorted(by_kind, key=_ORDER.__getitem__):
        severity, _, remedy = KINDS[kind]
        entries = by_kind[kind]
        names = dict.fromkeys(name for name, _ in entries if name)
        count = len(names) + sum(not name for name, _ in entries)
        details = Counter(_ending(detail) for _, detail in entries if detail)
        most = tuple(detail for detail, _ in details.most_common(8))
        findings.append(Finding(kind, severity, count, read, most, tuple(name[:60] for name in [*names][:3]), remedy))
    return tuple(findings)


def _ending(detail: str) -> str:
    """The end of a long detail, where a message has the file's name and the cause after the folders."""
    return detail if len(detail) <= _LONGEST else f"...{detail[3 - _LONGEST :]}"


def in_one_line(findings: Iterable[Finding | Mapping[str, Any]], data: str) -> str:
    """The errors and warnings among the findings, or their `as_dict`, in one line; "" where there are none.

    >>> in_one_line(summarise([("", Note("mask-orphan", "b"))], 4), "folder:x")
    'masks that belong to no picture: 1 (b). See `data check folder:x`'
    """
    plain = [finding.as_dict() if isinstance(finding, Finding) else finding for finding in findings]
    grave = [str(finding["text"]) for finding in plain if finding["severity"] != "note"]
    return f"{'; '.join(grave)}. See `data check {data}`" if grave else ""


def said_in_one_line(findings: Iterable[Finding | Mapping[str, Any]]) -> str:
    """How files and names were read, where that was not as they stand, in one line; "" where all was.

    >>> said_in_one_line(summarise([("", Note("class-synonym", "sofa is couch"))], 4))
    'classes that go by another name in the classifier: 1 (sofa is couch)'
    """
    plain = [finding.as_dict() if isinstance(finding, Finding) else finding for finding in findings]
    return "; ".join(str(f["text"]) for f in plain if f["severity"] == "note" and f["kind"] != "image-turned")


class Noticed:
    """Collects what is noticed while a run reads its samples.

    Attributes:
        notes: (sample's name or "", note).
        read: samples that were read.
    """

    def __init__(self, notes: Iterable[tuple[str, Note]] = ()) -> None:
        self.notes = list(notes)
        self.read = 0

    def see(
        self, name: str, notes: Iterable[Note], *, without_mask: bool = False, without_labels: bool = False
    ) -> None:
        """One sample was read."""
        self.read += 1
        self.notes += [(name, note) for note in notes]
        if without_mask:
            self.notes.append((name, Note("no-mask")))
        if without_labels:
            self.notes.append((name, Note("no-labels")))

    def failed(self, name: str, message: str, kind: str = "unreadable") -> None:
        """One sample could not be read, or the maps of one that was.

        >>> noticed = Noticed()
        >>> for name in ("a", "b"):
        ...     noticed.see(name, ())
        >>> noticed.failed("b", "no maps at b.npy", "maps-unreadable")
        >>> noticed.failed("c", "c.jpg is no image")
        >>> noticed.read, noticed.unreadable
        (3, [('b', 'no maps at b.npy'), ('c', 'c.jpg is no image')])
        """
        self.read += kind != "maps-unreadable"
        self.notes.append((name, Note(kind, message)))

    def add(self, other: Noticed) -> None:
        """What another process noticed."""
        self.notes += other.notes
        self.read += other.read

    def findings(self) -> tuple[Finding, ...]:
        """By kind, the gravest first; what holds for every sample alike (no masks at all) is left out."""
        alike = {READ_AS} | {
            kind for kind in ("no-mask", "no-labels") if sum(n.kind == kind for _, n in self.notes) >= self.read
        }
        return summarise([(name, note) for name, note in self.notes if note.kind not in alike], self.read)

    @property
    def unreadable(self) -> list[tuple[str, str]]:
        """(sample's name, message) of what could not be read."""
        kinds = ("unreadable", "mask-size", "maps-unreadable")
        return [(name, note.detail) for name, note in self.notes if note.kind in kinds]
