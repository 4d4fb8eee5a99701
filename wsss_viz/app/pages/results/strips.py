"""One image of the gallery as a strip: the picture, its truth, pseudo masks, stored or in a workspace's folders."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from wsss_viz.app import methods
from wsss_viz.app.services import samples, workspaces
from wsss_viz.app.turns import turn
from wsss_viz.app.widgets import rendering
from wsss_viz.data.files import stamp_of
from wsss_viz.data.palette import painted
from wsss_viz.data.sample import IGNORE, Sample
from wsss_viz.data.scenes import Scenes
from wsss_viz.errors import InputError
from wsss_viz.methods.catalogue import title
from wsss_viz.showcase.pseudo_masks import REBUILD, PseudoMasks, pseudo_masks_path, read_pseudo_masks
from wsss_viz.traces.pseudo_masks import mask_of_values

HEIGHT, GAP = 168, 2
SIDE = 256
_SMOOTH = Image.Resampling.LANCZOS
SECONDS = 30.0
"""Maps in a folder may be written again while the server runs."""
Rows = tuple[tuple[str, float], ...]


@st.cache_data(max_entries=192, ttl=SECONDS, show_spinner=False)
@turn("thumbnail", short=True)
def strip(example: str, rows: Rows, report: str = "") -> tuple[bytes, tuple[str, ...]]:
    """The strip as PNG, and what stands in it from left to right.

    Args:
        rows: folders of maps, `maps:NAME`, or rows of the stored report, each with the threshold of its mask.
        report: the stored one's name, where it is one.

    Raises:
        InputError: the image cannot be read.
    """
    sample = _drawn(example) if example.startswith("scenes:") else samples.example(example)
    pictures, names = [sample.image], ["image"]
    masks = {"truth": sample.mask}
    for name, threshold in rows:
        called = title(name) if report else methods.title_of(name)
        try:
            masks[called] = _stored(report, name, example, threshold) if report else _mask(sample, name, threshold)
        except InputError:
            masks[f"no {called}"] = np.zeros(sample.size, np.uint8)
    for name, mask in masks.items():
        if mask is not None:
            names.append(name)
            pictures.append(_over(sample, mask))
    width = round(HEIGHT * sample.size[1] / sample.size[0])
    small = [np.asarray(Image.fromarray(picture).resize((width, HEIGHT), _SMOOTH)) for picture in pictures]
    wall = np.full((HEIGHT, GAP, 3), 128, np.uint8)
    row = [part for picture in small for part in (wall, picture)][1:]
    return rendering.png(np.concatenate(row, axis=1)), tuple(names)


def _drawn(source: str) -> Sample:
    """The scene, drawn for the eye."""
    _, split, index = source.split(":")
    return Scenes(split, size=(SIDE, SIDE))[int(index)]


def _mask(sample: Sample, name: str, threshold: float) -> NDArray[np.uint8]:
    """(H, W) uint8, index into the sample's classes + 1: the pseudo mask of the maps in a folder."""
    step = workspaces.read_maps(sample, name).steps[-1]
    if max(step.targets, default=0) + 1 >= IGNORE:
        raise InputError(f"{sample.name} has a label beyond the {IGNORE - 1} classes that a mask numbers")
    values = step.image_values(sample.size, "relu_max", list(step.targets), "field")
    return mask_of_values(values, step.targets, threshold).astype(np.uint8)


def _stored(report: str, row: str, example: str, threshold: float) -> NDArray[np.uint8]:
    """(SIDE, SIDE) the mask that the stored report counts, at the size that the scene is drawn. Raises InputError."""
    stored = _read(report, row, stamp_of(pseudo_masks_path(report))).mask(row, example, threshold)
    if stored is None:
        raise InputError(f"no masks of {row} are stored for {example}: compute them with `{REBUILD}`")
    return np.asarray(Image.fromarray(stored).resize((SIDE, SIDE), Image.Resampling.NEAREST))


@lru_cache(maxsize=4)
def _read(report: str, row: str, stamp: tuple[int, ...]) -> PseudoMasks:
    return read_pseudo_masks(report, [row])


def _over(sample: Sample, mask: NDArray[np.uint8]) -> rendering.Picture:
    """A mask in its classes' colours over the faded image."""
    opaque = np.where((mask > 0) & (mask != IGNORE), 0.75, np.where(mask == IGNORE, 0.4, 0.0))
    return rendering.blend(rendering.faded(sample.image), painted(mask, sample.classes), opaque)
