"""How exactly, and in which memory layout, a data-set run computes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from wsss_viz.errors import InputError
from wsss_viz.models.classifier import Classifier

__all__ = ["PRECISIONS", "computing", "laid_out", "using_threads"]

PRECISIONS = ("float32", "bf16")


@contextlib.contextmanager
def computing(precision: str, device: torch.device) -> Iterator[None]:
    """Mixed precision for "bf16": torch's autocast, convolutions in bfloat16, weights and sums as they are.

    A bfloat16 has eight bits of precision: CAM differs from float32's in the third digit, what is tuned on the image
    (RIB, CS-AE on a single image) may go another way. Most CPUs are slower with it.

    Raises:
        InputError: another precision.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network
        >>> with computing("bf16", torch.device("cpu")):
        ...     colour_network().maps(torch.ones(1, 3, 2, 4)).dtype
        torch.bfloat16
    """
    if precision not in PRECISIONS:
        raise InputError(f"unknown precision {precision!r}: give one of {', '.join(PRECISIONS)}")
    if precision == "float32":
        yield
        return
    with torch.autocast(device.type, dtype=torch.bfloat16):
        yield


def laid_out(network: Classifier) -> Classifier:
    """The network with its weights channels-last where it is on a CUDA GPU, whose convolutions like that; changed in
    place, the numbers stay.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network
        >>> network = colour_network()
        >>> laid_out(network) is network
        True
    """
    if network.device.type == "cuda":
        network.to(memory_format=torch.channels_last)
    return network


@contextlib.contextmanager
def using_threads(count: int) -> Iterator[None]:
    """`count` threads for a CPU's convolutions, as many as before afterwards.

    How many there are decides in which order sums are taken, and with it the last bits of a map.

    Examples:
        >>> before = torch.get_num_threads()
        >>> with using_threads(3):
        ...     torch.get_num_threads()
        3
        >>> torch.get_num_threads() == before
        True
    """
    before = torch.get_num_threads()
    if before == count:  # it is the process's number: nothing is set where other threads compute as well
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
