"""A report of `evaluate` as one HTML file: table, curves, worst and best images, settings. It asks for nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from wsss_viz.evaluation.measures import measure_lines
from wsss_viz.evaluation.report_text import scored
from wsss_viz.evaluation.stored_results import class_rows, score_rows
from wsss_viz.figures.drawing import chart_svg
from wsss_viz.figures.results import class_chart, curve_chart
from wsss_viz.methods.catalogue import title
from wsss_viz.version import __version__

__all__ = ["Picture", "report_page"]

_INK = "#0a0b0c"
"""Drawn in this, and written as the page's own colour of text, which is another in light and in dark."""
_LISTED = 20
_NAMES = {
    "data": "data", "count": "samples", "classifier": "classifier", "maps": "maps", "views": "views",
    "align": "maps laid over images", "refine": "refined", "protocol_is": "protocol",
    "threshold_from": "thresholds from", "classes_from": "classes",
}  # fmt: skip
_STYLE = """
:root { color-scheme: light dark; --ground: light-dark(#fcfbf9, #14181b); --ink: light-dark(#1d2529, #e4e7e8);
  --soft: light-dark(#555e63, #a9b1b5); --line: light-dark(#dedad2, #343c41); }
body { margin: 0 auto; padding: 1rem 1.25rem 3rem; max-width: 72rem; background: var(--ground); color: var(--ink);
  font: 0.95rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere; } h2 { font-size: 1.2rem; margin: 2rem 0 0.5rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 0.4rem; } p, figcaption, dt, li { color: var(--soft); }
.wide { overflow-x: auto; } .wide:focus-visible { outline: 2px solid; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 0.3rem 0.7rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child { text-align: left; padding-left: 0; position: sticky; left: 0; background: var(--ground); }
thead th { font-weight: 400; color: var(--soft); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); gap: 1.5rem; }
.charts svg { display: block; width: 100%; min-width: 24rem; height: auto; }
.images { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: 1rem 0.8rem; }
figure { margin: 0; } img { width: 100%; height: auto; display: block; border-radius: 6px; }
figcaption { font-size: 0.85rem; overflow-wrap: anywhere; } figcaption b { color: var(--ink); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1.2rem; }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: 0.5rem; } }
"""


class Picture(NamedTuple):
    """One image of a report.

    Attributes:
        source: its data string or name.
        caption: what is to be read of it.
        jpeg: the file's bytes.
    """

    source: str
    caption: str
    jpeg: bytes


def report_page(report: Mapping[str, Any], pictures: Mapping[str, Mapping[str, Sequence[Picture]]]) -> bytes:
    """The file's bytes; the same report and pictures give the same bytes. It opens from a disk, without a request.

    Args:
        report: of `evaluation.report`.
        pictures: by row, then by what they are ("Worst", "Best").

    Examples:
        >>> from wsss_viz.evaluation.stored_results import stored_reports
        >>> page = report_page(stored_reports()["scenes-test"], {}).decode()
        >>> page[:15], page.count("<svg"), "<script" in page
        ('<!doctype html>', 2, False)
    """
    heading = f"{scored(report)} of {report['data']}"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">",
        f"<title>{escape(heading)}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{escape(heading)}</h1>",
        "<p>In percent; the interval is that of 95 % over resampled images.</p>",
        "<h2>Scores</h2>",
        _scores(report),
        _measures(report),
        '<h2>Curves</h2><div class="charts">',
        _chart(curve_chart(report), "mIoU against the threshold; a mark at each method's own"),
        _chart(class_chart(report), "IoU of each class, the worst on top"),
        "</div><h2>Classes</h2>",
        _table(class_rows(report, list(next(iter(report["methods"].values()))["per_class"]), title)),
        *_images(pictures),
        "<h2>Settings</h2>",
        _settings(report),
        f"<p>wsss_viz {__version__}</p></main></body></html>\n",
    ]
    return "\n".join(parts).encode()


def _scores(report: Mapping[str, Any]) -> str:
    rows = []
    for row in score_rows(report, title):
        low, high = row.pop("low"), row.pop("high")
        interval = f"{low:.1f} to {high:.1f}"
        scores = next(scores for name, scores in report["methods"].items() if title(name) == row["method"])
        best = {"best threshold": scores.get("best_threshold"), "mIoU there": scores.get("best_miou")}
        rows.append({"method": row.pop("method"), "mIoU": row.pop("mIoU"), "interval": interval, **row, **best})
    return _table(rows)


def _measures(report: Mapping[str, Any]) -> str:
    lines = [f"{title(name)}: {line}" for name, row in report["methods"].items() for line in measure_lines(row)]
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>" if lines else ""


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    head = "".join(f'<th scope="col">{escape(key)}</th>' for key in rows[0])
    body = ""
    for row in rows:
        (_, first), *others = row.items()
        cells = "".join(f"<td>{_cell(key, value)}</td>" for key, value in others)
        body += f'<tr><th scope="row">{escape(str(first))}</th>{cells}</tr>'
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return _wide(table, f"table by {next(iter(rows[0]))}")


def _wide(content: str, label: str) -> str:
    """What may be wider than the page, and then is scrolled by itself."""
    return f'<div class="wide" tabindex="0" role="region" aria-label="{escape(label)}">{content}</div>'


def _cell(key: str, value: Any) -> str:
    if value is None:
        return "–"
    return escape(value) if isinstance(value, str) else f"{value:.2f}" if "threshold" in key else f"{value:.1f}"


def _chart(chart: Any, alt: str) -> str:
    ink = dict.fromkeys(("text_color", "axes_labelcolor", "axes_edgecolor", "xtick_color", "ytick_color"), _INK)
    svg = chart_svg(chart, **ink, savefig_transparent=True).decode()
    svg = svg[svg.index("<svg") :].replace(_INK, "currentColor")
    svg = svg.replace("<svg ", '<svg aria-hidden="true" ', 1)
    return f"<figure>{_wide(svg, alt)}<figcaption>{escape(alt)}</figcaption></figure>"


def _images(pictures: Mapping[str, Mapping[str, Sequence[Picture]]]) -> list[str]:
    parts = []
    for name, groups in pictures.items():
        parts.append(f"<h2>Images: {escape(title(name))}</h2>")
        parts.append("<p>The map over the image; white: where it is the threshold; dashed: the ground truth.</p>")
        for group, items in groups.items():
            parts.append(f'<h3>{escape(group)}</h3><div class="images">')
            parts += [_figure(picture) for picture in items]
            parts.append("</div>")
    return parts


def _figure(picture: Picture) -> str:
    address = f"data:image/jpeg;base64,{base64.b64encode(picture.jpeg).decode()}"
    return (
        f'<figure><img src="{address}" alt="{escape(picture.source)}">'
        f"<figcaption><b>{escape(picture.source)}</b><br>{escape(picture.caption)}</figcaption></figure>"
    )


def _settings(report: Mapping[str, Any]) -> str:
    said = {name: str(report[key]) for key, name in _NAMES.items() if report.get(key) not in (None, "")}
    for name, values in report.get("settings", {}).items():
        said[title(name)] = ", ".join(f"{key} {json.dumps(value)}" for key, value in values.items()) or "none"
    unreadable = report.get("unreadable", [])
    if unreadable:
        more = f" and {len(unreadable) - _LISTED} more" if len(unreadable) > _LISTED else ""
        said["not read"] = "; ".join(f"{name}: {why}" for name, why in unreadable[:_LISTED]) + more
    return f"<dl>{''.join(f'<dt>{escape(key)}</dt><dd>{escape(value)}</dd>' for key, value in said.items())}</dl>"
