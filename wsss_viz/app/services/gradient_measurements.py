"""The gradient ratios that ship: read once for all sessions, at a view's measure, divisor and tau, and in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app.state import ViewState
from wsss_viz.app.widgets.markup import percent
from wsss_viz.errors import InputError
from wsss_viz.gradients import stored as storage
from wsss_viz.gradients.regions import REGIONS
from wsss_viz.gradients.stored import Entry, Stored
from wsss_viz.models.manifest import read_manifest

CLASSIFIER = "scenes-classifier"
PHOTO_CLASSIFIER = "imagenet-efficientnet-lite0"


def read_stored(subject: str) -> Stored:
    """The measurements that ship, read once for all sessions.

    Raises:
        InputError: missing, damaged, or of another checkpoint; one line with the command that measures again.
    """
    path = storage.FOLDER / f"{subject}.npz"
    modified = path.stat().st_mtime_ns if path.is_file() else 0
    digests = tuple(sorted((name, entry.sha256) for name, entry in read_manifest().items()))
    return _stored(subject, modified, digests)


def stored_or_why_not(subject: str) -> tuple[Stored | None, str]:
    """The measurements that ship and "", or None and the line that says why not."""
    try:
        return read_stored(subject), ""
    except InputError as error:
        return None, str(error)


@st.cache_resource(max_entries=2, show_spinner=False)
def _stored(subject: str, modified: int, digests: tuple[tuple[str, str], ...]) -> Stored:
    return storage.shipped(subject, dict(digests))


def toy_entry(stored: Stored, state: ViewState, seed: int | str = "all") -> Entry:
    """The toy's curve at the view."""
    return stored.entries[f"{state.head}/{state.trained_with}/{state.measure}/{state.divided_by}/{seed}"]


def toy_seeds(stored: Stored) -> range:
    """The seeds that were trained."""
    return range(int(stored.about["seeds"]))


def scenes_entry(stored: Stored, state: ViewState) -> tuple[Entry, str]:
    """The scenes' curve at the view, and what of the view was not measured, in words, or ""."""
    if state.rib_step and state.network == "classifier":
        key = f"tuned-rib/{state.divided_by}/{state.rib_step}"
        missing = [] if state.measure == "sum" else ["RIB's steps were measured with the signed sum"]
        return stored.entries[key], "; ".join(missing)
    if state.subject == "photos":
        return stored.entries[f"{PHOTO_CLASSIFIER}/parts/sum/{state.divided_by}"], ""
    name, divisor, measure = network_name(stored, state), state.divided_by, state.measure
    note = ""
    if name != CLASSIFIER and measure == "energy":
        measure, note = "sum", "CGNet was measured with the signed sum"
    if state.regions != "parts" and (measure, divisor) != ("sum", "max"):
        measure, divisor, note = "sum", "max", "with regions from the map: signed sum, own maximum"
    elif measure == "energy" and divisor != "max":
        divisor, note = "max", "the energy was measured with the own maximum"
    return stored.entries[f"{name}/{state.regions}/{measure}/{divisor}"], note


def network_name(stored: Stored | None, state: ViewState) -> str:
    """The register's name of the network: the classifier, also where no CGNet was measured."""
    if state.subject == "photos":
        return PHOTO_CLASSIFIER
    names = stored.about["classifiers"] if stored else [CLASSIFIER]
    return str(names[1]) if state.network == "cgnet" and len(names) > 1 else CLASSIFIER


def rib_curves(stored: Stored, state: ViewState, loss: str) -> NDArray[np.float64]:
    """(K + 1, R, 3) HGR of the logit by theta_0 to theta_K, at the view's tau."""
    steps = []
    for k in range(len(stored.entries)):
        entry = stored.entries.get(f"tuned-{loss}/{state.divided_by}/{k}")
        if entry is None:
            break
        steps.append(entry.curve.at(state.tau)[-1])
    return np.stack(steps)


def rib_change(stored: Stored, state: ViewState, loss: str) -> NDArray[np.float64]:
    """(R, 3) HGR of the logit by theta_K less that by theta_0, paired by image."""
    return np.asarray(stored.entries[f"tuned-{loss}/{state.divided_by}/change"].curve.at(state.tau)[0])


