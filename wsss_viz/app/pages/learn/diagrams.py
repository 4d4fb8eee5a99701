"""Two training schemes drawn as the data flow through them: GAIN's one network, and CS-AE's two."""

from __future__ import annotations

from html import escape

from wsss_viz.app.language import mark, tr

GAIN = (
    (
        ("data", mark("image x"), ""),
        ("net", mark("network, trained"), ""),
        ("data", mark("map A_c"), ""),
        ("data", "logits", mark("pooled; L_cl")),
    ),
    (
        ("data", "x (1 − T(A_c))", mark("its own mask erased")),
        ("net", mark("the same network"), mark("shares all weights")),
        ("loss", "L_am", mark("the mean of s_c, to be low")),
    ),
)
CS_AE = (
    (
        ("data", mark("image x"), ""),
        ("net", mark("CGNet, trained"), mark("the class map generator")),
        ("data", mark("map A_r"), mark("r: one label, drawn")),
        ("data", "logits", mark("pooled; L_cls: all labels")),
    ),
    (
        ("data", "x (1 − A_r)", mark("the map erased")),
        ("fixed", mark("ordinary classifier"), mark("trained before, frozen")),
        ("loss", "L_cse", mark("r must be gone, the other labels must stay")),
    ),
)
"""Rows of boxes from left to right: kind, name, what is to be said of it."""


def flow(rows: tuple[tuple[tuple[str, str, str], ...], ...], title: str) -> str:
    """The boxes with arrows between them, the second row going on from the first."""
    lines: list[str] = []
    for row in rows:
        boxes = '<i aria-hidden="true">→</i>'.join(
            f'<span class="wv-{kind}"><b>{escape(tr(name))}</b><small>{escape(tr(note))}</small></span>'
            for kind, name, note in row
        )
        lines.append(f'<div class="wv-flow">{"<i>↳</i>" if lines else ""}{boxes}</div>')
    return f'<div class="wv-scheme"><p class="wv-note"><b>{escape(title)}</b></p>{"".join(lines)}</div>'
