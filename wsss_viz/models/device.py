"""Which device computes."""

from __future__ import annotations

import torch

from wsss_viz.errors import InputError

__all__ = ["device_label", "find_device"]


def find_device(device: str | torch.device = "auto") -> torch.device:
    """The device by name; "auto" is the first GPU where there is one, else the CPU.

    Raises:
        InputError: the device is unknown, or not in this machine. Nothing falls back to the CPU in silence.

    Examples:
        >>> find_device("cpu")
        device(type='cpu')
    """
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        resolved = torch.device(device)
    except RuntimeError:
        raise InputError(f"unknown device {device!r}: give auto, cpu, cuda, cuda:0 or mps") from None
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available.get(resolved.type, False):
        raise InputError(f"device {device!r} is not available here: give cpu, or auto to take what there is")
    if resolved.type == "cuda" and (resolved.index or 0) >= torch.cuda.device_count():
        raise InputError(f"device {device!r}: this machine has {torch.cuda.device_count()} GPU(s), counted from cuda:0")
    return resolved


def device_label(device: torch.device) -> str:
    """What the badge shows: "CPU", or the GPU's name.

    Examples:
        >>> device_label(torch.device("cpu"))
        'CPU'
    """
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type.upper()
