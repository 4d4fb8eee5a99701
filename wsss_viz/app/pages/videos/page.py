"""In time: from labels of whole videos to the moments of each action, as maps of images go from labels to pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from wsss_viz.app import frame, session
from wsss_viz.app.explanations import Explanation
from wsss_viz.app.pages.videos import charts, published
from wsss_viz.app.services import videos
from wsss_viz.app.services.videos import Scored
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.videos import MOST_ERASINGS, TIME_METHODS, VIDEO_SOURCES, VIDEOS
from wsss_viz.app.widgets import chart_exports, markup, rendering
from wsss_viz.app.widgets.chart import show as show_chart
from wsss_viz.app.widgets.markup import percent, plain_line
from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE
from wsss_viz.data.sequences import Video
from wsss_viz.errors import InputError
from wsss_viz.evaluation.detection import Detection, temporal_iou
from wsss_viz.evaluation.temporal import normalised
from wsss_viz.evaluation.temporal_detection import score_detections, video_truth
from wsss_viz.figures.chart import SERIES

EXPLANATION = Explanation(
    "A network is told which actions are in a video, and never when. Its class map over time says when: where it is "
    "above the threshold is a segment. As with objects, the map covers the discriminative moment and "
    "hardly the run-up and run-out.",
    r"s_c = \tfrac{1}{T}\textstyle\sum_t A_c(t), \qquad "
    r"\mathrm{tIoU} = \frac{|\mathrm{found} \cap \mathrm{true}|}{|\mathrm{found} \cup \mathrm{true}|}",
    "The videos are drawn, and no number measured on them is one on THUMOS14 or ActivityNet.",
)
LEAD = (
    "Weak supervision in time: labels of whole videos in, the moments of each action out. Lower the threshold and see "
    "what is found; erase what is found and see what the network still knows."
)
SOURCE_NAMES = {"drawn": "Drawn videos", "frames": "Your frames", "scores": "Uploaded class scores"}
FRAMES_NOTE = (
    "ImageNet's network looks at each frame as at a picture of its own: it knows things, no actions, and sees no "
    "motion. The network of the drawn videos knows nothing but them, and is not used here. Erasing frames would change "
    "nothing, for no frame's score depends on another."
)

MOST_WHOLE = 6
"""Segments up to which the table is as high as its rows; more are scrolled."""
_STILL_SEEN = {
    "ae": (
        "The network no longer says that it is there: what it goes on to find is no evidence of it.",
        "The network still sees it, so the first map is not all of its evidence.",
    ),
    "ae-rounds": (
        "A network that was trained on what is left does not see it there, either.",
        "A network that was trained on what is left sees it: run-up and run-out are enough to learn from.",
    ),
}
"""By method: where the first map's frames are gone and the action is not seen any more, and where it is."""
_SEEN_BY = {
    "ae": "This network is frozen, as in our AE of images. In the other form a new one is trained on what is left at "
    "every step, which can learn from the run-up what this one never had to.",
    "ae-rounds": "Each step has its own network, trained on the videos without what the ones before found, as Zhong et "
    "al. (ACM MM 2018) do; the actions of a video are erased together.",
}


def show() -> None:
    """Draws the page at the state of its address."""
    state = session.state()
    frame.heading("In time", LEAD, EXPLANATION)
    st.segmented_control(
        "Videos",
        VIDEO_SOURCES,
        format_func=lambda name: SOURCE_NAMES[name],
        required=True,
        label_visibility="collapsed",
        **session.control("video_source", state.video_source),
    )
    if state.video_source == "drawn":
        _drawn(state)
    else:
        _of_a_person(state)
    published.published()


def _drawn(state: ViewState) -> None:
    stored, known = videos.stored()
    video = known[state.video]
    _drawn_controls(state, known)
    if not video.labels:
        st.image(rendering.png(charts.strip(video.frames)), width="stretch", alt="16 frames of a drawn video")
        logits = stored.logits[state.video]
        highest = max(markup.probability(float(logit)) for logit in logits)
        st.info(f"No action is in this video; the highest probability is {percent(highest)}.", icon=":material/info:")
        _measured(state)
        return
    rows = videos.label_rows(video.labels)
    steps = videos.erased(state.video, state.time_method) if state.time_method != "cam" else ()
    step = steps[state.erasings] if steps else None
    values = normalised(step.combined if step else stored.maps[state.video][rows])
    by_label = dict(zip(video.labels, values, strict=True))
    probabilities = {
        label: markup.probability(float(stored.logits[state.video][row]))
        for label, row in zip(video.labels, rows, strict=True)
    }
    detections = [
        Detection(one.video, one.label, one.start, one.end, one.score * probabilities[one.label])
        for one in score_detections(video.name, values.T, video.labels, state.time_threshold)
    ]
    erased: NDArray[np.bool_] | None = np.asarray(step.erased.any(axis=0)) if step else None
    title = f"Labels of the whole video: {', '.join(video.labels)}"
    st.html(markup.panel_title(title))
    _over_time(video.frames, erased, by_label, detections, state, video)
    st.caption(_covered(video, values, state.time_threshold))
    _segments_table(video, detections, by_label, state)
    if steps:
        _vanishing(video, steps, state)
    _measured(state)


