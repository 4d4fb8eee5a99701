"""Erasing: find, erase, repeat, step by step; CS-AE's and RIB's iterations in the same way."""

from wsss_viz.app.pages.erasing.page import show

show()
