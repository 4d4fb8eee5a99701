"""Learn: the lecture, one claim per step."""

from wsss_viz.app.pages.learn.page import show

show()
