"""Two training schemes drawn as the data flow through them: GAIN's one network, and CS-AE's two."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app.language import mark, tr
from wsss_viz.app.widgets.markup import signed
from wsss_viz.app.widgets.rendering import Picture, data_address
from wsss_viz.data.png import thumbnail
from wsss_viz.traces import Step, normalise
from wsss_viz.traces.overlay import map_over

GAIN = (
    (
        ("data", mark("image x"), ""),
        ("net", mark("network, trained"), ""),
        ("data", mark("map A_c"), ""),
        ("data", "logits", mark("pooled; L_cl")),
    ),
    (
        ("data", "x (1 − T(A_c))", mark("its own mask erased")),
        ("net", mark("the same network"), mark("shares all weights")),
        ("loss", "L_am", mark("the mean of s_c, to be low")),
    ),
)
CS_AE = (
    (
        ("data", mark("image x"), ""),
        ("net", mark("CGNet, trained"), mark("the class map generator")),
        ("data", mark("map A_r"), mark("r: one label, drawn")),
        ("data", "logits", mark("pooled; L_cls: all labels")),
    ),
    (
        ("data", "x (1 − A_r)", mark("the map erased")),
        ("fixed", mark("ordinary classifier"), mark("trained before, frozen")),
        ("loss", "L_cse", mark("r must be gone, the other labels must stay")),
    ),
)
"""Rows of boxes from left to right: kind, name, what is to be said of it; the second row goes on from the map."""
_INDEXED = re.compile(r"([A-Za-z])_([a-z]+)")
SIDE = 256
"""The pictures' longer side in pixels: what is shown of them, twice over."""


@dataclass(frozen=True, eq=False)
class Flowing:
    """What flows through a scheme on one image, as a stored step has it.

    Attributes:
        name: the class that is erased.
        image, erased: (H, W, 3) uint8, the whole image and what is left of it.
        class_map: (h, w), the class's map, raw and signed.
        logits: by label on the whole image, of the network that makes the map.
        judged: by label on what is left, of the network that judges it.
    """

    name: str
    image: Picture
    class_map: NDArray[np.float32]
    erased: Picture
    logits: Mapping[str, float]
    judged: Mapping[str, float]

    def pictures(self) -> tuple[Sequence[str], ...]:
        """The pictures of each row's boxes as HTML, "" for a box without one."""
        overlay = map_over(thumbnail(self.image, SIDE), normalise(self.class_map, "relu_max"), (0, 1))
        first = _picture(self.image, tr("the whole image")), _picture(overlay, tr("the map of {name}", name=self.name))
        left = _picture(self.erased, tr("the image with the {name} erased", name=self.name))
        return (first[0], "", first[1], ""), (left, "", "")

    def values(self) -> tuple[Sequence[str], ...]:
        """What the networks say, in each row's boxes."""
        return ("", "", "", _said(self.logits)), ("", _said(self.judged), "")


def flowing(step: Step, classes: Sequence[str], image: Picture) -> Flowing:
    """What one of the trained schemes' stored steps holds, of the class it erases.

    Args:
        step: of CS-AE or GAIN: its image is what is left, `after` the judge's logits on it.
        classes: the trace's.
        image: (H, W, 3) uint8, the whole one.
    """
    assert step.sampled is not None
    assert step.image is not None
    logits, judged = (
        {classes[c]: float(scores[c]) for c in step.targets} for scores in (step.scores, step.arrays["after"])
    )
    return Flowing(classes[step.sampled], image, step.maps[step.sampled], step.image, logits, judged)


def flow(
    rows: tuple[tuple[tuple[str, str, str], ...], ...], title: str, data: Flowing | None = None, note: str = ""
) -> str:
    """The boxes with arrows between them, all in one row; where there is no room for that, all below each other.

    Args:
        data: what flows through; None: the boxes alone.
        note: what is to be said of the pictures.
    """
    boxes: list[list[str]] = []
    empty = tuple([""] * len(row) for row in rows)
    all_pictures, all_values = (data.pictures(), data.values()) if data else (empty, empty)
    for row, pictures, values in zip(rows, all_pictures, all_values, strict=True):
        boxes.append([
            f'<span class="wv-{kind}">{above}<b>{typeset(tr(name))}</b>'
            f"<small>{typeset(tr(about))}</small>{below}</span>"
            for (kind, name, about), above, below in zip(row, pictures, values, strict=True)
        ])  # fmt: skip
    (*to_map, logits), erased = boxes
    branches = f'<div class="wv-branch">{_line([logits], "→")}{_line(erased, "↳")}</div>'
    remark = f'<p class="wv-note">{escape(note)}</p>' if note else ""
    return (
        f'<div class="wv-scheme"><p class="wv-note"><b>{typeset(title)}</b></p>'
        f'<div class="wv-flows">{_line(to_map, "")}{branches}</div>{remark}</div>'
    )


def typeset(text: str) -> str:
    """A text as HTML, the indices of its symbols set below the line.

    >>> typeset("L_cls & x (1 − A_r)")
    'L<sub>cls</sub> &amp; x (1 − A<sub>r</sub>)'
    """
    return _INDEXED.sub(r"\1<sub>\2</sub>", escape(text))


def _line(boxes: Sequence[str], first: str) -> str:
    """Boxes with arrows between them, after a first arrow."""
    arrows = [first, *["→"] * (len(boxes) - 1)]
    leads = [f'<i aria-hidden="true">{arrow}</i>' if arrow else "" for arrow in arrows]
    joined = "".join(f"<div>{lead}{box}</div>" for lead, box in zip(leads, boxes, strict=True))
    return f'<div class="wv-flow">{joined}</div>'


def cs_ae(data: Flowing | None, note: str) -> str:
    """CS-AE's scheme under its title, as `flow`."""
    return flow(CS_AE, tr("How CS-AE uses it: L = L_cls + α L_cse"), data, note)


def _picture(image: Picture, alt: str) -> str:
    return f'<img src="{data_address(thumbnail(image, SIDE))}" alt="{escape(alt)}">'


def _said(logits: Mapping[str, float]) -> str:
    return "".join(f"<em>{escape(name)} {signed(value)}</em>" for name, value in logits.items())
