"""The linked figure: information planes side by side over what else an epoch says, all on one slider in the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app.pages.information.looks import (
    ACTIVATION_COLOURS,
    FAINT,
    GREY,
    HANDLE,
    LAYER_COLOURS,
    TRANSPARENT,
    activation_name,
)
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.information.plane import INPUT, INPUT_ENTROPY, LABEL, LABEL_ENTROPY, Plane
from wsss_viz.information.runs import LAYERS, Run, forward

_PANELS = (
    "accuracy: test solid, train dotted",
    "loss, bits: test solid, train dotted",
    "compression so far C<sub>k</sub>, bits",
    "saturated share of the units",
    "gradient signal-to-noise",
)
_STRIDE = 3  # shares no factor with 4096, so that every bit of the input varies
_VALUES = np.linspace(-1.0, 4.0, 51)
"""The histogram's edges; what lies beyond counts in the last bin."""


@dataclass(frozen=True, eq=False)
class Measured:
    """A run and its plane, the first seeds of both; epochs of the plane are among the run's."""

    run: Run
    plane: Plane
    seeds: int
    _spreads: dict[int, NDArray[np.float32]] = field(default_factory=dict, init=False, repr=False)

    @property
    def bits(self) -> NDArray[np.float64]:
        """(E, S, 6, 2)."""
        return self.plane.bits[:, : self.seeds]

    def of_run(self, name: str) -> NDArray[np.floating]:
        """(E, S, ...) a series of the run at the plane's epochs."""
        rows = np.searchsorted(self.run.epochs, self.plane.epochs)
        values: NDArray[np.floating] = getattr(self.run, name)[rows, : self.seeds]
        return values

    def spread(self, layer: int) -> NDArray[np.float32]:
        """(E, 50) how a hidden layer's activations spread over `_VALUES`, shares, from every third input."""
        if layer not in self._spreads:
            rows = np.searchsorted(self.run.epochs, self.plane.epochs)
            self._spreads[layer] = np.stack([self._histogram(int(row), layer) for row in rows])
        return self._spreads[layer]

    def _histogram(self, row: int, layer: int) -> NDArray[np.float32]:
        T = forward(self.run.weights[row, : self.seeds], self.run.recipe.activation, every=_STRIDE)[layer]
        counts, _ = np.histogram(np.clip(T, _VALUES[0], _VALUES[-1]), _VALUES)
        return (counts / T.size).astype(np.float32)

    def reason(self, layers: Sequence[int]) -> str:
        """Which layers the plane cannot draw, and why; "" where it draws all."""
        empty = [k for k in layers if np.isnan(self.bits[:, :, k]).any(axis=-1).all()]
        if not empty:
            return ""
        sources = (self.plane.sources[f"{LAYERS[k]}/{axis}"] for k in empty for axis in (INPUT, LABEL))
        why: str = next((source["reason"] for source in sources if "reason" in source), "no value")
        return f"{', '.join(LAYERS[k] for k in empty)}: {why}"


