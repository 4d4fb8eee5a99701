"""Small pieces of HTML that Streamlit has no element for. Every text is escaped; nothing here knows of Streamlit."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from wsss_viz.app.language import mark, tr
from wsss_viz.data.palette import colour_in
from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE

PART_LABELS = {DISCRIMINATIVE: mark("discriminative part"), NON_DISCRIMINATIVE: mark("non-discriminative part")}
PHOTO_PARTS = {DISCRIMINATIVE: mark("head"), NON_DISCRIMINATIVE: mark("body")}


def part_labels(source: str) -> dict[int, str]:
    """What the parts of a sample with that data string are called: of the shipped photographs head and body."""
    return PHOTO_PARTS if source.startswith("photos") else PART_LABELS


_MARKDOWN = re.compile(r"[\[\]<>\\*~$&]")
"""Where a link, a picture, a formula, a style or a character by its number would begin."""
_ADDRESS = re.compile(r"https?:(?=//)|www(?=\.)|@", re.IGNORECASE)
"""After which an address would become a link of itself: browsers look for them once backslashes are read."""
_JOINER = "\N{WORD JOINER}"


def rgb(colour: Sequence[int]) -> str:
    """A colour for CSS."""
    red, green, blue = (int(channel) for channel in colour)
    return f"rgb({red} {green} {blue})"


def signed(value: float) -> str:
    """A logit as the papers print it, with its sign."""
    text = f"{value:+.1f}".replace("-", "\N{MINUS SIGN}")
    return "0.0" if text[1:] == "0.0" else text


def probability(logit: float) -> float:
    """The sigmoid of a logit."""
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))


def listed(names: Sequence[str]) -> str:
    """Names as a list in words."""
    return names[0] if len(names) == 1 else tr("{names} and {last}", names=", ".join(names[:-1]), last=names[-1])


def percent(share: float, decimals: int = 0) -> str:
    """A share from 0 to 1 as "41 %", or a dash where it is not defined."""
    return "–" if math.isnan(share) else f"{share * 100:.{decimals}f}\N{NO-BREAK SPACE}%"


def interval(mean: float, low: float, high: float) -> str:
    """A share with its interval, "41 % (38 % to 44 %)"."""
    return tr("{mean} ({low} to {high})", mean=percent(mean), low=percent(low), high=percent(high))


def chips(
    names: Sequence[str],
    classes: Sequence[str],
    lead: str = "",
    plain: bool = False,
    title: Callable[[str], str] = str,
) -> str:
    """Names of `classes`, as `title` writes them, with their colours, after a leading text; `plain` for a legend."""
    css_class = "wv-chip wv-plain" if plain else "wv-chip"
    items = "".join(
        f'<span class="{css_class}"><i style="background:{rgb(colour_in(classes, name))}"></i>'
        f"{escape(title(name))}</span>"
        for name in names
    )
    return f'<div class="wv-chips">{f"<span>{escape(lead)}</span>" if lead else ""}{items}</div>'


def panel_title(title: str, note: str = "", colour: str = "") -> str:
    """The line above a panel: what it is, and a note at its right."""
    dot = f'<i style="background:{colour}"></i>' if colour else ""
    return f'<div class="wv-panel"><b>{dot}{escape(title)}</b><span>{escape(note)}</span></div>'


def strip_names(names: Sequence[str]) -> str:
    """The line below a strip of pictures of the same width: what each of them is, below it.

    >>> strip_names(["image", "A & B"])
    '<div class="wv-strip"><span>image</span><span>A &amp; B</span></div>'
    """
    return f'<div class="wv-strip">{"".join(f"<span>{escape(name)}</span>" for name in names)}</div>'


def image_room(key: str, height: int, width: int) -> str:
    """Style that gives the image in the container `key` its height before its bytes have come.

    Args:
        height, width: of the image, pixels.

    >>> image_room("strip", 8, 160)
    '<style>.st-key-strip img { aspect-ratio: 160 / 8; }</style>'
    """
    return f"<style>.st-key-{key} img {{ aspect-ratio: {width} / {height}; }}</style>"


def rows_table(rows: Mapping[str, str]) -> str:
    """Names and values as a table that is there at once: Streamlit's own comes with a script, and moves what is below.

    >>> rows_table({"seed": "<0>"})
    '<table class="wv-changes wv-rows"><tbody><tr><th>seed</th><td>&lt;0&gt;</td></tr></tbody></table>'
    """
    body = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows.items())
    return f'<table class="wv-changes wv-rows"><tbody>{body}</tbody></table>'


def iou_table(title: str, note: str, rows: Mapping[str, Mapping[str, float]]) -> str:
    """A table of IoUs in percent, one row per map and one column per class, and their mean."""
    heads = list(next(iter(rows.values())))
    head = "".join(f"<th>{escape(one)}</th>" for one in ("", *heads, "mean"))
    body = ""
    for name, ious in rows.items():
        mean = sum(ious.values()) / len(ious) if ious else float("nan")
        cells = "".join(f"<td>{value:.1f}</td>" for value in (*ious.values(), mean))
        body += f"<tr><th>{escape(name)}</th>{cells}</tr>"
    table = f'<table class="wv-step"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return panel_title(title, note) + table


@dataclass(frozen=True)
class ScoreBar:
    """One class of the score chart: its logit and probability, and whether it is a label of the image."""

    name: str
    logit: float
    probability: float
    label: bool | None


def score_bars(bars: Sequence[ScoreBar]) -> str:
    """Each class's probability as a bar, with its logit: an absent class's map looks as bright as any other's."""
    rows = "".join(
        f'<div class="wv-score{" wv-label" if bar.label else ""}"><span>{escape(bar.name)}</span>'
        f'<div><i style="width:{max(bar.probability * 100, 0.6):.1f}%"></i></div>'
        f"<b>{bar.probability:.2f}</b><em>{signed(bar.logit)}</em></div>"
        for bar in bars
    )
    described = ", ".join(f"{bar.name} {bar.probability:.2f}" for bar in bars)
    head = '<div class="wv-score wv-head"><span></span><div></div><b>prob.</b><em>logit</em></div>'
    names = min(12.0, max(4.2, 0.5 * max((len(bar.name) for bar in bars), default=0)))
    return (
        f'<div class="wv-scores" style="--wv-name:{names:.1f}rem" role="img" '
        f'aria-label="probabilities: {escape(described)}">{head}{rows}</div>'
    )


def plain_line(text: str) -> str:
    """A line that may hold names from files, as Markdown that makes no link, picture or style of them.

    What stands between backticks stays code. In addresses stands a character without width, so that they are text.

    >>> print(plain_line("[w](x) in `a[0]`"))
    \\[w\\](x) in `a[0]`
    >>> plain_line("http://www.x.org")
    'http:\\u2060//www\\u2060.x.org'
    """
    parts = re.sub("`+", "`", " ".join(text.splitlines())).split("`")
    if len(parts) % 2 == 0:
        parts = ["'".join(parts)]
    return "`".join(part if number % 2 else _plain(part) for number, part in enumerate(parts))


def _plain(text: str) -> str:
    return _ADDRESS.sub(rf"\g<0>{_JOINER}", _MARKDOWN.sub(r"\\\g<0>", text))
