"""What is looked at, and how: one typed state, in the address of every page.

`from_query` is the only way in and lets nothing through that is not on its lists; `to_query` is the only way out, so a
link built anywhere in the app leads to the same view on a cold server. What equals the default is left out of the
address.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from wsss_viz.app.methods import METHODS
from wsss_viz.data.scenes import CLASSES, SPLITS
from wsss_viz.errors import InputError
from wsss_viz.information.ruler_names import check_ruler
from wsss_viz.traces.normalisation import NORMALISATIONS

COLOUR_MAPS = ("inferno", "viridis", "cividis")
VIEWS = ("single", "mirror", "multi-scale")
LAYOUTS = ("grid", "wipe", "blink", "difference")
SHOWN = ("map", "mask", "image")
OUTLINES = ("truth", "parts", "mask")
MODES = ("ae", "ae-rounds", "cs-ae-single", "cs-ae-epochs", "cs-ae", "rib", "rib-bce", "experiment")
MASK_KINDS = ("hard", "soft", "graded")
ERASED = ("class", "all")
ERASURES = ("class", "agnostic", "random")
LARGEST_STEPS = 40
SUBJECTS = ("toy", "scenes")
HEADS = ("flatten", "gap")
TRAINED_WITH = ("bce", "rib")
NETWORKS = ("classifier", "cgnet")
MEASURES = ("sum", "energy")
DIVISORS = ("max", "p99")
REGION_SOURCES = ("parts", "map0.3", "map0.5", "map0.7")
LARGEST_LAYER = 12
LARGEST_PICTURE = 1
LARGEST_RIB_STEP = 10
SECTIONS = ("plane", "minimal", "table", "chain", "probe")
NETWORK_ACTIVATIONS = ("tanh", "relu", "sigmoid")
UNIT_ACTIVATIONS = (*NETWORK_ACTIVATIONS, "softsign", "elu", "linear")
NETWORK_LAYERS = ("T1", "T2", "T3", "T4", "T5", "output")
LARGEST_EPOCH, MOST_SEEDS, MOST_LINKS = 100_000, 8, 12
PROBED = ("class", "coat", "rib")
FINAL = -1
LARGEST_K = 999
LARGEST_PANEL = 5
PHOTOGRAPHS = ("china", "flower")
DEFAULT_SCENE = 129


@dataclass(frozen=True)
class ViewState:
    """One view of the app.

    Attributes:
        split, index: the drawn scene, `scenes:SPLIT:INDEX`.
        photograph: one of `PHOTOGRAPHS` in place of the scene on the page for one's own images, or "".
        classes: the classes whose maps are shown; empty: the image's labels.
        threshold: t in [0, 1], the normalised activation from which a pixel counts as object.
        opacity: of the map over the image, in [0, 1].
        colours: one of `COLOUR_MAPS`.
        normalisation: one of `NORMALISATIONS`.
        views: one of `VIEWS`, the names of `methods.views.PRESETS`.
        methods: names of `methods.METHODS`, the methods side by side; empty: the page's own choice.
        k: the step that is shown, or `FINAL`: each method's last.
        focus: the class whose map is shown; "": the first of the classes.
        layout: one of `LAYOUTS`.
        show: one of `SHOWN`, what lies over the image.
        outlines: of `OUTLINES`, the contours that are drawn.
        pair: the two panels that are wiped, blinked or subtracted, counted from 0; empty: the first two with maps.
        mode: one of `MODES`, what is stepped through on the page Erasing.
        steps: K, how often it is erased or tuned; 0: as the method has it.
        mask: one of `MASK_KINDS`, how AE erases.
        erase_at: the normalised activation above which AE erases, of a soft mask its middle.
        erased: one of `ERASED`: from each class's image its own map, or from one image the maps of all labels.
        stop_below: the probability of the class below which AE ends.
        stop_area: the share of the image that may be erased before AE ends.
        erasure: one of `ERASURES`, what the erasing experiment erases.
        subject: one of `SUBJECTS`, what the gradients are of.
        head, trained_with: of `HEADS` and `TRAINED_WITH`, the toy's network.
        picture: the toy's example, from 0.
        network: one of `NETWORKS`, who looks at the scenes.
        measure: one of `MEASURES`, how a layer becomes one number.
        divisor: one of `DIVISORS`, what a gradient map is divided by.
        tau: the share of it from which a gradient is high.
        layer: from 1; 0: the last.
        regions: one of `REGION_SOURCES`, where the scenes' regions are from.
        rib_step: theta_k whose gradients are shown.
        section: one of `SECTIONS`, a part of the page Information.
        activations: of `NETWORK_ACTIVATIONS`, the networks side by side in the information plane.
        ruler: what they are measured with, as `information.ruler_names` has it.
        told_by: of `NETWORK_LAYERS`, those that are drawn.
        seeds: the first so many networks of each.
        epoch: where the slider stands at first, or `FINAL`.
        live: of `NETWORK_ACTIVATIONS`, trained now in place of the stored run; "": none.
        unit: one of `UNIT_ACTIVATIONS`, of the minimal model.
        table: four weights of the joint table, row by row, from 0 to 100, not all 0.
        draws: samples that are drawn from it.
        flip: the probability that a link of the chain flips the bit.
        links: of the chain.
        probed: one of `PROBED`.
        box: one's own region in percent of the picture: left, top, right, bottom; empty: none.
    """

    split: str = "test"
    index: int = DEFAULT_SCENE
    photograph: str = ""
    classes: tuple[str, ...] = ()
    threshold: float = 0.3
    opacity: float = 0.6
    colours: str = "inferno"
    normalisation: str = "relu_max"
    views: str = "single"
    methods: tuple[str, ...] = ()
    k: int = FINAL
    focus: str = ""
    layout: str = "grid"
    show: str = "map"
    outlines: tuple[str, ...] = ("truth",)
    pair: tuple[int, ...] = ()
    mode: str = "ae"
    steps: int = 0
    mask: str = "hard"
    erase_at: float = 0.5
    erased: str = "class"
    stop_below: float = 0.0
    stop_area: float = 1.0
    erasure: str = "class"
    subject: str = "toy"
    head: str = "flatten"
    trained_with: str = "bce"
    picture: int = 0
    network: str = "classifier"
    measure: str = "sum"
    divisor: str = "max"
    tau: float = 0.3
    layer: int = 0
    regions: str = "parts"
    rib_step: int = 0
    box: tuple[int, ...] = ()
    section: str = "plane"
    activations: tuple[str, ...] = ("tanh", "relu")
    ruler: str = "default"
    told_by: tuple[str, ...] = NETWORK_LAYERS
    seeds: int = MOST_SEEDS
    epoch: int = FINAL
    live: str = ""
    unit: str = "tanh"
    table: tuple[int, ...] = (50, 0, 0, 50)
    draws: int = 100
    flip: float = 0.1
    links: int = 5
    probed: str = "class"

    @property
    def example(self) -> str:
        """The data string of the scene."""
        return f"scenes:{self.split}:{self.index}"

    def at(self, split: str, index: int) -> ViewState:
        """The same view of another scene: the index wraps around its split, the classes are its labels again."""
        return replace(self, split=split, index=index % SPLITS[split], classes=(), focus="")

    @classmethod
    def from_query(cls, query: Mapping[str, str | Sequence[str]]) -> tuple[ViewState, tuple[str, ...]]:
        """The state an address describes, and one line on each value that could not be used.

        Args:
            query: parameters by name; of a repeated one the last counts. Names of nobody's are left alone.
        """
        values, notes = _read(query)
        return cls(**values), notes

    def updated(self, query: Mapping[str, str | Sequence[str]]) -> ViewState:
        """This state with what the parameters of `query` change; a value that could not be used changes nothing."""
        return replace(self, **_read(query)[0])

    def to_query(self) -> dict[str, str]:
        """The parameters that `from_query` reads this state from; defaults left out."""
        changed = {f.name for f in fields(self) if getattr(self, f.name) != f.default}
        return {name: write(self) for name, (_, write) in _PARAMETERS.items() if changed & _CARRIES.get(name, {name})}

    def written(self, names: Sequence[str]) -> dict[str, str]:
        """The parameters `names` as an address has them, defaults as well."""
        return {name: _PARAMETERS[name][1](self) for name in names}


def _read(query: Mapping[str, str | Sequence[str]]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Fields by name, and one line on each value that could not be used."""
    values: dict[str, Any] = {}
    notes = []
    for name, (parse, _) in _PARAMETERS.items():
        given = query.get(name)
        text = given if isinstance(given, str) or given is None else (given[-1] if given else None)
        if text is None:
            continue
        try:
            values |= parse(text)
        except ValueError as error:
            notes.append(f"`{name}` in the address is not {error}, so its default is shown.")
    return values, tuple(notes)


