"""Grids and filmstrips: pictures in rows and columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from wsss_viz.data.sample import BACKGROUND, IGNORE
from wsss_viz.errors import InputError
from wsss_viz.evaluation.stored_maps import FINISHED
from wsss_viz.figures.columns import column
from wsss_viz.figures.sheet import EDGE, GAP, Sheet, broken, fitting, inset, outline, overlay, picture
from wsss_viz.figures.sources import FigureRow, class_map, refined_mask, refined_row, seed_mask, seen_image
from wsss_viz.figures.spec import FINAL, Box, FigureSpec
from wsss_viz.methods.catalogue import ACTIVATION, METHODS, REFINED_SCORE
from wsss_viz.traces import normalise

__all__ = ["MOST_STEPS", "ONE_LINE", "TWO_LINES", "Cell", "Line", "filmstrip", "grid"]

MOST_STEPS = 8
ONE_LINE, TWO_LINES = 0.2, 0.3
"""Inches for the columns' titles, and for the rows' names."""
LEGEND, LEGEND_COLUMNS = 0.2, {"single": 4, "double": 8}
"""Inches for a line of the classes' colours, and classes in a line."""


@dataclass(frozen=True, eq=False)
class Cell:
    """One picture: the image, maps over it, (K, H, W) raw, one for each class of the row, or a mask over it: class
    index + 1 of `classes`, 0 background."""

    image: NDArray[np.uint8]
    values: NDArray[np.float32] | None = None
    mask: NDArray[np.unsignedinteger] | None = None
    classes: Sequence[str] = ()
    of_method: bool = False
    """Whether it is a mask that a method made, not the ground truth."""


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
                truth = Cell(entry.fine.image, mask=entry.fine.mask, classes=entry.fine.classes)
                cells.append(None if entry.fine.mask is None else truth)
            elif name == "image":
                cells.append(Cell(entry.fine.image))
            else:
                cells.append(_method_cell(spec, entry, name, _step(entry, column(name).base)))
        step = f", k = {entry.step}" if entry.step != FINAL else ""
        lines.append((entry, entry.row.title or (", ".join(map(spec.called, entry.names)) + step), cells))
    titles = [spec.title_of(name) for name in spec.columns]
    if spec.letters:
        titles = [f"({chr(97 + i)}) {title if spec.labels else ''}".strip() for i, title in enumerate(titles)]
    return _draw(spec, lines, titles if spec.labels or spec.letters else [])


def _step(entry: FigureRow, method: str) -> int:
    """The step of the row, or the method's last where it has fewer."""
    last = len(entry.traces[method]) - 1
    return last if entry.step == FINAL else min(entry.step, last)


def _method_cell(spec: FigureSpec, entry: FigureRow, name: str, k: int, image: NDArray[np.uint8] | None = None) -> Cell:
    """A step's maps or pseudo mask."""
    spec = spec.of(entry.row)
    under, one = entry.fine.image if image is None else image, column(name)
    trace = entry.traces[one.base]
    finished = trace.steps[k].stop == FINISHED
    masked = one.shows(spec.show) == "mask" or (finished and not one.refiner)
    if one.refiner:
        if finished:
            raise InputError(f"{one.maps} are finished masks: leave +{one.refiner} out, or give maps")
        refined = refined_row(entry, one.base, k, spec, one.refiner)
        if masked:
            mask = refined_mask(entry, one.base, refined, one.threshold)
            return Cell(under, mask=mask, classes=trace.classes, of_method=True)
        competing = entry.competing(trace)
        return Cell(under, refined[[1 + competing.index(trace.classes.index(other)) for other in entry.names]])
    if masked:
        mask = seed_mask(entry, one.base, k, spec, one.threshold)
        return Cell(under, mask=mask, classes=trace.classes, of_method=True)
    maps = [class_map(entry, one.base, k, spec.frames, spec.align, other) for other in entry.names]
    return Cell(under, np.stack(maps))


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
            what = entry.row.title or ", ".join(map(spec.called, entry.names))
            name = f"{spec.titles.get(method) or METHODS[method].title}: {what}"
            letter = f"({chr(97 + len(lines))}) " if spec.letters else ""
            lines.append((entry, letter + (name if spec.labels else ""), cells))
    return _draw(spec, lines, ["Image", *(f"k = {k}" for k in steps)] if spec.labels else [])


