"""A folder in VOC's layout with maps that others made of it, and a server that was started with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st

from wsss_viz.app import workspace
from wsss_viz.app.workspace import Workspace
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import Scenes
from wsss_viz.data.sources import DataSet
from wsss_viz.data.sources import open as open_data
from wsss_viz.data.voc_writer import write_voc
from wsss_viz.traces.map_folder import SETTINGS, MapWriter
from wsss_viz.traces.storage import StoredMaps

NAME = "mine"
SIZE = (90, 122)
"""(H, W): not square, no multiples of a stride."""
LABELLED = (7, 9, 21, 129)
"""Scenes of the test split, in this order; the maps called Half lack the last."""


def stored_maps(sample: Sample, seed: int) -> StoredMaps:
    """Maps of the labels, in the image's size: the truth with noise over it."""
    rng = np.random.default_rng(seed)
    labels = sample.labels or ()
    planes = np.stack([0.4 * sample.class_mask(name) + rng.random(sample.size) for name in labels]).astype(np.float32)
    planes /= planes.max(axis=(1, 2), keepdims=True)
    return StoredMaps(planes, np.zeros(len(labels), np.float32), labels, sample.size)


def write_workspace(folder: Path) -> Workspace:
    """Writes the images, the maps `IRN` as dictionaries without settings, and `Half`, palette masks of all but one."""
    scenes = Scenes("test", size=SIZE)
    drawn = [replace(scenes[index], parts=None) for index in LABELLED]
    write_voc(drawn, folder / "voc", "val")
    (folder / "voc" / "classes.txt").unlink()  # so that they are VOC's twenty, of which the network knows ten
    samples: DataSet = open_data(f"voc:{folder / 'voc'}:val")
    for sample, index in zip(samples, range(len(samples)), strict=True):
        MapWriter(folder / "irn", VOC_CLASSES, "irn").write(sample.name, stored_maps(sample, index))
        if index < len(samples) - 1:
            MapWriter(folder / "half", VOC_CLASSES, "mask", 0.6).write(sample.name, stored_maps(sample, index + 50))
    for name in ("irn", "half"):
        (folder / name / SETTINGS).unlink(missing_ok=True)
    maps = {"IRN": str(folder / "irn"), "Half": str(folder / "half")}
    return Workspace(NAME, samples.name, {"scenes": "scenes-classifier"}, maps)


def serve(monkeypatch: pytest.MonkeyPatch, *opened: Workspace) -> None:
    """Has this process know the workspaces, for the length of a test, and nothing of earlier ones."""
    monkeypatch.setenv(workspace.VARIABLE, "")
    workspace.publish(opened)
    workspace._opened.cache_clear()
    st.cache_resource.clear()
