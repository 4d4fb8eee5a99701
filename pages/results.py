"""Results: what was measured on the held-out scenes, and what was published on PASCAL VOC 2012."""

import streamlit as st

from wsss_viz.app import frame, results, results_gallery, session
from wsss_viz.evaluation.stored_results import MAKE, stored_leakage, stored_reports

reports = stored_reports()
frame.heading("Results", results.lead(next(iter(reports.values()), None)), results.EXPLANATION)
st.subheader("Measured on the held-out scenes", anchor=False)
for name, report in reports.items():
    results.measured(name, report)
    leaks = stored_leakage(name)
    if leaks is not None:
        results.leaking(name, leaks)
if reports:
    results_gallery.gallery(next(iter(reports.values())), session.state())
if not reports:
    st.info(f"Nothing is stored yet. Measure it once: `{MAKE}`", icon=":material/info:")
st.subheader("Published, not measured here: PASCAL VOC 2012", anchor=False)
st.caption(
    "mIoU in percent of segmentation networks, from two tables of a lecture. They cannot be compared with the above."
)
results.published()