def _draw(spec: FigureSpec, lines: Sequence[Line], titles: Sequence[str]) -> Figure:
    listed = _listed(lines)
    maps = [
        (entry, cell) for entry, _, cells in lines for cell in cells if cell is not None and cell.values is not None
    ]
    barred = spec.colour_bar and any(not entry.row.also for entry, _ in maps)
    across = LEGEND_COLUMNS[spec.width]
    foot = (0.36 if barred else EDGE) + LEGEND * -(-len(listed) // across)
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
    for at, title in enumerate(titles):
        sheet.text(left + at * (side + GAP) + side / 2, top / 2, title, side, points=points)
    y = top
    for (entry, _, cells), name, planes, height in zip(lines, names, values, heights, strict=True):
        if left > EDGE:
            sheet.text(left / 2, y + height / 2, name, height, rotation=90)
        for at, (cell, plane) in enumerate(zip(cells, planes, strict=True)):
            if cell is not None:
                axes = sheet.axes(left + at * (side + GAP), y, side, height)
                _cell(axes, spec, entry, cell, plane, ends)
        y += height + GAP
    if listed:
        sheet.legend({spec.called(name): colour for name, colour in listed.items()}, foot, LEGEND, across)
    if barred:
        title = _bar_title(spec)
        sheet.colour_bar(spec, ends, title)
    return sheet.figure


def _listed(lines: Sequence[Line]) -> dict[str, tuple[int, int, int]]:
    """The classes that the legend names, with their colours: those of rows of several, and, where a method's mask is
    drawn, all that are in the masks and in the ground truth beside them."""
    listed: dict[str, tuple[int, int, int]] = {}
    masked = any(cell is not None and cell.of_method for _, _, cells in lines for cell in cells)
    for entry, _, cells in lines:
        names = list(entry.names) if entry.row.also else []
        for cell in cells if masked else ():
            if cell is not None and cell.mask is not None:
                names += [cell.classes[i - 1] for i in np.unique(cell.mask).tolist() if 0 < i <= len(cell.classes)]
        for name in names:
            listed.setdefault(name, entry.colour(name))
    return listed


def _bar_title(spec: FigureSpec) -> str:
    """What the colours are of, where all maps are of one kind."""
    columns = [column(name) for name in spec.columns if name not in ("image", "truth")]
    maps = [one for one in columns if one.shows(spec.show) != "mask"]
    units = {REFINED_SCORE if one.refiner else METHODS[one.base].unit if not one.maps else ACTIVATION for one in maps}
    unit = units.pop() if len(units) == 1 else "value"
    return f"raw {unit}, high = bright" if spec.normalisation == "raw" else f"normalised {unit}"


def _sizes(sheet: Sheet, lines: Sequence[Line], left: float) -> tuple[float, list[float]]:
    """The width of a column and the height of each row, beside names that take `left` inches."""
    columns = len(lines[0][2])
    side = (sheet.width - left - EDGE - GAP * (columns - 1)) / columns
    return side, [side * _aspect(entry, entry.row.crop) for entry, _, _ in lines]


def _aspect(entry: FigureRow, part: Box | None) -> float:
    """Height by width of a part of the image."""
    left, top, right, bottom = part or (0.0, 0.0, 1.0, 1.0)
    height, width = entry.fine.size
    return height * (bottom - top) / (width * (right - left))


def _scaled(
    spec: FigureSpec, lines: Sequence[Line]
) -> tuple[list[list[NDArray[np.float32] | None]], tuple[float, float]]:
    """The cells' maps under the spec's normalisation, and the ends of the colour bar."""
    scaled: list[list[NDArray[np.float32] | None]] = []
    for _, _, cells in lines:
        raw = [cell.values for cell in cells if cell is not None and cell.values is not None]
        planes = normalise(np.concatenate(raw), spec.normalisation) if raw else np.zeros((0, 1, 1), np.float32)
        ends = np.cumsum([len(maps) for maps in raw])
        parts = iter(np.split(planes, ends[:-1]) if raw else ())
        scaled.append([next(parts) if cell is not None and cell.values is not None else None for cell in cells])
    if spec.normalisation != "raw":
        return scaled, (0.0, 1.0)
    there = [plane for planes in scaled for plane in planes if plane is not None]
    return scaled, (float(min(p.min() for p in there)), float(max(p.max() for p in there))) if there else (0.0, 1.0)


def _cell(
    axes: Axes, spec: FigureSpec, entry: FigureRow, cell: Cell, values: NDArray | None, ends: tuple[float, float]
) -> None:
    """A picture, the part that is drawn of it, and in its corner the inset."""
    _layers(axes, spec, entry, cell, values, ends)
    _show_part(axes, entry.row.crop)
    if entry.row.inset is not None:
        corner = inset(axes, entry.row.inset, entry.row.corner, _aspect(entry, entry.row.inset), entry.row.crop)
        _layers(corner, spec, entry, cell, values, ends)
        _show_part(corner, entry.row.inset)


def _show_part(axes: Axes, part: Box | None) -> None:
    if part is not None:
        left, top, right, bottom = part
        axes.set_xlim(left, right)
        axes.set_ylim(bottom, top)


def _layers(
    axes: Axes, spec: FigureSpec, entry: FigureRow, cell: Cell, values: NDArray | None, ends: tuple[float, float]
) -> None:
    picture(axes, cell.image)
    if values is not None and len(values) == 1:
        overlay(axes, values[0], ends, spec.colours, spec.opacity)
    elif values is not None:
        drawn = _blended(values, [entry.colour(name) for name in entry.names], spec.opacity)
        axes.imshow(drawn, extent=(0, 1, 1, 0), interpolation="bilinear", aspect="auto")
    if cell.mask is not None:
        drawn = _coloured(cell.mask, {index: entry.colour(name) for index, name in enumerate(cell.classes)})
        axes.imshow(drawn, extent=(0, 1, 1, 0), interpolation="nearest", aspect="auto")
    for name in entry.names:
        if spec.contours and entry.fine.mask is not None and name in entry.fine.classes:
            outline(axes, entry.fine.class_mask(name))


def _blended(maps: NDArray, colours: Sequence[tuple[int, int, int]], opacity: float) -> NDArray[np.uint8]:
    """(H, W, 4) several classes' maps, (K, H, W) from 0 to 1: each pixel in the colour of its highest, as strong."""
    values = np.clip(maps, 0, 1)
    best = values.argmax(axis=0)
    drawn = np.zeros((*best.shape, 4), dtype=np.uint8)
    drawn[..., :3] = np.array(colours, dtype=np.uint8)[best]
    drawn[..., 3] = np.round(values.max(axis=0) * opacity * 255)
    return drawn


def _coloured(mask: NDArray[np.unsignedinteger], colours: Mapping[int, tuple[int, int, int]]) -> NDArray[np.uint8]:
    """(H, W, 4) a mask in its classes' colours over a pale ground."""
    drawn = np.zeros((*mask.shape, 4), dtype=np.uint8)
    drawn[(mask == BACKGROUND) | (mask == IGNORE)] = (236, 236, 236, 150)
    for number in np.unique(mask).tolist():
        if number - 1 in colours:
            drawn[mask == number] = (*colours[number - 1], 205)
    return drawn
