"""The linked chart: information planes side by side over what else an epoch says, all on one slider in the browser."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app.pages.information.chart_style import ACTIVATION_COLOURS, LAYER_COLOURS, activation_name
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.figures.chart import GREY, Axis, Bars, Chart, Frames, Line, Mark, Note, Plot, Points
from wsss_viz.information.plane import INPUT, INPUT_ENTROPY, LABEL, LABEL_ENTROPY, Plane
from wsss_viz.information.runs import LAYERS, Run, forward

HEIGHT = 1060
_ROWS = (0.29, 0.01, 0.11, 0.11, 0.11)
"""Relative heights: the planes, their legend, and the panels under them, two in a row, as a phone has room for."""
_GAP = 0.075
_STRIDE = 3  # shares no factor with 4096, so that every bit of the input varies
_VALUES = np.linspace(-1.0, 4.0, 51)
"""The histogram's edges; what lies beyond counts in the last bin."""
_TENTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
Moving = Line | Points | Bars


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


def plane_chart(measured: Mapping[str, Measured], layers: Sequence[int], at: int = FINAL) -> Chart:
    """Planes, their legend, six panels below; a frame for each epoch that any plane was measured at.

    Args:
        measured: by activation, at least one.
        layers: indices of `LAYERS` to draw.
        at: the epoch the slider stands at; the nearest one is taken.
    """
    count = len(measured)
    epochs = sorted({int(epoch) for network in measured.values() for epoch in network.plane.epochs})
    start = len(epochs) - 1 if at == FINAL else int(np.abs(np.array(epochs) - at).argmin())
    moving = tuple(tuple(_moving(measured, layers, epoch)) for epoch in epochs)
    planes = [
        plane_panel(network, name, layers, column, count) for column, (name, network) in enumerate(measured.items())
    ]
    return Chart(
        (*planes, *_epoch_panels(measured, layers)),
        HEIGHT,
        rows=_ROWS,
        columns=(1.0,) * 6,
        gap=(0.1, _GAP),
        margin=(62, 12, 128, 46),
        legend="between",
        legend_at=(0.0, _legend_height()),
        frames=Frames(tuple(map(str, epochs)), start, "epoch ", moving, pause=130),
    )


def _legend_height() -> float:
    """The middle of the legend's row, from the bottom, 0 to 1."""
    room = (1 - _GAP * (len(_ROWS) - 1)) / sum(_ROWS)
    return 1 - room * (_ROWS[0] + _ROWS[1] / 2) - _GAP


def planes_chart(measured: Mapping[str, Measured], layers: Sequence[int], seeds: bool = True) -> Chart:
    """The planes alone, each trail with its end; `seeds`: with each seed's own trail."""
    panels = []
    for column, (name, network) in enumerate(measured.items()):
        ends = network.bits[-1].mean(axis=0)
        dots = [
            Points(ends[k : k + 1, INPUT], ends[k : k + 1, LABEL], LAYERS[k], LAYER_COLOURS[k], 12.0, listed=False)
            for k in layers
        ]
        panel = plane_panel(network, name, layers, column, 6, seeds)
        title = f"{panel.title}, {network.plane.estimator}" if seeds else panel.title
        panels.append(Plot((*panel.marks, *dots), panel.x, panel.y, title, panel.colour, column=column))
    return Chart(tuple(panels), columns=(1.0,) * len(panels), legend="bottom" if seeds else "")


