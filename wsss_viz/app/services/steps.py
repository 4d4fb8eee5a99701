"""What can be stepped through on the page Erasing, and what each step shows of one class. No Streamlit, no torch."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app.language import mark, tr
from wsss_viz.app.widgets.markup import percent, probability, signed
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.methods.company import missing_companions
from wsss_viz.traces import CellCentres, Step, Trace
from wsss_viz.traces.layout_maps import MapGrids


@dataclass(frozen=True)
class Mode:
    """One thing to step through.

    Attributes:
        group: as the catalogue of methods has it, "Experiment" or "By hand".
        label: within the group.
        method: in `methods.METHODS`, or "" where it is no method.
        step_name: what k counts.
        iterated: whether K may be chosen.
        shows: what its Steps hold, a key of `_FRAMES`; "" where there are none.
    """

    group: str
    label: str
    method: str
    step_name: str
    iterated: bool
    shows: str


Classes = tuple[str, ...]
Facts = list[tuple[str, str]]

_BESIDE_METHODS = {
    "cs-ae-epochs": Mode("CS-AE", "its training, by epoch", "cs-ae", "epoch", iterated=False, shows="epochs"),
    "experiment": Mode("Experiment", "", "", "theta", iterated=False, shows="experiment"),
    "by-hand": Mode("By hand", "", "", "", iterated=False, shows=""),
}


def _modes() -> dict[str, Mode]:
    """Group by group; within one what can be iterated on the image comes first."""
    methods = {
        name: Mode(method.group, method.label, name, method.step_name, method.iterated, method.shows)
        for name, method in METHODS.items()
        if method.group
    }
    modes = {**methods, **_BESIDE_METHODS}
    groups = list(dict.fromkeys(mode.group for mode in modes.values()))
    order = sorted(modes, key=lambda m: (groups.index(modes[m].group), not modes[m].iterated, m not in _BESIDE_METHODS))
    return {name: modes[name] for name in order}


MODES = _modes()
GROUPS = tuple(dict.fromkeys(mode.group for mode in MODES.values()))

STOPS = {
    "K": mark("all steps done"),
    "margin": mark("stopped: every logit has reached the margin"),
    "explode": mark("stopped: the map floods the image"),
    "diverged": mark("stopped: the tuning diverged"),
    "nothing new was found": mark("nothing new was found"),
    "no positive activation is left": mark("no positive activation is left"),
    "the one erasing done": mark("the one erasing done"),
}
_ERASINGS = re.compile(r"all (\d+) erasings done")


@dataclass(frozen=True, eq=False)
class Frame:
    """What one step shows of one class.

    Attributes:
        name: "k = 2", "epoch 3".
        class_map: (h, w), the class's map at this step, raw and signed.
        scores: (C,) logits at this step.
        facts: what is to be read of it, as label and value.
        seen: (H', W', 3), the image that was looked at, where it is not the whole one.
        union: (h, w), the map that all steps so far give together, where there is one.
        region: (h', w') in [0, 1], what was erased since the last step; of RIB what was left out of the pooling.
        erased: (H', W') in [0, 1], all that was erased so far.
        note: why it ends here, or "".
        centres: where the cells of `class_map` and `union` lie, in pixels of the image; None where unknown.
        grids, union_grids: what these are made of, of one class, as `Step.grids`.
    """

    name: str
    class_map: NDArray[np.float32]
    scores: NDArray[np.float32]
    facts: tuple[tuple[str, str], ...]
    seen: NDArray[np.uint8] | None = None
    union: NDArray[np.float32] | None = None
    region: NDArray | None = None
    erased: NDArray | None = None
    note: str = ""
    centres: CellCentres | None = None
    grids: MapGrids | None = None
    union_grids: MapGrids | None = None


def frames(name: str, trace: Trace, focus: str, sigmoids: bool = True) -> tuple[Frame, ...]:
    """The frames of the mode `name`, one per step.

    Args:
        focus: one of the trace's classes.
        sigmoids: whether a logit's sigmoid is a probability; where it is none, no fact says one.
    """
    index, mode = trace.classes.index(focus), MODES[name]
    drawn = [_FRAMES[mode.shows](step, index, trace.classes) for step in trace]
    return tuple(
        replace(
            frame,
            name=_step_name(mode.step_name, step, trace.classes),
            facts=tuple(fact for fact in frame.facts if sigmoids or not fact[0].startswith(_SIGMOIDS)),
            centres=step.centres,
            grids=_grids(frame, step, index),
            union_grids=None if step.grids is None or frame.union is None else step.grids.rows([index]),
        )
        for frame, step in zip(drawn, trace, strict=True)
    )


def _grids(frame: Frame, step: Step, index: int) -> MapGrids | None:
    """Of `class_map`: those of `Step.maps`, which is the union where there is one; of others the cut alone."""
    if step.grids is None:
        return None
    return step.grids.rows([index]) if frame.union is None else MapGrids(step.grids.covered)


_SIGMOIDS = ("probability of", "frozen classifier:")
"""How the names of facts begin whose values are sigmoids."""


def _step_name(kind: str, step: Step, classes: Classes) -> str:
    if kind == "class" and step.sampled is not None:
        return f"r = {classes[step.sampled]}"
    if kind == "theta":
        return f"\N{GREEK SMALL LETTER THETA} = {step.terms['theta']:.1f}"
    if kind in ("k", "class"):
        return f"k = {step.index}"
    return f"{kind} {step.terms.get(kind, step.index + (kind != 'epoch')):.0f}"


def _score(step_scores: NDArray, index: int, classes: Classes) -> Facts:
    """Logit and probability of the class."""
    logit = float(step_scores[index])
    return [(f"logit of {classes[index]}", signed(logit)), (f"probability of {classes[index]}", _share(logit))]


def _share(logit: float) -> str:
    return f"{probability(logit):.2f}"


def _others(step: Step, scores: NDArray, index: int, classes: Classes, where: str) -> Facts:
    return [(f"probability of {classes[c]}{where}", _share(float(scores[c]))) for c in step.targets if c != index]


_AS_ASKED = ("K", "the one erasing done")


def early_end(step: Step) -> str:
    """`step_note` without what was to be: that all is done that was asked for."""
    stop = step.stop or ""
    return missing_companions(step) if stop in _AS_ASKED or _ERASINGS.fullmatch(stop) else step_note(step)


def step_note(step: Step) -> str:
    """Why it ends here, and what it had to do without; "" for nothing."""
    stop = step.stop or ""
    done = _ERASINGS.fullmatch(stop)
    said = tr("all {count} erasings done", count=done[1]) if done else tr(STOPS.get(stop, stop))
    return "; ".join(part for part in (said, missing_companions(step)) if part)


def _erasing(step: Step, index: int, classes: Classes) -> Frame:
    row = step.targets.index(index) if index in step.targets else 0
    stream = min(row, len(step.arrays["all_images"]) - 1)
    scores, erased, new = (step.arrays[name][stream] for name in ("all_scores", "all_erased", "all_masks"))
    facts = _score(scores, index, classes)
    facts += [("erased in this step", percent(float(new.mean()))), ("erased so far", percent(float(erased.mean())))]
    facts += _others(step, scores, index, classes, " on the same image")
    return Frame(
        "",
        step.arrays["looks"][row],
        scores,
        tuple(facts),
        seen=step.arrays["all_images"][stream],
        union=step.maps[index],
        region=new,
        erased=erased,
        note=step_note(step),
    )


def _rounds(step: Step, index: int, classes: Classes) -> Frame:
    facts = _score(step.scores, index, classes)
    facts += [
        ("erased after this round", percent(step.terms["area"])),
        ("of it new", percent(step.terms["new_area"])),
        ("logit once that is erased", signed(float(step.arrays["next"][index]))),
        ("the first classifier's logit then", signed(float(step.arrays["ordinary"][index]))),
    ]
    return Frame(
        "",
        step.arrays["current"][index],
        step.scores,
        tuple(facts),
        seen=step.image,
        union=step.maps[index],
        region=step.mask,
        erased=step.arrays["erased"],
    )


def _cse(step: Step, index: int, classes: Classes) -> Frame:
    sampled = classes[step.sampled] if step.sampled is not None else ""
    before, after = step.arrays["before"], step.arrays["after"]
    facts: Facts = [("sampled class r", sampled)]
    arrow = "\N{NO-BREAK SPACE}\N{RIGHTWARDS ARROW} "
    for c in step.targets:
        wanted = "should vanish" if classes[c] == sampled else "should remain"
        pair = f"{_share(float(before[c]))}{arrow}{_share(float(after[c]))}"
        facts.append((f"frozen classifier: {classes[c]}, {wanted}", pair))
    facts += [
        ("loss of the labels, L_cls", f"{step.terms['l_cls']:.3f}"),
        ("loss of the erasing, L_cse", f"{step.terms['l_cse']:.3f}"),
        ("\N{EM SPACE}of the sampled class", f"{step.terms['l_cse_target']:.3f}"),
        ("\N{EM SPACE}of all others", f"{step.terms['l_cse_others']:.3f}"),
        ("mask, share of the image", percent(step.terms["area"])),
    ]
    for term, value in step.terms.items():
        kind, _, name = term.partition("/")
        if kind == "leakage":
            facts.append((f"mask inside {name}'s map", percent(value)))
        if kind == "object" and name != sampled:
            facts.append((f"mask on {'the ' if name == 'background' else ''}{name}", percent(value)))
    return Frame(
        "",
        step.maps[index],
        step.scores,
        tuple(facts),
        seen=step.image,
        region=step.mask,
        note=f"sampled: {sampled}",
    )


def _epoch(step: Step, index: int, classes: Classes) -> Frame:
    facts = _score(step.scores, index, classes) + _others(step, step.scores, index, classes, "")
    return Frame("", step.maps[index], step.scores, tuple(facts))


def _rib(step: Step, index: int, classes: Classes) -> Frame:
    terms, region = step.terms, step.arrays["region"][index]
    facts = _score(step.scores, index, classes)
    facts.append(("pooled logit that is raised", signed(float(step.arrays["logits"][:, index].mean()))))
    facts.append(("pooled region, share of the cells", percent(float(region.mean()))))
    facts.append(("coverage by the targets' maps", percent(terms["coverage"])))
    if step.loss is not None:
        facts.append(("loss", f"{step.loss:.2f}".replace("-", "\N{MINUS SIGN}")))
    facts.append(("length of the step", f"{terms['step_norm']:.3f}"))
    facts.append(("companions", f"{terms['companions']:.0f}"))
    return Frame(
        "",
        step.arrays["current"][index],
        step.scores,
        tuple(facts),
        union=step.maps[index],
        region=~region.astype(bool),
        note=step_note(step),
    )


def _experiment(step: Step, index: int, classes: Classes) -> Frame:
    facts = _score(step.scores, index, classes)
    facts.append(("erased", percent(step.terms["area"])))
    return Frame(
        "",
        step.maps[index],
        step.scores,
        tuple(facts),
        seen=step.image,
        erased=step.mask,
        note="" if step.mask is None or step.mask.any() else tr("nothing erased"),
    )


def _maps(step: Step, index: int, classes: Classes) -> Frame:
    """Of a method that says no more than its maps: the map of this step, and where there is one the one so far."""
    facts = _score(step.scores, index, classes) + [(name, f"{value:.3g}") for name, value in step.terms.items()]
    current = step.arrays.get("current")
    return Frame(
        "",
        step.maps[index] if current is None else current[index],
        step.scores,
        tuple(facts),
        seen=step.image,
        union=None if current is None else step.maps[index],
        region=step.mask,
        note=step_note(step),
    )


_FRAMES: dict[str, Callable[[Step, int, Classes], Frame]] = {
    "maps": _maps,
    "erasing": _erasing,
    "rounds": _rounds,
    "cse": _cse,
    "epochs": _epoch,
    "rib": _rib,
    "experiment": _experiment,
}
