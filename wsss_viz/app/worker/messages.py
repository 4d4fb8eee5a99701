"""What the program and the process beside it say to each other: pickles through a pipe, each behind its size."""

from __future__ import annotations

import pickle
import struct
from typing import IO

__all__ = ["DONE", "ENDED", "FAILED", "ITEM", "KEEPS", "READY", "receive", "send"]

READY, ITEM, DONE, FAILED, ENDED, KEEPS = "ready", "item", "done", "failed", "ended", "keeps"
"""Kinds of answers."""
_SIZE = struct.Struct("<Q")


def send(pipe: IO[bytes], message: object) -> None:
    """Writes one message. Raises OSError where nobody reads any more.

    >>> import io
    >>> pipe = io.BytesIO()
    >>> send(pipe, (3, "item"))
    >>> len(pipe.getvalue()) > 8
    True
    """
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    pipe.write(_SIZE.pack(len(content)) + content)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes:
    """One message, pickled. Raises EOFError where there is no more, or no whole one.

    >>> import io
    >>> pipe = io.BytesIO()
    >>> send(pipe, (3, "item"))
    >>> _ = pipe.seek(0)
    >>> pickle.loads(receive(pipe))
    (3, 'item')
    >>> receive(io.BytesIO(pipe.getvalue()[:-1]))
    Traceback (most recent call last):
    EOFError
    """
    head = pipe.read(_SIZE.size)
    if len(head) < _SIZE.size:
        raise EOFError
    (size,) = _SIZE.unpack(head)
    content = pipe.read(size)
    if len(content) < size:  # who wrote it was ended amid it
        raise EOFError
    return content
