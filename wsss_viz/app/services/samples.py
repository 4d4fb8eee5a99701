"""The samples that pages show: drawn scenes, two photographs, a person's own picture. Kept, and left as they are."""

from __future__ import annotations

import numpy as np
import streamlit as st

from wsss_viz.app.services.checkpoints import entry
from wsss_viz.app.widgets.rendering import DISPLAY_SIDE
from wsss_viz.data import photographs
from wsss_viz.data.photographs import PHOTOGRAPHS
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import Scenes


@st.cache_resource(max_entries=256, show_spinner=False)
def scene(example: str) -> Sample:
    """The sample of a data string `scenes:SPLIT:INDEX`; drawn once, and to be left as it is."""
    _, split, index = example.split(":")
    return Scenes(split)[int(index)]


@st.cache_resource(max_entries=64, show_spinner=False)
def fine_scene(example: str) -> Sample:
    """The same scene drawn with more pixels: for the eye alone, the classifier sees `scene` and is measured on it."""
    _, split, index = example.split(":")
    return Scenes(split, size=(DISPLAY_SIDE, DISPLAY_SIDE))[int(index)]


@st.cache_resource(max_entries=len(PHOTOGRAPHS), show_spinner=False)
def photograph(name: str) -> Sample:
    """One of scikit-learn's two sample photographs."""
    return user_sample(photographs.photograph(name), name)


def user_sample(image: np.ndarray, name: str) -> Sample:
    """An image without labels or masks as a sample of the classifier's classes."""
    return Sample(image, entry().classes, None, name)
