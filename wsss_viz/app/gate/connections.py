"""TCP connections: so many in all and of one address, and none that asks for nothing."""

from __future__ import annotations

import ipaddress
from typing import Any

from uvicorn import config as uvicorn_config
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from wsss_viz.app.gate.door import network_of
from wsss_viz.app.gate.limits import Limits, limits_of_this_server
from wsss_viz.app.gate.log import LOG


class Connections(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """uvicorn's protocol, which counts. `limits` is of the class: uvicorn makes the instances."""

    limits = Limits()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.config.ws_max_size = self.limits.message_bytes

    def connection_made(self, transport: Any) -> None:
        """Takes a connection, or ends it at once where there are as many as may be."""
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if isinstance(peer, tuple) and peer else ""
        if self._are_enough(address):
            LOG.warning("too many connections: one of %s was refused", address or "a socket")
            self.transport = transport  # which uvicorn closes once more when it is lost
            transport.abort()
            return
        super().connection_made(transport)
        self.loop.call_later(self.limits.silence, self._end_if_silent)

    def _are_enough(self, address: str) -> bool:
        if len(self.connections) >= self.limits.connections:
            return True
        if _is_local(address):
            return False
        alike = sum(1 for one in self.connections if one.client and network_of(one.client[0]) == network_of(address))
        return bool(alike >= self.limits.client_connections)

    def _end_if_silent(self) -> None:
        """Ends the connection where nothing whole was asked on it; a page's socket is another protocol's by then."""
        if self in self.connections and self.cycle is None and not self.transport.is_closing():
            LOG.warning("a connection asked for nothing in %.0f s and was ended", self.limits.silence)
            self.transport.abort()


def _is_local(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return True


def count_connections() -> None:
    """Has uvicorn take connections through `Connections`; before it is started."""
    Connections.limits = limits_of_this_server()
    uvicorn_config.HTTP_PROTOCOLS["auto"] = f"{Connections.__module__}:{Connections.__name__}"
