"""`app`: starts the app on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from wsss_viz.commands.options import need_app, threads_option
from wsss_viz.errors import InputError
from wsss_viz.resources import shipped_folder

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def launcher() -> Path:
    """`app.py`, beside whose `.streamlit/config.toml` the server is started."""
    return shipped_folder() / "app.py"


def server_arguments(
    port: int, host: str, headless: bool, upload_megabytes: int, names: Sequence[str] = ()
) -> list[str]:
    """Streamlit's arguments. The allowed hosts follow the address: this machine's, beyond it the one given, of all of
    them every number and this machine's name ("*"), and the other names it is reached by. They are said here, for
    Streamlit reads its file again and again, which may be away for a moment while the app is updated."""
    arguments = ["run", str(launcher()), f"--server.port={port}", f"--server.address={host}"]
    arguments.append(f"--server.maxUploadSize={upload_megabytes}")
    first = "*" if host in ("0.0.0.0", "::") else host
    allowed = ("127.0.0.1", "localhost", "[::1]", *([] if host in LOOPBACK else [first]), *names)
    arguments += [f"--server.allowedHosts={name}" for name in allowed]
    if headless:
        arguments.append("--server.headless=true")
    return arguments


def open_workspaces(
    data: str | None,
    classifiers: tuple[str, ...],
    maps: tuple[str, ...],
    reports: tuple[str, ...],
    file: Path | None,
) -> None:
    """Checks what the options name, and has the server know it. Raises InputError, in one line."""
    from wsss_viz.app import workspace

    opened = list(workspace.read_file(file)) if file is not None else []
    if data is not None:
        named = (_named("--classifier", classifiers), _named("--maps", maps, bare=False), _named("--report", reports))
        opened.append(workspace.made("", data, *named, base=Path.cwd()))
    elif classifiers or maps or reports:
        raise InputError("--classifier, --maps and --report are of a data set: give it with --data, or use --workspace")
    if opened:
        workspace.publish(opened)


def _named(option: str, texts: tuple[str, ...], bare: bool = True) -> dict[str, str]:
    """What an option names, by name; where it has none and may be `bare`, that of its file.

    >>> _named("--maps", ("Ours=maps/ours",)), _named("--classifier", ("nets/res50_cam.pth",))
    ({'Ours': 'maps/ours'}, {'res50 cam': 'nets/res50_cam.pth'})
    """
    from wsss_viz.app.workspace import plain_name

    named: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals and bare:
            name, value = plain_name(Path(text.partition("#")[0]).stem), text
        if not name or not value:
            raise InputError(f"{option} {text}: give it as NAME={'DIR' if option == '--maps' else 'FILE'}")
        if name in named:
            raise InputError(f"{option}: {name!r} is given twice: give one of them another name")
        named[name] = value
    return named


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8501, help="Port to listen on.")
@click.option("--host", default="127.0.0.1", help="Address to listen on; 0.0.0.0 lets other machines in.")
@click.option(
    "--allow-host", "names", multiple=True, metavar="NAME", help="A further name that the server is reached by."
)
@click.option("--device", default="auto", help="What computes: auto, cpu, cuda, cuda:1 or mps.")
@threads_option
@click.option(
    "--checkpoints",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder of checkpoints of your own, to be chosen on Compare.",
)
@click.option(
    "--allow-checkpoint-upload",
    is_flag=True,
    help="Let visitors upload checkpoints there: read within bounds, kept for their session alone.",
)
@click.option(
    "--data",
    help="A data set of your own to look at: voc:PATH:SPLIT, coco:PATH:SPLIT, folder:PATH or any other data string.",
)
@click.option(
    "--classifier",
    "classifiers",
    multiple=True,
    metavar="[NAME=]CHECKPOINT",
    help="A network that looks at it, as `evaluate` takes it; repeatable. Default: ImageNet's, or the drawn scenes'.",
)
@click.option(
    "--maps", multiple=True, metavar="NAME=DIR", help="A folder of maps or pseudo masks to show beside; repeatable."
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="[NAME=]FILE",
    help="A report of `evaluate --json`: Results opens it, the contact sheet is ordered by it; repeatable.",
)
@click.option(
    "--workspace",
    "workspace_file",
    type=click.Path(path_type=Path),
    help="A TOML file that names several data sets with their networks, maps and reports.",
)
@click.option(
    "--allow-pickle-upload",
    is_flag=True,
    help="With --allow-checkpoint-upload: pickles of torch as well as safetensors, read by a process of their own.",
)
@click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    help="A file whose first line is the password that every visitor must enter.",
)
@click.option("--headless", is_flag=True, help="Do not open a browser.")
def command(
    *,
    port: int,
    host: str,
    names: tuple[str, ...],
    device: str,
    threads: int,
    checkpoints: Path | None,
    allow_checkpoint_upload: bool,
    allow_pickle_upload: bool,
    password_file: Path | None,
    data: str | None,
    classifiers: tuple[str, ...],
    maps: tuple[str, ...],
    reports: tuple[str, ...],
    workspace_file: Path | None,
    headless: bool,
) -> None:
    """Start the app in the browser."""
    need_app("the app")
    if device != "auto":
        from wsss_viz.models.device import find_device

        find_device(device)
    from streamlit.web import cli

    from wsss_viz.app.gate.connections import count_connections
    from wsss_viz.app.server import stay_offline
    from wsss_viz.app.settings import (
        DEVICE_VARIABLE,
        FOLDER_VARIABLE,
        PASSWORD_VARIABLE,
        PICKLE_VARIABLE,
        THREADS_VARIABLE,
        UPLOAD_VARIABLE,
        server_megabytes,
    )

    os.environ[DEVICE_VARIABLE], os.environ[THREADS_VARIABLE] = device, str(threads)
    open_workspaces(data, classifiers, maps, reports, workspace_file)
    if checkpoints is not None:
        if not checkpoints.is_dir():
            raise InputError(f"--checkpoints {checkpoints}: no such folder; give one that holds checkpoints")
        os.environ[FOLDER_VARIABLE] = str(checkpoints.resolve())
    if allow_checkpoint_upload:
        os.environ[UPLOAD_VARIABLE] = "1"
    if password_file is not None:
        from wsss_viz.app.gate.door import read_password

        read_password(password_file)
        os.environ[PASSWORD_VARIABLE] = str(password_file.resolve())
    if allow_pickle_upload:
        os.environ[PICKLE_VARIABLE] = "1"
    os.chdir(launcher().parent)
    stay_offline()
    count_connections()
    arguments = server_arguments(port, host, headless, server_megabytes(), names)
    sys.exit(cli.main(arguments, prog_name="streamlit", standalone_mode=False))
