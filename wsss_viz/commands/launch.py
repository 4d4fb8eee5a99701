"""What `maps` and `evaluate` share where several processes do the work of one."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wsss_viz.commands.progress import progress
from wsss_viz.errors import InputError, printable

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.api import LogsDest

    from wsss_viz.methods.ranks import Ranks
    from wsss_viz.refinement.refiners import Refiner

T = TypeVar("T")
_STARTED = "wsss_viz.started"
_RUN_ID = "wsss_viz"


def _noted(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    context.meta.setdefault(_STARTED, {})[parameter.name] = value
    if value not in (None, 1):  # here, since torch reads it when it is imported: it warns of a store that went first
        os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")


processes_option = click.option(
    "--processes",
    type=click.IntRange(min=1),
    default=1,
    callback=_noted,
    expose_value=False,
    help="Start so many on this machine, each with its share of the images and its own GPU.",
)
"""Of a command that works within `every_rank`, as are the next two: together what torchrun is for."""
nodes_option = click.option(
    "--nodes",
    type=click.IntRange(min=1),
    default=1,
    callback=_noted,
    expose_value=False,
    help="The machines, on each of which the same command is started, with one shared folder to write to.",
)
rendezvous_option = click.option(
    "--rendezvous",
    metavar="HOST:PORT",
    callback=_noted,
    expose_value=False,
    help="Where the processes of several --nodes meet: one of the machines, and a free port.",
)


def _start(processes: int, nodes: int, rendezvous: str | None) -> int:
    """Runs this very command line in several processes, as torchrun does without its traceback; the exit code."""
    from torch.distributed.elastic.multiprocessing.api import DefaultLogsSpecs, SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.elastic.rendezvous.api import RendezvousError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    if (nodes > 1) != (rendezvous is not None):
        raise InputError("--nodes and --rendezvous belong together: --nodes 2 --rendezvous HOST:29400 on each machine")
    for name in ("torch.distributed.elastic", *logging.root.manager.loggerDict):  # some have a level of their own
        if name.startswith("torch.distributed.elastic"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # each process says what went wrong
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    run = _RUN_ID if rendezvous else f"{_RUN_ID}-{os.getpid()}"
    met = False

    class Noting(DefaultLogsSpecs):
        """Asked where a process's lines go when it is started, which is when all machines have met."""

        def reify(self, envs: dict[int, dict[str, str]]) -> LogsDest:
            nonlocal met
            met = True
            return super().reify(envs)

    endpoint = rendezvous or "localhost:0"
    config = LaunchConfig(
        nodes, nodes, processes, run_id=run, rdzv_endpoint=endpoint, max_restarts=0, logs_specs=Noting()
    )
    config.rdzv_backend = "c10d"
    try:
        elastic_launch(config, sys.executable)("-m", "wsss_viz", *sys.argv[1:])
    except (SignalException, KeyboardInterrupt):
        return 130
    except ChildFailedError as error:
        codes = {failure.exitcode for failure in error.failures.values()}
        # Those that torchrun ends after the first one end by its signal.
        return 2 if 2 in codes else 1
    except (RendezvousError, ValueError) as error:
        if met and not isinstance(error, RendezvousError):
            raise  # a defect: they have met
        if met:
            raise InputError("another of the machines has ended first: see what it says, and start all again") from None
        cause = " ".join(str(error).split())[:200] or "nobody came"
        raise InputError(
            f"the {nodes} machines do not meet at {rendezvous} ({cause}): start the same command on each, with one "
            "machine's name and a free port of it"
        ) from None
    return 0


@contextlib.contextmanager
def every_rank() -> Iterator[Ranks]:
    """This process among the others; an InputError of all ends all, and rank 0 alone says it.

    Where --processes or --nodes ask for several and this is none of them, starts them and exits as they do.
    """
    from wsss_viz.methods.ranks import joined

    context = click.get_current_context(silent=True)
    asked = context.meta.get(_STARTED, {}) if context else {}
    several = asked and (asked["processes"], asked["nodes"], asked["rendezvous"]) != (1, 1, None)
    if several and "RANK" not in os.environ:
        sys.exit(_start(**asked))
    with joined() as ranks:
        try:
            yield ranks
        except InputError as error:
            if ranks.count == 1:
                raise
            if ranks.rank == 0:
                click.echo(f"error: {printable(str(error))}", err=True)
                logging.getLogger("wsss_viz").debug("error: %s", error)
            # torchrun ends the others as soon as one has ended with an error: nobody goes before it is said.
            ranks.all_gather(None)
            if "--debug" in sys.argv:
                raise
            sys.exit(2)
        except KeyboardInterrupt:
            if ranks.rank != 0:  # rank 0 says it
                sys.exit(130)
            raise


def device_of(device: str, ranks: Ranks) -> str:
    """Where this rank computes: of several GPUs on its machine, its own."""
    import torch

    if ranks.count > 1 and device in ("auto", "cuda") and torch.cuda.is_available():
        return f"cuda:{ranks.local % torch.cuda.device_count()}"
    return device


def bar_of(ranks: Ranks) -> Callable[[Iterable[T], str], Iterable[T]]:
    """A progress bar on rank 0, of its own share; nothing on the others."""

    def wrapped(items: Iterable[T], title: str) -> Iterable[T]:
        if ranks.rank != 0:
            return items
        return progress(items, title if ranks.count == 1 else f"{title}, rank 0 of {ranks.count}")

    return wrapped


def refiner_of(text: str | None, device: str) -> Refiner | None:
    """The refiner of --refine on a device; None where there is none."""
    if text is None:
        return None
    from wsss_viz.models.device import find_device
    from wsss_viz.refinement import refiner

    return refiner(text, find_device(device))
