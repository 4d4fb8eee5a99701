"""A figure's caption, from its spec alone."""

from __future__ import annotations

from wsss_viz.figures.looks import METHODS
from wsss_viz.figures.spec import FigureSpec

PICTURE_TITLES = {"image": "image", "truth": "ground truth"}
SCALES = {
    "relu_max": "Maps are rectified and divided by their own maximum",
    "minmax": "Maps are brought to their own range",
    "shared": "Maps are rectified and divided by the largest value of their row",
    "raw": "Maps are raw, on one scale for the whole figure",
}


def caption(spec: FigureSpec) -> str:
    """What the figure shows, in full sentences."""
    if spec.kind == "plane":
        names = " and ".join(spec.columns)
        return (
            f"Information plane of the stored 12-bit networks ({names}): for each layer what it says of the input, "
            "I(X;T), and of the label, I(T;Y), over the epochs, as a binned estimator measures it; means over the "
            "seeds. Bright is late."
        )
    images = "; ".join(f"{row.image}, {row.name}" if row.name else row.image for row in spec.rows)
    if spec.kind == "curves":
        names = ", ".join(METHODS[name].title for name in spec.columns)
        return f"Logits of the classes over the steps of {names}. Labels of the image in colour, others grey. {images}."
    titles = [PICTURE_TITLES.get(name) or METHODS[name].title for name in spec.columns]
    if spec.kind == "grid":
        listed = ", ".join(f"({chr(97 + i)}) {t}" for i, t in enumerate(titles)) if spec.letters else ", ".join(titles)
        lead = f"Class activation maps of one class an image: {listed}."
    else:
        what = "the method's map after each step" if spec.frames == "map" else "what each step sees, on what is left"
        lead = f"{', '.join(titles)}, step by step: {what}."
    parts = [lead, f"{SCALES[spec.normalisation]}; high is bright."]
    if spec.contours:
        parts.append("White: outline of the ground truth, where there is one.")
    return " ".join([*parts, f"Images: {images}."])
