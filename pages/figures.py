"""Figures: a figure for a paper, ready at once, and the spec that gives the same bytes again."""

from wsss_viz.app.pages.figures.page import show

show()
