"""The page Figures: which figure, how it is set, and the basket of views that were sent to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wsss_viz.app.methods import METHODS
from wsss_viz.app.state.parameters import FINAL, Notation, Parameter, choice, is_index, step, subset
from wsss_viz.app.state.viewing import LARGEST_K
from wsss_viz.data.scenes import CLASSES, SPLITS
from wsss_viz.figures.presets import PRESETS
from wsss_viz.figures.spec import MOST_ROWS, WIDTHS
from wsss_viz.traces.overlay import COLOUR_MAPS

BASKET, SCENE = "basket", "scene"
FIGURES = ("", *PRESETS, SCENE, BASKET)
BASKET_KINDS = ("grid", "filmstrip", "curves")
RESOLUTIONS = ("150", "300", "600")
PARTS = ("labels", "letters", "colour-bar", "contours")


@dataclass(frozen=True)
class Item:
    """One view in the basket.

    Attributes:
        split, index: the drawn scene.
        name: the class whose maps are shown; "": the scene's first label.
        k: the step, or `FINAL`.
        methods: names of `methods.METHODS`, at least one.
    """

    split: str
    index: int
    name: str
    k: int
    methods: tuple[str, ...]

    @property
    def example(self) -> str:
        """The data string of the scene."""
        return f"scenes:{self.split}:{self.index}"


@dataclass(frozen=True)
class FiguresState:
    """
    Attributes:
        figure: a preset's name, `SCENE` for the scene of the view, `BASKET`; "": the basket where there is something in
            it, else the first preset.
        basket: the views that were sent.
        basket_kind: one of `BASKET_KINDS`, what is made of them, and of the scene.
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
    split, index, name, k, methods = text.split(".")
    names = tuple(methods.split("_"))
    if split not in SPLITS or not is_index(index, SPLITS[split]) or name not in ("", *CLASSES):
        raise ValueError("no scene or class of the basket")
    if not set(names) <= set(METHODS):
        raise ValueError("no method of the basket")
    return Item(split, int(index), name, _K.read(k), tuple(method for method in METHODS if method in names))


def _read_basket(text: str) -> tuple[Item, ...]:
    parts = text.split(",") if text else []
    try:
        if len(parts) > MOST_ROWS:
            raise ValueError("too many")
        return tuple(_read_item(part) for part in parts)
    except ValueError:
        raise ValueError(f"at most {MOST_ROWS} views such as test.129.cow.{_K.write(FINAL)}.cam_rib") from None


def _write_basket(items: Sequence[Item]) -> str:
    return ",".join(f"{i.split}.{i.index}.{i.name}.{_K.write(i.k)}.{'_'.join(i.methods)}" for i in items)


PARAMETERS = (
    Parameter("figure", choice(FIGURES)),
    Parameter("basket", Notation(_read_basket, _write_basket)),
    Parameter("basket-kind", choice(BASKET_KINDS)),
    Parameter("figure-width", choice(tuple(WIDTHS))),
    Parameter("dpi", choice(RESOLUTIONS)),
    Parameter("figure-colours", choice(("", *COLOUR_MAPS))),
    Parameter("figure-parts", subset(PARTS)),
)
