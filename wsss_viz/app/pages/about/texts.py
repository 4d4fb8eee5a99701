"""What the page About says: methods, limits, licence, shortcuts, and what to cite."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app.pages.about.papers import PAPERS, PROJECT

METHODS = r"""
**Class activation maps (CAM).** With global average pooling and a linear classifier, the score of a class is the mean
of one map, $s_c = \frac{1}{|\Omega|}\sum_u W_c \cdot f(u)$. The map says how much each place adds to the score. All
classes come from one forward, raw and signed.

**Adversarial erasing (AE).** Erase what the map shows, look again, and take all looks together. On the frozen
classifier this is our own; the paper trains a new classifier each round, which is shipped as well.

**GAIN.** A classifier trained so that what its map leaves over no longer scores: the map becomes part of the training.

**CS-AE (OC-CSE).** A network learns to erase one sampled class so that a frozen ordinary classifier no longer sees it
and still sees all others. On a single image it is our own: the loss at work.

**RIB.** A copy of the classifier is tuned on one image with the last sigmoid removed, and the maps of all steps are
added up; the control keeps the sigmoid.

**Views.** The mirror image, and the scales 0.5, 1, 1.5 and 2 with their mirror images, fused as in IRN.

**Normalisation.** Never implicit: raw, each map by its own maximum, all by a shared one, or by its own range.

**Pseudo mask.** At each pixel the class with the highest normalised map, where it exceeds the threshold; else
background. Only classes that are labels of the image take part, as everywhere in the field.

**Scores.** IoU, precision and recall of that mask, and the recall of the two parts of every object. On a data set the
counts are added up over the images; intervals are a bootstrap over images.

**Information.** Bits that a layer carries of input and label: exact where all inputs can be listed, else binned,
noised, by mixtures, by neighbours, or what a held-out reader finds.

**Gradients.** The high gradient ratio: the share of a region's pixels whose gradient exceeds a share of the map's
maximum.
"""

LIMITS = """
- The scenes are drawn, so that it is known which part of an object gives its class away. They are far simpler than
  photographs, and no number measured on them is a number on PASCAL VOC.
- The networks are small and were trained for minutes. Photographs are outside of what they know.
- Settings of the methods that the papers chose on VOC were chosen again on the scenes. Where a paper could not be
  read in full, the page concerned says what is inferred.
- A map divided by its own maximum always has a bright place, also for a class that is not there: read the score too.
- A threshold chosen by looking at the ground truth is an oracle. The field does so too; the whole curve says more.
- Scores of one image are an illustration. What is claimed of a method is measured on the held-out scenes.
- What a ruler measures of a network without noise is the ruler's as much as the network's.
"""

LICENCE = (
    "MIT. The methods are other people's: cite the paper of the one you use. The two photographs on the page for one's "
    "own image are scikit-learn's samples, CC BY 2.0: the temple by danielbuechele, the flower by vultilion."
)

SHORTCUTS = {
    "Viewer, a panel in focus": "arrow keys move the reticle, with Shift further; `,` and `.` step; Space plays; "
    "`+` `-` `0` zoom; Enter names the cell; wheel zooms, dragging moves",
    "Class pills and filmstrips in focus": "arrow keys go from one to the next",
    "Learn": "left and right arrow turn the page; `A` shows the answer; `P` presents, Esc leaves",
    "While something is computed": "Esc cancels it",
}


def shortcuts() -> None:
    """The keys, place by place."""
    st.table(SHORTCUTS, border="horizontal")


def citations() -> None:
    """The project's and the papers' BibTeX entries, the papers also as one file."""
    with st.grid(2, min_column_width=420, gap="medium") as grid:
        for title, entry in {"This project": PROJECT, **PAPERS}.items():
            with grid.cell(), st.expander(title):
                st.code(entry, language="bibtex", wrap_lines=True)
    st.download_button(
        "All of them (BibTeX)",
        data=bibtex(),
        file_name="wsss_viz.bib",
        mime="text/plain",
        icon=":material/download:",
        on_click="ignore",
    )


def bibtex() -> bytes:
    """All entries as a .bib file."""
    return ("\n\n".join([PROJECT, *PAPERS.values()]) + "\n").encode()
