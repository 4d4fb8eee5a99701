"""The panels of the page Gradients: the strip of maps, the layer looked at, the controls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from html import escape

import numpy as np
import streamlit as st

from wsss_viz.app import caching, session
from wsss_viz.app.services import gradients
from wsss_viz.app.services.gradients import COLOURS, NAMES, Picture
from wsss_viz.app.source_bar import Beside
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.gradients import LARGEST_PICTURE, LARGEST_RIB_STEP, SUBJECTS
from wsss_viz.app.widgets import markup, rendering
from wsss_viz.gradients.stored import Entry, Stored

TOY = "toy"
_SIDE = 256
LOOKED_AT = "strip_looked_at"
STAGES = (*(f"stage {number}" for number in range(1, 6)), "logit")
PHOTO_STAGES = (*(f"stage {number}" for number in range(1, 10)), "logit")
_REGION_SOURCES = {
    "parts": "part masks",
    "map0.3": "truth and CAM ≥ 0.3",
    "map0.5": "truth and CAM ≥ 0.5",
    "map0.7": "truth and CAM ≥ 0.7",
}


def toy_beside(state: ViewState) -> Beside:
    """The digit toy, as one more choice of the source bar; what else is chosen there is the page's subject."""
    return Beside(TOY, "Digit toy", state.subject == TOY, _of_subject)


def toy_controls(state: ViewState) -> None:
    """The toy's network and its picture."""
    st.segmented_control(
        "Last layer",
        ["flatten", "gap"],
        format_func=lambda name: {"flatten": "fully connected", "gap": "GAP, then linear"}[name],
        help="What turns the last convolution into the logit: one weight per position and channel, or pooling first.",
        **session.control("head", state.head),
    )
    st.segmented_control(
        "Trained",
        ["bce", "rib"],
        format_func=lambda name: {"bce": "with sigmoid", "rib": "without"}[name],
        help="With the sigmoid and cross-entropy, or with RIB's loss -min(m, y), m = 10.",
        **session.control("trained_with", state.trained_with),
    )
    st.segmented_control(
        "Image",
        list(range(LARGEST_PICTURE + 1)),
        format_func=lambda number: str(number + 1),
        **session.control("picture", state.picture),
    )


def _of_subject(kind: str) -> dict[str, object]:
    subject = kind if kind in SUBJECTS else SUBJECTS[0]
    return {"subject": subject, "divisor": "", "layer": 0, "rib_step": 0}


def network_control(stored: Stored | None, state: ViewState) -> None:
    """Which network the scenes go through, where a CGNet was measured."""
    if stored is not None and len(stored.about["classifiers"]) > 1:
        st.segmented_control(
            "Network",
            ["classifier", "cgnet"],
            format_func=lambda name: {"classifier": "classifier", "cgnet": "CGNet"}[name],
            help="CGNet is CS-AE's network, trained from this classifier.",
            **session.control("network", state.network),
        )


def measure_controls(state: ViewState, layers: tuple[str, ...]) -> None:
    """`measures` in a row of their own."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="settings"):
        measures(state, layers)


def measures(state: ViewState, layers: tuple[str, ...], survey: bool = True, masked: bool = False) -> None:
    """Threshold, layer, measure, divisor; of the scenes regions and RIB's step.

    Args:
        survey: the page has what was measured of the subject over many pictures: all of it may be chosen.
        masked: without one, regions are from the object's mask and its class map.
    """
    st.slider(
        "Threshold τ",
        0.05,
        0.9,
        step=0.05,
        format="%.2f",
        width=150,
        help="A gradient is high above this share of the map's maximum. 0.3 is inferred from RIB's figure.",
        **session.control("tau", state.tau, lambda moved: {"tau": round(moved, 2)}),
    )
    at = gradients.layer_number(state, layers)
    st.selectbox(
        "Layer",
        list(range(1, len(layers) + 1)),
        format_func=lambda number: f"G{number} · {layers[number - 1]}",
        width=130,
        **session.control("layer", at + 1, lambda moved: {"layer": 0 if moved == len(layers) else moved}),
    )
    if survey and state.subject != "photos":
        st.selectbox(
            "Measure",
            ["sum", "energy"],
            format_func=lambda name: {"sum": "signed sum", "energy": "Jacobian energy"}[name],
            width=150,
            help="The gradient of the layer's sum, in which channels can cancel; or the root of the Jacobian's "
            "energy (Hutchinson, 8 probes), in which they cannot.",
            **session.control("measure", state.measure),
        )
    st.selectbox(
        "Divided by",
        ["max", "p99"],
        format_func=lambda name: {"max": "own maximum", "p99": "99th percentile"}[name],
        width=150,
        help="By its maximum one pixel sets the scale of the whole map; the percentile is less spiky.",
        **session.control("divisor", state.divided_by),
    )
    if masked or (survey and state.subject == "scenes"):
        sources = list(_REGION_SOURCES)[1 if masked else 0 :]
        st.selectbox(
            "Regions",
            sources,
            format_func=lambda name: _REGION_SOURCES[name],
            width=170,
            help="The drawn part masks; or what one can do without them: ground truth where CAM is at least this "
            "share of its maximum, and where it is less.",
            **session.control("regions", state.regions if state.regions in sources else "map0.5"),
        )
    if survey and state.subject == "scenes" and state.network == "classifier":
        st.slider("RIB's step k", 0, LARGEST_RIB_STEP, width=150, **session.control("rib_step", state.rib_step))


def known_layers(entry: Entry | None, stages: tuple[str, ...] = STAGES) -> tuple[str, ...]:
    """The layers a view can be of, before its maps are there: all that a curve or a classifier's stages have."""
    layers = entry.curve.layers if entry else ()
    return layers if len(layers) == len(stages) else stages


