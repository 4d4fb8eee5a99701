"""Two training schemes drawn as the data flow through them: GAIN's one network, and CS-AE's two."""

from __future__ import annotations

from html import escape

GAIN = (
    (
        ("data", "image x", ""),
        ("net", "network, trained", ""),
        ("data", "map A_c", ""),
        ("data", "logits", "pooled; L_cl"),
    ),
    (
        ("data", "x (1 − T(A_c))", "its own mask erased"),
        ("net", "the same network", "shares all weights"),
        ("loss", "L_am", "the mean of s_c, to be low"),
    ),
)
CS_AE = (
    (
        ("data", "image x", ""),
        ("net", "CGNet, trained", "the class map generator"),
        ("data", "map A_r", "r: one label, drawn"),
        ("data", "logits", "pooled; L_cls: all labels"),
    ),
    (
        ("data", "x (1 − A_r)", "the map erased"),
        ("fixed", "ordinary classifier", "trained before, frozen"),
        ("loss", "L_cse", "r must be gone, the other labels must stay"),
    ),
)
"""Rows of boxes from left to right: kind, name, what is to be said of it."""


def flow(rows: tuple[tuple[tuple[str, str, str], ...], ...], title: str) -> str:
    """The boxes with arrows between them, the second row going on from the first."""
    lines: list[str] = []
    for row in rows:
        boxes = '<i aria-hidden="true">→</i>'.join(
            f'<span class="wv-{kind}"><b>{escape(name)}</b><small>{escape(note)}</small></span>'
            for kind, name, note in row
        )
        lines.append(f'<div class="wv-flow">{"<i>↳</i>" if lines else ""}{boxes}</div>')
    return f'<div class="wv-scheme"><p class="wv-note"><b>{escape(title)}</b></p>{"".join(lines)}</div>'
