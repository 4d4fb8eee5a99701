"""Files of tensors that came from elsewhere: read within bounds, and never trusted.

A file is read once: its digest, its header and its numbers are of the same bytes, and no tensor stays mapped to it.
safetensors are read in this process. Whatever else there is (torch's pickles, MXNet's arrays) is read by a child
process with limits on memory, time and what it may write, and comes back as safetensors.
"""

from wsss_viz.models.reading.bounds import TensorInfo
from wsss_viz.models.reading.opening import TensorFile, read_tensors

__all__ = ["TensorFile", "TensorInfo", "read_tensors"]
