"""Loopback ports."""

import secrets
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"


# Below the ports that the system gives to whoever connects to others; a server that comes back to one of those may find it taken.
_FIRST = 20_000
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_TRIES = 100
_given = set[int]()


def free_port() -> int:
    """Return a loopback port that nobody listens on, a different one each time, and that no connection to others takes meanwhile."""
    end = _first_of_connections()
    for _ in range(_TRIES if end > _FIRST else 0):
        port = _FIRST + secrets.randbelow(end - _FIRST)
        if port not in _given and is_free(port):
            _given.add(port)
            return port
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        taken: int = probe.getsockname()[1]
        return taken


def _first_of_connections() -> int:
    try:
        return int(_RANGE.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Return whether a server could listen on `port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # A server's closed connections linger for a minute; servers set this option too.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def answers(port: int, host: str = LOOPBACK) -> bool:
    """Return whether somebody accepts connections on `port`."""
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False
