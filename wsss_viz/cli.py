"""The command line: `wsss-viz COMMAND`, which is `python -m wsss_viz COMMAND`.

Errors are one line and exit with 2; `--debug` shows the traceback. A command's module is imported only when the
command is called, so `--help` costs neither torch nor streamlit.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click

from wsss_viz.errors import InputError, is_out_of_memory
from wsss_viz.version import __version__

COMMANDS = {
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
    "showcase": "Compute what the app shows at once.",
    "train": "Train the checkpoints, from a seed.",
}


class _Lazy(click.Group):
    """A group whose commands are `wsss_viz.commands.NAME.command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"wsss_viz.commands.{cmd_name.replace('-', '_')}")
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


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits: 0 done, 1 a defect, 2 bad input, 130 interrupted."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        group.main(arguments, prog_name=_program(), standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(2)
    except click.ClickException as error:
        click.echo(f"error: {' '.join(error.format_message().split())}", err=True)
        sys.exit(2)
    except InputError as error:
        if "--debug" in arguments:
            raise
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt) as stop:  # before RuntimeError, which click.Abort is
        said = str(stop.__cause__ or stop)
        click.echo(f"stopped: {said}" if said else "stopped", err=True)
        sys.exit(130)
    except (MemoryError, RuntimeError) as error:
        if "--debug" in arguments or not is_out_of_memory(error):
            raise
        click.echo("error: the memory does not suffice: take smaller images, fewer views or a smaller batch", err=True)
        sys.exit(2)
