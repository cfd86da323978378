"""Webhooks leave our network: a host is looked up once, its addresses are checked, and only those are connected to.

Looking a name up a second time when connecting would let its owner answer with a public address first and with one of ours then.
"""

import socket
import threading
from ipaddress import ip_address

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError
from urllib3.util.connection import create_connection


class PrivateHostError(Exception):
    """A host has an address inside our own network."""


class _Pins:
    """The checked addresses of each host; kept, since a delivery that was given up may still be about to connect."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._addresses: dict[str, tuple[str, ...]] = {}

    def put(self, host: str, addresses: tuple[str, ...]) -> None:
        """Keep what a host may be connected to from now on."""
        with self._lock:
            self._addresses[_plain(host)] = addresses

    def of(self, host: str) -> tuple[str, ...]:
        """Return what a host may be connected to; nothing is known of one that was never checked."""
        with self._lock:
            return self._addresses.get(_plain(host), ())


_PINS = _Pins()


def pin(host: str, port: int) -> None:
    """Look a host up, and let connections to it go to the addresses found and nowhere else.

    Raises
    ------
    OSError, UnicodeError
        There is no such host.
    PrivateHostError
        One of its addresses is inside our own network.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = tuple(dict.fromkeys(str(entry[4][0]).split("%", 1)[0] for entry in found))
    for address in map(ip_address, addresses):
        if not address.is_global or address.is_multicast:
            raise PrivateHostError(host)
    _PINS.put(host, addresses)


def install() -> None:
    """Let all connections of this process that carry webhooks keep to what was pinned; harmless when done twice."""
    HTTPConnectionPool.ConnectionCls = _PinnedConnection  # pyright: ignore[reportAttributeAccessIssue] - urllib3's own classes do not fit its protocol either
    HTTPSConnectionPool.ConnectionCls = _PinnedTlsConnection  # pyright: ignore[reportAttributeAccessIssue] - urllib3's own classes do not fit its protocol either


def connection(host: str, port: int, *, is_tls: bool, timeout_s: float) -> HTTPConnection | HTTPSConnection:
    """Return a connection that is not open yet; to a pinned host it goes to the checked addresses only."""
    kind = _PinnedTlsConnection if is_tls else _PinnedConnection
    return kind(host, port, timeout=timeout_s)


class _PinnedConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        addresses = _PINS.of(self.host)
        return _connected(self, addresses) if addresses else super()._new_conn()


class _PinnedTlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        addresses = _PINS.of(self.host)
        return _connected(self, addresses) if addresses else super()._new_conn()


def _connected(connection: HTTPConnection, addresses: tuple[str, ...]) -> socket.socket:
    """Connect to the first address that answers; the name still decides which certificate is asked for."""
    trouble: OSError | None = None
    for address in addresses:
        try:
            return create_connection(
                (address, connection.port),
                connection.timeout,
                source_address=connection.source_address,
                socket_options=connection.socket_options,
            )
        except OSError as error:
            trouble = error
    raise NewConnectionError(connection, "none of the checked addresses answers") from trouble


def _plain(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()
