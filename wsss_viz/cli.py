"""The command line: `wsss-viz COMMAND`, which is `python -m wsss_viz COMMAND`.

Errors are one line and exit with 2; `--debug` shows the traceback. A command's module is imported only when the
command is called, so `--help` costs neither torch nor streamlit.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import io
import os
import sys
from pathlib import Path

import click

from wsss_viz.errors import InputError, is_out_of_memory, printable
from wsss_viz.interrupts import NOT_BEGUN
from wsss_viz.version import __version__

COMMANDS = {
    "annotations": "Write masks and boxes from maps, as COCO JSON, YOLO or FiftyOne read them.",
    "app": "Start the app in the browser.",
    "convert-efficientnet-lite": "Convert EfficientNet-Lite's weights to a checkpoint.",
    "data": "Draw, write and list data sets.",
    "diagnose": "Measure information and gradients, as numbers.",
    "evaluate": "Score methods on a data set with masks.",
    "figure": "Draw a figure for a paper from its spec.",
    "inspect": "Say what a checkpoint holds, before anything is computed with it.",
    "handout": "Write the lecture as a PDF to print.",
    "maps": "Write the class maps of a whole data set.",
    "methods": "List the methods, what each needs and its settings.",
    "pipeline": "Go from image labels to a segmentation network.",
    "showcase": "Compute what the app shows at once.",
    "temporal": "Localise actions in time, and score it.",
    "train": "Train the checkpoints, from a seed.",
}


class _Lazy(click.Group):
    """A group whose commands are `wsss_viz.commands.NAME.command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        try:
            module = importlib.import_module(f"wsss_viz.commands.{cmd_name.replace('-', '_')}")
        except KeyboardInterrupt:
            raise KeyboardInterrupt(NOT_BEGUN) from None
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(__version__, prog_name="wsss_viz")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def group(debug: bool) -> None:
    """Weakly-supervised semantic segmentation, looked at."""


def _program() -> str:
    """What the command line was called by: the installed script's name, or `python -m wsss_viz`."""
    name = Path(sys.argv[0]).stem
    return name if name == "wsss-viz" else "python -m wsss_viz"


def _is_of_the_output(error: OSError) -> bool:
    return error.filename is None and error.errno in (errno.ENOSPC, errno.EPIPE, errno.EIO, errno.EFBIG, errno.EDQUOT)


def _drop_the_output() -> None:
    """Lets Python end without trying once more to write what could not be written."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _where_listed(error: click.ClickException) -> str:
    """Where the commands or options are listed, of an error about one that there is not."""
    context = getattr(error, "ctx", None)
    if context is None or not error.format_message().startswith("No such"):
        return ""
    return f" `{context.command_path} --help` lists those there are."


def _say_stopped(said: str) -> None:
    if os.environ.get("RANK", "0") == "0":  # of several processes the first says it
        click.echo(f"stopped: {said}" if said else "stopped", err=True)


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits: 0 done, 1 a defect, 2 bad input, 130 interrupted."""
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files need not be text
    try:
        if not os.environ.get("SOURCE_DATE_EPOCH", "0").isdecimal():
            raise InputError("SOURCE_DATE_EPOCH is no number of seconds: correct it, or unset it")
        group.main(arguments, prog_name=_program(), standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(2)
    except click.ClickException as error:
        said = printable(" ".join(error.format_message().split()))
        click.echo(f"error: {said}{_where_listed(error)}", err=True)
        sys.exit(2)
    except InputError as error:
        if "--debug" in arguments:
            raise
        click.echo(f"error: {printable(str(error))}", err=True)
        sys.exit(2)
    except OSError as error:
        if "--debug" in arguments or not _is_of_the_output(error):
            raise
        _drop_the_output()
        click.echo(f"error: the output cannot be written: {error.strerror}", err=True)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt) as stop:  # before RuntimeError, which click.Abort is
        _say_stopped(str(stop.__cause__ or stop))
        sys.exit(130)
    except (MemoryError, RuntimeError) as error:
        if "--debug" in arguments or not is_out_of_memory(error):
            raise
        click.echo("error: the memory does not suffice: take smaller images, fewer views or a smaller batch", err=True)
        sys.exit(2)
