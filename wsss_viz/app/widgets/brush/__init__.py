"""A brush on an image: one component for what is erased by hand and for an object's outline."""

from wsss_viz.app.widgets.brush.component import brush

__all__ = ["brush"]
