"""Networks of a person's own: read from the server's files or from an upload, checked, and kept while they are used."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from wsss_viz.app import session
from wsss_viz.app.services import checkpoints, samples
from wsss_viz.app.services.held import held_networks
from wsss_viz.app.services.models import UserModel
from wsss_viz.app.services.upload import bounded
from wsss_viz.app.services.uploaded_files import forget
from wsss_viz.app.settings import checkpoint_files, checkpoint_megabytes, pickle_upload_allowed, upload_allowed
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.scene import know
from wsss_viz.app.turns import turn
from wsss_viz.data.files import stamp_of, temporary_folder
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.interrupts import within
from wsss_viz.models.report import Report
from wsss_viz.models.suffixes import WEIGHT_SUFFIXES, weight_suffix

if TYPE_CHECKING:
    from wsss_viz.models.classifier import Classifier

PACE_SIZES = ((64, 96), (160, 224))
UPLOAD_SECONDS = 20.0
SEEN_SIDE = 512
"""Pixels: published networks see images at their own size, which for VOC is 500."""
_WIDGET = "own_checkpoint_upload"
_UPLOADED = "own_checkpoint_uploaded"


@dataclass(frozen=True, eq=False)
class Opened:
    """A checkpoint that was read.

    Attributes:
        report: None where the file could not even be reported on.
        network: None where something speaks against it.
        check: the self-check in words, "" without a network.
        refusal: why there is no network, in one line; "" where there is.
    """

    report: Report | None
    network: UserModel | None
    check: str = ""
    refusal: str = ""


def open_checkpoint(path: Path, *, private: bool = False) -> Opened:
    """Reads a file; what is wrong with it is in what is returned.

    Args:
        private: it was uploaded: no pickle from before torch 1.6 is read.
    """
    with turn("checkpoint", 1000.0 + 4 * path.stat().st_size / 2**20):
        return _opened_in_turn(path, private)


def _opened_in_turn(path: Path, private: bool) -> Opened:
    from wsss_viz.models.device import find_device
    from wsss_viz.models.published import read_published
    from wsss_viz.models.self_check import self_check

    try:
        report, classifier = read_published(path, legacy=not private, pickles=not private or pickle_upload_allowed())
        if classifier is None:
            return Opened(report, None, refusal=f"{report.file}: {report.problems[0]}")
        classifier = classifier.to(find_device(checkpoints.wanted_device()))
        check = self_check(classifier, report.file).line()
    except InputError as error:
        return Opened(None, None, refusal=str(error))
    network = UserModel(report.file, report.digest, classifier, _pace(classifier), private=private)
    return Opened(report, network, check)


def _pace(classifier: Classifier) -> tuple[float, float]:
    """Seconds of one forward and of every million pixels in it, from two sizes, the quickest of three of each."""
    import torch

    def seconds(height: int, width: int) -> float:
        x = torch.zeros(1, 3, height, width, device=classifier.device)
        times = []
        for _ in range(3):
            started = time.perf_counter()
            with torch.no_grad():
                float(classifier.maps(x).sum())
            times.append(time.perf_counter() - started)
        return min(times)

    (low, small), (high, large) = ((seconds(*size), size[0] * size[1] / 1e6) for size in PACE_SIZES)
    pixels = max(high - low, 0.0) / (large - small)
    return max(low - pixels * small, 0.0), pixels


@st.cache_resource(max_entries=3, show_spinner=False)
def _opened(path: str, stamp: tuple[int, ...], device: str) -> Opened:
    return open_checkpoint(Path(path))


def opened(name: str) -> Opened:
    """A checkpoint of `checkpoint_files`, read once for all sessions, and again once it has changed."""
    path = checkpoint_files().get(name)
    if path is None:
        return Opened(None, None, refusal=f"{name} is no longer on this server: choose another checkpoint")
    with st.spinner(f"Reading {name}; a large network takes some seconds", show_time=True):
        checkpoint = _opened(str(path), stamp_of(path), checkpoints.wanted_device())
    if checkpoint.network is not None:
        know(checkpoint.network.classes)
    return checkpoint


def chooser(state: ViewState) -> Opened | None:
    """The controls for whose network looks; what was chosen, or None for the shipped classifier."""
    names = list(checkpoint_files())
    if not names and not state.checkpoint and not upload_allowed():
        return None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large", key="network"):
        uploaded = _upload() if upload_allowed() else None
        st.selectbox(
            "Network",
            _with_current(names, state.checkpoint),
            format_func=lambda name: name or "ImageNet's, or the drawn scenes'",
            width=300,
            disabled=uploaded is not None,
            help="Checkpoints in `checkpoints/`, and in the folder that `app --checkpoints` names.",
            **session.control("checkpoint", state.checkpoint, lambda name: {"checkpoint": name, **_ANEW}),
        )
        if uploaded is None and state.checkpoint:
            st.selectbox(
                "CGNet, for CS-AE",
                _with_current([name for name in names if name != state.checkpoint], state.partner),
                format_func=lambda name: name or "none",
                width=260,
                help="The network that OC-CSE trained against this one (NNNnet_er.pth).",
                **session.control("partner", state.partner, lambda name: {"partner": name}),
            )
    if uploaded is not None:
        return uploaded
    return _with_partner(opened(state.checkpoint), state.partner) if state.checkpoint else None


def _with_current(names: list[str], current: str) -> list[str]:
    """The choices: none, the files, and the current one where it has gone meanwhile."""
    return list(dict.fromkeys(("", *names, current)))


_ANEW = {"partner": "", "focus": "", "classes": (), "k": -1, "pair": ()}
"""What another network's classes and steps make void."""