def plane_figure(measured: Mapping[str, Measured], layers: Sequence[int], at: int = FINAL) -> Any:
    """Planes in the first row, six panels below; a frame for each epoch that any of them was measured at.

    Args:
        measured: by activation, at least one.
        layers: indices of `LAYERS` to draw.
        at: the epoch the slider stands at; the nearest one is taken.
    """
    from plotly.subplots import make_subplots

    names = list(measured)
    count = len(names)
    top = [{"colspan": 6 // count}, *[None] * (6 // count - 1)] * count
    panels = [{"colspan": 2}, None] * 3
    figure = make_subplots(
        rows=3,
        cols=6,
        specs=[top, panels, panels],
        row_heights=[0.5, 0.25, 0.25],
        vertical_spacing=0.115,
        horizontal_spacing=0.06,
        subplot_titles=[
            *(_title(name) for name in names),
            *_PANELS,
            f"how the values of {LAYERS[_hidden(layers)]} spread",
        ],
    )
    epochs = sorted({int(epoch) for found in measured.values() for epoch in found.plane.epochs})
    start = len(epochs) - 1 if at == FINAL else int(np.abs(np.array(epochs) - at).argmin())
    for column, (name, found) in enumerate(measured.items()):
        _still(figure, found, name, layers, column * (6 // count) + 1, first=column == 0)
    for name in names:
        _legend(figure, name)
    still = len(figure.data)
    for trace in _moving(measured, layers, epochs[start], count):
        figure.add_trace(trace.pop("trace"), **trace)
    places = list(range(still, len(figure.data)))
    figure.frames = [
        {
            "name": str(epoch),
            "data": [one["trace"] for one in _moving(measured, layers, epoch, count)],
            "traces": places,
        }
        for epoch in epochs
    ]
    _axes(figure, measured, layers, count)
    _controls(figure, epochs, start)
    return figure


def _still(figure: Any, found: Measured, name: str, layers: Sequence[int], col: int, first: bool) -> None:
    """Trails of seeds and means, and the curves by epoch."""
    bits, mean = found.bits, found.bits.mean(axis=1)
    gap = np.full((1, 2), np.nan)
    for k in layers:
        seeds = np.concatenate([np.concatenate([bits[:, s, k], gap]) for s in range(bits.shape[1])])
        line = {"color": LAYER_COLOURS[k], "width": 1}
        shared: dict[str, Any] = {"mode": "lines", "hoverinfo": "skip", "legendgroup": LAYERS[k]}
        x, y = seeds.astype(np.float32).T
        figure.add_scatter(x=x, y=y, line=line, opacity=0.22, showlegend=False, row=1, col=col, **shared)
        x, y = mean[:, k].astype(np.float32).T
        line = {"color": LAYER_COLOURS[k], "width": 2}
        figure.add_scatter(x=x, y=y, line=line, name=LAYERS[k], showlegend=first, row=1, col=col, **shared)
    epochs, colour = found.plane.epochs + 1, ACTIVATION_COLOURS[name]
    for row, col_, series in ((2, 1, "accuracy"), (2, 3, "loss")):
        values = found.of_run(series).mean(axis=1)
        for side, dash in ((0, "dot"), (1, "solid")):
            what = f"{activation_name(name)}, {('train', 'test')[side]}"
            figure.add_scatter(
                x=epochs, y=values[:, side], mode="lines", line={"color": colour, "width": 1.6, "dash": dash},
                name=what, showlegend=False, row=row, col=col_,
                hovertemplate=f"{what}: %{{y:.3f}}<extra></extra>",
            )  # fmt: skip


def _title(name: str) -> str:
    return f'<b><span style="color:{ACTIVATION_COLOURS[name]}">{activation_name(name)}</span></b>'


def _hidden(layers: Sequence[int]) -> int:
    """The last hidden layer among those drawn, T5 where the output is drawn alone."""
    return max([k for k in layers if k < len(LAYERS) - 1] or [len(LAYERS) - 2])


def _legend(figure: Any, name: str) -> None:
    """The activation's colour, which no line of its own explains."""
    figure.add_scatter(
        x=[None], y=[None], mode="markers", name=activation_name(name), row=2, col=1,
        marker={"color": ACTIVATION_COLOURS[name], "symbol": "square", "size": 10},
    )  # fmt: skip


def _moving(measured: Mapping[str, Measured], layers: Sequence[int], epoch: int, count: int) -> list[dict[str, Any]]:
    """What an epoch shows, always in the same order: a plane's seeds and means, its bars, the three cursors."""
    traces: list[dict[str, Any]] = []
    colours, labels = [LAYER_COLOURS[k] for k in layers], [LAYERS[k] for k in layers]
    silent = {"type": "scatter", "mode": "markers", "showlegend": False}
    for column, (name, found) in enumerate(measured.items()):
        row = max(int(np.searchsorted(found.plane.epochs, epoch, side="right")) - 1, 0)
        bits = found.bits[row][:, list(layers)]
        mean, place = bits.mean(axis=0).astype(np.float32), {"row": 1, "col": column * (6 // count) + 1}
        x, y = (bits[..., axis].ravel().astype(np.float32) for axis in (INPUT, LABEL))
        dots = {"color": colours * len(bits), "size": 5, "opacity": 0.35}
        traces.append({"trace": {**silent, "x": x, "y": y, "marker": dots, "hoverinfo": "skip"}, **place})
        marker = {"color": colours, "size": 13, "line": {"color": "white", "width": 1.5}}
        text = [_words(found, row, k, int(found.plane.epochs[row]), mean[i]) for i, k in enumerate(layers)]
        x, y = mean[:, INPUT], mean[:, LABEL]
        shown = {**silent, "x": x, "y": y, "marker": marker, "hovertext": text, "hoverinfo": "text"}
        traces.append({"trace": shown, **place})
        traces += _bars(found, name, row, layers, labels)
    for line, col, top in ((2, 1, 1.0), (2, 3, _most_loss(measured))):
        cursor = {"color": GREY, "width": 1.5}
        trace = {**silent, "x": [epoch + 1] * 2, "y": [0, top], "mode": "lines", "line": cursor, "hoverinfo": "skip"}
        traces.append({"trace": {**trace, "name": "epoch"}, "row": line, "col": col})
    return traces


def _bars(found: Measured, name: str, row: int, layers: Sequence[int], labels: list[str]) -> list[dict[str, Any]]:
    """Compression, saturation, gradient ratio by layer, and the spread of one layer's values."""
    told = found.bits[: row + 1, :, :, INPUT]
    lost = (told.max(axis=0) - told[-1]).mean(axis=0)[list(layers)]
    hidden = [k for k in layers if k < len(LAYERS) - 1]
    saturated = found.of_run("saturation")[row].mean(axis=0)[hidden]
    ratio = found.of_run("gradient_ratio")[row].mean(axis=0)[list(layers)]
    colour, title = ACTIVATION_COLOURS[name], activation_name(name)
    bars = ((labels, lost, 2, 5), ([LAYERS[k] for k in hidden], saturated, 3, 1), (labels, ratio, 3, 3))
    traces: list[dict[str, Any]] = []
    for at, values, line, col in bars:
        bar = {
            "type": "bar", "x": at, "y": np.asarray(values, np.float32), "marker": {"color": colour}, "name": title,
            "showlegend": False, "hovertemplate": f"{title} %{{x}}: %{{y:.3f}}<extra></extra>",
        }  # fmt: skip
        traces.append({"trace": bar, "row": line, "col": col})
    x, y = _VALUES[:-1].astype(np.float32), found.spread(_hidden(layers))[row]
    spread = {
        "type": "scatter", "mode": "lines", "x": x, "y": y,
        "line": {"color": colour, "width": 1.6, "shape": "hv"}, "showlegend": False, "name": title,
        "hovertemplate": f"{title}: %{{y:.1%}} from %{{x:.1f}}<extra></extra>",
    }  # fmt: skip
    return [*traces, {"trace": spread, "row": 3, "col": 5}]


def _words(found: Measured, row: int, k: int, epoch: int, mean: NDArray[np.float64]) -> str:
    lines = [f"<b>{LAYERS[k]}</b>, epoch {epoch}, mean of {found.seeds} seeds"]
    for axis in (INPUT, LABEL):
        source = found.plane.sources[f"{LAYERS[k]}/{axis}"]
        if np.isnan(mean[axis]):
            lines.append(source.get("reason", "no value")[:80])
            continue
        told = found.bits[row, :, k, axis]
        caps = found.plane.caps[row, : found.seeds, k, axis]
        cap = f", cap {caps.max():.2f}" if np.isfinite(caps).all() else ""
        lines.append(
            f"{source['quantity']} = {mean[axis]:.3f} bits, seeds {told.min():.3f} to {told.max():.3f}"
            f"<br>   {source['estimator']}, n = {source['n']}{cap}"
        )
    test = found.of_run("accuracy")[row, :, 1].mean()
    return "<br>".join([*lines, f"test accuracy {test:.3f}"])


def _most_loss(measured: Mapping[str, Measured]) -> float:
    return max(float(found.of_run("loss").mean(axis=1).max()) for found in measured.values())


def _axes(figure: Any, measured: Mapping[str, Measured], layers: Sequence[int], count: int) -> None:
    for column, found in enumerate(measured.values()):
        place: dict[str, Any] = {"row": 1, "col": column * (6 // count) + 1}
        wall = {"color": GREY, "width": 1, "dash": "dash"}
        figure.add_shape(type="line", x0=INPUT_ENTROPY, x1=INPUT_ENTROPY, y0=0, y1=LABEL_ENTROPY, line=wall, **place)
        figure.add_shape(type="line", x0=0, x1=INPUT_ENTROPY, y0=LABEL_ENTROPY, y1=LABEL_ENTROPY, line=wall, **place)
        figure.add_shape(type="line", x0=0, x1=LABEL_ENTROPY, y0=0, y1=LABEL_ENTROPY, line=wall, **place)
        note: dict[str, Any] = {"showarrow": False, "font": {"size": 10, "color": GREY}, **place}
        figure.add_annotation(x=INPUT_ENTROPY, y=0.02, text="H(X)", xanchor="right", yanchor="bottom", **note)
        figure.add_annotation(x=1.3, y=1.03, text="H(Y)", xanchor="left", yanchor="bottom", **note)
        figure.add_annotation(x=0.24, y=0.58, text="I(T;Y) = I(X;T)", textangle=-80, **note)
        caps = found.plane.caps[..., INPUT]
        cap = float(np.nanmax(caps)) if not np.isnan(caps).all() else INPUT_ENTROPY
        if cap < INPUT_ENTROPY - 0.01:
            dotted = {"color": GREY, "width": 1.5, "dash": "dot"}
            figure.add_shape(type="line", x0=cap, x1=cap, y0=0, y1=LABEL_ENTROPY, line=dotted, **place)
            figure.add_annotation(x=cap, y=0.14, text=f"cap {cap:.0f}", xanchor="right", **note)
        why = found.reason(layers)
        if why:
            box = {**note, "font": {"size": 12}, "bgcolor": "rgba(128,128,128,0.18)", "borderpad": 8}
            figure.add_annotation(x=6, y=0.55, text=_wrapped(f"Does not apply: {why}"), **box)
        quantity = found.plane.sources[f"{LAYERS[layers[0]]}/{INPUT}"].get("quantity", "of the input")
        figure.update_xaxes(range=[-0.3, 12.4], title={"text": f"{quantity}, bits", "standoff": 4}, **place)
        label = found.plane.sources[f"{LAYERS[layers[0]]}/{LABEL}"].get("quantity", "of the label")
        title = {"text": f"{label}, bits", "standoff": 14} if column == 0 else None
        figure.update_yaxes(range=[-0.03, 1.09], title=title, **place)
    last = max(int(found.plane.epochs[-1]) for found in measured.values()) + 1
    ticks = [value for value in (1, 11, 101, 1001, 10_001) if value <= max(last, 11)]
    for row, col in ((2, 1), (2, 3)):
        figure.update_xaxes(
            title={"text": "epoch", "standoff": 2}, type="log",
            tickvals=ticks, ticktext=[str(value - 1) for value in ticks],
            range=[-0.05, float(np.log10(last)) + 0.05], row=row, col=col,
        )  # fmt: skip
    figure.update_yaxes(range=[0.4, 1.02], row=2, col=1)
    figure.update_yaxes(range=[0, _most_loss(measured) * 1.03], row=2, col=3)
    figure.update_yaxes(range=[0, max(0.5, _most_lost(measured))], row=2, col=5)
    figure.update_yaxes(range=[0, 1], row=3, col=1)
    figure.update_yaxes(type="log", dtick=1, row=3, col=3, range=_ratio_range(measured))
    most = max(float(found.spread(_hidden(layers)).max()) for found in measured.values())
    figure.update_yaxes(range=[0, min(1.0, most) * 1.06], tickformat=".0%", row=3, col=5)
    end = float(_VALUES[-1])
    figure.update_xaxes(
        tickvals=[-1, 0, 1, 2, 3, end],
        ticktext=["−1", "0", "1", "2", "3", f"{end:.0f}+"],
        range=[-1.1, end + 0.15],
        row=3,
        col=5,
    )
    figure.update_xaxes(gridcolor=FAINT, zeroline=False, tickfont={"size": 11})
    figure.update_yaxes(gridcolor=FAINT, zeroline=False, tickfont={"size": 11})


def _most_lost(measured: Mapping[str, Measured]) -> float:
    lost = []
    for found in measured.values():
        told = found.bits[..., INPUT]
        lost.append(np.nan_to_num(np.maximum.accumulate(told, axis=0) - told).mean(axis=1).max())
    return float(max(lost)) * 1.05


def _ratio_range(measured: Mapping[str, Measured]) -> list[float]:
    values = np.concatenate([found.of_run("gradient_ratio").mean(axis=1).ravel() for found in measured.values()])
    low, high = np.quantile(values[values > 0], [0.01, 1]) if (values > 0).any() else (0.01, 1.0)
    return [float(np.log10(low)) - 0.1, float(np.log10(high)) + 0.1]


def _wrapped(text: str, width: int = 38) -> str:
    import textwrap

    return "<br>".join(textwrap.wrap(text, width))


def _controls(figure: Any, epochs: Sequence[int], start: int) -> None:
    at_once = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}, "transition": {"duration": 0}}
    running = {"fromcurrent": True, "frame": {"duration": 130, "redraw": False}, "transition": {"duration": 0}}
    steps = [{"label": str(epoch), "method": "animate", "args": [[str(epoch)], at_once]} for epoch in epochs]
    buttons = [
        {"label": "Play", "method": "animate", "args": [None, running]},
        {"label": "Pause", "method": "animate", "args": [[None], at_once]},
    ]
    figure.update_layout(
        height=860,
        margin={"l": 62, "r": 12, "t": 128, "b": 64},
        barmode="group",
        bargap=0.25,
        paper_bgcolor=TRANSPARENT,
        plot_bgcolor=TRANSPARENT,
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": -0.05, "yanchor": "top"},
        sliders=[{
            "active": start, "steps": steps, "x": 0.24, "len": 0.76, "y": 1.175, "yanchor": "top",
            "pad": {"t": 0, "b": 0},
            "currentvalue": {"prefix": "epoch ", "font": {"size": 15}, "xanchor": "left"}, "ticklen": 3,
            "font": {"size": 10}, **HANDLE,
        }],
        updatemenus=[{
            "type": "buttons", "direction": "left", "x": 0, "xanchor": "left", "y": 1.15, "yanchor": "top",
            "buttons": buttons, "showactive": False, "bgcolor": "rgba(128,128,128,0.15)", "pad": {"t": 0},
        }],
    )  # fmt: skip
    figure.update_annotations(font_size=12)
