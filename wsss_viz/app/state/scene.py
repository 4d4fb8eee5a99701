"""What is looked at on every page: the scene, or in its place a photograph, and the classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wsss_viz.app.state.parameters import Notation, Parameter, choice, is_index
from wsss_viz.data.coco_classes import COCO_CLASSES
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.photographs import PHOTOGRAPHS
from wsss_viz.data.scenes import CLASSES, SPLITS

DEFAULT_SCENE = 129


@dataclass(frozen=True)
class SceneState:
    """
    Attributes:
        split, index: the drawn scene, `scenes:SPLIT:INDEX`.
        photograph: one of `PHOTOGRAPHS` in place of the scene on the page for one's own images, or "".
        classes: the classes whose maps are shown; empty: the image's labels.
        focus: the class whose map is shown; "": the first of the classes.
    """

    split: str = "test"
    index: int = DEFAULT_SCENE
    photograph: str = ""
    classes: tuple[str, ...] = ()
    focus: str = ""


def in_order(names: Sequence[str]) -> tuple[str, ...]:
    """The names without repetition, in the order of the data set's classes."""
    return tuple(name for name in CLASSES if name in names)


def _read_scene(text: str) -> tuple[str, int]:
    source, _, rest = text.partition(":")
    split, _, index = rest.partition(":")
    if source != "scenes" or split not in SPLITS or not is_index(index, SPLITS[split]):
        raise ValueError("a scene such as scenes:val:17")
    return split, int(index)


def _read_classes(text: str) -> tuple[str, ...]:
    names = text.split(",")
    if any(name not in CLASSES for name in names):
        raise ValueError(f"a list of classes ({', '.join(CLASSES)})")
    return in_order(names)


_elsewhere: set[str] = set()
_MOST_ELSEWHERE = 50_000


def know(names: Sequence[str]) -> None:
    """Lets an address name these classes as well: those of a checkpoint that was opened on this server."""
    if len(_elsewhere) + len(names) <= _MOST_ELSEWHERE:
        _elsewhere.update(names)


def _read_class(text: str) -> str:
    if text and not any(text in known for known in (CLASSES, VOC_CLASSES, COCO_CLASSES, _elsewhere)):
        raise ValueError(f"one of {', '.join(CLASSES)}")
    return text


PARAMETERS = (
    Parameter("example", Notation(_read_scene, lambda scene: f"scenes:{scene[0]}:{scene[1]}"), ("split", "index")),
    Parameter("photograph", choice(("", *PHOTOGRAPHS))),
    Parameter("classes", Notation(_read_classes, ",".join)),
    Parameter("class", Notation(_read_class), ("focus",)),
)
