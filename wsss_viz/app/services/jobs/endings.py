"""How a job ends that went wrong: one line for the person, and the memory given back."""

from __future__ import annotations

import gc
import sys

from wsss_viz.errors import InputError, is_out_of_memory


def end_line(error: BaseException, device: str) -> str:
    """One line: what a person can do about it. Of a defect no more than that there is one."""
    if isinstance(error, InputError):
        return " ".join(str(error).split())
    if is_out_of_memory(error):
        return f"The memory of {device} does not suffice: take a smaller image, fewer views, or fewer steps."
    return "This should not have gone wrong; the details are in the server's log."


def free_memory() -> None:
    """Gives back what a failed job held, on the GPU as well."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
