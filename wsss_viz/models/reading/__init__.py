"""Files of tensors that came from elsewhere: read within bounds, and never trusted.

safetensors are read in this process: a header, then numbers. Whatever else there is (torch's pickles, MXNet's arrays)
is read by a child process with limits on memory, time and what it may write, and comes back as safetensors.
"""

from wsss_viz.models.reading.bounds import TensorInfo
from wsss_viz.models.reading.opening import TensorFile, open_tensors

__all__ = ["TensorFile", "TensorInfo", "open_tensors"]
