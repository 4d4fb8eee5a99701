"""`handout`: the lecture as a PDF to print."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from wsss_viz.commands.options import need_app
from wsss_viz.errors import InputError


@click.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--lang", type=click.Choice(["en", "ko"]), default="en", help="English or Korean.", show_default=True)
def command(out: Path, lang: str) -> None:
    """Write the steps of the page Learn to OUT, a .pdf: a page per step, the answers on the last."""
    if out.suffix.lower() != ".pdf":
        raise InputError(f"the handout is a PDF: give a name that ends in .pdf, not {out.name!r}")
    need_app("the handout")
    from wsss_viz.app.language import speaking
    from wsss_viz.app.pages.learn.handout import handout
    from wsss_viz.data.files import write_whole

    # The steps are the page's own, whose caches say that no page is running.
    logging.disable(logging.WARNING)
    try:
        with speaking(lang):
            write_whole(out, handout())
    finally:
        logging.disable(logging.NOTSET)
    click.echo(str(out))
