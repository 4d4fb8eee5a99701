"""The classes of a data set in a classifier's words: synonyms and spellings are known, what is left is counted."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wsss_viz.data.findings import Note
from wsss_viz.data.numbering import ClassNumbering
from wsss_viz.data.sample import Sample
from wsss_viz.data.sources import DataSet, Source
from wsss_viz.data.synonyms import nearest, renaming
from wsss_viz.errors import InputError

__all__ = ["Matching", "in_words_of", "matching", "named_classes"]


@dataclass(frozen=True)
class Matching:
    """How a data set's classes are called by a classifier.

    Attributes:
        renamed: data set's name to the classifier's, of the classes that both have.
        unknown: names that the classifier does not have.
        known: the classifier's classes.
    """

    renamed: dict[str, str]
    unknown: tuple[str, ...]
    known: tuple[str, ...]

    @property
    def notes(self) -> list[tuple[str, Note]]:
        """One note a class that goes by another name."""
        return [("", Note("class-synonym", f"{o} is {n}")) for o, n in self.renamed.items() if o != n]

    def of(self, sample: Sample) -> Sample:
        """The sample with the classifier's names, a note for each label that it does not know."""
        classes = tuple(self.renamed.get(name, name) for name in sample.classes)
        labels = None if sample.labels is None else tuple(self.renamed.get(name, name) for name in sample.labels)
        foreign = [Note("label-unknown", name) for name in sample.labels or () if name not in self.renamed]
        return dataclasses.replace(sample, classes=classes, labels=labels, notes=(*sample.notes, *foreign))


def matching(classes: Sequence[str], known: Sequence[str]) -> Matching:
    """How the classes of a data set are called by a classifier that knows `known`.

    A class keeps its own name where the classifier's name for it is another class of the data set.

    >>> matching(("sofa", "lung"), ("couch", "dog")).unknown
    ('lung',)
    """
    renamed = {name: other for name, other in renaming(classes, known).items() if name == other or other not in classes}
    return Matching(renamed, tuple(name for name in classes if name not in renamed), tuple(known))


def named_classes(given: Sequence[str], known: Sequence[str], numbering: ClassNumbering) -> tuple[str, ...]:
    """Of the classes `known` those that a person names, in the order of `known`.

    Args:
        given: names, or other words for them (`synonyms`), or numbers.
        numbering: of the data set's masks, whose numbers are meant.

    Raises:
        InputError: one that is no class of `known`, with the nearest.

    >>> from wsss_viz.data.numbering import default_numbering
    >>> named_classes(["Couch", "12"], ("dog", "cat", "sofa"), default_numbering(("dog", "sofa")))  # as VOC
    ('dog', 'sofa')
    """
    named = dict(zip(map(str, numbering.numbers), numbering.names, strict=True))
    meant = {text: text if text in known else named.get(text, text) for text in given}
    words = renaming(tuple(meant.values()), known, once=False)
    for text, name in meant.items():
        if name not in words:
            what = f"{text!r}" if name == text else f"{text} ({name})"
            near = _like(name, known) or f": it has {_some(known)}"
            raise InputError(f"the classifier has no class {what}{near}: give names, or numbers as masks have them")
    return tuple(name for name in known if name in words.values())


def in_words_of(samples: DataSet, known: Sequence[str], whose: str = "the classifier") -> DataSet:
    """The data set with the names of a classifier (or of maps).

    Raises:
        InputError: none of the labels in use is a class of the classifier; with the labels and the nearest names.

    >>> from wsss_viz.data.sources import open
    >>> in_words_of(open("scenes:val"), ("couch", "dog")).classes.count("couch")
    1
    """
    if not samples.classes:
        return samples
    match = matching(samples.classes, known)
    used = getattr(samples.source, "labels_in_use", samples.classes)
    if used and not set(used) & set(match.renamed):
        near = [f"{name!r}{_like(name, known)}" for name in list(used)[:6]]
        raise InputError(
            f"{samples.name}: {whose} knows none of the labels {', '.join(near)}; it knows {_some(known)}: take "
            "another classifier (of photographs imagenet-efficientnet-lite0), rename the labels, or name the "
            "checkpoint's classes (--class-names, in a figure's spec class_names)"
        )
    if not any(o != n for o, n in match.renamed.items()) and not match.unknown:
        return samples
    classes = tuple(match.renamed.get(name, name) for name in samples.classes)
    return dataclasses.replace(samples, source=_Renamed(samples.source, match), classes=classes)


def _like(name: str, known: Sequence[str]) -> str:
    near = nearest(name, known)
    return f" (nearest: {near!r})" if near else ""


def _some(known: Sequence[str]) -> str:
    return ", ".join(known[:6]) + (f" and {len(known) - 6} more" if len(known) > 6 else "")


class _Renamed:
    """A source whose samples have the names of a `Matching`."""

    def __init__(self, source: Source, match: Matching) -> None:
        self._source, self._matching = source, match
        self.notes = [*getattr(source, "notes", ()), *match.notes]
        numbering: ClassNumbering | None = getattr(source, "numbering", None)
        if numbering is not None:
            names = tuple(match.renamed.get(name, name) for name in numbering.names)
            self.numbering = dataclasses.replace(numbering, names=names)
        if (names_of := getattr(source, "names", None)) is not None:
            self.names: Sequence[str] = names_of
        self.size_in_bytes = getattr(source, "size_in_bytes", None)

    def __len__(self) -> int:
        return len(self._source)

    def __iter__(self) -> Iterator[Sample]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> Sample:
        return self._matching.of(self._source[index])
