"""Which checkpoint of a person's own looks, on Compare."""

from __future__ import annotations

from dataclasses import dataclass

from wsss_viz.app.settings import checkpoint_files
from wsss_viz.app.state.parameters import Notation, Parameter


@dataclass(frozen=True)
class UserImageState:
    """
    Attributes:
        checkpoint: the name of a file among `settings.checkpoint_files`; "": the shipped classifier.
        partner: likewise, CGNet beside it; "": none.
    """

    checkpoint: str = ""
    partner: str = ""


def _read(text: str) -> str:
    if text and text not in checkpoint_files():
        raise ValueError("a checkpoint that is on this server")
    return text


PARAMETERS = (Parameter("checkpoint", Notation(_read)), Parameter("partner", Notation(_read)))
