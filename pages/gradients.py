"""Gradients: how much each pixel moves what a layer says, and which share of a region's pixels moves it much."""

from wsss_viz.app.pages.gradients.page import show

show()
