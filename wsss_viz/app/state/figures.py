"""The page Figures: which figure, how it is set, and the basket of views that were sent to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from wsss_viz.app.state.comparing import VIEWS, read_methods, read_refine
from wsss_viz.app.state.parameters import FINAL, Notation, Parameter, choice, step, subset
from wsss_viz.app.state.scene import read_class, read_example
from wsss_viz.app.state.viewing import LARGEST_K
from wsss_viz.app.workspace import KIND
from wsss_viz.errors import InputError
from wsss_viz.figures.presets import PRESETS
from wsss_viz.figures.spec import DISPLAYS, MOST_ROWS, WIDTHS
from wsss_viz.methods.changes import check_changes
from wsss_viz.traces.overlay import COLOUR_MAPS

BASKET, SCENE = "basket", "scene"
PHOTOS, UPLOAD = "photos", "own"
FIGURES = ("", *PRESETS, SCENE, BASKET)
BASKET_KINDS = ("grid", "filmstrip", "curves")
RESOLUTIONS = ("150", "300", "600")
PARTS = ("labels", "letters", "colour-bar", "contours")


@dataclass(frozen=True)
class Item:
    """One view in the basket.

    Attributes:
        example: as the state has it, or `own:DIGEST`, a picture of a person's own: of the session that sent it.
        name: the class whose maps are shown; "": the image's first label.
        k: the step, or `FINAL`.
        methods: as the state has them, at least one.
        views: one of `VIEWS`; "": those of the page.
        show: one of `DISPLAYS`, "map" or "mask"; "": as the page has it.
        threshold: of its mask.
        settings: of its one method, as name and value, where they are not the method's own.
        refine: what the maps of its methods go through beside, as `ComparingState.refine`.
    """

    example: str
    name: str
    k: int
    methods: tuple[str, ...]
    views: str = ""
    show: str = ""
    threshold: float = 0.3
    settings: tuple[tuple[str, Any], ...] = ()
    refine: str = ""


@dataclass(frozen=True)
class FiguresState:
    """
    Attributes:
        figure: a preset's name, `SCENE` for the image of the view, `BASKET`; "": the basket where there is something in
            it, else the first preset.
        basket: the views that were sent.
        basket_kind: one of `BASKET_KINDS`, what is made of them, and of the view's image.
        figure_width: a key of `figures.spec.WIDTHS`.
        dpi: one of `RESOLUTIONS`.
        figure_colours: a colour map; "": the figure's own.
        figure_parts: of `PARTS`, what stands around the pictures.
        figure_show: of a figure of one's own "map" or "mask" in every row; "": as each was sent.
    """

    figure: str = ""
    basket: tuple[Item, ...] = ()
    basket_kind: str = "grid"
    figure_width: str = "double"
    dpi: str = "300"
    figure_colours: str = ""
    figure_parts: tuple[str, ...] = PARTS
    figure_show: str = ""


_K = step(LARGEST_K)


_DIGEST = re.compile(r"[0-9a-f]{16}")
_MASK = re.compile(r"mask(\d{1,3})")
_NUMBER = re.compile(r"-?\d{1,6}(_\d{1,6})?")
_REFINE = "refine"
_SWITCH = {"true": True, "false": False}


def _read_item(text: str) -> Item:
    rest, view, names = text.rsplit(".", 2)
    kind, number, name = rest.split(".", 2)
    if kind == KIND:
        index, name = name.split(".", 1)
        number = f"{number}:{index}"
    if kind == UPLOAD:
        if not _DIGEST.fullmatch(number):
            raise ValueError("no picture")
        example = f"{UPLOAD}:{number}"
    else:
        example = read_example(f"{kind}:{number}" if kind in (PHOTOS, KIND) else f"scenes:{kind}:{number}")
    return _with_view(Item(example, read_class(name), FINAL, read_methods(names.split("_"))), view)


def _with_view(item: Item, text: str) -> Item:
    """The item as `final~mirror~mask40~steps:4~refine:crf:irn@0_3` says it is shown."""
    k, *parts = text.split("~")
    fields: dict[str, Any] = {"k": _K.read(k)}
    settings: dict[str, Any] = {}
    for part in parts:
        name, colon, value = part.partition(":")
        if mask := _MASK.fullmatch(part):
            fields |= {"show": "mask", "threshold": min(int(mask[1]), 100) / 100}
        elif part in DISPLAYS:
            fields["show"] = part
        elif part in VIEWS:
            fields["views"] = part
        elif name == _REFINE and value:
            fields["refine"] = read_refine(value.replace("_", "."))
        elif colon:
            settings[name] = _read_value(value)
        else:
            raise ValueError("unknown")
    if settings:
        try:
            check_changes({item.methods[0]: settings})
        except InputError:
            raise ValueError("a setting that the method has not") from None
    return replace(item, settings=tuple(settings.items()), **fields)


def _read_value(text: str) -> Any:
    if _NUMBER.fullmatch(text):
        return float(text.replace("_", ".")) if "_" in text else int(text)
    return _SWITCH.get(text, text)


def _write_view(item: Item) -> str:
    display = f"mask{round(100 * item.threshold)}" if item.show == "mask" else item.show
    settings = (f"{name}:{str(value).replace('.', '_').lower()}" for name, value in item.settings)
    refine = f"{_REFINE}:{item.refine.replace('.', '_')}" if item.refine else ""
    return "~".join(filter(None, (_K.write(item.k), item.views, display, *settings, refine)))


def _read_basket(text: str) -> tuple[Item, ...]:
    parts = text.split(",") if text else []
    try:
        if len(parts) > MOST_ROWS:
            raise ValueError("too many")
        return tuple(_read_item(part) for part in parts)
    except ValueError:
        raise ValueError(f"at most {MOST_ROWS} views such as test.129.cow.{_K.write(FINAL)}.cam_rib") from None


def _write_basket(items: Sequence[Item]) -> str:
    return ",".join(f"{_short_source(i.example)}.{i.name}.{_write_view(i)}.{'_'.join(i.methods)}" for i in items)


def _short_source(example: str) -> str:
    """`photos.dog`, and of a scene its split and number alone: `test.129`."""
    return example.removeprefix("scenes:").replace(":", ".")


PARAMETERS = (
    Parameter("figure", choice(FIGURES)),
    Parameter("basket", Notation(_read_basket, _write_basket)),
    Parameter("basket-kind", choice(BASKET_KINDS)),
    Parameter("figure-width", choice(tuple(WIDTHS))),
    Parameter("dpi", choice(RESOLUTIONS)),
    Parameter("figure-colours", choice(("", *COLOUR_MAPS))),
    Parameter("figure-parts", subset(PARTS)),
    Parameter("figure-show", choice(("", *DISPLAYS))),
)
