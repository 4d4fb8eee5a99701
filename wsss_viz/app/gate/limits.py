"""What one visitor and all of them together may have of the server."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from wsss_viz.app.settings import server_megabytes, upload_allowed

FILES_PER_SOCKET = 5
"""Descriptors that a session holds: its connection, and those of its script's event loop."""
SPARE_FILES = 256
"""Descriptors for everything else."""
WANTED_FILES = 8192
"""Descriptors that are asked for: 2,048 connections at once are taken before the first can be refused."""


@dataclass(frozen=True)
class Limits:
    """
    Attributes:
        sockets, client_sockets: open pages, in all and of one address: a room behind one router has one address.
        connections, client_connections: TCP connections likewise; those of this machine are counted in all alone, for
            a proxy's are all of them.
        silence: seconds that a connection may take to ask for something.
        upload_bytes, session_upload_bytes: what uploads may hold, in all and of one page.
        uploads: that may be under way at once.
        upload_pause: seconds between two pieces of an upload.
        message_bytes: of one message from a page.
        messages: a second that a page may send for long; `burst` at once.
        log_seconds: between two lines of one kind in the log.
    """

    sockets: int = 200
    client_sockets: int = 80
    connections: int = 600
    client_connections: int = 200
    silence: float = 20.0
    upload_bytes: int = 768 * 2**20
    session_upload_bytes: int = 160 * 2**20
    uploads: int = 16
    upload_pause: float = 20.0
    message_bytes: int = 2 * 2**20
    messages: float = 20.0
    burst: int = 60
    log_seconds: float = 60.0


def limits_of_this_server() -> Limits:
    """The limits, of uploads by what the server takes at all, of sockets by the descriptors that it may open."""
    plain = Limits()
    largest = server_megabytes() * 2**20
    files = _open_files()
    sockets = plain.sockets if files is None else max(8, min(plain.sockets, (files - SPARE_FILES) // FILES_PER_SOCKET))
    connections = plain.connections if files is None else max(sockets, min(plain.connections, files - SPARE_FILES))
    return Limits(
        sockets=sockets,
        client_sockets=min(plain.client_sockets, sockets),
        connections=connections,
        client_connections=min(plain.client_connections, connections),
        upload_bytes=(4 * largest if upload_allowed() else plain.upload_bytes),
        session_upload_bytes=(largest + plain.session_upload_bytes if upload_allowed() else plain.session_upload_bytes),
    )


def _open_files() -> int | None:
    """How many descriptors this process may have, raised as far as it may itself; None where the system has no such."""
    try:
        import resource
    except ImportError:
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return None
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(WANTED_FILES, hard)
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
