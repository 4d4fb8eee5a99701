"""What the page About says: methods, limits, licence, shortcuts, and what to cite."""

from __future__ import annotations

import re
from collections.abc import Sequence

import streamlit as st

from wsss_viz.version import __version__

PAPERS = {
    "CAM: Zhou et al., CVPR 2016": """@inproceedings{zhou2016cam,
  title     = {Learning Deep Features for Discriminative Localization},
  author    = {Zhou, Bolei and Khosla, Aditya and Lapedriza, Agata and Oliva, Aude and Torralba, Antonio},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2016}
}""",
    "LayerCAM: Jiang et al., TIP 2021": """@article{jiang2021layercam,
  title   = {LayerCAM: Exploring Hierarchical Class Activation Maps for Localization},
  author  = {Jiang, Peng-Tao and Zhang, Chang-Bin and Hou, Qibin and Cheng, Ming-Ming and Wei, Yunchao},
  journal = {IEEE Transactions on Image Processing},
  volume  = {30},
  year    = {2021}
}""",
    "IBA: Schulz et al., ICLR 2020": """@inproceedings{schulz2020iba,
  title     = {Restricting the Flow: Information Bottlenecks for Attribution},
  author    = {Schulz, Karl and Sixt, Leon and Tombari, Federico and Landgraf, Tim},
  booktitle = {International Conference on Learning Representations (ICLR)},
  year      = {2020}
}""",
    "AE: Wei et al., CVPR 2017": """@inproceedings{wei2017ae,
  title     = {Object Region Mining with Adversarial Erasing: A Simple Classification to Semantic Segmentation
               Approach},
  author    = {Wei, Yunchao and Feng, Jiashi and Liang, Xiaodan and Cheng, Ming-Ming and Zhao, Yao and
               Yan, Shuicheng},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2017}
}""",
    "GAIN: Li et al., CVPR 2018": """@inproceedings{li2018gain,
  title     = {Tell Me Where to Look: Guided Attention Inference Network},
  author    = {Li, Kunpeng and Wu, Ziyan and Peng, Kuan-Chuan and Ernst, Jan and Fu, Yun},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2018}
}""",
    "PSA (AffinityNet): Ahn and Kwak, CVPR 2018": """@inproceedings{ahn2018psa,
  title     = {Learning Pixel-level Semantic Affinity with Image-level Supervision for Weakly Supervised Semantic
               Segmentation},
  author    = {Ahn, Jiwoon and Kwak, Suha},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2018}
}""",
    "IRN: Ahn et al., CVPR 2019": """@inproceedings{ahn2019irn,
  title     = {Weakly Supervised Learning of Instance Segmentation with Inter-pixel Relations},
  author    = {Ahn, Jiwoon and Cho, Sunghyun and Kwak, Suha},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2019}
}""",
    "OC-CSE (CS-AE): Kweon et al., ICCV 2021": """@inproceedings{kweon2021occse,
  title     = {Unlocking the Potential of Ordinary Classifier: Class-specific Adversarial Erasing Framework for
               Weakly Supervised Semantic Segmentation},
  author    = {Kweon, Hyeokjun and Yoon, Sung-Hoon and Kim, Hyeonseong and Park, Daehee and Yoon, Kuk-Jin},
  booktitle = {IEEE/CVF International Conference on Computer Vision (ICCV)},
  year      = {2021}
}""",
    "RIB: Lee et al., NeurIPS 2021": """@inproceedings{lee2021rib,
  title     = {Reducing Information Bottleneck for Weakly Supervised Semantic Segmentation},
  author    = {Lee, Jungbeom and Choi, Jooyoung and Mok, Jisoo and Yoon, Sungroh},
  booktitle = {Advances in Neural Information Processing Systems (NeurIPS)},
  year      = {2021}
}""",
    "Information plane: Shwartz-Ziv and Tishby, 2017": """@article{shwartzziv2017opening,
  title   = {Opening the Black Box of Deep Neural Networks via Information},
  author  = {Shwartz-Ziv, Ravid and Tishby, Naftali},
  journal = {arXiv preprint arXiv:1703.00810},
  year    = {2017}
}""",
    "What it shows and what the estimator does: Saxe et al., ICLR 2018": """@inproceedings{saxe2018information,
  title     = {On the Information Bottleneck Theory of Deep Learning},
  author    = {Saxe, Andrew M. and Bansal, Yamini and Dapello, Joel and Advani, Madhu and Kolchinsky, Artemy and
               Tracey, Brendan D. and Cox, David D.},
  booktitle = {International Conference on Learning Representations (ICLR)},
  year      = {2018}
}""",
    "Mixture bounds: Kolchinsky and Tracey, Entropy 2017": """@article{kolchinsky2017mixture,
  title   = {Estimating Mixture Entropy with Pairwise Distances},
  author  = {Kolchinsky, Artemy and Tracey, Brendan D.},
  journal = {Entropy},
  volume  = {19},
  number  = {7},
  year    = {2017}
}""",
    "Neighbour estimator: Kraskov et al., Phys. Rev. E 2004": """@article{kraskov2004estimating,
  title   = {Estimating Mutual Information},
  author  = {Kraskov, Alexander and St{\\"o}gbauer, Harald and Grassberger, Peter},
  journal = {Physical Review E},
  volume  = {69},
  pages   = {066138},
  year    = {2004}
}""",
    "PASCAL VOC: Everingham et al., IJCV 2010": """@article{everingham2010voc,
  title   = {The {PASCAL} Visual Object Classes ({VOC}) Challenge},
  author  = {Everingham, Mark and Van Gool, Luc and Williams, Christopher K. I. and Winn, John and
             Zisserman, Andrew},
  journal = {International Journal of Computer Vision},
  volume  = {88},
  number  = {2},
  pages   = {303--338},
  year    = {2010}
}""",
}

