"""What the popover "What am I looking at?" says: two sentences, one formula, one caveat per page."""

from __future__ import annotations

from dataclasses import dataclass

from wsss_viz.methods.catalogue import METHODS


@dataclass(frozen=True)
class Explanation:
    """Two sentences, one formula in LaTeX, one caveat."""

    sentences: str
    formula: str
    caveat: str


ERASING = {
    "AE": Explanation(
        "Adversarial erasing on the classifier as it is: what its map shows above a threshold is painted over with the "
        "mean colour, and the map is computed again. The maps of all iterations, each scaled to the first one's "
        "maximum, "
        "are combined.",
        r"E_{k+1} = E_k \cup \{u : M_k(u) > t\}, \qquad A_{k+1} = \mathrm{CAM}\left(x\,(1 - E_{k+1})\right)",
        "AE-PSL (Wei et al., CVPR 2017) trains a new classifier at every step; with the one that is there this is our "
        "own. Once the object is gone, a map divided by its own maximum is as bright as before, so read it with its "
        "logit.",
    ),
    "CS-AE": Explanation(
        "Class-specific adversarial erasing: the map of one sampled class becomes a mask, and a frozen ordinary "
        "classifier sees what is left. It should no longer see that class, and still see every other label.",
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
        "at once, and the same classifier computes its map again. The controls erase all labels' maps, or the same "
        "area "
        "elsewhere.",
        r"E_\theta = \{u : M(u) > \theta\}, \qquad A' = \mathrm{CAM}\left(x\,(1 - E_\theta)\right)",
        "The paper's own protocol could not be read in full, so this one is ours. The map is divided by its own "
        "maximum, so it shows where the classifier looks, not how much it sees.",
    ),
    "By hand": Explanation(
        "What you paint is put out of the image, and the same classifier computes its scores and its map of what is "
        "left. Both maps have one scale, so that a map of what is hardly seen is dark.",
        r"x_R = x\,(1 - R) + f R, \qquad A_R = \mathrm{CAM}(x_R)",
        "No classifier has seen a patch in training. Where the fills' answers differ, it is the patch that is answered "
        "to. A link holds about forty strokes.",
    ),
}


def erasing(mode: str) -> Explanation:
    """Of what is stepped through on the page Erasing; of a group without words of its own, its method's source."""
    name = mode if mode in METHODS else "cs-ae" if mode == "cs-ae-epochs" else ""
    group = METHODS[name].group if name else "By hand" if mode == "by-hand" else "Experiment"
    if group in ERASING:
        return ERASING[group]
    return Explanation(METHODS[name].lead, METHODS[name].formula, f"{METHODS[name].title}: {METHODS[name].source}.")
