"""Where the steps of the page Erasing come from: the showcase, the training that was watched, or a job."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from wsss_viz.app import source_bar
from wsss_viz.app.encoded import Ground
from wsss_viz.app.pages.erasing.controls import default_steps_of
from wsss_viz.app.services import basket, checkpoints, drawings, samples, user_networks, workspaces
from wsss_viz.app.services.jobs.manager import Request
from wsss_viz.app.services.models import BuiltinModel, ModelHandle, UserModel
from wsss_viz.app.services.steps import MODES
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.figures import Item
from wsss_viz.data.sample import Sample
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.models.manifest import checkpoints_folder, read_manifest, trained_names
from wsss_viz.traces import Trace
from wsss_viz.traces.growth import Growth, read_growth

THRESHOLD_COUNT = 10
_SHIPPED_ALONE = ("experiment", "cs-ae-epochs")
_EXPERIMENT_NEEDS = "The experiment measures against outlines of the object and its discriminative part, which"


def looked_at(state: ViewState) -> tuple[Sample, ModelHandle] | None:
    """The image, and who looks at it: a checkpoint of a person's own where one is chosen, as on Compare.

    None where there is no picture yet, or the checkpoint cannot look.
    """
    sample = source_bar.sample(state)
    if sample is None:
        return None
    opened = user_networks.active_checkpoint(state)
    if opened is None:
        return sample, workspaces.looking(sample, state)
    if opened.network is None:
        return None
    classes = opened.network.classes
    labels = tuple(name for name in sample.labels or () if name in classes)
    return replace(user_networks.seen(sample, classes), classes=classes, labels=labels or None), opened.network


def focus(state: ViewState, sample: Sample, model: ModelHandle) -> str:
    """The class whose steps are shown: the view's, else the first label, else the class with the top score."""
    labels = sample.labels or ()
    if isinstance(model, workspaces.WorkspaceModel):
        known = model.known or sample.classes
        return next(name for name in (state.focus, *labels, *known) if name in known)
    if state.focus in (labels if state.mode == "experiment" and labels else sample.classes):
        return state.focus
    if labels:
        return labels[0]
    scores = drawings.erased(sample, "", "mean", state.views, model).scores
    return sample.classes[int(scores.argmax())]


def ground(sample: Sample) -> Ground | None:
    """The same scene with more pixels, where it is one that is scored."""
    return None if sample.mask is None else samples.ground(sample)


def missing(state: ViewState, sample: Sample, model: ModelHandle) -> str:
    """Why the mode cannot be shown of the sample, in one line; "" where it can."""
    method = MODES[state.mode].method
    if state.mode in _SHIPPED_ALONE and isinstance(model, UserModel):
        return "This is shown of the networks that ship: take none of your own, or step through a method."
    if state.mode == "experiment" and sample.parts is None:
        return f"{_EXPERIMENT_NEEDS} {'this photograph' if sample.source else 'a picture of your own'} has not."
    if is_of_scenes_alone(state, sample, model):
        if state.mode == "cs-ae-epochs":
            return "The training was watched on drawn scenes alone: take a drawn scene."
        return f"{METHODS[method].title}: its networks ship for the drawn scenes alone. Take a drawn scene."
    reason = "" if state.mode == "experiment" else model.why_not(method or "cam")
    if not reason and state.mode == "cs-ae-epochs" and growth() is None:
        return "The training of CS-AE was not watched: python -m wsss_viz train cse"
    return reason


def is_of_scenes_alone(state: ViewState, sample: Sample, model: ModelHandle) -> bool:
    """Whether the mode is shown of drawn scenes and not of this sample."""
    if sample.source.startswith("scenes:") or (state.mode in _SHIPPED_ALONE and isinstance(model, UserModel)):
        return False
    method = MODES[state.mode].method
    paired = bool(method) and METHODS[method].role is not None and isinstance(model, BuiltinModel)
    return paired or state.mode == "cs-ae-epochs"


def options(state: ViewState, sample: Sample, focus: str, model: ModelHandle) -> dict[str, Any]:
    """The options in which the view differs from the method's defaults."""
    entry = METHODS.get(MODES[state.mode].method)
    changed: dict[str, Any] = dict(entry.stepped_with) if entry else {}
    if entry and entry.iterated and state.steps and state.steps != default_steps_of(state, model):
        changed["steps"] = state.steps
    if focus not in (sample.labels or ()) and state.mode != "cs-ae-epochs":
        changed["classes"] = (focus, *(sample.labels or ()))
    if state.mode != "ae":
        return changed
    default = ViewState()
    if state.mask != default.mask:
        changed["mask"] = state.mask
    if state.erase_at != default.erase_at and state.mask != "graded":
        changed["threshold" if state.mask == "hard" else "sigma"] = state.erase_at
    if state.erased != default.erased:
        changed["agnostic"] = True
    if state.stop_below != default.stop_below:
        changed["stop_probability"] = state.stop_below
    if state.stop_area != default.stop_area:
        changed["stop_area"] = state.stop_area
    return changed


def sent_to_figures(state: ViewState) -> tuple[Item | None, str]:
    """The image, the class and the method that is stepped through, with the page's settings: a filmstrip."""
    mode = MODES[state.mode]
    if not mode.method or state.mode == "cs-ae-epochs":
        return None, f"A figure shows what a method computes on an image; “{mode.label or mode.group}” is no method"
    if user_networks.in_use(state):
        return None, basket.NO_CHECKPOINT
    looked = looked_at(state)
    if looked is None:
        return None, basket.NO_UPLOAD
    sample, model = looked
    changed = options(state, sample, focus(state, sample, model), model)
    settings = tuple((name, value) for name, value in changed.items() if name != "classes")
    return basket.viewed(state, (mode.method,), settings=settings), "filmstrip"


def stored(state: ViewState, sample: Sample, options: dict[str, Any], model: ModelHandle) -> Trace | None:
    """The trace that was computed beforehand, where the view asks for no other."""
    mode = MODES[state.mode]
    if state.mode == "cs-ae-epochs":
        watched = growth()
        return watched.trace(sample.source) if watched and sample.source in watched.sources else None
    return None if options or not mode.method else model.stored_results(mode.method, sample, state.views)


def request(state: ViewState, sample: Sample, options: dict[str, Any], focus: str, model: ModelHandle) -> Request:
    """The job that computes the steps."""
    if state.mode == "experiment":
        return _experiment(state, sample, focus)
    return model.request(MODES[state.mode].method, sample, state.views, **options)


def _experiment(state: ViewState, sample: Sample, focus: str) -> Request:
    def work() -> Any:
        from wsss_viz.evaluation.erasing_steps import erasing_steps
        from wsss_viz.methods.views import PRESETS

        return erasing_steps(checkpoints.classifier_for(sample), sample, focus, state.erasure, PRESETS[state.views])

    checkpoint = checkpoints.entry(checkpoints.name_for(sample)).sha256
    key = ("experiment", checkpoint, sample.source, focus, state.erasure, state.views)
    return Request(key, work, THRESHOLD_COUNT, checkpoints.device_label())


@st.cache_resource(max_entries=2, show_spinner=False)
def _growth(path: str, stamp: int) -> Growth:
    from pathlib import Path

    return read_growth(Path(path))


def growth() -> Growth | None:
    """CS-AE's training as it was watched; None where it was not."""
    names = trained_names("cgnet", checkpoints.SCENES)
    if not names:
        return None
    stem = read_manifest()[names[0]].file.rpartition(".")[0]
    path = checkpoints_folder() / "showcase" / f"{stem}.growth.npz"
    return _growth(str(path), path.stat().st_mtime_ns) if path.is_file() else None
