"""How commands say what was noticed about the data: one line on the error stream, and what could not be read."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from wsss_viz.data.findings import Finding, Noticed
    from wsss_viz.data.sources import DataSet
    from wsss_viz.methods.ranks import Ranks

LISTED = 20
_LOG = logging.getLogger("wsss_viz")


def say_findings(noticed: Noticed, data: str) -> None:
    """The errors and warnings in one line, as `data check` has them."""
    _warn(noticed.findings(), data)


def say_report(report: Mapping[str, Any], data: str) -> None:
    """The same two lines from an evaluation's report."""
    if "classes_from" in report:
        click.echo(f"{data}: {report['classes_from']}", err=True)
    _warn(report.get("findings", ()), data)


def _warn(findings: Iterable[Finding | Mapping[str, Any]], data: str) -> None:
    from wsss_viz.data.findings import in_one_line, said_in_one_line

    listed = list(findings)
    for mark, line in (("note", said_in_one_line(listed)), ("warning", in_one_line(listed, data))):
        if line:
            click.echo(f"{mark}: {line}", err=True)


def say_source(samples: DataSet) -> None:
    """Where the names and numbers of files come from."""
    if hasattr(samples.source, "numbering"):
        click.echo(f"{samples.name}: {samples.numbering.said}", err=True)


def end(unreadable: Iterable[tuple[str, str]], ranks: Ranks, code: int = 1) -> None:
    """Lists what could not be read and ends the process with `code` where there is any, on all ranks."""
    failed = list(unreadable)
    if not failed:
        return
    if ranks.rank == 0:
        for name, message in failed[:LISTED]:
            click.echo(f"not read: {name}: {message}", err=True)
            _LOG.debug("not read: %s: %s", name, message)
        if len(failed) > LISTED:
            click.echo(f"and {len(failed) - LISTED} more", err=True)
    ranks.all_gather(None)
    sys.exit(code)
