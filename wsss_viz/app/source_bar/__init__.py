"""The source bar of the pages: what is looked at, which of it, and what is said of it."""

from wsss_viz.app.source_bar.bar import Beside, no_picture, picker, sample, source_bar
from wsss_viz.app.source_bar.description import label_lead, label_title, looked_for, recognition, title_of
from wsss_viz.app.source_bar.kinds import fields_of, kind_of

__all__ = [
    "Beside",
    "fields_of",
    "kind_of",
    "label_lead",
    "label_title",
    "looked_for",
    "no_picture",
    "picker",
    "recognition",
    "sample",
    "source_bar",
    "title_of",
]
