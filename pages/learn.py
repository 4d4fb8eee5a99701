"""Learn: the lecture, one claim a step."""

from wsss_viz.app.pages.learn.page import show

show()
