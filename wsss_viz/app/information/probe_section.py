"""Information in a real classifier: the stored report of held-out probes."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.information import exports
from wsss_viz.app.information.exact_sections import CONFIG, PLAIN
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.information import PROBED
from wsss_viz.errors import InputError
from wsss_viz.evaluation.layer_information import REGIONS, read_stored

COLOURS = dict(zip(REGIONS, ("#d1495b", "#1f77c4", "#8a8f98"), strict=True))
TITLES = {
    "class": "the object's class",
    "coat": "its coat, which no image label names",
    "rib": "the class, through RIB's iterations",
}


def probe_section(state: ViewState) -> None:
    """Bits by layer and region with intervals and the cap H(Y); by RIB's iteration instead of layer for `rib`."""
    from plotly import graph_objects as go

    st.segmented_control(
        "What is read", PROBED, format_func=lambda name: TITLES[name], **session.control("probed", state.probed)
    )
    try:
        report = read_stored()
    except InputError as why:
        st.warning(str(why), icon=":material/info:")
        return
    rib = state.probed == "rib"
    rows = [row for row in report["measured"] if (row["network"] == "rib") == rib]
    rows = [row for row in rows if rib or row["target"] == state.probed]
    figure, measured = go.Figure(), [row for row in rows if "value_bits" in row]
    for network, dash in (("classifier", "solid"), ("cgnet", "dash"), ("rib", "solid")):
        for region in REGIONS:
            line = [row for row in measured if (row["network"], row["region"]) == (network, region)]
            line = [row for row in line if row["family"] == "logistic" and (not rib or row["layer"] == "class maps")]
            if not line:
                continue
            values = [row["value_bits"] for row in line]
            figure.add_scatter(
                x=[row["iteration"] if rib else row["layer"] for row in line],
                y=values,
                error_y={
                    "array": [row["ci"][1] - row["value_bits"] for row in line],
                    "arrayminus": [row["value_bits"] - row["ci"][0] for row in line],
                },
                name=f"{region.replace('_', '-')}, {network}",
                line={"color": COLOURS[region], "dash": dash},
            )
    if measured:
        figure.add_hline(y=measured[0]["cap_bits"], line={"dash": "dot", "color": "grey"}, annotation_text="cap H(Y)")
    figure.update_layout(**{**PLAIN, "height": 440})
    figure.update_yaxes(title="I_V(T->Y), bits")
    figure.update_xaxes(title="RIB's iteration, class maps" if rib else "layer")
    st.plotly_chart(figure, key="probe", config=CONFIG, alt="probe information by layer and region")
    for reason in dict.fromkeys(row["reason"] for row in rows if "reason" in row):
        st.warning(f"Not measured: {reason}", icon=":material/block:")
    ends = f", n = {measured[0]['n']} scored images" if measured else ""
    st.caption(
        f"precomputed{ends}; logistic probe, 95 % bootstrap interval over images, fitted on others. A lower bound "
        "of I(T;Y); it may rise with depth. A region's features also see what lies around it. "
        + ("RIB is not told the label, it tunes on the classifier's own top class. " if rib else "")
        + " ".join(report["skipped"])
    )
    with st.expander("Every number"):
        shown = ("network", "layer", "region", "iteration", "family", "value_bits", "ci", "cap_bits", "n")
        st.dataframe([{key: row.get(key) for key in shown} for row in rows], hide_index=True)
    exports.buttons("probe-information", rows, {"checkpoints": report["checkpoints"]})
