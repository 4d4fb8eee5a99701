"""A plotly chart of lines and bars as SVG for a paper, drawn by matplotlib: plotly itself would need a browser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.figures.rendering import written

INCHES = 3.4
HEIGHT = 2.7
POINTS = 8
_DASHES = {"dash": "--", "dot": ":", "dashdot": "-."}
_MARKERS = {"circle": "o", "square": "s", "diamond": "D"}
Colour = tuple[float, ...] | str


def chart_svg(figure: Any) -> bytes:
    """The figure's lines, markers, intervals, bars and straight marks, a panel a subplot; the same figure, same bytes.

    Left out are what only a screen has: frames, hover, text traces and filled bands.

    Args:
        figure: a plotly figure of "scatter" and "bar" traces.
    """
    return written(lambda: _drawn(figure.to_dict()))


def _drawn(figure: Mapping[str, Any]) -> Any:
    from matplotlib.figure import Figure

    layout = figure["layout"]
    names = list(dict.fromkeys((trace.get("xaxis", "x"), trace.get("yaxis", "y")) for trace in figure["data"]))
    sheet = Figure(figsize=(INCHES * max(1.35, len(names)), HEIGHT), layout="constrained")
    ratios = [np.ptp(layout.get(_axis(x), {}).get("domain", (0, 1))) for x, _ in names]
    for (x, y), axes in zip(names, sheet.subplots(1, len(names), squeeze=False, width_ratios=ratios)[0], strict=True):
        for trace in figure["data"]:
            if (trace.get("xaxis", "x"), trace.get("yaxis", "y")) == (x, y):
                _trace(axes, trace)
        for shape in layout.get("shapes", ()):
            _mark(axes, shape, x, y)
        _name(axes, layout, x, y)
    return sheet


def _axis(name: str) -> str:
    """The layout's key of "x2"."""
    return f"{name[0]}axis{name[1:]}"


def _trace(axes: Any, trace: Mapping[str, Any]) -> None:
    label = trace.get("name") if trace.get("showlegend", True) else None
    x, y = _values(trace["x"]), _values(trace["y"])
    marker, line = trace.get("marker") or {}, trace.get("line") or {}
    if trace["type"] == "bar":
        colours = marker.get("color", "C0")
        colours = colours if isinstance(colours, str) else list(colours)
        shades = _colour(colours) if isinstance(colours, str) else [_colour(one) for one in colours]
        base = trace.get("base")
        width = _values(trace["width"]) if trace.get("width") is not None else 0.8
        if trace.get("orientation") == "h":
            axes.barh(y, x, left=0 if base is None else _values(base), color=shades, label=label)
        else:
            axes.bar(x, y, width, bottom=0 if base is None else _values(base), color=shades, label=label)
        return
    mode = trace.get("mode", "lines+markers")
    if mode == "text" or trace.get("fill"):
        return
    colour = _colour(line.get("color") or marker.get("color") or "C0")
    axes.plot(
        x, y, color=colour, label=label,
        linestyle=_DASHES.get(line.get("dash", ""), "-") if "lines" in mode else "none",
        linewidth=0.6 * float(line.get("width") or 2),
        marker=_MARKERS.get(str(marker.get("symbol", "circle")), "o") if "markers" in mode else None, markersize=3,
    )  # fmt: skip
    error = trace.get("error_y") or {}
    if error.get("array") is not None:
        low = error.get("arrayminus")
        ends = np.stack([_values(error["array"] if low is None else low), _values(error["array"])]).clip(min=0)
        axes.errorbar(x, y, ends, fmt="none", ecolor=colour, elinewidth=0.7, capsize=1.5)


def _values(values: Any) -> NDArray:
    """Numbers or names; plotly's own coding of arrays as well."""
    if isinstance(values, Mapping):
        import base64

        return np.frombuffer(base64.b64decode(values["bdata"]), dtype=np.dtype(values["dtype"]))
    return np.asarray(values)


def _mark(axes: Any, shape: Mapping[str, Any], x: str, y: str) -> None:
    across, along = shape.get("xref", "x"), shape.get("yref", "y")
    if across.split()[0] != x or along.split()[0] != y or shape.get("type") != "line":
        return
    line = shape.get("line") or {}
    looks = {"color": _colour(line.get("color", "grey")), "linestyle": _DASHES.get(line.get("dash", ""), "-")}
    if "domain" in across:
        axes.axhline(shape["y0"], linewidth=0.7, **looks)
    elif "domain" in along:
        axes.axvline(shape["x0"], linewidth=0.7, **looks)
    else:
        axes.plot([shape["x0"], shape["x1"]], [shape["y0"], shape["y1"]], linewidth=0.7, **looks)


def _name(axes: Any, layout: Mapping[str, Any], x: str, y: str) -> None:
    for name, ending, scale, limits in (
        (x, "x", axes.set_xscale, axes.set_xlim),
        (y, "y", axes.set_yscale, axes.set_ylim),
    ):
        spec = layout.get(_axis(name), {})
        log = spec.get("type") == "log"
        if log:
            scale("log")
        if spec.get("range") is not None and not isinstance(spec["range"][0], str):
            low, high = spec["range"]
            limits(*((10**low, 10**high) if log else (low, high)))
        title = (spec.get("title") or {}).get("text", "")
        getattr(axes, f"set_{ending}label")(_plain(title), fontsize=POINTS)
        if spec.get("tickvals") is not None and spec.get("ticktext") is not None:
            set_ticks = getattr(axes, f"set_{ending}ticks")
            set_ticks(_values(spec["tickvals"]), [_plain(text) for text in spec["ticktext"]])
            set_ticks([], minor=True)
    domain = layout.get(_axis(x), {}).get("domain", (0, 1))
    for note in layout.get("annotations", ()):
        if note.get("yref") == "paper" and domain[0] <= note.get("x", -1) <= domain[1]:
            axes.set_title(_plain(note["text"]), fontsize=POINTS + 1)
    axes.tick_params(labelsize=POINTS - 1)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize=POINTS - 2, frameon=False)


def _plain(text: str) -> str:
    """Without the marks of HTML."""
    return re.sub(r"<br\s*/?>", "\n", text).replace("<b>", "").replace("</b>", "").replace("$", r"\$")


def _colour(text: str) -> Colour:
    found = re.fullmatch(r"rgba?\(([^)]*)\)", text)
    if not found:
        return text
    channels = [float(part) for part in found.group(1).split(",")]
    return (*(channel / 255 for channel in channels[:3]), *channels[3:])
