"""What is looked at on every page: a photograph or a drawn scene, and the classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from wsss_viz.app import workspace
from wsss_viz.app.state.parameters import Notation, Parameter, choice, is_index
from wsss_viz.data.coco_classes import COCO_CLASSES
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.photographs import PHOTOGRAPHS, read_photographs
from wsss_viz.data.scenes import CLASSES, SPLITS
from wsss_viz.errors import InputError
from wsss_viz.models.manifest import read_manifest

DEFAULT_PHOTOGRAPH = "photos:dog"
DEFAULT_SCENE = "scenes:test:129"


@dataclass(frozen=True)
class SceneState:
    """
    Attributes:
        example: what is looked at: the data string `photos:NAME` or `scenes:SPLIT:INDEX`, or `workspace:NAME:INDEX`,
            an image of a workspace of this server.
        looking_network: of a workspace the network that looks, by its name; "": its first.
        photograph: one of `PHOTOGRAPHS` in the place of a picture of one's own, as long as there is none, or "".
        classes: the classes whose maps are shown; empty: the image's labels.
        focus: the class whose map is shown; "": the first of the classes.
    """

    example: str = DEFAULT_PHOTOGRAPH
    looking_network: str = ""
    photograph: str = ""
    classes: tuple[str, ...] = ()
    focus: str = ""

    @property
    def is_scene(self) -> bool:
        """Whether the example is a drawn scene."""
        return self.example.startswith("scenes:")

    @property
    def workspace(self) -> str:
        """The name of the workspace whose image the example is; "" where it is a photograph or a drawn scene."""
        return workspace.parts_of(self.example)[0] if self.example.startswith(f"{workspace.KIND}:") else ""

    @property
    def scene(self) -> str:
        """The drawn scene, on pages that show no others: the example where it is one, else the first."""
        return self.example if self.is_scene else DEFAULT_SCENE


@lru_cache(maxsize=1)
def photograph_names() -> tuple[str, ...]:
    """The names of the photographs that ship, in order."""
    return tuple(photo.name for photo in read_photographs())


def in_order(names: Sequence[str]) -> tuple[str, ...]:
    """The names without repetition, in the order of the scenes' classes; any others after them, as they come."""
    return tuple(dict.fromkeys((*(name for name in CLASSES if name in names), *names)))


def read_example(text: str) -> str:
    """The data string that an address means; ValueError for any other."""
    kind, _, rest = text.partition(":")
    if kind == workspace.KIND:
        return _read_workspace(rest)
    if kind == "photos":
        names = photograph_names()
        if rest in names:
            return text
        if is_index(rest, len(names)):
            return f"photos:{names[int(rest)]}"
    split, _, index = rest.partition(":")
    if kind != "scenes" or split not in SPLITS or not is_index(index, SPLITS[split]):
        raise ValueError("an example such as photos:dog or scenes:val:17")
    return f"scenes:{split}:{int(index)}"


def _read_workspace(text: str) -> str:
    """`NAME:INDEX` of a workspace of this server; a plain NAME is its first image."""
    name, _, index = text.partition(":")
    try:
        count = len(workspace.samples_of(name))
    except InputError:
        count = 0
    if not is_index(index or "0", count):
        raise ValueError("an image of a workspace that this server was started with")
    return f"{workspace.KIND}:{name}:{int(index or 0)}"


def _read_network(text: str) -> str:
    if text and text not in workspace.all_names(lambda one: one.networks):
        raise ValueError("a network of a workspace that this server was started with")
    return text


def _read_classes(text: str) -> tuple[str, ...]:
    names = text.split(",")
    if any(not _is_class(name) for name in names):
        raise ValueError(f"a list of classes ({', '.join(CLASSES)})")
    return in_order(names)


_elsewhere: dict[frozenset[str], None] = {}
_MOST_LISTS = 64


def know(names: Sequence[str]) -> None:
    """Lets an address name these classes as well: those of the checkpoints that were opened here of late."""
    known = frozenset(names)
    _elsewhere.pop(known, None)
    _elsewhere[known] = None
    for oldest in list(_elsewhere)[:-_MOST_LISTS]:
        _elsewhere.pop(oldest, None)


@lru_cache(maxsize=1)
def _registered() -> frozenset[str]:
    """The classes of all networks that ship."""
    try:
        return frozenset(name for entry in read_manifest().values() for name in entry.classes)
    except InputError:
        return frozenset()


def _is_class(name: str) -> bool:
    shipped = (CLASSES, VOC_CLASSES, COCO_CLASSES, _registered(), *list(_elsewhere))
    return any(name in known for known in shipped) or name in workspace.classes()


def read_class(text: str) -> str:
    """A class's name or ""; ValueError for what no network here knows."""
    if text and not _is_class(text):
        raise ValueError(f"one of {', '.join(CLASSES)}")
    return text


PARAMETERS = (
    Parameter("example", Notation(read_example)),
    Parameter("looking-network", Notation(_read_network)),
    Parameter("photograph", choice(("", *PHOTOGRAPHS))),
    Parameter("classes", Notation(_read_classes, ",".join)),
    Parameter("class", Notation(read_class), ("focus",)),
)
