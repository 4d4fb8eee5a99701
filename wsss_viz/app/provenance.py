"""What the page About says: methods, limits, papers, versions and where the checkpoint is from."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import Any

import streamlit as st

from wsss_viz import __version__
from wsss_viz.app import caches
from wsss_viz.app.markup import percent
from wsss_viz.errors import InputError

METHODS = r"""
**Class activation maps (CAM).** With global average pooling and a linear classifier, the score of a class is the mean
of one map, $s_c = \frac{1}{|\Omega|}\sum_u W_c \cdot f(u)$. The map says how much each place adds to the score. All
classes come from one forward, raw and signed.

**Views.** The mirror image, and the scales 0.5, 1, 1.5 and 2 with their mirror images, fused as in IRN.

**Normalisation.** Never implicit: raw, each map by its own maximum, all by a shared one, or by its own range.

**Pseudo mask.** At each pixel the class with the highest normalised map, where it exceeds the threshold; else
background. Only classes that are labels of the image take part, as everywhere in the field.

**Scores.** IoU, precision and recall of that mask, and the recall of the two parts of every object.
"""

LIMITS = """
- The scenes are drawn, so that it is known which part of an object gives its class away. They are far simpler than
  photographs, and no number measured on them is a number on PASCAL VOC.
- The network is small and was trained for minutes. Photographs are outside of what it knows.
- A map divided by its own maximum always has a bright place, also for a class that is not there: read the score too.
- A threshold chosen by looking at the ground truth is an oracle. The field does so too; the whole curve says more.
- Scores of one image are an illustration. What is claimed of a method is measured on the whole held-out split.
"""

LICENCE = (
    "MIT. The two photographs on the page for one's own image are scikit-learn's samples, CC BY 2.0: the temple by "
    "danielbuechele, the flower by vultilion."
)

CITATIONS = {
    "CAM: Zhou et al., CVPR 2016": """@inproceedings{zhou2016cam,
  title     = {Learning Deep Features for Discriminative Localization},
  author    = {Zhou, Bolei and Khosla, Aditya and Lapedriza, Agata and Oliva, Aude and Torralba, Antonio},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2016}
}""",
    "IRN: Ahn et al., CVPR 2019": """@inproceedings{ahn2019irn,
  title     = {Weakly Supervised Learning of Instance Segmentation with Inter-pixel Relations},
  author    = {Ahn, Jiwoon and Cho, Sunghyun and Kwak, Suha},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition (CVPR)},
  year      = {2019}
}""",
    "OC-CSE: Kweon et al., ICCV 2021": """@inproceedings{kweon2021occse,
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
}

PACKAGES = ("streamlit", "torch", "torchvision", "numpy", "pillow")


def citations() -> None:
    """The papers' BibTeX entries."""
    with st.grid(2, min_column_width=420, gap="medium") as grid:
        for title, entry in CITATIONS.items():
            with grid.cell(), st.expander(title):
                st.code(entry, language="bibtex", wrap_lines=True)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def versions_table() -> None:
    """Versions of what computes, and on what."""
    try:
        device = caches.device_label()
    except InputError as error:
        device = str(error)
    rows = {"wsss_viz": __version__, "Python": platform.python_version()}
    rows |= {package: _version(package) for package in PACKAGES}
    st.table({**rows, "device": device}, border="horizontal")


def checkpoint_card() -> None:
    """The classifier's entry in the register, or why there is none."""
    try:
        entry = caches.entry()
    except InputError as error:
        st.error(str(error), icon=":material/error:")
        return
    rows = {
        "file": f"`{entry.file}`",
        "SHA-256": f"`{entry.sha256[:16]}…`",
        "network": str(entry.architecture.get("name", "")),
        "classes": ", ".join(entry.classes),
        "seed": str(entry.seed),
    }
    st.table(rows | measured(entry.scores), border="horizontal")
    st.caption("Made by")
    st.code(entry.command, language="bash", wrap_lines=True)


def measured(scores: dict[str, Any]) -> dict[str, str]:
    """The register's scores on held-out data as rows of a table, each with what it was measured on."""
    rows = {}
    test = scores.get("scenes:test", {})
    if {"map", "f1", "count"} <= test.keys():
        rows["classification"] = f"mAP {test['map']:.3f}, F1 {test['f1']:.3f} on {test['count']} held-out scenes"
    cam = _cam(scores)
    if cam:
        low, high = cam["interval"]["miou"]
        rows["CAM"] = f"mIoU {cam['miou']:.1f} ({low:.1f} to {high:.1f}), {_conditions(scores, cam)}"
        parts = cam["part_recall"]
        recall = (
            f"{parts['discriminative']:.1f} of the discriminative parts, {parts['non_discriminative']:.1f} of the rest"
        )
        rows["its recall"] = recall
    return rows


def held_out(scores: dict[str, Any]) -> str:
    """What the maps cover of the two kinds of parts on all held-out data; empty where it was not measured."""
    cam = _cam(scores)
    if not cam:
        return ""
    first, rest = (cam["part_recall"][part] / 100 for part in ("discriminative", "non_discriminative"))
    return f"On {_conditions(scores, cam)}: {percent(first)} and {percent(rest)}."


def _cam(scores: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = scores.get("evaluate", {}).get("methods", {}).get("cam", {})
    return found


def _conditions(scores: dict[str, Any], cam: dict[str, Any]) -> str:
    evaluated = scores["evaluate"]
    return f"{evaluated['count']} held-out scenes, {evaluated['views']}, threshold {cam['threshold']:.2f}"
