"""Own image: a person's picture, through the shipped classifier or a checkpoint of their own. It stays in memory."""

from wsss_viz.app.pages.own.page import show

show()
