"""What the popover "What am I looking at?" says: two sentences, one formula, one caveat a page."""

from __future__ import annotations

from dataclasses import dataclass

from wsss_viz.methods.catalogue import METHODS


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
    "Your image through the shipped classifier or a checkpoint of your own: the maps of the classes it finds most "
    "likely, and their scores. There is no ground truth for it, so nothing is measured here.",
    r"p_c = \sigma(s_c), \qquad s_c = \tfrac{1}{|\Omega|}\textstyle\sum_u A_c(u)",
    "The shipped classifier knows ten classes of drawn scenes: on a photograph its maps show what it takes for them.",
)
GRADIENTS = Explanation(
    "How much each pixel moves what a layer says, from the first convolution to the logit, and in which share of a "
    "region's pixels it moves it much: the high gradient ratio of RIB's argument. On a toy where a rare shape gives "
    "the class away as surely as the digit, and on the scenes.",
    r"G_k = \nabla_x \textstyle\sum_{c,u,v} T_k[c,u,v], \quad "
    r"\mathrm{HGR}_k(R) = \frac{|\{p \in R : |G_k(p)| > \tau \max_q |G_k(q)|\}|}{|R|}",
    "A ratio sees where a gradient is high, not how large it is: the sigmoid's factor s(1 - s) scales the whole map.",
)
INFORMATION = Explanation(
    "How many bits each layer of a small network says of its input and of the label, as it is trained: the information "
    "plane of Shwartz-Ziv and Tishby, with Saxe et al.'s answer that the picture is the ruler's as much as the "
    "network's. Beside it what can be computed exactly, and what a reader finds in a real classifier's layers.",
    r"I(X;T) = H(T) - H(T|X), \qquad I(X;T_1) \ge I(X;T_2) \ge \dots \ge I(X;T_k)",
    "Of a network without noise I(X;T) is constant or infinite. What is plotted is a binned or noised layer's.",
)
ABOUT = Explanation(
    "What this project computes and from which papers, what it does not claim, and which software and which checkpoint "
    "produced what you see. Every number on these pages is computed by the library, not by the page.",
    r"\mathrm{IoU} = \frac{TP}{TP + FP + FN}",
    "Numbers on drawn scenes say nothing about PASCAL VOC; published VOC results are marked as published.",
)
ERASING = {
    "AE": Explanation(
        "Adversarial erasing on the classifier as it is: what its map shows above a threshold is painted over with the "
        "mean colour, and it looks again. All looks together, each brought to the first one's maximum, are the map.",
        r"E_{k+1} = E_k \cup \{u : M_k(u) > t\}, \qquad A_{k+1} = \mathrm{CAM}\left(x\,(1 - E_{k+1})\right)",
        "AE-PSL (Wei et al., CVPR 2017) trains a new classifier at every step; with the one that is there this is our "
        "own. Once the object is gone, a map divided by its own maximum is as bright as before, so read it with its "
        "logit.",
    ),
    "CS-AE": Explanation(
        "Class-specific adversarial erasing: the map of one sampled class becomes a mask, and a frozen ordinary "
        "classifier looks at what is left. It should no longer see that class, and still see every other label.",
        r"L = \mathrm{BCE}(p, y) + \alpha\,\mathrm{BCE}\left(\mathrm{OC}(x\,(1 - m_r)),\; y - y_r\right)",
        "OC-CSE (Kweon et al., ICCV 2021) trains one network on a whole data set. On a single image it is our own: the "
        "loss at work, not a substitute for the trained network.",
    ),
    "RIB": Explanation(
        "RIB tunes a copy of the classifier on this image: the logits of the labels are raised without the sigmoid, "
        "pooled where the map is still low, and the maps of all steps are added up.",
        r"L = -\textstyle\sum_c t_c \min(m, y^c), \qquad A^c = \textstyle\sum_{k=0}^{K} \mathrm{CAM}^c(x;\theta_k)",
        "Lee et al., NeurIPS 2021, with settings chosen on drawn scenes. The control keeps the sigmoid: it saturates, "
        "and next to nothing moves.",
    ),
    "Experiment": Explanation(
        "The experiment that motivates CS-AE: from the image as it is, everything above a falling threshold is erased "
        "at once, and the same classifier looks again. The controls erase all labels' maps, or the same area "
        "elsewhere.",
        r"E_\theta = \{u : M(u) > \theta\}, \qquad A' = \mathrm{CAM}\left(x\,(1 - E_\theta)\right)",
        "The paper's own protocol could not be read in full, so this one is ours. The map is divided by its own "
        "maximum, so it shows where the classifier looks, not how much it sees.",
    ),
}


def erasing(mode: str) -> Explanation:
    """Of what is stepped through on the page Erasing; of a group without words of its own, its method's source."""
    name = mode if mode in METHODS else "cs-ae" if mode == "cs-ae-epochs" else ""
    group = METHODS[name].group if name else "Experiment"
    if group in ERASING:
        return ERASING[group]
    return Explanation(METHODS[name].lead, METHODS[name].formula, f"{METHODS[name].title}: {METHODS[name].source}.")