def _example(text: str) -> dict[str, Any]:
    source, _, rest = text.partition(":")
    split, _, index = rest.partition(":")
    if source != "scenes" or split not in SPLITS or not _is_index(index, SPLITS[split]):
        raise ValueError("a scene such as scenes:val:17")
    return {"split": split, "index": int(index)}


def _is_index(text: str, count: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) < count


def _classes(text: str) -> dict[str, Any]:
    names = text.split(",")
    if not names or any(name not in CLASSES for name in names):
        raise ValueError(f"a list of classes ({', '.join(CLASSES)})")
    return {"classes": in_order(names)}


def in_order(names: Sequence[str]) -> tuple[str, ...]:
    """The names without repetition, in the order of the data set's classes."""
    return tuple(name for name in CLASSES if name in names)


def _choice(field: str, options: Sequence[str]) -> Callable[[str], dict[str, Any]]:
    def parse(text: str) -> dict[str, Any]:
        if text not in options:
            raise ValueError(f"one of {', '.join(options)}")
        return {field: text}

    return parse


def _subset(field: str, options: Sequence[str]) -> Callable[[str], dict[str, Any]]:
    """Some of the options, joined by commas; "none" is none of them."""

    def parse(text: str) -> dict[str, Any]:
        names = () if text == "none" else text.split(",")
        if any(name not in options for name in names):
            raise ValueError(f"a list of {', '.join(options)}")
        return {field: tuple(name for name in options if name in names)}

    return parse


