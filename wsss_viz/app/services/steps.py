"""What can be stepped through on the page Erasing, and what each step shows of one class. No Streamlit, no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wsss_viz.app.services.findings import probability
from wsss_viz.app.widgets.markup import percent, signed
from wsss_viz.traces import Step, Trace


@dataclass(frozen=True)
class Mode:
    """One thing to step through.

    Attributes:
        group: "AE", "CS-AE", "RIB" or "Experiment".
        label: within the group.
        method: in `methods.METHODS`, or "" where it is no method.
        step_name: what k counts.
        iterated: whether K may be chosen.
    """

    group: str
    label: str
    method: str
    step_name: str = "k"
    iterated: bool = False


MODES = {
    "ae": Mode("AE", "frozen classifier", "ae", iterated=True),
    "ae-rounds": Mode("AE", "retrained each round", "ae-rounds", "round"),
    "cs-ae-single": Mode("CS-AE", "on this image alone", "cs-ae-single", iterated=True),
    "cs-ae-epochs": Mode("CS-AE", "its training, by epoch", "cs-ae", "epoch"),
    "cs-ae": Mode("CS-AE", "trained, class by class", "cs-ae", "class"),
    "rib": Mode("RIB", "sigmoid removed", "rib", iterated=True),
    "rib-bce": Mode("RIB", "control: sigmoid kept", "rib-bce", iterated=True),
    "experiment": Mode("Experiment", "", "", "look"),
}
GROUPS = tuple(dict.fromkeys(mode.group for mode in MODES.values()))
DEFAULT_STEPS = {"ae": 3, "cs-ae-single": 10, "rib": 10, "rib-bce": 10}
"""K as the methods have it; the tests hold the two together."""

STOPS = {
    "K": "all steps done",
    "margin": "stopped: every logit has reached the margin",
    "explode": "stopped: the map floods the image",
    "diverged": "stopped: the tuning diverged",
}


@dataclass(frozen=True, eq=False)
class Frame:
    """What one step shows of one class.

    Attributes:
        name: "k = 2", "epoch 3".
        look: (h, w), the class's map at this step, raw and signed.
        scores: (C,) logits at this step.
        facts: what is to be read of it, as label and value.
        seen: (H', W', 3), the image that was looked at, where it is not the whole one.
        union: (h, w), the map that all steps so far give together, where there is one.
        region: (h', w') in [0, 1], what was erased since the last step; of RIB what was left out of the pooling.
        erased: (H', W') in [0, 1], all that was erased so far.
        note: why it ends here, or "".
    """

    name: str
    look: NDArray[np.float32]
    scores: NDArray[np.float32]
    facts: tuple[tuple[str, str], ...]
    seen: NDArray[np.uint8] | None = None
    union: NDArray[np.float32] | None = None
    region: NDArray | None = None
    erased: NDArray | None = None
    note: str = ""


def frames(name: str, trace: Trace, focus: str) -> tuple[Frame, ...]:
    """The frames of the mode `name`, one a step.

    Args:
        focus: one of the trace's classes.
    """
    index = trace.classes.index(focus)
    show = _SHOWN[name]
    return tuple(show(step, index, trace.classes) for step in trace)


Classes = tuple[str, ...]
Facts = list[tuple[str, str]]


def _score(step_scores: NDArray, index: int, classes: Classes) -> Facts:
    """Logit and probability of the class."""
    logit = float(step_scores[index])
    return [(f"logit of {classes[index]}", signed(logit)), (f"probability of {classes[index]}", _share(logit))]


def _share(logit: float) -> str:
    return f"{probability(logit):.2f}"


def _others(step: Step, scores: NDArray, index: int, classes: Classes, where: str) -> Facts:
    return [(f"probability of {classes[c]}{where}", _share(float(scores[c]))) for c in step.targets if c != index]


def _stop(step: Step) -> str:
    return STOPS.get(step.stop or "", step.stop or "")


def _erasing(step: Step, index: int, classes: Classes) -> Frame:
    row = step.targets.index(index) if index in step.targets else 0
    stream = min(row, len(step.arrays["all_images"]) - 1)
    scores, erased, new = (step.arrays[name][stream] for name in ("all_scores", "all_erased", "all_masks"))
    facts = _score(scores, index, classes)
    facts += [("erased in this step", percent(float(new.mean()))), ("erased so far", percent(float(erased.mean())))]
    facts += _others(step, scores, index, classes, " on the same image")
    return Frame(
        f"k = {step.index}",
        step.arrays["looks"][row],
        scores,
        tuple(facts),
        seen=step.arrays["all_images"][stream],
        union=step.maps[index],
        region=new,
        erased=erased,
        note=_stop(step),
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
        f"round {step.index + 1}",
        step.arrays["current"][index],
        step.scores,
        tuple(facts),
        seen=step.image,
        union=step.maps[index],
        region=step.mask,
        erased=step.arrays["erased"],
    )


def _cse(step: Step, index: int, classes: Classes, called: str = "") -> Frame:
    sampled = classes[step.sampled] if step.sampled is not None else ""
    before, after = step.arrays["before"], step.arrays["after"]
    facts: Facts = [("sampled class r", sampled)]
    arrow = "\N{NO-BREAK SPACE}\N{RIGHTWARDS ARROW} "
    for c in step.targets:
        wanted = "to go" if classes[c] == sampled else "to stay"
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
        called or f"k = {step.index}",
        step.maps[index],
        step.scores,
        tuple(facts),
        seen=step.image,
        region=step.mask,
        note=f"sampled: {sampled}",
    )


def _cse_class(step: Step, index: int, classes: Classes) -> Frame:
    return _cse(step, index, classes, f"r = {classes[step.sampled]}" if step.sampled is not None else "")


def _epoch(step: Step, index: int, classes: Classes) -> Frame:
    facts = _score(step.scores, index, classes) + _others(step, step.scores, index, classes, "")
    return Frame(f"epoch {step.index}", step.maps[index], step.scores, tuple(facts))


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
        f"k = {step.index}",
        step.arrays["current"][index],
        step.scores,
        tuple(facts),
        union=step.maps[index],
        region=~region.astype(bool),
        note=_stop(step),
    )


def _experiment(step: Step, index: int, classes: Classes) -> Frame:
    theta = step.terms["theta"]
    facts = _score(step.scores, index, classes)
    facts.append(("erased", percent(step.terms["area"])))
    return Frame(
        f"\N{GREEK SMALL LETTER THETA} = {theta:.1f}",
        step.maps[index],
        step.scores,
        tuple(facts),
        seen=step.image,
        erased=step.mask,
        note="" if step.mask is None or step.mask.any() else "nothing erased",
    )


_SHOWN: dict[str, Callable[[Step, int, Classes], Frame]] = {
    "ae": _erasing,
    "ae-rounds": _rounds,
    "cs-ae-single": _cse,
    "cs-ae-epochs": _epoch,
    "cs-ae": _cse_class,
    "rib": _rib,
    "rib-bce": _rib,
    "experiment": _experiment,
}
