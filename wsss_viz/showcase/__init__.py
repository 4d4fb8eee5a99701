"""The showcase: default traces computed beforehand, so that every page has something to show at once.

Reading it needs no torch. `python -m wsss_viz showcase` computes it.
"""

from wsss_viz.showcase.reading import REBUILD, Showcase, read_showcase, showcase_path
from wsss_viz.showcase.scenes import SHOWCASE_SCENES

__all__ = ["REBUILD", "SHOWCASE_SCENES", "Showcase", "read_showcase", "showcase_path"]
