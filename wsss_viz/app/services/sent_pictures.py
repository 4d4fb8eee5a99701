"""Pictures of a person's own that were sent to Figures: in the session's memory, as uploads are, and gone with it.

The basket, which stands in the address, has their digests alone: a link holds no picture, and nobody else's session
knows one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import streamlit as st

from wsss_viz.app import caching
from wsss_viz.app.services.held import held
from wsss_viz.app.state.figures import UPLOAD, Item
from wsss_viz.data.files import readable_bytes
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError

_SENT = "basket_pictures"
MOST_BYTES = 96 * 2**20
"""Of the pictures and masks that one session's basket holds."""


def sent() -> Mapping[str, Sample]:
    """Those of this session, by what the basket calls them."""
    pictures: dict[str, Sample] = st.session_state.get(_SENT, {})
    return pictures


def key_of(sample: Sample) -> str:
    """What the basket calls a picture with its mask and the classes looked for: `own:DIGEST`."""
    about = caching.digest(sample.image, sample.mask) + repr(sample.labels)
    return f"{UPLOAD}:{hashlib.sha256(about.encode()).hexdigest()[:16]}"


def hold(sample: Sample, basket: Sequence[Item]) -> str:
    """Keeps a picture for the basket, and gives up those that are in it no more; what the basket calls it.

    Raises:
        InputError: the basket's pictures have more than `MOST_BYTES` then.
    """
    key, examples = key_of(sample), {item.example for item in basket}
    pictures = {name: picture for name, picture in sent().items() if name in examples} | {key: sample}
    size = sum(one.image.nbytes + (0 if one.mask is None else one.mask.nbytes) for one in pictures.values())
    if size > MOST_BYTES:
        raise InputError(
            f"The basket holds pictures of at most {readable_bytes(MOST_BYTES)} in memory: take one out on Figures"
        )
    if key not in sent() and sample.mask is not None:
        held().hold(sample.mask)  # a picture is counted since it was read
    st.session_state[_SENT] = pictures
    return key


def without_gone(items: Sequence[Item]) -> tuple[Item, ...]:
    """The items whose pictures are there: of a link, or of a page that was loaded again, those of one's own are not."""
    return tuple(item for item in items if not item.example.startswith(f"{UPLOAD}:") or item.example in sent())
