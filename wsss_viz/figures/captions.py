"""A figure's caption, from its spec alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wsss_viz.data.photographs import credits
from wsss_viz.figures.columns import column
from wsss_viz.figures.spec import FINAL, FigureSpec, Row
from wsss_viz.gradients.ratio import BAND, TAU
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.showcase.photographs import canonical
from wsss_viz.traces.centres import CENTRES

__all__ = ["SCALES", "SUBJECTS", "caption"]

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


def _row(spec: FigureSpec, row: Row, label: str) -> str:
    name = " and ".join(map(spec.called, row.classes)) or spec.called(label)
    step = "" if row.step == FINAL else f"after step {row.step}"
    part = "" if row.crop is None else "a part of it"
    return ", ".join(text for text in (row.image, name, step, part, *_differing(spec, row)) if text)


def _differing(spec: FigureSpec, row: Row) -> list[str]:
    """What a row has that the figure has not: views, maps or masks, the threshold, settings."""
    here = spec.of(row)
    texts = [f"{here.views} views"] if here.views != spec.views else []
    if here.show == "mask" and (spec.show, spec.threshold) != (here.show, here.threshold):
        texts.append(f"pseudo masks at {here.threshold:g}")
    if here.show == "map" != spec.show:
        texts.append("maps")
    changed = {name: values for name, values in row.settings.items() if values}
    return [*texts, *(_set(name, values) for name, values in changed.items())]


def _set(method: str, values: Mapping[str, Any]) -> str:
    return f"{METHODS[method].title} with {', '.join(f'{name} {value}' for name, value in values.items())}"


def caption(
    spec: FigureSpec, companions: Mapping[str, Sequence[str | None]] | None = None, labels: Sequence[str] = ()
) -> str:
    """What the figure shows, in full sentences; of photographs that ship, whose they are.

    Args:
        companions: by method, for each row what the images were drawn from that it was tuned with
            (`Tracer.companions`).
        labels: the class of each row (`Tracer.labels`), for those that name none.

    Examples:
        >>> caption(FigureSpec("grid", ("image", "cam"), (Row("scenes:test:17", "dog"),))).partition(". ")[0]
        'Class activation maps of one class per image: (a) image, (b) CAM'
    """
    return " ".join([_caption(spec, companions or {}, labels), *_credits(spec)])


def _titled(spec: FigureSpec, name: str) -> str:
    """A column in words, with its own title where it has one that says something else."""
    title, meaning = spec.titles.get(name, ""), column(name).meaning
    return meaning if not title or title == meaning else f"{title}: {meaning}"


def _run(spec: FigureSpec, companions: Mapping[str, Sequence[str | None]]) -> list[str]:
    """How the maps were made, where it is not by the defaults."""
    lines = []
    if spec.views != "single":
        lines.append(f"Maps are fused over {spec.views} views.")
    for method, values in spec.settings.items():
        lines += [f"{_set(method, values)}."] if values else []
    lines += [
        _company(spec, method, by_row) for method, by_row in companions.items() if any(of is not None for of in by_row)
    ]
    return lines


def _company(spec: FigureSpec, method: str, by_row: Sequence[str | None]) -> str:
    """What a method's other images were drawn from; by row where that differs."""
    rows: dict[str, list[str]] = {}
    for number, drawn_from in enumerate(by_row, start=1):
        if drawn_from is not None:
            rows.setdefault(drawn_from and (spec.companions or drawn_from), []).append(str(number))
    those, none = METHODS[method].draws
    said = [
        (those.format(whose) if whose else none) + (f" (row {', '.join(numbers)})" if len(rows) > 1 else "")
        for whose, numbers in rows.items()
    ]
    return f"{METHODS[method].title} {' and '.join(said)}."


def _credits(spec: FigureSpec) -> list[str]:
    names = [canonical(row.image).removeprefix("photos:") for row in spec.rows if row.image.startswith("photos:")]
    lines = credits(names) if names else ()
    return [f"Photographs: {'; '.join(lines)}."] if lines else []


def _caption(spec: FigureSpec, companions: Mapping[str, Sequence[str | None]], labels: Sequence[str]) -> str:
    if spec.kind == "plane":
        names = " and ".join(spec.columns)
        return (
            f"Information plane of the stored 12-bit networks ({names}): for each layer what it says of the input, "
            "H(bin(T)), and of the label, I(bin(T);Y), over the epochs, of its binned activations; means over the "
            "seeds. Bright is late."
        )
    if spec.kind == "hgr":
        return (
            "High gradient ratio (HGR): the share of a region's pixels at which the gradient map exceeds "
            f"{TAU:g} of its maximum; shaded: thresholds from {BAND[0]:g} to {BAND[1]:g}; bars: 95 % bootstrap "
            "intervals over images. " + " ".join(_lettered(spec, [SUBJECTS[name] for name in spec.columns]))
        )
    first = labels or ["its first label"] * len(spec.rows)
    images = "; ".join(_row(spec, row, label) for row, label in zip(spec.rows, first, strict=True))
    if spec.kind == "curves":
        names = ", ".join(METHODS[name].title for name in spec.columns)
        return f"Logits of the classes over the steps of {names}. Labels of the image in colour, others grey. {images}."
    titles = [_titled(spec, name) for name in spec.columns]
    if spec.kind == "grid":
        number = "the classes" if any(row.also for row in spec.rows) else "one class"
        what = (
            "Pseudo masks of the images' labels"
            if spec.drawn == {"mask"}
            else f"Class activation maps of {number} per image"
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
    masks = "map" not in spec.drawn
    scale = SCALES["relu_max" if masks and spec.normalisation == "raw" else spec.normalisation]
    how = f"the threshold is {spec.threshold:g}" if masks else "high is bright"
    if any(row.also for row in spec.rows) and spec.show == "map":
        how = "of several classes the colour is that of the highest"
    laid = (
        "by the centres of their cells' receptive fields" if spec.align == CENTRES else "stretched, as the field does"
    )
    parts = [lead, f"{scale}; {how}; laid over the images {laid}.", *_run(spec, companions)]
    if "mask" in spec.drawn:
        parts.append("In a mask every class of the image has its colour, named at the foot.")
    if spec.contours:
        parts.append("White: outline of the ground truth, where there is one.")
    return " ".join([*parts, f"Images: {images}."])
