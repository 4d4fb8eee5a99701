"""The page Figures: which figure, how it is set, and the basket of views that were sent to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wsss_viz.app.state.comparing import read_methods
from wsss_viz.app.state.parameters import FINAL, Notation, Parameter, choice, step, subset
from wsss_viz.app.state.scene import read_class, read_example
from wsss_viz.app.state.viewing import LARGEST_K
from wsss_viz.app.workspace import KIND
from wsss_viz.figures.presets import PRESETS
from wsss_viz.figures.spec import MOST_ROWS, WIDTHS
from wsss_viz.traces.overlay import COLOUR_MAPS

BASKET, SCENE = "basket", "scene"
PHOTOS = "photos"
FIGURES = ("", *PRESETS, SCENE, BASKET)
BASKET_KINDS = ("grid", "filmstrip", "curves")
RESOLUTIONS = ("150", "300", "600")
PARTS = ("labels", "letters", "colour-bar", "contours")


@dataclass(frozen=True)
class Item:
    """One view in the basket.

    Attributes:
        example: as the state has it.
        name: the class whose maps are shown; "": the image's first label.
        k: the step, or `FINAL`.
        methods: as the state has them, at least one.
    """

    example: str
    name: str
    k: int
    methods: tuple[str, ...]


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
    """

    figure: str = ""
    basket: tuple[Item, ...] = ()
    basket_kind: str = "grid"
    figure_width: str = "double"
    dpi: str = "300"
    figure_colours: str = ""
    figure_parts: tuple[str, ...] = PARTS


_K = step(LARGEST_K)


def _read_item(text: str) -> Item:
    rest, k, methods = text.rsplit(".", 2)
    kind, number, name = rest.split(".", 2)
    if kind == KIND:
        index, name = name.split(".", 1)
        number = f"{number}:{index}"
    example = read_example(f"{kind}:{number}" if kind in (PHOTOS, KIND) else f"scenes:{kind}:{number}")
    return Item(example, read_class(name), _K.read(k), read_methods(methods.split("_")))


def _read_basket(text: str) -> tuple[Item, ...]:
    parts = text.split(",") if text else []
    try:
        if len(parts) > MOST_ROWS:
            raise ValueError("too many")
        return tuple(_read_item(part) for part in parts)
    except ValueError:
        raise ValueError(f"at most {MOST_ROWS} views such as test.129.cow.{_K.write(FINAL)}.cam_rib") from None


def _write_basket(items: Sequence[Item]) -> str:
    return ",".join(f"{_short_source(i.example)}.{i.name}.{_K.write(i.k)}.{'_'.join(i.methods)}" for i in items)


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
)
