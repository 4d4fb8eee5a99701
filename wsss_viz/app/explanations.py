"""What the popover "What am I looking at?" says: two sentences, one formula, one caveat a page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Explanation:
    """Two sentences, one formula in LaTeX, one caveat."""

    sentences: str
    formula: str
    caveat: str


START = Explanation(
    "A classifier that was trained on image-level labels alone, and the class activation map of each label: how much "
    "each place contributed to that label's score. Beside them the ground truth, which the classifier never saw.",
    r"A_c(u) = W_c \cdot f(u), \qquad s_c = \tfrac{1}{|\Omega|}\textstyle\sum_u A_c(u)",
    "The scenes are drawn, so that it is known which part of an object gives its class away. Photographs are harder.",
)
COMPARE = Explanation(
    "The class activation map of each chosen class, divided by its own maximum, and the pseudo mask: at each pixel the "
    "class with the highest map, where that exceeds the threshold. The scores compare this mask with the ground truth.",
    r"M_c(u) = \frac{\max(A_c(u), 0)}{\max_v \max(A_c(v), 0)}, \qquad \hat y(u) = \arg\max\{t, M_c(u)\}",
    "Divided by its maximum, the map of a class that is absent looks as bright as any other: read it with its logit.",
)
OWN = Explanation(
    "Your image through the same network: the maps of the classes it finds most likely, and the score of every class. "
    "There is no ground truth, so nothing is measured here.",
    r"p_c = \sigma(s_c), \qquad s_c = \tfrac{1}{|\Omega|}\textstyle\sum_u A_c(u)",
    "This classifier knows ten classes of drawn scenes. On a photograph its maps show what it mistakes for them.",
)
ABOUT = Explanation(
    "What this project computes and from which papers, what it does not claim, and which software and which checkpoint "
    "produced what you see. Every number on these pages is computed by the library, not by the page.",
    r"\mathrm{IoU} = \frac{TP}{TP + FP + FN}",
    "Numbers on drawn scenes say nothing about PASCAL VOC; published VOC results are marked as published.",
)
