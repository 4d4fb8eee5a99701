"""Several processes at one data set, as torchrun starts them: who they are, what they tell each other, how they end.

Each process is a rank and takes every n-th image, `indices[rank::count]`. They meet at few places: what is to be done
and what was counted is gathered on all, and an error on one ends all. Between two images a rank asks a store whether
another has failed; so nobody computes on for hours, and nobody waits for one that is gone.

All of it goes through torchrun's store: what they say is small, and a process group's threads may still be at work when
the interpreter ends, which then aborts (PyTorch's pull request 179291 describes it).
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from wsss_viz.errors import InputError

__all__ = ["ALONE", "Ranks", "Stopped", "joined", "named_by_environment"]

T = TypeVar("T")

_FAILED = "wsss_viz/failed"
_PATIENCE = timedelta(days=7)  # a rank with slow images lets the others wait; one that is gone is noticed at once


class Stopped(Exception):  # noqa: N818 - no error of this rank
    """Another rank has failed; it says why."""


@dataclass(frozen=True)
class Ranks:
    """This process among the others; alone by default.

    Attributes:
        rank: 0 to `count` - 1.
        count: processes on all machines.
        local: which of those on this machine, for its GPUs.
    """

    rank: int = 0
    count: int = 1
    local: int = 0
    store: Any = None
    _meetings: Iterator[int] = field(default_factory=itertools.count, compare=False, repr=False)

    def watched(self, things: Iterable[T]) -> Iterator[T]:
        """The same things, ended by `Stopped` once another rank has failed."""
        for thing in things:
            if self.count > 1 and self.store.check([_FAILED]):
                raise Stopped
            yield thing

    def run_on_all(self, work: Callable[[], T]) -> T:
        """What `work` returns on this rank, once it has returned on all.

        `work` must not meet the other ranks itself.

        Raises:
            InputError: on every rank, with the same line, where `work` failed on one.
        """
        if self.count == 1:
            return work()
        line, defect = None, None
        try:
            value = work()
        except InputError as error:
            line = str(error)
        except Stopped:
            line = ""
        except Exception as error:
            defect = error
            line = f"rank {self.rank} failed ({type(error).__name__}: {' '.join(str(error).split())[:200]})"
        if line is not None:
            self.store.set(_FAILED, "1")
        lines = self.all_gather(line)
        if defect is not None:
            raise defect
        said = [line for line in lines if line]
        if said or line is not None:
            raise InputError(said[0] if said else "another process has failed")
        return value

    def all_gather(self, value: T) -> list[T]:
        """The values of all ranks, on all ranks."""
        if self.count == 1:
            return [value]
        from torch.distributed.elastic.utils.store import synchronize

        said = pickle.dumps(value)
        meeting = f"wsss_viz/meeting/{next(self._meetings)}/"
        values = synchronize(self.store, said, self.rank, self.count, meeting, _PATIENCE.total_seconds())
        return [pickle.loads(value) for value in values]


ALONE = Ranks()


def named_by_environment() -> Ranks:
    """Who this process is by what torchrun sets (RANK, WORLD_SIZE, LOCAL_RANK); alone where it sets nothing.

    Raises:
        InputError: the variables are incomplete or make no sense.

    Examples:
        >>> named_by_environment() == ALONE
        True
    """
    if "WORLD_SIZE" not in os.environ and "RANK" not in os.environ:
        return ALONE
    try:
        rank, count = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
        local = int(os.environ.get("LOCAL_RANK", rank))
        missing = [name for name in ("MASTER_ADDR", "MASTER_PORT") if count > 1 and name not in os.environ]
        if missing or not 0 <= rank < count or local < 0:
            raise ValueError(missing)
    except (KeyError, ValueError):
        raise InputError(
            "RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT are not all set, or make no sense: start several processes "
            "with torchrun, or unset RANK and WORLD_SIZE"
        ) from None
    return Ranks(rank, count, local)


@contextlib.contextmanager
def joined() -> Iterator[Ranks]:
    """This process among those that torchrun started, connected to them; alone where there are no others.

    Raises:
        InputError: the environment makes no sense, or the others cannot be reached.

    Examples:
        >>> with joined() as ranks:
        ...     ranks.rank, ranks.count
        (0, 1)
    """
    ranks = named_by_environment()
    if ranks.count == 1:
        yield ranks
        return
    from torch.distributed.rendezvous import rendezvous

    try:
        store, _, _ = next(rendezvous("env://"))
    except (RuntimeError, ValueError, OSError) as error:
        cause = " ".join(str(error).split())[:200]
        raise InputError(
            f"the other processes cannot be reached ({cause}): start them together with torchrun"
        ) from error
    joined_ranks = Ranks(ranks.rank, ranks.count, ranks.local, store)
    yield joined_ranks
    joined_ranks.all_gather(None)  # rank 0 may keep the store: it is the last to go
