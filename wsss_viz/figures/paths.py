"""The files that a spec names, wherever the command is run: their paths are from the folder that the spec lies in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from wsss_viz.data.files import expanded
from wsss_viz.data.sources import absolute
from wsss_viz.figures.spec import FigureSpec
from wsss_viz.models.identity import absolute_network

__all__ = ["resolved"]


def resolved(spec: FigureSpec, folder: Path) -> FigureSpec:
    """The spec with paths from the root of the disk.

    Args:
        folder: what its paths are from.

    Examples:
        >>> from wsss_viz.figures.spec import Row
        >>> spec = FigureSpec("grid", ("image", "maps:Ours"), (Row("folder:pictures:dog"),), maps={"Ours": "out/ours"})
        >>> there = resolved(spec, Path("/paper"))
        >>> there.rows[0].image, there.maps["Ours"]
        ('folder:/paper/pictures:dog', '/paper/out/ours')
    """
    base = folder.absolute()
    names = spec.class_names
    return replace(
        spec,
        rows=tuple(replace(row, image=absolute(row.image, base)) for row in spec.rows),
        classifier=absolute_network(spec.classifier, base),
        networks={role: tuple(absolute_network(name, base) for name in files) for role, files in spec.networks.items()},
        maps={name: str(base / expanded(path)) for name, path in spec.maps.items()},
        class_names=str(base / expanded(names)) if isinstance(names, str) else names,
        companions=absolute(spec.companions, base),
    )
