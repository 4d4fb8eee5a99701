"""What can be taken away from the page Erasing: filmstrip, film, the view with its controls, the scores as a table."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence

import streamlit as st
from PIL import Image

from wsss_viz.app.services.steps import Frame
from wsss_viz.app.widgets.buttons import file_button
from wsss_viz.app.widgets.markup import probability
from wsss_viz.app.widgets.rendering import Picture
from wsss_viz.app.widgets.viewer.standalone import view_button
from wsss_viz.data.spreadsheets import csv_text

INCHES = 1.35
FRAME_MILLISECONDS = 700


def figure_bytes(frames: Sequence[Frame], drawn: Sequence[Picture], title: str, kind: str, credit: str = "") -> bytes:
    """The filmstrip as one row with its steps' names; the same strip gives the same bytes.

    Args:
        kind: "png" (300 dpi) or "pdf" (fonts embedded as TrueType).
        credit: whose picture it is, under the row.
    """
    from matplotlib.figure import Figure

    from wsss_viz.figures.writing import written

    def draw() -> Figure:
        height, width = drawn[0].shape[:2]
        figure = Figure(figsize=(INCHES * len(drawn), INCHES * height / width + 0.5), layout="constrained")
        rows = figure.subplots(1, len(drawn), squeeze=False)[0]
        for axes, frame, picture in zip(rows, frames, drawn, strict=True):
            axes.imshow(picture, interpolation="bilinear")
            axes.set_title(frame.name, fontsize=8)
            axes.set_axis_off()
        figure.suptitle(title, fontsize=8)
        if credit:
            figure.supxlabel(textwrap.fill(credit, 42 * len(drawn)), fontsize=5)
        return figure

    return written(draw, kind, font_size=8)


def gif_bytes(drawn: Sequence[Picture], credit: str = "") -> bytes:
    """The filmstrip as an endless film, its last picture three times as long; whose picture it is as its comment."""
    images = [Image.fromarray(picture).quantize(256, dither=Image.Dither.FLOYDSTEINBERG) for picture in drawn]
    buffer = io.BytesIO()
    times = [FRAME_MILLISECONDS] * (len(images) - 1) + [3 * FRAME_MILLISECONDS]
    images[0].save(
        buffer, "GIF", save_all=True, append_images=images[1:], duration=times, loop=0, comment=credit.encode()
    )
    return buffer.getvalue()


def scores_csv(frames: Sequence[Frame], classes: Sequence[str], credit: str = "") -> str:
    """Logit and probability of every class at every step; of a photograph whose it is, in each row."""
    rows: list[list[object]] = [["step", "name", "class", "logit", "probability", *(["credit"] if credit else [])]]
    for k, frame in enumerate(frames):
        for name, logit in zip(classes, frame.scores, strict=True):
            numbers = (f"{float(logit):.6g}", f"{probability(float(logit)):.6g}")
            rows.append([k, frame.name, name, *numbers, *([credit] if credit else [])])
    return csv_text(rows)


def buttons(
    frames: Sequence[Frame], drawn: Sequence[Picture], classes: Sequence[str], title: str, name: str, credit: str
) -> None:
    """The download buttons.

    Args:
        name: of the files, without their endings.
        credit: whose picture it is, or "".
    """
    with st.container(horizontal=True, gap="small", key="exports"):
        file_button("Filmstrip (PNG)", f"{name}.png", lambda: figure_bytes(frames, drawn, title, "png", credit))
        file_button("Filmstrip (PDF)", f"{name}.pdf", lambda: figure_bytes(frames, drawn, title, "pdf", credit))
        file_button("Film (GIF)", f"{name}.gif", lambda: gif_bytes(drawn, credit))
        view_button(name, title, credit=credit)
        file_button("Scores (CSV)", f"{name}.csv", lambda: scores_csv(frames, classes, credit))
