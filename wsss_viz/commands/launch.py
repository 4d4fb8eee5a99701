"""What `maps` and `evaluate` share where torchrun starts several of them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

import click

from wsss_viz.commands.options import progress
from wsss_viz.errors import InputError

if TYPE_CHECKING:
    from wsss_viz.methods.ranks import Ranks

T = TypeVar("T")


@contextlib.contextmanager
def every_rank() -> Iterator[Ranks]:
    """This process among the others; an InputError of all ends all, and rank 0 alone says it."""
    from wsss_viz.methods.ranks import joined

    with joined() as ranks:
        try:
            yield ranks
        except InputError as error:
            if ranks.count == 1:
                raise
            if ranks.rank == 0:
                click.echo(f"error: {error}", err=True)
            # torchrun ends the others as soon as one has ended with an error: nobody goes before it is said.
            ranks.all_gather(None)
            if "--debug" in sys.argv:
                raise
            sys.exit(2)


def device_of(device: str, ranks: Ranks) -> str:
    """Where this rank computes: of several GPUs on its machine, its own."""
    import torch

    if ranks.count > 1 and device in ("auto", "cuda") and torch.cuda.is_available():
        return f"cuda:{ranks.local % torch.cuda.device_count()}"
    return device


def bar_of(ranks: Ranks) -> Callable[[Iterable[T], str], Iterable[T]]:
    """A progress bar on rank 0, of its own share; nothing on the others."""

    def shown(items: Iterable[T], title: str) -> Iterable[T]:
        if ranks.rank != 0:
            return items
        return progress(items, title if ranks.count == 1 else f"{title}, rank 0 of {ranks.count}")

    return shown
