"""The information bottleneck drawn: where on the curve a beta leads, and what its encoder does with the inputs."""

from __future__ import annotations

from functools import cache
from math import comb

import numpy as np

from wsss_viz.app.language import mark, tr
from wsss_viz.app.state.information import BETAS
from wsss_viz.figures.chart import ACCENT, GREY, Axis, Bars, Chart, Line, Mark, Note, Plot, Points
from wsss_viz.information.bottleneck import BITS, JOINTS, Compressed, bottleneck_curve, counts_joint
from wsss_viz.information.discrete import mutual_information

NAMES = {"noisy": mark("the label is noisy"), "function": mark("the label is a function of x")}
REACH = 0.02
"""So many bits of X from an end of the curve count as that end."""
_LOW, _HIGH = np.array([180, 85, 45]), np.array([42, 144, 136])


@cache
def compressed(name: str) -> tuple[Compressed, ...]:
    """The encoders of all `BETAS` on the joint."""
    return tuple(bottleneck_curve(counts_joint(name), BETAS))


def at(name: str, beta: float) -> Compressed:
    """The encoder of one beta on the joint."""
    return compressed(name)[BETAS.index(beta)]


@cache
def shared(name: str) -> float:
    """I(X;Y) of the joint in bits."""
    return mutual_information(counts_joint(name)).value_bits


def reached(name: str) -> tuple[int, int]:
    """How many of `BETAS` lead to the origin or to the whole I(X;Y) at as many bits of X, and how many between."""
    bits = [(one.of_input.value_bits, one.of_label.value_bits) for one in compressed(name)]
    ends = sum(x < REACH or (abs(x - y) < REACH and abs(y - shared(name)) < REACH) for x, y in bits)
    return ends, len(bits) - ends


def said(name: str, beta: float) -> str:
    """What the encoder keeps, in words."""
    one = at(name, beta)
    count = len(one.weights)
    symbols = tr("one symbol, which says nothing") if count == 1 else tr("{count} symbols", count=count)
    return tr(
        "At beta {beta:g} the {inputs} inputs become {symbols}: {of_input:.2f} bits of X, and of "
        "the {shared:.2f} bits that X tells of Y, {of_label:.2f}.",
        beta=beta,
        inputs=2**BITS,
        symbols=symbols,
        of_input=abs(one.of_input.value_bits),
        shared=shared(name),
        of_label=abs(one.of_label.value_bits),
    )


def trade_off_chart(name: str, beta: float, height: int = 360) -> Chart:
    """The curve with the point of beta, and its encoder."""
    columns = (0.5, 0.5)
    return Chart((curve_panel(name, beta), encoder_panel(name, beta, 1)), height, columns=columns, gap=(0.14, 0.1),
                 margin=(52, 10, 30, 46), legend="", stacked=True)  # fmt: skip


def curve_chart(name: str, beta: float, height: int) -> Chart:
    """The curve with the point of beta, by itself."""
    return Chart((curve_panel(name, beta),), height, margin=(52, 10, 30, 46), legend="")


def encoder_chart(name: str, beta: float, height: int) -> Chart:
    """The encoder by itself."""
    return Chart((encoder_panel(name, beta),), height, margin=(64, 10, 30, 46), legend="", stacked=True)


def curve_panel(name: str, beta: float) -> Plot:
    """I(T;Y) against I(X;T): the curve with its bounds, the encoders of all `BETAS`, and that of one."""
    points, one, whole = compressed(name), at(name, beta), shared(name)
    x, y = ([getattr(p, of).value_bits for p in points] for of in ("of_input", "of_label"))
    most = 2.3 if name == "noisy" else 1.6
    hover = [
        tr("beta {beta:g}: {a:.3f} bits of X, {b:.3f} of Y", beta=p.beta, a=a, b=b)
        for p, a, b in zip(points, x, y, strict=True)
    ]
    ends = [0.0, *x, most], [0.0, *y, whole]
    here = one.of_input.value_bits, one.of_label.value_bits
    reach = np.array([-0.3, 0.3]) * most
    marks: list[Mark] = [
        Line([0, whole, most], [0, whole, whole], colour=GREY, width=1.2, dash="dash"),
        Line(*ends, tr("the best there is"), ACCENT, width=2.6),
        Line(here[0] + reach, here[1] + reach / beta, colour="#d08700", width=1.6, dash="dot"),
        Points(x, y, colour=ACCENT, size=6.0, hover=hover),
        Points([here[0]], [here[1]], colour="#d08700", size=15.0, edge=2.0),
        Note(most * 0.62, whole * 1.06, f"I(X;Y) = {whole:.2f}"),
    ]
    title = tr("What is kept of Y, by what is kept of X")
    return Plot(
        tuple(marks), Axis(tr("I(X;T), bits"), -0.04 * most, most), Axis(tr("I(T;Y), bits"), -0.03, whole * 1.16), title
    )


def encoder_panel(name: str, beta: float, column: int = 0) -> Plot:
    """The encoder p(t|x): how the inputs with so many ones are shared out among the symbols t, each in the colour of
    its p(y = 1 | t)."""
    one = at(name, beta)
    ones = np.array([x.bit_count() for x in range(2**BITS)])
    rows = [
        tr("{k} ones, {count} x", k=k, count=comb(BITS, k)) if k != 1 else tr("1 one, {count} x", count=comb(BITS, k))
        for k in range(BITS + 1)
    ]
    shares = np.stack([one.encoder[ones == k][0] for k in range(BITS + 1)])
    marks: list[Mark] = []
    for t, p in enumerate(one.labels[:, 1]):
        colour = tuple((_LOW + p * (_HIGH - _LOW)) / 255)
        hover = [f"p(t|x) = {share:.3f}, p(y=1|t) = {p:.3f}" for share in shares[:, t]]
        base = shares[:, :t].sum(1)
        heaviest = int((shares[:, t] * np.array([comb(BITS, k) for k in range(BITS + 1)])).argmax())
        text = [f"p(y=1|t) = {p:.2f}" * bool(k == heaviest and shares[k, t] > 0.3) for k in range(BITS + 1)]
        marks.append(
            Bars(
                rows, shares[:, t], f"t{t + 1}", colour, base=base, across=True, hover=hover, listed=False, text=text,
            )
        )  # fmt: skip
    return Plot(
        tuple(marks),
        Axis("p(t|x)", 0, 1),
        Axis(categories=rows),
        tr("The encoder: what becomes of each x"),
        column=column,
    )


def joint_words(name: str) -> str:
    """What X and Y are."""
    p = ", ".join(f"{value:g}" for value in JOINTS[name])
    return tr(
        "X: {bits} fair bits, {inputs} inputs. p(y = 1 | x) by the number of ones in x, from 0 to {bits}: {p}.",
        bits=BITS,
        inputs=2**BITS,
        p=p,
    )
