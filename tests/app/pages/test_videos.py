"""The page In time, run without a browser."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from tests.app.conftest import ROOT, OpenPage
from wsss_viz.app.pages.videos import charts, page, published
from wsss_viz.app.services import videos
from wsss_viz.app.state.videos import MOST_ERASINGS, VIDEOS
from wsss_viz.app.widgets.markup import percent
from wsss_viz.evaluation.published.thumos14 import published_in_time
from wsss_viz.evaluation.temporal_detection import as_report
from wsss_viz.figures.chart import Bars, Line, Points
from wsss_viz.methods.temporal_erasing import ERASINGS
from wsss_viz.showcase.sequences import COUNT

STYLE = ROOT / "wsss_viz" / "app" / "style.css"


def test_what_the_address_may_say_is_what_is_there() -> None:
    assert (VIDEOS, MOST_ERASINGS) == (COUNT, ERASINGS)


def test_the_frames_stand_over_the_charts_axes() -> None:
    assert f".st-key-time_strip {{ padding: 0 8px 0 {charts.LEFT}px; }}" in STYLE.read_text(encoding="utf-8")


def test_a_drawn_video_with_its_segments_and_the_map_over_all_of_them(open_page: OpenPage) -> None:
    opened = open_page("videos", **{"time-threshold": "0.05"})
    assert not opened.exception
    assert not opened.error
    segments, measured, thumos = (table.value for table in opened.dataframe)
    _, known = videos.stored()
    assert set(segments["action"]) == set(known[0].labels)
    assert (segments["temporal IoU"] < 0.5).all()
    scores = as_report(videos.scores("cam", 0.05))
    assert measured["0.1"][0] == round(scores["map"]["0.1"], 1)
    assert measured["average"][0] == round(scores["average"], 1)
    assert len(thumos) == len(published_in_time())


def test_the_threshold_moves_what_is_found(open_page: OpenPage) -> None:
    opened = open_page("videos")
    wide = opened.dataframe[0].value
    opened.slider(key="videos_time_threshold").set_value(0.6).run()
    assert opened.query_params["time-threshold"] == "0.6"
    narrow = opened.dataframe[0].value
    assert (narrow["to frame"] - narrow["from frame"]).sum() < (wide["to frame"] - wide["from frame"]).sum()


def test_erasing_the_moment_takes_the_action_away(open_page: OpenPage) -> None:
    opened = open_page("videos", **{"time-method": "ae", "erasings": "2"})
    assert not opened.exception
    assert not opened.error
    assert any("is no evidence of it" in text.value for text in opened.markdown)
    measured = opened.dataframe[1].value
    assert list(measured["method"]) == ["CAM in time", "AE (frozen)"]
    steps = videos.erased(0, "ae")
    assert steps[2].erased.sum() > steps[1].erased.sum() > 0
    assert steps[1].logits[0] < 0 < steps[0].logits[0]


def test_retrained_rounds_find_the_rest_of_the_action(open_page: OpenPage) -> None:
    opened = open_page("videos", **{"time-method": "ae-rounds", "erasings": "3"})
    assert not opened.exception
    assert not opened.error
    covered = next(text.value for text in opened.caption if "of the discriminative moments" in text.value)
    assert (
        covered == f"Above 0.05 are {percent(1)} of the discriminative moments and {percent(1)} of run-up and run-out."
    )
    measured = opened.dataframe[1].value
    assert list(measured["method"]) == ["CAM in time", "AE (retrained)"]
    assert measured["0.7"][1] > 20 > measured["0.7"][0]
    assert any("trained on what is left sees it" in text.value for text in opened.markdown)


def test_a_video_without_an_action_says_so(open_page: OpenPage) -> None:
    _, known = videos.stored()
    index = next(i for i, video in enumerate(known) if not video.labels)
    opened = open_page("videos", video=str(index), **{"time-method": "ae"})
    assert not opened.exception
    assert "No action is in this video" in opened.info[0].value


def test_the_charts_bars_are_the_true_and_the_found_segments() -> None:
    _, known = videos.stored()
    index, video = next((i, v) for i, v in enumerate(known) if len(v.labels) == 1)
    label = video.labels[0]
    at = np.flatnonzero(video.truth)
    detections = page.score_detections(video.name, np.ones((64, 1)), [label], 0.5)
    chart = charts.time_chart({label: np.ones(64)}, 0.5, detections, video)
    bars = [mark for mark in chart.panels[1].marks if isinstance(mark, Bars)]
    assert [list(bar.at) for bar in bars[:1]] == [[f"{label}, found"]]
    assert (list(bars[0].base or ()), list(bars[0].values)) == ([0.5], [64])
    assert "frame 1 to 64" in bars[0].hover[0], "counted from 1, each half a frame around its number"
    covered = sum(sum(bar.values) for bar in bars[1:])
    assert covered == len(at)
    assert min(min(bar.base) for bar in bars[1:] if bar.base) == at[0] + 1 - 0.5
    for panel in chart.panels:
        assert (panel.x.low, panel.x.high) == (0.5, 64.5), "the strip of frames above is as wide"
    lines = [mark for mark in chart.panels[0].marks if isinstance(mark, Line)]
    assert [*lines[0].x] == [*range(1, 65)]
    assert index < VIDEOS


def gif() -> bytes:
    """Two colours, three frames each."""
    stills = [Image.new("RGB", (48, 32), colour) for colour in ("red",) * 3 + ("navy",) * 3]
    for i, still in enumerate(stills):
        still.putpixel((i, 0), (255, 255, 255))
    buffer = io.BytesIO()
    stills[0].save(buffer, "GIF", save_all=True, append_images=stills[1:])
    return buffer.getvalue()


def test_an_animation_goes_through_imagenets_network_frame_by_frame(open_page: OpenPage) -> None:
    opened = open_page("videos", **{"video-source": "frames"})
    assert any("sees no motion" in text.value for text in opened.caption)
    opened.file_uploader[0].upload("flash.gif", gif(), "image/gif").run()
    assert not opened.exception
    assert not opened.error
    assert any("6 frames" in text.value for text in opened.html)
    assert len(opened.pills[0].options) == videos.OFFERED
    opened.file_uploader[0].set_value([("no.gif", b"GIF89a", "image/gif")]).run()
    assert "broken or cut off" in opened.error[0].value


def test_scores_of_others_are_shown_under_the_names_that_are_typed(open_page: OpenPage) -> None:
    scores = np.zeros((50, 3))
    scores[10:20, 2] = 7
    buffer = io.BytesIO()
    np.save(buffer, scores)
    opened = open_page("videos", **{"video-source": "scores"})
    opened.file_uploader[0].upload("s.npy", buffer.getvalue(), "application/octet-stream").run()
    assert not opened.exception
    opened.text_input[0].set_value("walk, run, dive").run()
    table = opened.dataframe[0].value
    assert table[["action", "from frame", "to frame", "score"]].values.tolist() == [["dive", 11, 20, 7.0]]
    opened.text_input[0].set_value("walk").run()
    assert "1 names for 3 columns" in opened.error[0].value


def test_the_published_chart_and_table_have_the_same_numbers_and_each_a_source() -> None:
    everything = published_in_time()
    assert all(one.source and 2017 <= one.year <= 2026 for one in everything)
    in_table = sorted(row["0.5"] for row in published.rows() if row["0.5"] is not None)
    (panel,) = published.year_chart(everything).panels
    in_chart = sorted(y for mark in panel.marks if isinstance(mark, Points) for y in mark.y)
    assert in_chart == in_table
    assert all(row["read in"] for row in published.rows())
