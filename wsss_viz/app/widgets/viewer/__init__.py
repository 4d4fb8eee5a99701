"""The viewer: panels of maps over one image, with one step slider, in the browser.

    content = Content(sample, (Panel.of(trace, "CAM"), Panel.of(other, "RIB")), classes=("cow", "sofa"))
    picked = viewer("compare", content, session.state())

What a person moves in it (`FIELDS` of the state) is in the browser at once and in the address once it is let go of.
"""

from wsss_viz.app.widgets.viewer.component import FIELDS, Picked, viewer
from wsss_viz.app.widgets.viewer.content import Content, Panel, PanelStep, of_image
from wsss_viz.app.widgets.viewer.payload import payload

__all__ = ["FIELDS", "Content", "Panel", "PanelStep", "Picked", "of_image", "payload", "viewer"]
