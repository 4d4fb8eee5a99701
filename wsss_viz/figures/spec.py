"""A figure's spec: what is shown and how, typed. `spec_file` reads and writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from wsss_viz.errors import InputError
from wsss_viz.figures.columns import PICTURES, column
from wsss_viz.methods.catalogue import METHODS, roles
from wsss_viz.methods.changes import check_changes
from wsss_viz.methods.view_set import PRESETS
from wsss_viz.models.manifest import settings_of
from wsss_viz.models.network_input import NOTHING, NetworkInput
from wsss_viz.traces.centres import FIELD

__all__ = [
    "ACTIVATIONS",
    "CLASSIFIER_PER_IMAGE",
    "COLUMNS",
    "CORNERS",
    "DISPLAYS",
    "FINAL",
    "FORMAT",
    "FRAMES",
    "KINDS",
    "MOST_COLUMNS",
    "MOST_ROWS",
    "MOST_STEPS",
    "PHOTOGRAPHS_CLASSIFIER",
    "RATIOS",
    "SCENES_CLASSIFIER",
    "VIEWS",
    "WIDTHS",
    "WITHOUT_ROWS",
    "Box",
    "FigureSpec",
    "Row",
    "brief",
]

FORMAT = 1
KINDS = ("grid", "filmstrip", "curves", "plane", "hgr")
WITHOUT_ROWS = ("plane", "hgr")
"""Kinds drawn from stored measurements, not from images."""
WIDTHS = {"single": 3.3, "double": 7.0}
"""Inches: one column of a journal's page, and both."""
VIEWS = tuple(PRESETS)
FRAMES = ("map", "look")
DISPLAYS = ("map", "mask")
FINAL = -1
ACTIVATIONS = ("tanh", "relu", "sigmoid")
RATIOS = ("toy-flatten", "toy-gap", "scenes", "rib-steps")
CORNERS = ("lower right", "lower left", "upper right", "upper left")
COLUMNS = {
    "grid": (*PICTURES, *METHODS),
    "filmstrip": tuple(METHODS),
    "curves": tuple(METHODS),
    "plane": ACTIVATIONS,
    "hgr": RATIOS,
}
"""What a column may be, by kind; of a grid also maps in files (`maps:NAME`), and with `+` what is done to the maps."""
CLASSIFIER_PER_IMAGE = "each-its-own"
SCENES_CLASSIFIER, PHOTOGRAPHS_CLASSIFIER = "scenes-classifier", "imagenet-efficientnet-lite0"
MOST_ROWS, MOST_COLUMNS, MOST_STEPS = 12, 10, 12
Box = tuple[float, float, float, float]
"""Left, top, right and bottom, as shares of the image's width and height."""


@dataclass(frozen=True)
class Row:
    """One image of a figure.

    Attributes:
        image: a data string of one sample.
        name: the class whose maps are shown, `class` in JSON; "": the image's first label.
        step: of a grid, the k that is shown; `FINAL`, and where a method has fewer: its last.
        columns: of the figure's columns those that this image has; empty: all.
        also: further classes, drawn with the first, each in its colour; in JSON `class` is a list then.
        title: beside the row, in place of the class.
        crop: the part of the image that is drawn; None: all of it.
        inset: the part that is drawn enlarged in a corner; None: none.
        corner: one of `CORNERS`, where.
        views, show, threshold, settings: this row's in place of the figure's; "", None, {}: the figure's.
    """

    image: str
    name: str = ""
    step: int = FINAL
    columns: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    title: str = ""
    crop: Box | None = None
    inset: Box | None = None
    corner: str = CORNERS[0]
    views: str = ""
    show: str = ""
    threshold: float | None = None
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def classes(self) -> tuple[str, ...]:
        """All classes that it names."""
        return (self.name, *self.also) if self.name else ()