def _list(field: str) -> Callable[[ViewState], str]:
    return lambda state: ",".join(getattr(state, field)) or "none"


def _k(text: str) -> dict[str, Any]:
    if text == "final":
        return {"k": FINAL}
    if not _is_index(text, LARGEST_K + 1):
        raise ValueError(f"a step from 0 to {LARGEST_K}, or final")
    return {"k": int(text)}


def _steps(text: str) -> dict[str, Any]:
    if not _is_index(text, LARGEST_STEPS + 1):
        raise ValueError(f"a number of steps from 0 to {LARGEST_STEPS}")
    return {"steps": int(text)}


def _focus(text: str) -> dict[str, Any]:
    if text and text not in CLASSES:
        raise ValueError(f"one of {', '.join(CLASSES)}")
    return {"focus": text}


def _pair(text: str) -> dict[str, Any]:
    numbers = text.split("-") if text else []
    if numbers and (len(numbers) != 2 or not all(_is_index(number, LARGEST_PANEL + 1) for number in numbers)):
        raise ValueError(f"two panels from 0 to {LARGEST_PANEL}, such as 2-3")
    return {"pair": tuple(int(number) for number in numbers)}


def _number(field: str, largest: int) -> Callable[[str], dict[str, Any]]:
    def parse(text: str) -> dict[str, Any]:
        if not _is_index(text, largest + 1):
            raise ValueError(f"a whole number from 0 to {largest}")
        return {field: int(text)}

    return parse


def _tau(text: str) -> dict[str, Any]:
    value = _share("tau")(text)["tau"]
    if not 0.05 <= value <= 0.9 or round(value * 20) != round(value * 20, 6):
        raise ValueError("a threshold from 0.05 to 0.9 in steps of 0.05")
    return {"tau": value}


def _box(text: str) -> dict[str, Any]:
    numbers = tuple(int(part) for part in text.split("-") if _is_index(part, 101))
    if text and (text.count("-") != 3 or len(numbers) != 4 or numbers[0] >= numbers[2] or numbers[1] >= numbers[3]):
        raise ValueError("left, top, right and bottom in percent, such as 10-20-60-80")
    return {"box": numbers}


def _ruler(text: str) -> dict[str, Any]:
    try:
        kind, value = check_ruler(text[:40])
    except InputError:
        raise ValueError("a ruler such as width:0.07") from None
    return {"ruler": f"{kind}:{value}" if value else kind}


def _some(field: str, options: Sequence[str]) -> Callable[[str], dict[str, Any]]:
    """As `_subset`, at least one of them."""

    def parse(text: str) -> dict[str, Any]:
        found = _subset(field, options)(text)
        if not found[field]:
            raise ValueError(f"a list of {', '.join(options)}")
        return found

    return parse


def _whole(field: str, least: int, most: int) -> Callable[[str], dict[str, Any]]:
    def parse(text: str) -> dict[str, Any]:
        if not _is_index(text, most + 1) or int(text) < least:
            raise ValueError(f"a whole number from {least} to {most}")
        return {field: int(text)}

    return parse


def _table(text: str) -> dict[str, Any]:
    weights = text.split("-")
    if len(weights) != 4 or not all(_is_index(weight, 101) for weight in weights) or not any(map(int, weights)):
        raise ValueError("four weights from 0 to 100, such as 45-5-5-45")
    return {"table": tuple(int(weight) for weight in weights)}