def _drawn_controls(state: ViewState, known: Sequence[Video]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="time_controls"):
        st.selectbox(
            "Video",
            range(min(VIDEOS, len(known))),
            format_func=lambda index: videos.drawn_name(index, known[index]),
            width=200,
            **session.control("video", state.video),
        )
        st.segmented_control(
            "Method",
            TIME_METHODS,
            format_func=lambda name: charts.METHOD_NAMES[name],
            required=True,
            **session.control("time_method", state.time_method),
        )
        _threshold(state)
        if state.time_method != "cam":
            st.slider(
                "Erasings", 0, MOST_ERASINGS, width=170,
                help="How often the frames that the map shows were replaced by the video's mean frame.",
                **session.control("erasings", state.erasings),
            )  # fmt: skip


def _threshold(state: ViewState) -> None:
    st.slider(
        "Threshold", 0.0, 0.95, step=0.01, width=230,
        help="Of the map divided by its maximum over time: above it a frame belongs to the action.",
        **session.control("time_threshold", min(state.time_threshold, 0.95)),
    )  # fmt: skip


def _covered(video: Video, values: NDArray, threshold: float) -> str:
    """What of the moments and of the rest is above the threshold, in words."""
    above = values.max(axis=0) > threshold
    moment, rest = (float(above[video.moments == kind].mean()) for kind in (DISCRIMINATIVE, NON_DISCRIMINATIVE))
    return (
        f"Above {threshold:.2f} are {percent(moment)} of the discriminative moments and {percent(rest)} of run-up and "
        "run-out."
    )


def _over_time(
    frames: NDArray[np.uint8] | None,
    erased: NDArray[np.bool_] | None,
    by_label: Mapping[str, NDArray],
    detections: Sequence[Detection],
    state: ViewState,
    video: Video | None = None,
) -> None:
    if frames is not None:
        with st.container(key="time_strip"):
            gone = f", {int(erased.sum())} of {len(erased)} frames erased" if erased is not None else ""
            picture = charts.strip(frames, erased)
            st.html(markup.image_room("time_strip", *picture.shape[:2]))
            st.image(
                rendering.png(picture), width="stretch", output_format="PNG", alt=f"frames of the video in order{gone}"
            )
    chart = charts.time_chart(by_label, state.time_threshold, detections, video)
    lines = [f"{one.label} from frame {one.start + 1:g} to {one.end:g}" for one in detections[:12]]
    show_chart(chart, "in_time", f"class maps over time; found: {'; '.join(lines) or 'nothing'}")


def _segments_table(
    video: Video | None, detections: Sequence[Detection], by_label: Mapping[str, NDArray], state: ViewState
) -> None:
    """Each segment that is found, with the temporal IoU it reaches, and the files."""
    truth = video_truth(video) if video is not None else []
    rows: list[dict[str, Any]] = []
    for one in detections:
        same = [segment for segment in truth if segment.label == one.label]
        row: dict[str, Any] = {"action": one.label, "from frame": int(one.start) + 1, "to frame": int(one.end)}
        row["score"] = round(one.score, 3)
        if same:
            row["temporal IoU"] = round(float(temporal_iou(one, same).max()), 2)
        rows.append(row)
    if rows:
        st.dataframe(rows, hide_index=True, width="stretch", height="content" if len(rows) <= MOST_WHOLE else 250)
    else:
        st.caption("Nothing is above the threshold.")
    about = {"threshold": state.time_threshold, "method": state.time_method if video is not None else "as uploaded"}
    chart_exports.buttons(
        "in-time", rows or [{"action": ""}], about, charts.time_chart(by_label, state.time_threshold, detections, video)
    )