@dataclass(frozen=True)
class FigureSpec:
    """One figure.

    Attributes:
        kind: one of `KINDS`. A grid has a row per image and a column per picture or method; a filmstrip has a row
            per image and method and a column per step; curves have a panel for each image and method, with the
            logits of all classes over the steps; a plane is the information plane of stored runs, a column per
            activation; hgr is the stored high gradient ratio, a column per subject: by layer, or of "rib-steps" by
            RIB's step.
        rows: the images; none for a plane or hgr.
        columns: of `COLUMNS[kind]`.
        steps: the k shown in a filmstrip; empty: all, or `pictures.MOST_STEPS` of them evenly spread.
        frames: of a filmstrip: "map", the method's map after step k, or "look", what step k alone sees.
        show: "map", or "mask": the pseudo mask of the image's labels and the row's class at `threshold`.
        threshold: of the pseudo mask, on the normalised maps; a raw map has no scale, so its mask is the one of
            `relu_max`.
        classifier: a name in the register of checkpoints, a checkpoint's path, a torchvision model, or
            `CLASSIFIER_PER_IMAGE`: the drawn scenes' classifier for these, ImageNet's network for any other image.
        views: one of `VIEWS`.
        settings: by method, those that are not the classifier's own or the defaults.
        normalisation: one of `NORMALISATIONS`.
        colours: one of `COLOUR_MAPS`.
        opacity: of a map over its image, 0 to 1.
        width: one of `WIDTHS`.
        dpi: of PNG, and of pictures inside PDF and SVG.
        labels: whether rows and columns are named.
        letters: whether columns (of a grid) or panels have letters.
        colour_bar: whether there is one.
        contours: whether the ground truth of the row's class is outlined.
        align: one of `ALIGNMENTS`: how maps are laid over images, as the field does or by their cells' centres.
        network_input: `input` in JSON: what is said of the classifier's input, `mean`, `std`, `short_side` (null: the
            image's own size) and `stride`, as by the command line's options.
        titles: by column, above it, in place of the method's.
        maps: by the name in `maps:NAME`, a folder of maps or pseudo masks, as `evaluate --maps` reads them.
        networks: by role ("cgnet", "gain", "ae"), the paired networks of methods that need one.
        class_names: of the rows of the classifier's head; a text: the file that lists them; (): its own.
        names: by class, what it is called in the figure.
        companions: the data that RIB's companions are drawn from; "": that of each image.
    """

    kind: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...] = ()
    steps: tuple[int, ...] = ()
    frames: str = "map"
    show: str = "map"
    threshold: float = 0.3
    classifier: str = SCENES_CLASSIFIER
    views: str = "single"
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    normalisation: str = "relu_max"
    colours: str = "inferno"
    opacity: float = 0.7
    width: str = "double"
    dpi: int = 300
    labels: bool = True
    letters: bool = True
    colour_bar: bool = True
    contours: bool = True
    align: str = FIELD
    network_input: NetworkInput = NOTHING
    titles: Mapping[str, str] = field(default_factory=dict)
    maps: Mapping[str, str] = field(default_factory=dict)
    networks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    class_names: tuple[str, ...] | str = ()
    names: Mapping[str, str] = field(default_factory=dict)
    companions: str = ""

    def __post_init__(self) -> None:
        """Checks what depends on the kind. Raises InputError."""
        self._check_columns()
        if self.kind in WITHOUT_ROWS and self.rows:
            raise InputError(f"a figure of the kind {self.kind} has no `rows`: leave them out")
        if self.kind not in WITHOUT_ROWS and not self.rows:
            raise InputError(f"a {self.kind} wants `rows`, at least one image")
        if self.steps and self.kind != "filmstrip":
            raise InputError(f"a {self.kind} has no `steps`: leave them out")
        if self.kind != "grid" and any(row.step != FINAL for row in self.rows):
            raise InputError(f"a row of a {self.kind} has no `step`: leave it out")
        if self.frames == "look" and "mask" in (self.show, *(row.show for row in self.rows)):
            raise InputError("`show` mask wants `frames` map")
        if self.normalisation == "raw" and any(row.also for row in self.rows):
            raise InputError("several classes in a row are compared on a scale: give a `normalisation` that is not raw")
        by_row = [name for row in self.rows for name in row.settings]
        idle = [name for name in (*self.settings, *by_row) if name not in self.methods]
        if idle:
            raise InputError(f"`settings` are of the methods in `columns`, got {brief(idle[0])}")
        strange = [role for role in self.networks if role not in roles(self.methods)]
        if strange:
            needed = ", ".join(roles(self.methods)) or "none"
            raise InputError(f"`networks` are of the roles that the columns need ({needed}), got {brief(strange[0])}")
        for settings in filter(None, (self.settings, *(row.settings for row in self.rows))):
            check_changes(settings, settings_of(self.classifier))
        stray = [name for row in self.rows for name in row.columns if name not in self.columns]
        if stray:
            raise InputError(f"`columns` of a row are of the figure's {', '.join(self.columns)}, got {brief(stray[0])}")

    def _check_columns(self) -> None:
        twice = [name for at, name in enumerate(self.columns) if name in self.columns[:at]]
        if twice:
            raise InputError(f"the column {brief(twice[0])} stands there twice")
        for name in self.columns:
            if name in COLUMNS[self.kind]:
                continue
            why = ""
            try:
                known = column(name) if self.kind == "grid" else None
            except InputError as error:
                known, why = None, f": {error}" if "+" in name else ""
            if known is None:
                raise InputError(
                    f"`columns` of a {self.kind} are of {', '.join(COLUMNS[self.kind])}"
                    f"{', maps:NAME' if self.kind == 'grid' else ''}, got {brief(name)}{why}"
                )
            if known.maps and known.maps not in self.maps:
                raise InputError(f'there are no maps {known.maps!r:.40}: say where, "maps": {{"NAME": "FOLDER"}}')
        others = [name for name in self.titles if name not in self.columns]
        if others:
            raise InputError(f"`titles` are of the figure's columns, got {brief(others[0])}")

    def of(self, row: Row) -> FigureSpec:
        """The figure as one of its rows has it: the row's views, settings, maps or masks, threshold.

        >>> rows = (Row("scenes:test:17", show="mask", threshold=0.4), Row("scenes:test:21"))
        >>> spec = FigureSpec("grid", ("cam",), rows, views="mirror")
        >>> [(one.show, one.threshold, one.views) for one in map(spec.of, rows)]
        [('mask', 0.4, 'mirror'), ('map', 0.3, 'mirror')]
        """
        return replace(
            self,
            views=row.views or self.views,
            show=row.show or self.show,
            threshold=self.threshold if row.threshold is None else row.threshold,
            settings={**self.settings, **row.settings},
        )

    def title_of(self, name: str) -> str:
        """Above a column."""
        return self.titles.get(name) or column(name).title

    def called(self, name: str) -> str:
        """What a class is called in the figure."""
        return self.names.get(name, name)

    def columns_of(self, row: Row) -> tuple[str, ...]:
        """The columns that a row has, in the figure's order."""
        return tuple(name for name in self.columns if not row.columns or name in row.columns)

    @property
    def drawn(self) -> frozenset[str]:
        """What its methods' pictures show, of `DISPLAYS`; nothing where it has no pictures of methods.

        >>> rows = (Row("scenes:test:17", show="mask"),)
        >>> sorted(FigureSpec("grid", ("image", "cam", "rib+map"), rows).drawn)
        ['map', 'mask']
        """
        if self.kind not in ("grid", "filmstrip"):
            return frozenset()
        pairs = ((row, column(name)) for row in self.rows for name in self.columns_of(row))
        return frozenset(one.shows(self.of(row).show) for row, one in pairs if not one.is_picture)

    def classifier_of(self, image: str) -> str:
        """The classifier that looks at an image, by the image's data string."""
        if self.classifier != CLASSIFIER_PER_IMAGE:
            return self.classifier
        return SCENES_CLASSIFIER if image.startswith("scenes:") else PHOTOGRAPHS_CLASSIFIER

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods it needs traces of."""
        bases = [column(name).base for name in self.columns] if self.kind not in WITHOUT_ROWS else []
        return tuple(dict.fromkeys(base for base in bases if base in METHODS))


def brief(value: Any) -> str:
    """The value as it was given, cut to a length that leaves a message one line.

    >>> brief("cam"), len(brief("x" * 100))
    ('"cam"', 60)
    """
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