def _share(field: str) -> Callable[[str], dict[str, Any]]:
    def parse(text: str) -> dict[str, Any]:
        try:
            value = float(text) if len(text) <= 12 else math.nan
        except ValueError:
            value = math.nan
        if not 0 <= value <= 1:
            raise ValueError("a number from 0 to 1")
        return {field: round(value, 2)}

    return parse


def _text(field: str) -> Callable[[ViewState], str]:
    return lambda state: str(getattr(state, field))


_PARAMETERS: dict[str, tuple[Callable[[str], dict[str, Any]], Callable[[ViewState], str]]] = {
    "example": (_example, lambda state: state.example),
    "photograph": (_choice("photograph", PHOTOGRAPHS), _text("photograph")),
    "classes": (_classes, lambda state: ",".join(state.classes)),
    "threshold": (_share("threshold"), _text("threshold")),
    "opacity": (_share("opacity"), _text("opacity")),
    "colours": (_choice("colours", COLOUR_MAPS), _text("colours")),
    "normalisation": (_choice("normalisation", NORMALISATIONS), _text("normalisation")),
    "views": (_choice("views", VIEWS), _text("views")),
    "methods": (_subset("methods", tuple(METHODS)), _list("methods")),
    "k": (_k, lambda state: "final" if state.k == FINAL else str(state.k)),
    "class": (_focus, _text("focus")),
    "layout": (_choice("layout", LAYOUTS), _text("layout")),
    "show": (_choice("show", SHOWN), _text("show")),
    "outlines": (_subset("outlines", OUTLINES), _list("outlines")),
    "pair": (_pair, lambda state: "-".join(str(number) for number in state.pair)),
    "mode": (_choice("mode", MODES), _text("mode")),
    "steps": (_steps, _text("steps")),
    "mask": (_choice("mask", MASK_KINDS), _text("mask")),
    "erase-at": (_share("erase_at"), _text("erase_at")),
    "erased": (_choice("erased", ERASED), _text("erased")),
    "stop-below": (_share("stop_below"), _text("stop_below")),
    "stop-area": (_share("stop_area"), _text("stop_area")),
    "erasure": (_choice("erasure", ERASURES), _text("erasure")),
    "subject": (_choice("subject", SUBJECTS), _text("subject")),
    "head": (_choice("head", HEADS), _text("head")),
    "trained-with": (_choice("trained_with", TRAINED_WITH), _text("trained_with")),
    "picture": (_number("picture", LARGEST_PICTURE), _text("picture")),
    "network": (_choice("network", NETWORKS), _text("network")),
    "measure": (_choice("measure", MEASURES), _text("measure")),
    "divisor": (_choice("divisor", DIVISORS), _text("divisor")),
    "tau": (_tau, _text("tau")),
    "layer": (_number("layer", LARGEST_LAYER), _text("layer")),
    "regions": (_choice("regions", REGION_SOURCES), _text("regions")),
    "rib-step": (_number("rib_step", LARGEST_RIB_STEP), _text("rib_step")),
    "box": (_box, lambda state: "-".join(str(number) for number in state.box)),
    "section": (_choice("section", SECTIONS), _text("section")),
    "activations": (_some("activations", NETWORK_ACTIVATIONS), _list("activations")),
    "ruler": (_ruler, _text("ruler")),
    "layers": (_some("told_by", NETWORK_LAYERS), _list("told_by")),
    "seeds": (_whole("seeds", 1, MOST_SEEDS), _text("seeds")),
    "epoch": (_whole("epoch", 0, LARGEST_EPOCH), _text("epoch")),
    "live": (_choice("live", NETWORK_ACTIVATIONS), _text("live")),
    "unit": (_choice("unit", UNIT_ACTIVATIONS), _text("unit")),
    "table": (_table, lambda state: "-".join(str(weight) for weight in state.table)),
    "draws": (_whole("draws", 10, 10_000), _text("draws")),
    "flip": (_share("flip"), _text("flip")),
    "links": (_whole("links", 1, MOST_LINKS), _text("links")),
    "probed": (_choice("probed", PROBED), _text("probed")),
}
_CARRIES = {
    "example": {"split", "index"},
    "class": {"focus"},
    "erase-at": {"erase_at"},
    "stop-below": {"stop_below"},
    "stop-area": {"stop_area"},
    "trained-with": {"trained_with"},
    "rib-step": {"rib_step"},
    "layers": {"told_by"},
}
