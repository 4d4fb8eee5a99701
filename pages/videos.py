"""In time: when an action is, from labels of whole videos."""

from wsss_viz.app.pages.videos.page import show

show()
