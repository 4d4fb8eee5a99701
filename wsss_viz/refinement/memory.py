"""Whether an image can be refined in the memory that there is."""

from __future__ import annotations

import os

import torch

from wsss_viz.errors import InputError

__all__ = ["check_memory"]

_LATTICE, _LABEL = 2600, 40
"""Bytes per pixel of both lattices at their worst, each pixel in a simplex of its own, and of each label."""


def check_memory(size: tuple[int, int], labels: int, device: str | torch.device = "cpu") -> None:
    """Raises InputError where refining an image of (H, W) with that many labels needs more than the machine has.

    >>> check_memory((375, 500), 21)
    >>> check_memory((400_000, 300_000), 3)
    Traceback (most recent call last):
    wsss_viz.errors.InputError: refining 400000 x 300000 pixels with 3 labels needs about 326400 GB of memory, ...
    """
    needed = size[0] * size[1] * (_LATTICE + _LABEL * labels)
    there = _bytes(torch.device(device))
    if there is not None and needed > there:
        raise InputError(
            f"refining {size[0]} x {size[1]} pixels with {labels} labels needs about {needed / 1e9:.0f} GB of memory, "
            f"and there are {there / 1e9:.0f}: make the image smaller"
        )


def _bytes(device: torch.device) -> int | None:
    """What the device has in all; None where it does not say."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