def rib_rows(stored: Stored, state: ViewState) -> list[dict[str, Any]]:
    """One row a loss, step and region: HGR of the logit with its interval, the mean logit and s(1 - s)."""
    rows = []
    for loss in ("rib", "bce"):
        for k, values in enumerate(rib_curves(stored, state, loss)):
            facts = stored.entries[f"tuned-{loss}/{state.divided_by}/{k}"].facts
            for region, (mean, low, high) in zip(REGIONS, values.tolist(), strict=True):
                rows.append({
                    "loss": loss, "step": k, "region": region, "tau": state.tau, "hgr": mean, "low95": low,
                    "high95": high, "logit": facts["logit"], "sigmoid_slope": facts["sigmoid_slope"],
                    "scenes": int(stored.about["tuned_images"]),
                })  # fmt: skip
    return rows


def toy_sentence(entry: Entry, state: ViewState) -> str:
    """What the toy's curve says at the last step, in words, whatever it is."""
    curve = entry.curve
    values = dict(zip(curve.regions, np.moveaxis(curve.at(state.tau)[-2:, :, 0], 0, 1), strict=True))
    drops = dict(zip(curve.regions, curve.drop_at(state.tau), strict=True))
    shape, digit = values["non_discriminative"], values["discriminative"]
    more = drops["non_discriminative"][0] - drops["discriminative"][0]
    parted = drops["non_discriminative"][1] > drops["discriminative"][2]
    parted = parted or drops["discriminative"][1] > drops["non_discriminative"][2]
    which = ("more than" if more > 0 else "less than") if parted else "about as much as"
    accuracy = entry.facts["accuracy"]["shape only"]
    return (
        "The digit is evidence for the class, and so is the small shape beside it. From the last convolution to the "
        "logit "
        f"the share of high gradients goes from {shape[0]:.2f} to {shape[1]:.2f} on the shape and from {digit[0]:.2f} "
        f"to {digit[1]:.2f} on the digit: of what was there, the shape loses {which} the digit. Shown the shape alone, "
        f"the network is right in {percent(accuracy)} of the pictures."
    )


def scenes_sentence(stored: Stored, state: ViewState) -> str:
    """What RIB does to the gradient on the non-discriminative part, in words, whatever it is."""
    first = rib_curves(stored, state, "rib")[0]
    change = dict(zip(REGIONS, rib_change(stored, state, "rib"), strict=True))
    mean, low, high = change["non_discriminative"]
    verdict = "rises" if low > 0 else "falls" if high < 0 else "does not change measurably"
    count = int(stored.about["tuned_images"])
    ends = f"{mean * 100:+.1f} points ({low * 100:+.1f} to {high * 100:+.1f}".replace("-", "\N{MINUS SIGN}")
    return (
        f"The logit's gradient is high on {percent(first[0, 0], 1)} of the discriminative parts' pixels and on "
        f"{percent(first[1, 0], 1)} of the non-discriminative parts'. Through RIB's steps the latter {verdict}: "
        f"{ends}, 95 % over {count} images)."
    )


def photos_sentence(stored: Stored, state: ViewState) -> str:
    """Where the gradients of the photographs' network are high, in words, whatever it is."""
    curve = stored.entries[f"{PHOTO_CLASSIFIER}/parts/sum/{state.divided_by}"].curve
    divisor = {"max": "maximum", "p99": "99th percentile"}[state.divided_by]
    head, body, background = (
        f"{percent(mean)} ({percent(low)} to {percent(high)})" for mean, low, high in curve.at(state.tau)[-1]
    )
    early = curve.at(state.tau)[0, :, 0]
    return (
        f"The logit's gradient, divided by its {divisor}, is above {state.tau:.2f} on {head} of the heads' "
        f"pixels, on {body} of the bodies' and on {background} of the background's (95 % over {curve.counts.max()} "
        f"photographs). After the first stage it is {percent(early[0])}, {percent(early[1])} and {percent(early[2])}."
    )
