"""Compare: one to five methods side by side on one scene, and what the threshold does to each."""

from wsss_viz.app.pages.compare.page import show

show()
