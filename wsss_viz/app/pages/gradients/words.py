"""The page Gradients in words: what is seen before any number, and the formula of what is drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app.explanations import Explanation
from wsss_viz.app.services import gradient_measurements
from wsss_viz.app.state import ViewState
from wsss_viz.gradients.ratio import Curve
from wsss_viz.gradients.stored import Entry, Stored

DIVIDED_BY = {"max": r"\max_q |G_k(q)|", "p99": r"P_{99}\left(|G_k|\right)"}
"""The divisor in the formula; P_99 is the 99th percentile over the picture's pixels."""
_WHERE = {
    "discriminative": "on the heads",
    "non_discriminative": "on the bodies",
    "irrelevant": "in the background",
}
_RIGHT = (
    (0.9, "so: by the shape alone the network is right nearly always"),
    (0.6, "so: by the shape alone the network is mostly right"),
    (0.4, "yet by the shape alone the network is right no more often than by a guess"),
    (0.0, "yet by the shape alone the network is seldom right"),
)
"""From which share of the pictures on what is said."""
_PART_WHERE = {"discriminative": "on the discriminative parts", "non_discriminative": "on the others"}


def explanation(state: ViewState) -> Explanation:
    """What one is looking at, under the divisor of the view."""
    divisor = DIVIDED_BY[state.divided_by]
    caveat = "A ratio sees where a gradient is high, not how large it is: the sigmoid's factor s(1 - s) scales the "
    percentile = " P_99 is the 99th percentile over the picture's pixels." if state.divided_by == "p99" else ""
    return Explanation(
        "How much each pixel moves what a layer says, from the first convolution to the logit, and in which share of a "
        "region's pixels it moves it much: the high gradient ratio of RIB's argument. On a toy where a rare shape "
        "gives the class away as surely as the digit, on photographs, and on drawn scenes.",
        r"G_k = \nabla_x \textstyle\sum_{c,u,v} T_k[c,u,v], \quad "
        rf"\mathrm{{HGR}}_k(R) = \frac{{|\{{p \in R : |G_k(p)| > \tau\, {divisor}\}}|}}{{|R|}}",
        f"{caveat}whole map.{percentile}",
    )


def compared(one: NDArray[np.float64], other: NDArray[np.float64]) -> str:
    """How often a gradient is high in one region against another; by mean, low and high end of their intervals.

    >>> compared(np.array([0.5, 0.4, 0.6]), np.array([0.3, 0.2, 0.35]))
    'more often'
    >>> compared(np.array([0.5, 0.4, 0.6]), np.array([0.45, 0.3, 0.5]))
    'about as often'
    """
    if one[1] > other[2]:
        return "more often"
    return "less often" if one[2] < other[1] else "about as often"


def against(one: NDArray[np.float64], other: NDArray[np.float64], here: str, there: str) -> str:
    """The same with the places: "more often on the heads than on the bodies"."""
    said = compared(one, other)
    return f"{said} {here} {'as' if said == 'about as often' else 'than'} {there}"


def photographs(curve: Curve, state: ViewState) -> str:
    """Where the gradients of the photographs' network are high, at the logit and early."""
    last, first = curve.at(state.tau)[-1], curve.at(state.tau)[0]
    head, body, background = last
    where = [_WHERE[region] for region in curve.regions]
    return (
        "Where changing a pixel moves a layer much, its gradient is high. At the logit it is high "
        f"{against(head, body, *where[:2])}, and {against(background, body, where[2], where[1])}. {_early(first)}"
    )


def _early(regions: NDArray[np.float64]) -> str:
    """Whether the regions are told apart after the first stage, (R, 3)."""
    alike = all(compared(one, other) == "about as often" for one in regions for other in regions)
    if alike:
        return "After the first stage it is high about as often everywhere: what tells the regions apart comes deeper."
    return "After the first stage the regions differ, too."


def scenes(stored: Stored, state: ViewState) -> str:
    """Where the scenes' logit has high gradients, and what RIB's steps do to the non-discriminative parts."""
    first = gradient_measurements.rib_curves(stored, state, "rib")[0]
    change = gradient_measurements.rib_change(stored, state, "rib")[1]
    verdict = "more" if change[1] > 0 else "fewer" if change[2] < 0 else "neither more nor fewer"
    here, there = _PART_WHERE.values()
    return (
        "Where changing a pixel moves the logit much, its gradient is high: "
        f"{against(first[0], first[1], here, there)}. Through RIB's steps, {verdict} of the non-discriminative parts' "
        "pixels have one."
    )


def toy(entry: Entry, state: ViewState) -> str:
    """What becomes of the shape's gradient in the toy's last step, beside the digit's."""
    drops = dict(zip(entry.curve.regions, entry.curve.drop_at(state.tau), strict=True))
    share = {
        "more often": "a larger part of its high gradients than",
        "less often": "a smaller part of its high gradients than",
        "about as often": "as large a part of its high gradients as",
    }[compared(drops["non_discriminative"], drops["discriminative"])]
    right = entry.facts["accuracy"]["shape only"]
    alone = next(text for least, text in _RIGHT if right >= least)
    return (
        "The digit is evidence for the class, and the small shape beside it is as sure; "
        f"{alone}. In the last step, from the last convolution to the logit, the shape loses {share} the digit."
    )
