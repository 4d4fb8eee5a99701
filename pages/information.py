"""Information: the information plane of small networks, what is exact, and what a real classifier's layers carry."""

from wsss_viz.app.pages.information.page import show

show()
