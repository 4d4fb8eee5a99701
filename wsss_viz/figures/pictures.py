"""Grids and filmstrips: pictures in rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from wsss_viz.data.palette import colour_in
from wsss_viz.data.sample import BACKGROUND, IGNORE
from wsss_viz.figures.sheet import EDGE, GAP, Sheet, broken, fitting, outline, overlay, picture
from wsss_viz.figures.sources import FigureRow, class_map, seed_mask, seen_image
from wsss_viz.figures.spec import FINAL, FigureSpec
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.traces import normalise

__all__ = ["MOST_STEPS", "ONE_LINE", "TITLES", "TWO_LINES", "Cell", "Line", "filmstrip", "grid"]

MOST_STEPS = 8
ONE_LINE, TWO_LINES = 0.2, 0.3
"""Inches for the columns' titles, and for the rows' names."""
TITLES = {"image": "Image", "truth": "Ground truth"}


@dataclass(frozen=True, eq=False)
class Cell:
    """One picture: the image, a map over it (raw), or a mask over it: class index + 1 of `classes`, 0 background."""

    image: NDArray[np.uint8]
    values: NDArray[np.float32] | None = None
    mask: NDArray[np.unsignedinteger] | None = None
    classes: Sequence[str] = ()


Line = tuple[FigureRow, str, list[Cell | None]]
"""A row: what it is of, its name, and its pictures."""


def grid(spec: FigureSpec, rows: Sequence[FigureRow]) -> Figure:
    """A row per image, a column per picture or method.

    Examples:
        >>> from wsss_viz.figures.spec import Row
        >>> from wsss_viz.methods import cam
        >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
        >>> from wsss_viz.traces import Trace
        >>> trace = Trace.collect(cam(colour_network(), flag()), "cam", COLOURS, flag())
        >>> row = FigureRow(flag(), flag(), "red", {"cam": trace})
        >>> figure = grid(FigureSpec("grid", ("image", "truth", "cam"), (Row("flag", "red"),)), [row])
        >>> [text.get_text() for text in figure.texts][:3]
        ['(a) Image', '(b) Ground truth', '(c) CAM']
    """
    lines: list[Line] = []
    for entry, row in zip(rows, spec.rows, strict=True):
        cells: list[Cell | None] = []
        for name in spec.columns:
            if name not in spec.columns_of(row):
                cells.append(None)
            elif name == "truth":
                cells.append(Cell(entry.fine.image, mask=entry.fine.mask, classes=entry.fine.classes))
            elif name == "image":
                cells.append(Cell(entry.fine.image))
            else:
                cells.append(_method_cell(spec, entry, name, _step(entry, name)))
        step = f", k = {entry.step}" if entry.step != FINAL else ""
        lines.append((entry, entry.name + step, cells))
    titles = [TITLES.get(name) or METHODS[name].column or METHODS[name].title for name in spec.columns]
    if spec.letters:
        titles = [f"({chr(97 + i)}) {title if spec.labels else ''}".strip() for i, title in enumerate(titles)]
    return _draw(spec, lines, titles if spec.labels or spec.letters else [])


def _step(entry: FigureRow, method: str) -> int:
    """The step of the row, or the method's last where it has fewer."""
    last = len(entry.traces[method]) - 1
    return last if entry.step == FINAL else min(entry.step, last)


def _method_cell(
    spec: FigureSpec, entry: FigureRow, method: str, k: int, image: NDArray[np.uint8] | None = None
) -> Cell:
    """A step's map or pseudo mask."""
    under = entry.fine.image if image is None else image
    if spec.show == "mask":
        return Cell(under, mask=seed_mask(entry, method, k, spec), classes=entry.traces[method].classes)
    return Cell(under, class_map(entry, method, k, spec.frames, spec.align))


def filmstrip(spec: FigureSpec, rows: Sequence[FigureRow]) -> Figure:
    """A row per image and method, a column per step; empty where a method had ended before.

    Examples:
        >>> from wsss_viz.figures.spec import Row
        >>> from wsss_viz.methods import ae
        >>> from wsss_viz.models.colour_network import COLOURS, colour_network, flag
        >>> from wsss_viz.traces import Trace
        >>> trace = Trace.collect(ae(colour_network(), flag(), ["blue"]), "ae", COLOURS, flag())
        >>> row = FigureRow(flag(), flag(), "blue", {"ae": trace})
        >>> figure = filmstrip(FigureSpec("filmstrip", ("ae",), (Row("flag", "blue"),)), [row])
        >>> [text.get_text() for text in figure.texts][:3]
        ['Image', 'k = 0', 'k = 1']
    """
    longest = max(len(trace) for entry in rows for trace in entry.traces.values())
    steps = list(spec.steps) or sorted({round(k) for k in np.linspace(0, longest - 1, min(longest, MOST_STEPS))})
    lines: list[Line] = []
    for entry in rows:
        for method in entry.traces:
            cells: list[Cell | None] = [Cell(entry.fine.image)]
            for k in steps:
                if k >= len(entry.traces[method]):
                    cells.append(None)
                    continue
                image = seen_image(entry, method, k) if spec.frames == "look" else None
                cells.append(_method_cell(spec, entry, method, k, image))
            name = f"{METHODS[method].column or METHODS[method].title}: {entry.name}"
            letter = f"({chr(97 + len(lines))}) " if spec.letters else ""
            lines.append((entry, letter + (name if spec.labels else ""), cells))
    return _draw(spec, lines, ["Image", *(f"k = {k}" for k in steps)] if spec.labels else [])


