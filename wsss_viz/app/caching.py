"""What caches are keyed on, and the pictures that are kept under such a key.

Arrays are never hashed (of large ones Streamlit looks at a sample only): everything is keyed on digests of bytes and on
the parameters it was computed with. What comes from an upload is kept for its own session alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app.turns import turn
from wsss_viz.data.photographs import PHOTOGRAPHS
from wsss_viz.data.sample import Sample


def digest(*values: NDArray | None) -> str:
    """SHA-256 of arrays: their shapes, types and bytes."""
    hashed = hashlib.sha256()
    for value in values:
        hashed.update(b"none" if value is None else f"{value.shape}{value.dtype}".encode())
        hashed.update(b"" if value is None else np.ascontiguousarray(value).data)
    return hashed.hexdigest()


def is_private(sample: Sample) -> bool:
    """Whether the sample came from a person: what is computed of it stays in its session."""
    return not sample.source and sample.name not in PHOTOGRAPHS


@st.cache_data(max_entries=192, show_spinner=False)
@turn("picture", short=True)
def _shared_picture(key: tuple[object, ...], _draw: Callable[[], bytes]) -> bytes:
    return _draw()


@st.cache_data(max_entries=16, scope="session", show_spinner=False)
@turn("picture", short=True)
def _private_picture(key: tuple[object, ...], _draw: Callable[[], bytes]) -> bytes:
    return _draw()


def picture(sample: Sample, key: tuple[object, ...], draw: Callable[[], bytes]) -> bytes:
    """The bytes that `draw` makes, made once for each `key`: all that the drawing depends on, arrays as digests."""
    return cached_picture(is_private(sample), key, draw)


def cached_picture(private: bool, key: tuple[object, ...], draw: Callable[[], bytes]) -> bytes:
    """`picture` of what came from a person, or did not."""
    return (_private_picture if private else _shared_picture)(key, draw)