def _with_partner(checkpoint: Opened, name: str) -> Opened:
    if not name or checkpoint.network is None:
        return checkpoint
    partner = opened(name)
    if partner.network is None:
        st.warning(partner.refusal, icon=":material/warning:")
        return checkpoint
    return replace(checkpoint, network=replace(checkpoint.network, partner=partner.network))


def _upload() -> Opened | None:
    """The field a checkpoint is dropped on; what was read of it, kept for this session alone."""
    kinds = "safetensors, or a .pth of torch 1.6 and newer" if pickle_upload_allowed() else "safetensors alone"
    file = st.file_uploader(
        "Checkpoint",
        type=WEIGHT_SUFFIXES,
        key=_WIDGET,
        max_upload_size=checkpoint_megabytes(st.get_option("server.maxUploadSize")),
        width=360,
        help=f"{kinds}. It is checked, never run, and gone with this page.",
    )
    if file is None:
        st.session_state.pop(_UPLOADED, None)
        return None
    uploaded: tuple[str, Opened] | None = st.session_state.get(_UPLOADED)
    if uploaded is None or uploaded[0] != file.file_id:
        with st.spinner(f"Reading {file.name}; a large network takes some seconds", show_time=True):
            uploaded = (file.file_id, _read_upload(file.getvalue(), weight_suffix(file.name)))
        st.session_state[_UPLOADED] = uploaded
        forget(file)
    if uploaded[1].network is not None:
        know(uploaded[1].network.classes)
    return uploaded[1]


def _read_upload(content: bytes, suffix: str) -> Opened:
    """Reads an upload from a file of ours, which is gone afterwards; its own name is never a path."""
    too_long = (
        f"Reading it took more than {UPLOAD_SECONDS:.0f} s and was stopped: try again, or upload it as safetensors "
        "(python -m wsss_viz inspect FILE --save-as FILE.safetensors), which is read at once."
    )
    try:
        with temporary_folder() as folder, within(UPLOAD_SECONDS, too_long):
            path = folder / f"uploaded{suffix}"
            path.write_bytes(content)
            opened = open_checkpoint(path, private=True)
        if opened.network is not None:
            held_networks().hold(opened.network.classifier, len(content))
    except OSError as error:
        return Opened(None, None, refusal=f"The server has no room for it now ({error.strerror}): try again later.")
    except InputError as error:
        return Opened(None, None, refusal=str(error))
    return opened


def active_checkpoint(state: ViewState) -> Opened | None:
    """What `chooser` gives, without its controls; nothing is read of a file that has just been dropped."""
    if not in_use(state):
        return None
    uploaded: tuple[str, Opened] | None = st.session_state.get(_UPLOADED) if upload_allowed() else None
    return uploaded[1] if uploaded else _with_partner(opened(state.checkpoint), state.partner)


def seen(sample: Sample, classes: tuple[str, ...]) -> Sample:
    """What a network of a person's own looks at: no side longer than `SEEN_SIDE`, a drawn scene with as many pixels."""
    fine = samples.enlarged(sample)
    if fine is not None:
        return replace(fine, mask=None, parts=None)
    image = bounded(sample.image, SEEN_SIDE)
    return replace(sample, image=image, classes=classes, labels=None, mask=None, parts=None)


def in_use(state: ViewState) -> bool:
    """Whether the view is looked at by a checkpoint of a person's own, chosen or uploaded; a workspace has its own."""
    of_workspace = state.source != "own" and state.workspace
    return not of_workspace and bool(state.checkpoint or (upload_allowed() and st.session_state.get(_UPLOADED)))