def _draw(spec: FigureSpec, lines: Sequence[Line], titles: Sequence[str]) -> Figure:
    barred = spec.colour_bar and spec.show == "map"
    foot = 0.36 if barred else EDGE
    left = ONE_LINE if spec.labels or (spec.kind == "filmstrip" and spec.letters) else EDGE
    sheet = Sheet(spec, 1)
    side, heights = _sizes(sheet, lines, left)
    names = [broken(name, sheet.points, height) for (_, name, _), height in zip(lines, heights, strict=True)]
    if left > EDGE and any("\n" in name for name in names):
        left = TWO_LINES
        side, heights = _sizes(sheet, lines, left)
    titles = [broken(title, sheet.points, side) for title in titles]
    top = EDGE if not titles else TWO_LINES if any("\n" in title for title in titles) else ONE_LINE
    sheet = Sheet(spec, top + sum(heights) + GAP * (len(lines) - 1) + foot)
    values, ends = _scaled(spec, lines)
    points = min((fitting(title, sheet.points, side) for title in titles), default=0.0)
    for column, title in enumerate(titles):
        sheet.text(left + column * (side + GAP) + side / 2, top / 2, title, side, points=points)
    y = top
    for (entry, _, cells), name, planes, height in zip(lines, names, values, heights, strict=True):
        if left > EDGE:
            sheet.text(left / 2, y + height / 2, name, height, rotation=90)
        for column, (cell, plane) in enumerate(zip(cells, planes, strict=True)):
            if cell is not None:
                axes = sheet.axes(left + column * (side + GAP), y, side, height)
                _cell(axes, spec, entry, cell, plane, ends)
        y += height + GAP
    if barred:
        title = "raw activation, high = bright" if spec.normalisation == "raw" else "normalised activation"
        sheet.colour_bar(spec, ends, title)
    return sheet.figure


def _sizes(sheet: Sheet, lines: Sequence[Line], left: float) -> tuple[float, list[float]]:
    """The width of a column and the height of each row, beside names that take `left` inches."""
    columns = len(lines[0][2])
    side = (sheet.width - left - EDGE - GAP * (columns - 1)) / columns
    return side, [side * entry.fine.size[0] / entry.fine.size[1] for entry, _, _ in lines]


def _scaled(
    spec: FigureSpec, lines: Sequence[Line]
) -> tuple[list[list[NDArray[np.float32] | None]], tuple[float, float]]:
    """The cells' maps under the spec's normalisation, and the ends of the colour bar."""
    scaled: list[list[NDArray[np.float32] | None]] = []
    for _, _, cells in lines:
        raw = [cell.values for cell in cells if cell is not None and cell.values is not None]
        planes = iter(normalise(np.stack(raw), spec.normalisation) if raw else ())
        scaled.append([next(planes) if cell is not None and cell.values is not None else None for cell in cells])
    if spec.normalisation != "raw":
        return scaled, (0.0, 1.0)
    there = [plane for planes in scaled for plane in planes if plane is not None]
    return scaled, (float(min(p.min() for p in there)), float(max(p.max() for p in there))) if there else (0.0, 1.0)


def _cell(
    axes: Axes, spec: FigureSpec, entry: FigureRow, cell: Cell, values: NDArray | None, ends: tuple[float, float]
) -> None:
    picture(axes, cell.image)
    if values is not None:
        overlay(axes, values, ends, spec.colours, spec.opacity)
    if cell.mask is not None:
        drawn = _coloured(cell.mask, cell.classes)
        axes.imshow(drawn, extent=(0, 1, 1, 0), interpolation="nearest", aspect="auto")
    if spec.contours and entry.fine.mask is not None and entry.name in entry.fine.classes:
        outline(axes, entry.fine.class_mask(entry.name))


def _coloured(mask: NDArray[np.unsignedinteger], classes: Sequence[str]) -> NDArray[np.uint8]:
    """(H, W, 4) a mask in its classes' colours over a pale ground."""
    drawn = np.zeros((*mask.shape, 4), dtype=np.uint8)
    drawn[(mask == BACKGROUND) | (mask == IGNORE)] = (236, 236, 236, 150)
    for index, name in enumerate(classes):
        drawn[mask == index + 1] = (*colour_in(classes, name), 205)
    return drawn
