"""One request to one provider, with what of the answer counts: status, id, `Retry-After`, and whether it may have arrived.

Nothing is followed, kept open or repeated here. Whatever a server does, an exchange ends within `LONGEST_S`.
"""

import json
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, cast
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError

from core.domain.delivery.record import Attempt, DeliveryResult
from detectors.alerting import webhook_hosts
from detectors.alerting.webhook_hosts import PrivateHostError

# Connecting, and each wait for the server's next word.
WAIT_S = 5.0
# The whole exchange, also with a server that answers a letter a second.
LONGEST_S = 12.0
# Of an answer no more is read: ids and errors are short.
_MOST_BYTES = 64 * 1024
_LONGEST_RETRY_AFTER = timedelta(hours=1)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class ProviderRequest:
    """What is asked of a provider; `body` is empty for a GET."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class ProviderAnswer:
    """What a provider said; header names are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_accepted(self) -> bool:
        """Whether it was a success; a redirect is none."""
        return 200 <= self.status < 300

    @property
    def fields(self) -> Mapping[str, Any]:
        """The object in the body; empty where there is none."""
        try:
            found: object = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}

    @property
    def retry_after(self) -> timedelta | None:
        """How long the provider wants to be left alone, at most an hour; None where it does not say."""
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            wait = timedelta(seconds=int(text[:9]))
        else:
            try:
                wait = parsedate_to_datetime(text) - datetime.now(UTC)
            except (ValueError, TypeError):
                return None
        return min(max(wait, timedelta()), _LONGEST_RETRY_AFTER)


class NoAnswerError(Exception):
    """There is no answer; `attempt` says whether the request may have arrived all the same."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__(attempt.error)
        self.attempt = attempt


def exchange(
    request: ProviderRequest,
    *,
    allow_private_hosts: bool,
    wait_s: float = WAIT_S,
    longest_s: float = LONGEST_S,
) -> ProviderAnswer:
    """Send a request and return the answer.

    Parameters
    ----------
    request : ProviderRequest
        To an `http` or `https` address.
    allow_private_hosts : bool
        Let it go to addresses inside our own network.
    wait_s, longest_s : float
        For connecting and for each next word of the server, and for all together, in seconds of the machine.

    Raises
    ------
    NoAnswerError
        The server was not reached, may not be asked, or gave no answer in time.
    """
    parts = urlsplit(request.url)
    try:
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        host, port = "", 0
    if not host or not port:
        raise NoAnswerError(Attempt(DeliveryResult.REFUSED, "address_unusable"))
    if not allow_private_hosts:
        _pin(host, port)
    connection = webhook_hosts.connection(host, port, is_tls=parts.scheme == "https", timeout_s=wait_s)
    try:
        connection.connect()
    except (OSError, HTTPError) as error:
        connection.close()
        raise NoAnswerError(Attempt(DeliveryResult.FAILED, "http_connection")) from error
    sock: Any = connection.sock
    cut = threading.Timer(longest_s, _cut, [sock])
    cut.daemon = True
    cut.start()
    try:
        target = parts.path or "/"
        connection.request(
            request.method,
            f"{target}?{parts.query}" if parts.query else target,
            body=request.body or None,
            headers={"User-Agent": "Mimamori", **request.headers},
            preload_content=False,
        )
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.headers.items()}
        body = b""
        # The status is the provider's word; a body that never ends takes nothing of it back.
        with suppress(OSError, HTTPError):
            body = answer.read(_MOST_BYTES)
        return ProviderAnswer(answer.status, headers, body)
    except TimeoutError as error:
        raise NoAnswerError(Attempt(DeliveryResult.UNKNOWN, "timeout")) from error
    except (OSError, HTTPError, ValueError) as error:
        raise NoAnswerError(Attempt(DeliveryResult.UNKNOWN, "connection_lost")) from error
    finally:
        cut.cancel()
        connection.close()


def plain_attempt(answer: ProviderAnswer, provider_id: str | None = None) -> Attempt:
    """Return what a status says by itself: 2xx accepted, 3xx, 408, 409, 425, 429 and 5xx for now not, everything else never.

    Nobody follows a redirect, for it may lead anywhere; but it says nothing of the message, and services that are away send one to a page about it.
    """
    if answer.is_accepted:
        return Attempt(DeliveryResult.DELIVERED, provider_id=provider_id)
    error = f"http_{answer.status}"
    is_redirect = 300 <= answer.status < 400
    if is_redirect or answer.status in {408, 409, 425, 429} or answer.status >= 500:
        return Attempt(DeliveryResult.FAILED, error, retry_after=answer.retry_after)
    return Attempt(DeliveryResult.REFUSED, error)


def _pin(host: str, port: int) -> None:
    try:
        webhook_hosts.pin(host, port)
    except (OSError, UnicodeError) as error:
        raise NoAnswerError(Attempt(DeliveryResult.FAILED, "host_not_found")) from error
    except PrivateHostError as error:
        raise NoAnswerError(Attempt(DeliveryResult.REFUSED, "host_private")) from error


def _cut(sock: socket.socket) -> None:
    """End whatever waits on the connection; the waiting thread finds it closed."""
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
