"""A figure's caption, from its spec alone."""

from __future__ import annotations

from collections.abc import Sequence

from wsss_viz.data.photographs import credits
from wsss_viz.figures.spec import FINAL, FigureSpec, Row
from wsss_viz.gradients.ratio import BAND, TAU
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.showcase.photographs import canonical
from wsss_viz.traces.centres import CENTRES

__all__ = ["PICTURE_TITLES", "SCALES", "SUBJECTS", "caption"]

PICTURE_TITLES = {"image": "image", "truth": "ground truth"}
SUBJECTS = {
    "toy-flatten": "the digit toy, by layer, head on the flattened features.",
    "toy-gap": "the digit toy, by layer, head on globally pooled features.",
    "scenes": "the drawn scenes' classifier, by layer.",
    "rib-steps": "its logit through RIB's steps on the scenes; dashed: the control that keeps the sigmoid.",
}
SCALES = {
    "relu_max": "Maps are rectified and divided by their own maximum",
    "minmax": "Maps are brought to their own range",
    "shared": "Maps are rectified and divided by the largest value of their row",
    "raw": "Maps are raw, on one scale for the whole figure",
}


def _lettered(spec: FigureSpec, titles: Sequence[str]) -> list[str]:
    return [f"({chr(97 + i)}) {title}" for i, title in enumerate(titles)] if spec.letters else list(titles)


def _row(row: Row) -> str:
    name = row.name or "its first label"
    step = "" if row.step == FINAL else f"after step {row.step}"
    return ", ".join(part for part in (row.image, name, step) if part)


def caption(spec: FigureSpec) -> str:
    """What the figure shows, in full sentences; of photographs that ship, whose they are.

    Examples:
        >>> caption(FigureSpec("grid", ("image", "cam"), (Row("scenes:test:17", "dog"),))).partition(". ")[0]
        'Class activation maps of one class per image: (a) image, (b) CAM'
    """
    return " ".join([_caption(spec), *_credits(spec)])


def _credits(spec: FigureSpec) -> list[str]:
    names = [canonical(row.image).removeprefix("photos:") for row in spec.rows if row.image.startswith("photos:")]
    lines = credits(names) if names else ()
    return [f"Photographs: {'; '.join(lines)}."] if lines else []


def _caption(spec: FigureSpec) -> str:
    if spec.kind == "plane":
        names = " and ".join(spec.columns)
        return (
            f"Information plane of the stored 12-bit networks ({names}): for each layer what it says of the input, "
            "I(X;T), and of the label, I(T;Y), over the epochs, as a binned estimator measures it; means over the "
            "seeds. Bright is late."
        )
    if spec.kind == "hgr":
        return (
            "High gradient ratio (HGR): the share of a region's pixels at which the gradient map exceeds "
            f"{TAU:g} of its maximum; shaded: thresholds from {BAND[0]:g} to {BAND[1]:g}; bars: 95 % bootstrap "
            "intervals over images. " + " ".join(_lettered(spec, [SUBJECTS[name] for name in spec.columns]))
        )
    images = "; ".join(_row(row) for row in spec.rows)
    if spec.kind == "curves":
        names = ", ".join(METHODS[name].title for name in spec.columns)
        return f"Logits of the classes over the steps of {names}. Labels of the image in colour, others grey. {images}."
    titles = [PICTURE_TITLES.get(name) or METHODS[name].title for name in spec.columns]
    if spec.kind == "grid":
        what = (
            "Pseudo masks of the images' labels"
            if spec.show == "mask"
            else "Class activation maps of one class per image"
        )
        lead = f"{what}: {', '.join(_lettered(spec, titles))}."
    else:
        picture = "pseudo mask" if spec.show == "mask" else "map"
        what = (
            f"the method's {picture} after each step"
            if spec.frames == "map"
            else "what each step sees, on what is left"
        )
        lead = f"{', '.join(titles)}, step by step: {what}."
    scale = SCALES["relu_max" if spec.show == "mask" and spec.normalisation == "raw" else spec.normalisation]
    how = f"the threshold is {spec.threshold:g}" if spec.show == "mask" else "high is bright"
    laid = (
        "by the centres of their cells' receptive fields" if spec.align == CENTRES else "stretched, as the field does"
    )
    parts = [lead, f"{scale}; {how}; laid over the images {laid}."]
    if spec.contours:
        parts.append("White: outline of the ground truth, where there is one.")
    return " ".join([*parts, f"Images: {images}."])
