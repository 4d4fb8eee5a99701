"""What made what is shown: versions, the checkpoint and what was measured of it."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import Any

import streamlit as st

from wsss_viz.app.language import tr
from wsss_viz.app.services import checkpoints
from wsss_viz.app.widgets.markup import percent, rows_table
from wsss_viz.errors import InputError
from wsss_viz.models.manifest import Entry
from wsss_viz.version import __version__

PACKAGES = ("streamlit", "torch", "torchvision", "numpy", "scikit-learn", "matplotlib", "plotly", "pillow")

MOST_CLASSES = 30
"""Named one by one in the card of a network."""


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def versions_table() -> None:
    """Versions of what computes, and on what."""
    try:
        device = checkpoints.device_label()
    except InputError as error:
        device = str(error)
    rows = {"wsss_viz": __version__, "Python": platform.python_version()}
    rows |= {package: _version(package) for package in PACKAGES}
    st.html(rows_table({**rows, "device": device}))


def checkpoint_card(name: str = checkpoints.SCENES) -> None:
    """A classifier's entry in the register, or why there is none."""
    try:
        entry = checkpoints.entry(name)
    except InputError as error:
        st.error(str(error), icon=":material/error:")
        return
    rows = {
        "file": entry.file,
        "SHA-256": f"{entry.sha256[:16]}…",
        "network": str(entry.architecture.get("name", "")),
        "classes": ", ".join(entry.classes)
        if len(entry.classes) <= MOST_CLASSES
        else f"{len(entry.classes)}, ImageNet's",
    } | _origin(entry)
    scores = measured(entry.scores) if name == checkpoints.SCENES else {}
    with st.container(key=f"card_{name}"):
        st.html(rows_table(rows | scores))
    st.caption("Made by")
    with st.container(key=f"made_by_{name}"):
        st.code(entry.command, language="bash", wrap_lines=True)


def _origin(entry: Entry) -> dict[str, str]:
    """The seed of a network that was trained here; where another's weights are from, and under which licence."""
    trained = entry.trained
    if "licence" not in trained:
        return {"seed": str(entry.seed)}
    return {"trained on": str(trained.get("on", "")), "licence": str(trained["licence"])}


def measured(scores: dict[str, Any]) -> dict[str, str]:
    """The register's scores on held-out data as rows of a table, each with what it was measured on."""
    rows = {}
    test = scores.get("scenes:test", {})
    if {"map", "f1", "count"} <= test.keys():
        rows["classification"] = f"mAP {test['map']:.3f}, F1 {test['f1']:.3f} on {test['count']} held-out scenes"
    cam = _cam(scores)
    if cam:
        low, high = cam["interval"]["miou"]
        rows["CAM"] = f"mIoU {cam['miou']:.1f} ({low:.1f} to {high:.1f}), {_conditions(scores, cam)}"
        parts = cam["part_recall"]
        shares = parts["discriminative"], parts["non_discriminative"]
        rows["its recall"] = "{:.1f} of the discriminative parts, {:.1f} of the others".format(*shares)
    return rows


def held_out(scores: dict[str, Any]) -> str:
    """What the maps cover of the two kinds of parts on all held-out data; empty where it was not measured."""
    cam = _cam(scores)
    if not cam:
        return ""
    first, rest = (cam["part_recall"][part] / 100 for part in ("discriminative", "non_discriminative"))
    return tr(
        "On {conditions}, CAM covers {first} of the discriminative parts and {rest} of the others.",
        conditions=_conditions(scores, cam),
        first=percent(first),
        rest=percent(rest),
    )


def _cam(scores: dict[str, Any]) -> dict[str, Any]:
    cam: dict[str, Any] = scores.get("evaluate", {}).get("methods", {}).get("cam", {})
    return cam


def _conditions(scores: dict[str, Any], cam: dict[str, Any]) -> str:
    evaluated = scores["evaluate"]
    return tr(
        "{count} held-out scenes, {views}, threshold {threshold:.2f}",
        count=evaluated["count"],
        views=evaluated["views"],
        threshold=cam["threshold"],
    )