def plane_panel(
    network: Measured, name: str, layers: Sequence[int], column: int, count: int, seeds: bool = True
) -> Plot:
    """One plane: trails of the means, thin those of the seeds, and the walls no plane goes beyond."""
    marks: list[Mark] = []
    gap = np.full((1, 2), np.nan)
    for k in layers if seeds else ():
        each = np.concatenate([np.concatenate([network.bits[:, s, k], gap]) for s in range(network.bits.shape[1])])
        marks.append(
            Line(each[:, INPUT], each[:, LABEL], LAYERS[k], LAYER_COLOURS[k], width=1.0, opacity=0.22, listed=False)
        )
    mean = network.bits.mean(axis=1)
    marks += [Line(mean[:, k, INPUT], mean[:, k, LABEL], LAYERS[k], LAYER_COLOURS[k], width=2.0) for k in layers]
    marks += walls()
    note: dict[str, Any] = {"size": 10.0, "on_paper": seeds}
    marks += [
        Note(INPUT_ENTROPY - 0.5, 0.05, "H(X)", **note),
        Note(1.6, 1.06, "H(Y)", **note),
        Note(0.24, 0.58, "I(T;Y) = I(X;T)", angle=-80, **note),
    ]
    caps = network.plane.caps[..., INPUT]
    cap = INPUT_ENTROPY if np.isnan(caps).all() else float(np.nanmax(caps))
    if cap < INPUT_ENTROPY - 0.01:
        marks.append(Line([cap, cap], [0, LABEL_ENTROPY], colour=GREY, width=1.5, dash="dot"))
        marks.append(Note(cap, 0.14, f"cap {cap:.0f}", side="left", size=10))
    if why := network.reason(layers):
        text = "<br>".join(textwrap.wrap(f"Does not apply: {why}", 38))
        marks.append(Note(6, 0.55, text, size=12, boxed=True))
    quantities = [
        network.plane.sources[f"{LAYERS[layers[0]]}/{axis}"].get("quantity", f"of the {what}")
        for axis, what in ((INPUT, "input"), (LABEL, "label"))
    ]
    return Plot(
        tuple(marks),
        Axis(f"{quantities[0]}, bits", -0.3, 12.4),
        # Planes side by side have one scale, which stands at the first.
        Axis(f"{quantities[1]}, bits", -0.03, 1.09)
        if column == 0
        else Axis("", -0.03, 1.09, _TENTHS, [""] * len(_TENTHS)),
        activation_name(name),
        ACTIVATION_COLOURS[name],
        column=column * (6 // count),
        span=6 // count,
    )


def walls() -> list[Mark]:
    """H(X), H(Y), and I(T;Y) = I(X;T), beyond which no network lies."""
    x, y = [0, LABEL_ENTROPY, INPUT_ENTROPY, INPUT_ENTROPY], [0, LABEL_ENTROPY, LABEL_ENTROPY, 0]
    return [Line(x, y, colour=GREY, width=1.0, dash="dash")]


def _epoch_panels(measured: Mapping[str, Measured], layers: Sequence[int]) -> list[Plot]:
    """Accuracy and loss by epoch, and the axes of what the slider alone draws."""
    curves: dict[str, list[Mark]] = {"accuracy": [], "loss": []}
    for name, network in measured.items():
        colour, title = ACTIVATION_COLOURS[name], activation_name(name)
        for series, marks in curves.items():
            values = network.of_run(series).mean(axis=1)
            for side, dash in ((0, "dot"), (1, "solid")):
                what = f"{title}, {('train', 'test')[side]}"
                marks.append(
                    Line(
                        network.plane.epochs + 1, values[:, side], what, colour, width=2.2, dash=dash, listed=False,
                        hover="{name}: {y:.3f}",
                    )
                )  # fmt: skip
        # The activation's colour, which no line of its own explains.
        curves["accuracy"].append(Points([np.nan], [np.nan], title, colour, 10.0, "square"))
    last = max(int(network.plane.epochs[-1]) for network in measured.values()) + 1
    ticks = [value for value in (1, 11, 101, 1001, 10_001) if value <= max(last, 11)]
    labels = [str(value - 1) for value in ticks]
    epoch = Axis("epoch", 0.9, last * 1.1, ticks, labels, log=True)
    spread = max(float(network.spread(_hidden(layers)).max()) for network in measured.values())
    end = float(_VALUES[-1])
    values = Axis("", -1.1, end + 0.15, [-1, 0, 1, 2, 3, end], ["−1", "0", "1", "2", "3", f"{end:.0f}+"])
    names = [_short(k) for k in layers]
    low, high = _ratio_range(measured)
    panels = (
        ("accuracy<br>(train dotted)", epoch, Axis("", 0.4, 1.02)),
        ("loss, bits<br>(train dotted)", epoch, Axis("", 0, _most_loss(measured) * 1.03)),
        (
            "compression<br>so far C<sub>k</sub>, bits",
            Axis(categories=names),
            Axis("", 0, max(0.5, _most_lost(measured))),
        ),
        (
            "saturated share<br>of the units",
            Axis(categories=[_short(k) for k in layers if k < len(LAYERS) - 1]),
            Axis("", 0, 1),
        ),
        ("gradient<br>signal-to-noise", Axis(categories=names), Axis("", low, high, log=True, step=1)),
        (
            f"how the values<br>of {LAYERS[_hidden(layers)]} spread",
            values,
            Axis("", 0, min(1.0, spread) * 1.06, form=".0%"),
        ),
    )
    every = [*curves.values(), [], [], [], []]
    rows = (4, 2, 3)  # accuracy and loss last, whose axes have a title under them
    return [
        Plot(tuple(marks), x, y, title, row=rows[i // 2], column=3 * (i % 2), span=3)
        for i, (marks, (title, x, y)) in enumerate(zip(every, panels, strict=True))
    ]


def _short(k: int) -> str:
    """A layer's name under a bar, which on a phone has the room of three letters."""
    return LAYERS[k][:3]


def _hidden(layers: Sequence[int]) -> int:
    """The last hidden layer among those drawn, T5 where the output is drawn alone."""
    return max([k for k in layers if k < len(LAYERS) - 1] or [len(LAYERS) - 2])


def _moving(measured: Mapping[str, Measured], layers: Sequence[int], epoch: int) -> list[tuple[int, Moving]]:
    """What an epoch shows, always in the same order: a plane's seeds and means, its bars, the two cursors."""
    marks: list[tuple[int, Moving]] = []
    colours, first = [LAYER_COLOURS[k] for k in layers], len(measured)
    for plane, (name, network) in enumerate(measured.items()):
        row = max(int(np.searchsorted(network.plane.epochs, epoch, side="right")) - 1, 0)
        bits = network.bits[row][:, list(layers)]
        mean = bits.mean(axis=0)
        x, y = (bits[..., axis].ravel() for axis in (INPUT, LABEL))
        marks.append((plane, Points(x, y, colour=colours * len(bits), size=5.0, opacity=0.35)))
        text = [_words(network, row, k, int(network.plane.epochs[row]), mean[i]) for i, k in enumerate(layers)]
        marks.append((plane, Points(mean[:, INPUT], mean[:, LABEL], colour=colours, size=13.0, edge=1.5, hover=text)))
        marks += [(first + panel, mark) for panel, mark in _bars(network, name, row, layers)]
    for panel, top in ((0, 1.0), (1, _most_loss(measured))):
        marks.append((first + panel, Line([epoch + 1] * 2, [0, top], colour=GREY, width=1.5)))
    return marks


def _bars(network: Measured, name: str, row: int, layers: Sequence[int]) -> list[tuple[int, Moving]]:
    """Compression, saturation, gradient ratio by layer, and the spread of one layer's values."""
    bits = network.bits[: row + 1, :, :, INPUT]
    lost = (bits.max(axis=0) - bits[-1]).mean(axis=0)[list(layers)]
    hidden = [k for k in layers if k < len(LAYERS) - 1]
    saturated = network.of_run("saturation")[row].mean(axis=0)[hidden]
    ratio = network.of_run("gradient_ratio")[row].mean(axis=0)[list(layers)]
    colour, title = ACTIVATION_COLOURS[name], activation_name(name)
    bars = ((2, layers, lost), (3, hidden, saturated), (4, layers, ratio))
    marks: list[tuple[int, Moving]] = [
        (panel, Bars([_short(k) for k in at], values, title, colour, hover="{name} {x}: {y:.3f}"))
        for panel, at, values in bars
    ]
    spread = network.spread(_hidden(layers))[row]
    hover = "{name}: {y:.1%} from {x:.1f}"
    return [*marks, (5, Line(_VALUES[:-1], spread, title, colour, width=2.0, stepped=True, hover=hover))]


def _words(network: Measured, row: int, k: int, epoch: int, mean: NDArray[np.float64]) -> str:
    lines = [f"<b>{LAYERS[k]}</b>, epoch {epoch}, mean of {network.seeds} seeds"]
    for axis in (INPUT, LABEL):
        source = network.plane.sources[f"{LAYERS[k]}/{axis}"]
        if np.isnan(mean[axis]):
            lines.append(source.get("reason", "no value")[:80])
            continue
        values = network.bits[row, :, k, axis]
        caps = network.plane.caps[row, : network.seeds, k, axis]
        cap = f", cap {caps.max():.2f}" if np.isfinite(caps).all() else ""
        lines.append(
            f"{source['quantity']} = {mean[axis]:.3f} bits, seeds {values.min():.3f} to {values.max():.3f}"
            f"<br>   {source['estimator']}, n = {source['n']}{cap}"
        )
    test = network.of_run("accuracy")[row, :, 1].mean()
    return "<br>".join([*lines, f"test accuracy {test:.3f}"])


def _most_loss(measured: Mapping[str, Measured]) -> float:
    return max(float(network.of_run("loss").mean(axis=1).max()) for network in measured.values())


def _most_lost(measured: Mapping[str, Measured]) -> float:
    lost = []
    for network in measured.values():
        bits = network.bits[..., INPUT]
        lost.append(np.nan_to_num(np.maximum.accumulate(bits, axis=0) - bits).mean(axis=1).max())
    return float(max(lost)) * 1.05


def _ratio_range(measured: Mapping[str, Measured]) -> tuple[float, float]:
    values = np.concatenate([network.of_run("gradient_ratio").mean(axis=1).ravel() for network in measured.values()])
    low, high = np.quantile(values[values > 0], [0.01, 1]) if (values > 0).any() else (0.01, 1.0)
    return float(low) * 0.8, float(high) * 1.25
