"""Results: what was measured on the held-out scenes, and what was published on PASCAL VOC 2012."""

from wsss_viz.app.pages.results.page import show

show()