PROJECT = f"""@software{{wsss_viz,
  title   = {{wsss_viz: interactive visual exploration of weakly-supervised semantic segmentation}},
  author  = {{{{wsss_viz contributors}}}},
  version = {{{__version__}}},
  year    = {{2026}},
  license = {{MIT}}
}}"""


METHODS = r"""
**Class activation maps (CAM).** With global average pooling and a linear classifier, the score of a class is the mean
of one map, the mean of $W_c \cdot f(u)$ over the positions *u*. The map says how much each position adds to the score.
All classes come from one forward, raw and signed.

**Adversarial erasing (AE).** Erase what the map shows, compute the map again, and combine the maps of all
iterations. On the frozen classifier this is our own; the paper trains a new classifier each round, which is shipped as
well.

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
- The scenes are drawn, so that it is known which part of an object is the discriminative one. They are far simpler than
  photographs, and no number measured on them is a number on PASCAL VOC.
- The network for the drawn scenes is small, was trained for minutes, and knows no photographs; the one for photographs
  is ImageNet's, as others trained it.
- Settings of the methods that the papers chose on VOC were tuned again on the scenes. Where a paper could not be
  read in full, the page concerned says what is inferred.
- A map divided by its own maximum always has a bright spot, also for a class that is not there: read the score too.
- A threshold selected with the ground truth is an oracle. The field does so too; the whole curve says more.
- Scores of one image are an illustration. What is claimed of a method is measured on the held-out scenes.
- What an estimator measures of a network without noise is the estimator's as much as the network's.
"""

LICENCE = (
    "MIT. The methods are other people's: cite the paper of the one you use. The two photographs on the page for one's "
    "own image are scikit-learn's samples, CC BY 2.0: the temple by danielbuechele, the flower by vultilion."
)

SHORTCUTS = {
    "Viewer, a panel in focus": "arrow keys move the reticle, with Shift further; `,` and `.` step; Space plays; "
    "`+` `-` `0` zoom; Enter names the cell; Ctrl and the wheel, or the wheel after a click, zooms, dragging moves",
    "Class pills and filmstrips in focus": "arrow keys go from one to the next",
    "Learn": "left and right arrow turn the page; `A` shows the answer; `P` presents; there `F` shows answer "
    "and formula, Esc leaves",
    "Brush": "arrow keys move it, space paints a dot, Shift and an arrow a line, `[` `]` size, backspace undoes",
    "While something is computed": "Esc cancels it",
}


def shortcuts() -> None:
    """The keys, place by place."""
    st.table(SHORTCUTS, border="horizontal")


def linked(lines: Sequence[str]) -> str:
    """The photographs' credits as a list in Markdown, each a link where it ends in an address.

    >>> linked(["koala: BurningWell, Public Domain, https://example.org/Koala_(2).jpg", "chelsea: CC0-1.0"])
    '- [koala: BurningWell, Public Domain](<https://example.org/Koala_(2).jpg>)\\n- chelsea: CC0-1.0'
    """
    return "\n".join("- " + re.sub(r"^(.+), (https://\S+)$", r"[\1](<\2>)", line) for line in lines)


def citations() -> None:
    """The project's and the papers' BibTeX entries, the papers also as one file."""
    with st.grid(2, min_column_width=420, gap="small") as grid:
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
