"""Start: one scene, what the classifier was told, and where CAM, CS-AE and RIB find it; then the pages."""

from wsss_viz.app.pages.start.page import show

show()
