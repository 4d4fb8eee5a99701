"""Information in a real classifier: the stored report of held-out probes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.information import PROBED, READERS
from wsss_viz.app.widgets import chart_exports
from wsss_viz.app.widgets.chart import show
from wsss_viz.errors import InputError
from wsss_viz.evaluation.layer_information import REGIONS, read_stored
from wsss_viz.figures.chart import Axis, Chart, Line, Mark, Plot, Rule

COLOURS = dict(zip(REGIONS, ("#d1495b", "#3f7fd6", "#8a8f98"), strict=True))
MARKS = dict(zip(REGIONS, ("circle", "diamond", "square"), strict=True))
NAMES = dict(zip(REGIONS, ("discriminative part", "non-discriminative part", "background"), strict=True))
NETWORKS = {"classifier": "classifier", "cgnet": "CGNet", "rib": "RIB"}
TITLES = {
    "class": "the object's class",
    "coat": "its coat, which no image label names",
    "rib": "the class, through RIB's iterations",
}
READER_TITLES = {"logistic": "logistic regression", "mlp": "small MLP"}
MAPS = "class maps"
NOT_ON_YOURS = (
    "Measured on drawn scenes alone, whatever is looked at on other pages: a probe is fitted on hundreds of images "
    "whose objects have outlined parts, which your images have not. What your network's layers hold high on one image "
    "is on the page Gradients."
)
Row = Mapping[str, Any]


def lead(state: ViewState) -> str:
    """What the probes find in the last layer, in words, whatever it is; "" where nothing is measured."""
    try:
        rows = _rows_of(read_stored(), state.probed, "logistic")
    except InputError:
        return ""
    lines = {region: _line(rows, "rib" if state.probed == "rib" else "classifier", region) for region in REGIONS}
    if not all(len(line) > 1 for line in lines.values()):
        return ""
    first, last = lines["non_discriminative"][0], lines["non_discriminative"][-1]
    discriminative, cap = lines["discriminative"][-1]["value_bits"], last["cap_bits"]
    what = "coat" if state.probed == "coat" else "class"
    if state.probed == "rib":
        start, end, (low, high) = first["value_bits"], last["value_bits"], last["ci"]
        moved = "falls" if high < start else "rises" if low > start else "does not move clearly"
        return (
            f"Through {last['iteration']} iterations of RIB, what a reader finds of the class in the maps over the "
            f"non-discriminative part {moved}: {start:.2f} to {end:.2f} of {cap:.2f} bits."
        )
    return (
        f"Probes are trained to read each layer. Of the {cap:.2f} bits of an object's {what}, that of the "
        f"non-discriminative part finds {first['value_bits']:.2f} in the first layer and {last['value_bits']:.2f} in "
        f"the last; that of its discriminative part {discriminative:.2f} in the last."
    )


def probe_section(state: ViewState) -> None:
    """Bits by layer and region with intervals and the cap H(Y); by RIB's iteration instead of layer for `rib`."""
    with st.container(horizontal=True, gap="medium"):
        st.segmented_control(
            "What is read", PROBED, format_func=lambda name: TITLES[name], **session.control("probed", state.probed)
        )
        if state.probed == "class":
            st.segmented_control(
                "Read by",
                READERS,
                format_func=lambda name: READER_TITLES[name],
                help="The family is part of the number: a larger reader may find what a smaller one does not.",
                **session.control("reader", state.reader),
            )
    try:
        report = read_stored()
    except InputError as why:
        st.warning(str(why), icon=":material/info:")
        return
    rows = _rows_of(report, state.probed, state.reader if state.probed == "class" else "logistic")
    chart = _chart(rows, state.probed == "rib")
    show(chart, "probe", _words(rows))
    for reason in dict.fromkeys(row["reason"] for row in rows if "reason" in row):
        st.warning(f"Not measured: {reason}", icon=":material/block:")
    _caption(report, rows, state)
    with st.expander("Every number"):
        columns = ("network", "layer", "region", "iteration", "family", "value_bits", "ci", "cap_bits", "n")
        st.dataframe([{key: row.get(key) for key in columns} for row in rows], hide_index=True, placeholder="–")
    chart_exports.buttons("probe-information", rows, {"checkpoints": report["checkpoints"]}, chart)
    if state.workspace or state.source == "own":
        st.caption(NOT_ON_YOURS)


def _rows_of(report: Row, probed: str, family: str) -> list[Row]:
    rows = [row for row in report["measured"] if (row["network"] == "rib") == (probed == "rib")]
    rows = [row for row in rows if probed == "rib" or row["target"] == probed]
    of_family = [row for row in rows if row["family"] == family]
    return of_family or rows


def _line(rows: Sequence[Row], network: str, region: str) -> list[Row]:
    """What is drawn as one line: by layer, or of the class maps by iteration."""
    line = [row for row in rows if (row["network"], row["region"]) == (network, region) and "value_bits" in row]
    return [row for row in line if network != "rib" or row["layer"] == MAPS]


def _chart(rows: Sequence[Row], rib: bool) -> Chart:
    marks: list[Mark] = []
    for network, dash in (("classifier", "solid"), ("cgnet", "dash"), ("rib", "solid")):
        for region in REGIONS:
            line = _line(rows, network, region)
            if not line:
                continue
            low, high = ([row["ci"][end] for row in line] for end in (0, 1))
            marks.append(
                Line(
                    [row["iteration"] if rib else row["layer"] for row in line], [row["value_bits"] for row in line],
                    NAMES[region] + ("" if rib else f", {NETWORKS[network]}"), COLOURS[region], dash=dash,
                    width=2.4 if dash == "solid" else 1.6, symbol=MARKS[region], size=8.0, low=low, high=high,
                    hover=f"{NAMES[region]}, {NETWORKS[network]}, {{x}}: {{y:.3f}} bits",
                )
            )  # fmt: skip
    x = Axis("RIB's iteration k, read from the class maps" if rib else "layer, from the image to the class maps")
    y = Axis("probe information I<sub>V</sub>(T→Y), bits")
    measured = [row for row in rows if "value_bits" in row]
    if measured:
        cap = measured[0]["cap_bits"]
        marks.append(Rule(y=cap, width=1.0, dash="dash", text=f"cap H(Y) = {cap:.2f} bits"))
        y = replace(y, low=min(0, *(row["ci"][0] for row in measured)) - 0.05, high=cap * 1.12)
    return Chart((Plot(tuple(marks), replace(x, step=float(rib)), y),), 430, margin=(60, 12, 64, 52))


def _words(rows: Sequence[Row]) -> str:
    said = []
    for network, title in NETWORKS.items():
        for region in REGIONS:
            line = _line(rows, network, region)
            if line:
                values = ", ".join(f"{row['value_bits']:.2f}" for row in line)
                said.append(f"{title}, {NAMES[region]}: {values}")
    return f"probe information, bits: {'; '.join(said)}"


def _caption(report: Row, rows: Sequence[Row], state: ViewState) -> None:
    measured = next((row for row in rows if "value_bits" in row), None)
    ends = f", n = {measured['n']} scored images, {measured['data']}" if measured else ""
    family = READER_TITLES[measured["family"]] if measured else ""
    st.caption(
        f"Precomputed{ends}; read by {family}, fitted on other images, 95 % bootstrap interval over images. A lower "
        "bound of I(T;Y) that no bin or kernel is part of. It may rise with depth: a layer can make easy to read what "
        "was hard before. A region's features also see what lies around it. "
        + ("RIB is not told the label, it tunes on the classifier's own top class. " if state.probed == "rib" else "")
        + " ".join(report["skipped"])
    )
