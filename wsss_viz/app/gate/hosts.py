"""By which names the server may be asked, and from which pages."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from functools import cache
from urllib.parse import urlsplit

ANY_ADDRESS = "*"
"""Among the allowed names: every IP address, and this machine's own names. No page of another name can have them."""
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


def host_name(host: str | None) -> str | None:
    """The name in a Host header, lower case, without the port; None where it is no such header.

    >>> host_name("Lab.Example:8501"), host_name("[::1]:8501"), host_name("a@b"), host_name("x:y")
    ('lab.example', '::1', None, None)
    """
    try:
        parts = urlsplit(f"//{host or ''}")
        name, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if not name or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        return None
    return name.rstrip(".")


def host_allowed(host: str | None, allowed: Collection[str]) -> bool:
    """Whether the server answers to that Host header.

    Args:
        allowed: names, `*.example.org` for all below one, `ANY_ADDRESS`.

    >>> host_allowed("192.0.2.7:8501", ["*"]), host_allowed("evil.example", ["*"])
    (True, False)
    >>> host_allowed("a.lab.example", ["*.lab.example"]), host_allowed("lab.example.evil", ["lab.example"])
    (True, False)
    """
    name = host_name(host)
    if name is None:
        return False
    plain = [one.strip().lower().rstrip(".").strip("[]") for one in allowed]
    if name in plain or any(one.startswith("*.") and name.endswith(one[1:]) for one in plain):
        return True
    return ANY_ADDRESS in plain and (_is_address(name) or name in LOOPBACK_NAMES or name in machine_names())


@cache
def machine_names() -> frozenset[str]:
    """What this machine calls itself, without asking any other."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return frozenset((name, short, f"{short}.local"))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def origin_allowed(origin: str | None, host: str | None) -> bool:
    """Whether a page of that origin may ask: the server's own, or none (a program).

    >>> origin_allowed("http://lab:8501", "lab:8501"), origin_allowed("http://evil", "lab"), origin_allowed(None, "lab")
    (True, False, True)
    >>> origin_allowed("https://lab", "lab:443"), origin_allowed("null", "lab")
    (True, False)
    """
    if origin is None:
        return True
    try:
        asking, asked = urlsplit(origin), urlsplit(f"//{host or ''}")
        usual = {"https": 443, "http": 80}.get(asking.scheme)
        ports = asking.port or usual, asked.port or usual
    except ValueError:
        return False
    return usual is not None and asking.hostname == asked.hostname and ports[0] == ports[1]
