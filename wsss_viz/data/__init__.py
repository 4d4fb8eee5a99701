"""What is looked at: Samples, and the sources they come from."""

from wsss_viz.data.images import read_image, read_mask
from wsss_viz.data.palette import VOC_CLASSES, class_colour, voc_palette
from wsss_viz.data.sample import Sample
from wsss_viz.data.sources import DataSet, open
from wsss_viz.data.voc_writer import write_voc

__all__ = [
    "VOC_CLASSES",
    "DataSet",
    "Sample",
    "class_colour",
    "open",
    "read_image",
    "read_mask",
    "voc_palette",
    "write_voc",
]
