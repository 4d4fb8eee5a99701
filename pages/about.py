"""About: what is computed and from which papers, what is not claimed, and what made what is shown."""

from wsss_viz.app.pages.about.page import show

show()