def strip(picture: Picture, state: ViewState) -> None:
    """What the regions' colours are of, the picture, and every layer's map with its ratios under it."""
    at = gradients.layer_number(state, picture.layers)
    words = NAMES[state.subject]
    st.html(_legend(picture, state))
    with st.container(key="strip"):
        left, right = st.columns([1, 4], gap="small")
    with left:
        st.html(markup.panel_title("Image", ""))
        _image(picture, ("picture",), lambda: outlined(enlarged(picture.image, _SIDE), picture), picture.title)
    with right, st.grid(_across(len(picture.layers)), min_column_width=126, gap="small") as grid:
        for number, name in enumerate(picture.layers):
            with grid.cell(), st.container(key=LOOKED_AT if number == at else None, gap="small"):
                st.html(markup.panel_title(f"G{number + 1}", name))
                said = gradients.caption(picture.ratios[number], tuple(picture.regions), words)
                _image(
                    picture,
                    ("map", number, state.colours, state.divided_by),
                    partial(_map, picture, number, state.colours, _SIDE),
                    f"gradient map G{number + 1} of {name}; high: {said}",
                )
                st.html(_ratios(picture, number, words))


def _across(count: int) -> int:
    """Maps in a row where there is room: all of a few, else five.

    >>> _across(6), _across(10)
    (6, 5)
    """
    return count if count <= 6 else 5


def drawn(picture: Picture, key: tuple[object, ...], draw: Callable[[], rendering.Picture]) -> bytes:
    """PNG of what `draw` draws of the picture, by its key."""
    depends = (caching.digest(picture.image, picture.maps, np.stack(list(picture.regions.values()))), *key)
    return caching.cached_picture(picture.private, ("gradients", *depends), lambda: rendering.png(draw()))


def _image(picture: Picture, key: tuple[object, ...], draw: Callable[[], rendering.Picture], alt: str) -> None:
    content = drawn(picture, key, draw)
    st.image(content, width="stretch", output_format="PNG", alt=alt)


def _factor(shape: tuple[int, ...], side: int) -> int:
    return max(1, -(-side // max(shape[:2])))


def enlarged(image: rendering.Picture, side: int) -> rendering.Picture:
    """Pixels as squares, so that one sees which are counted."""
    factor = _factor(image.shape, side)
    return np.repeat(np.repeat(image, factor, axis=0), factor, axis=1)


def outlined(drawn: rendering.Picture, picture: Picture) -> rendering.Picture:
    """With the contours of the regions but the background, and the whole picture."""
    for name, mask in picture.regions.items():
        if name in ("irrelevant", gradients.WHOLE):
            continue
        large = rendering.enlarge_mask(mask, (drawn.shape[0], drawn.shape[1]))
        drawn = rendering.with_contour(drawn, large, COLOURS[name])
    return drawn


def _map(picture: Picture, number: int, colours: str, side: int) -> rendering.Picture:
    table = rendering.colour_table(colours)
    values = np.round(picture.maps[number] * 255).astype(np.uint8)
    return enlarged(table[values], side)


def share(ratio: float) -> str:
    """A ratio, a dash where the region is empty."""
    return "–" if np.isnan(ratio) else f"{ratio:.2f}"


def _ratios(picture: Picture, number: int, words: Mapping[str, str]) -> str:
    """Every region with its ratio, a line each."""
    return "".join(
        f'<div class="wv-ratios"><span><i style="background:{markup.rgb(COLOURS[name])}"></i>'
        f'{escape(words[name])}</span><span style="flex:none">{share(ratio)}</span></div>'
        for name, ratio in zip(picture.regions, picture.ratios[number], strict=True)
    )


def _legend(picture: Picture, state: ViewState) -> str:
    """What the numbers under the maps are, and the colours of the regions; with them the frame of the map chosen."""
    words = NAMES[state.subject]
    items = "".join(
        f'<span class="wv-chip wv-plain"><i style="background:{markup.rgb(COLOURS[name])}"></i>'
        f"{escape(words[name])}</span>"
        for name in picture.regions
    )
    what = f"<span>Under each map the share of pixels above {state.tau:.2f}, of</span>"
    return f'<div class="wv-chips">{what}{items}</div>'
