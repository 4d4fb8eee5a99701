"""GAIN's two faults on a drawn scene: it judges itself, and nothing keeps its mask on its own class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

from wsss_viz.app.language import tr
from wsss_viz.app.pages.learn import diagrams, examples
from wsss_viz.app.services import samples
from wsss_viz.app.widgets import rendering
from wsss_viz.app.widgets.markup import percent, probability
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.traces import Trace

APART = 0.2
"""From which difference of their probabilities on two judges are said to differ: our own reading."""


@dataclass(frozen=True, eq=False)
class Judged:
    """What two networks say of a class of a picture once GAIN's mask of it is erased, and where that mask lies.

    Attributes:
        picture: (H, W, 3) uint8, what is left.
        gain, ordinary: the probability of the class by GAIN's network, and by the ordinary classifier.
        on, others: the share of the mask on the class's object, and on other objects; the background has what is left.
        flowing: what flows through GAIN there.
        count: of how many such pictures this one is.
    """

    name: str
    picture: rendering.Picture
    gain: float
    ordinary: float
    on: float
    others: float
    flowing: diagrams.Flowing
    count: int = 1


def of_trace(trace: Trace, sample: Sample) -> tuple[Judged, ...]:
    """A judgement for each of the sample's labels that a trace of GAIN erases."""
    results = []
    for step in trace:
        if step.sampled is None or step.image is None:
            continue
        name = trace.classes[step.sampled]
        shares = {one: step.terms[f"object/{one}"] for one in sample.labels or () if f"object/{one}" in step.terms}
        gain, ordinary = (probability(float(step.arrays[key][step.sampled])) for key in ("after", "ordinary_after"))
        on = shares.pop(name, 0.0)
        data = diagrams.flowing(step, trace.classes, sample.image)
        results.append(Judged(name, step.image, gain, ordinary, on, sum(shares.values()), data))
    return tuple(results)


def judged() -> tuple[Judged, ...]:
    """The judgements of all the lecture's scenes that have a stored trace of GAIN."""
    results: list[Judged] = []
    for source in examples.sources():
        sample = samples.scene(source)
        try:
            results += of_trace(examples.trace(sample, "gain"), sample)
        except InputError:
            continue
    return tuple(results)


def clearest(all_judged: Sequence[Judged]) -> Judged | None:
    """The one on which the two networks differ most, with the number of all; None of none."""
    if not all_judged:
        return None
    best = max(all_judged, key=lambda one: abs(one.ordinary - one.gain))
    return replace(best, count=len(all_judged))


def verdict(gain: float, ordinary: float) -> str:
    """What the two judges' probabilities say of a network that judges itself."""
    if abs(ordinary - gain) < APART:
        return tr("here the two agree")
    return (
        tr("it has learnt to see no more than it masks") if gain < ordinary else tr("it sees what the other does not")
    )


def note(judge: Judged) -> str:
    """Picture and sentences as HTML."""
    said = tr(
        "<b>One network for both.</b> GAIN trains the network that finds to judge what is left. Of this drawn scene "
        "without its own mask it says {name} with {gain:.2f}, the ordinary classifier with {ordinary:.2f}: {verdict}. "
        "And {on} of the mask lie on the {name}, {others} on other objects, {off} on the background: the loss asks "
        "for no more than that the {name} be gone. Of {count} such masks the two differ most on this one.",
        name=escape(judge.name),
        gain=judge.gain,
        ordinary=judge.ordinary,
        verdict=verdict(judge.gain, judge.ordinary),
        on=percent(judge.on),
        others=percent(judge.others),
        off=percent(1 - judge.on - judge.others),
        count=judge.count,
    )
    alt = escape(tr("what GAIN's mask of the {name} leaves of a drawn scene", name=judge.name))
    picture = rendering.data_address(rendering.enlarge(judge.picture))
    return f'<p class="wv-note wv-left"><img src="{picture}" alt="{alt}"><span>{said}</span></p>'