def _vanishing(video: Video, steps: Sequence[Any], state: ViewState) -> None:
    probabilities = {
        label: [markup.probability(float(step.logits[row])) for step in steps] for row, label in enumerate(video.labels)
    }
    first = [row[1] for row in probabilities.values()]
    with st.grid(2, min_column_width=380, gap="large") as grid:
        with grid.cell():
            st.html(markup.panel_title("Is the action still seen?", "the network's probability"))
            chart = charts.vanishing_chart(probabilities, state.erasings)
            show_chart(chart, "vanishing", "probability of each action after every erasing")
        with grid.cell():
            st.markdown(
                f"Without the frames of the first map the action's probability is {percent(max(first))}"
                f"{' at most' if len(first) > 1 else ''}. " + _STILL_SEEN[state.time_method][max(first) >= 0.5]
            )
            st.caption(_SEEN_BY[state.time_method])


def _measured(state: ViewState) -> None:
    """mAP over all stored videos at this threshold."""
    names = dict.fromkeys(("cam", state.time_method))
    scores = {name: videos.scores(name, state.time_threshold) for name in names}
    cam = scores["cam"].mean_ap
    st.header("Measured: mAP over temporal IoU", anchor=False)
    st.html(
        f'<p class="wv-lead">At threshold {state.time_threshold:.2f} CAM in time reaches {100 * cam[0]:.0f} percent '
        f"where an overlap of a tenth will do, {100 * cam[4]:.0f} where half is wanted.</p>"
    )
    chart = charts.map_chart(scores)
    rows = [
        {"method": charts.METHOD_NAMES[name],
         **{f"{tiou:.1f}": round(100 * float(value), 1) for tiou, value in zip(one.tious, one.mean_ap, strict=True)},
         "average": round(100 * one.average, 1)}
        for name, one in scores.items()
    ]  # fmt: skip
    with st.grid(2, min_column_width=400, gap="large") as grid:
        with grid.cell():
            show_chart(chart, "time_map", "mAP against the temporal IoU that is wanted")
        with grid.cell():
            st.dataframe(rows, hide_index=True, width="stretch")
            st.caption(
                f"{VIDEOS} drawn videos that no network was trained on, without their labels; AE erases the actions "
                "that the network sees. Counted as ActivityNet's evaluator does. The threshold is yours: a number to "
                "report has it chosen on other videos (`python -m wsss_viz temporal evaluate`)."
            )
            chart_exports.buttons("map-over-tiou", rows, {"threshold": state.time_threshold}, chart)


def _of_a_person(state: ViewState) -> None:
    scored = videos.user_frames() if state.video_source == "frames" else videos.user_scores()
    if state.video_source == "frames":
        st.caption(FRAMES_NOTE)
    if scored is None:
        st.caption("It stays in this server's memory for as long as the page is open. No link holds it.")
        return
    names = _names(scored) if state.video_source == "scores" else scored.classes
    picked = st.pills(
        "Classes",
        scored.first,
        selection_mode="multi",
        default=list(scored.first[:3]),
        format_func=lambda c: names[c] if c < len(names) else "",
        wrap=True,
        key=f"time_classes_{scored.name}_{len(scored.values)}",
        help=f"The {len(scored.first)} with the highest scores.",
    )
    _threshold(state)
    rows = list(picked)[: len(SERIES)] or list(scored.first[:1])
    labels = _distinct([names[c] for c in rows])
    columns = scored.values[:, [scored.first.index(c) for c in rows]]
    by_label = dict(zip(labels, normalised(columns.T), strict=True))
    detections = score_detections(scored.name, columns, labels, state.time_threshold)
    st.html(markup.panel_title(scored.name, scored.said))
    _over_time(scored.frames, None, by_label, detections, state)
    _segments_table(None, detections, by_label, state)
    which = "ImageNet's probabilities, frame by frame" if scored.frames is not None else "the file's scores"
    st.caption(f"{which}, each class divided by its own maximum over time. Without true segments nothing is measured.")


def _names(scored: Scored) -> tuple[str, ...]:
    """The columns' names, as typed or by number."""
    text = st.text_input(
        "Names of the columns, separated by commas",
        key="time_names",
        max_chars=4000,
        placeholder="class 0, class 1, ...",
    )
    typed = tuple(plain_line(name.strip())[:60] for name in text.split(",") if name.strip())
    if typed and len(typed) != len(scored.classes):
        raise InputError(f"{len(typed)} names for {len(scored.classes)} columns: name each column, or none")
    return typed or scored.classes


def _distinct(names: Sequence[str]) -> list[str]:
    """Names that are told apart: the second of one name has its number."""
    return [f"{name} ({names[:i].count(name) + 1})" if name in names[:i] else name for i, name in enumerate(names)]
